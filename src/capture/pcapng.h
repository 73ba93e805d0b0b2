// SPDX-License-Identifier: MIT
//
// Between pcapng.c, which walks the blocks, and pcapng_packet.c, which reads those that carry a packet.
#ifndef CAPTURE_PCAPNG_H
#define CAPTURE_PCAPNG_H

#include "capture/internal.h"

enum pcapng_kind {
    PCAPNG_INTERFACE = 1,
    PCAPNG_OLD_PACKET = 2, // obsolete; old files have it
    PCAPNG_SIMPLE_PACKET = 3,
    PCAPNG_PACKET = 6
};

// An option behind a block's fixed part.
struct pcapng_option {
    uint16_t code, size;
    const uint8_t *value;
};

// Walks the options in size bytes: *at is where to look, to begin with 0, and is moved past what was found. Returns
// false at their end, also where one would go beyond it.
bool pcapng_next_option(const uint8_t *options, size_t size, bool big, size_t *at, struct pcapng_option *out);

// Whether blocks of this kind carry a packet.
bool pcapng_carries(uint32_t kind);

// Reads such a block's body and counts the packet. Returns FRAME or DAMAGED.
enum capture_status pcapng_packet(struct capture *capture, uint32_t kind, const uint8_t *body, size_t size,
                                  struct capture_frame *out);

// An interface's time as nanoseconds since 1970.
uint64_t pcapng_time_ns(const struct capture_interface *interface, uint64_t time);

#endif
