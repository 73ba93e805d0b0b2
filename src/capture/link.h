// SPDX-License-Identifier: MIT
//
// Link layers: what stands before the IP packet in a frame, and how the packet is found behind it.
#ifndef CAPTURE_LINK_H
#define CAPTURE_LINK_H

#include "capture/capture.h"
#include "capture/tracker.h"

enum link_found {
    LINK_IP,      // an IP packet
    LINK_OTHER,   // something else: ARP, a frame of the link's own
    LINK_CUT,     // too little was kept to tell
    LINK_UNKNOWN, // no link layer that is known here
    LINK_FOUND    // how many there are
};

// Finds the IP packet in a frame. LINK_IP: *out is complete, and borrows the frame's bytes.
enum link_found link_open(const struct capture_frame *frame, struct passing *out);

// "Ethernet", "IEEE 802.11": what the link layer of that number is called, or NULL.
const char *link_name(uint32_t link);

#endif
