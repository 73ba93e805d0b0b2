// SPDX-License-Identifier: MIT
//
// What the files that read captures know of each other: frames.c begins, pcap.c and pcapng.c go on.
#ifndef CAPTURE_INTERNAL_H
#define CAPTURE_INTERNAL_H

#include "capture/capture.h"
#include "capture/intake.h"

// How an interface of a pcapng file tells time.
struct capture_interface {
    uint32_t link, snap_bytes;
    uint8_t resolution;      // if_tsresol: a power of ten, or of two if the highest bit is set
    uint64_t offset_seconds; // if_tsoffset, modulo 2^64
};

struct capture {
    struct intake in;
    enum capture_status (*next)(struct capture *, struct capture_frame *);
    bool big;                 // the file's order of bytes; pcapng: the section's
    uint64_t packets;         // so many have been read
    uint64_t others;          // pcapng: blocks without a packet that other tools count as one
    uint64_t at;              // where the record begins that is being read
    enum capture_status last; // FRAME as long as there may be more
    char problem[200];
    const char *decompressor;
    // pcap
    uint32_t link, record_bytes, fraction_ns; // bytes before each packet; what the fraction of a second counts
    bool lengths_swapped;
    // pcapng
    struct capture_interface *interfaces;
    size_t interfaces_count, interfaces_room;
};

// Read the file's head, which has been looked at and not been taken, and say how to go on.
enum capture_status pcap_begin(struct capture *capture);
enum capture_status pcapng_open(struct capture *capture);

// Whether these four bytes begin such a file.
bool pcap_is(const uint8_t *bytes);
bool pcapng_is(const uint8_t *bytes);

// Says what is wrong with the packet, or (block, head ...) with whatever begins at capture->at. Returns DAMAGED.
enum capture_status capture_bad_packet(struct capture *capture, const char *form, ...)
    __attribute__((format(printf, 2, 3)));
enum capture_status capture_bad(struct capture *capture, const char *what, const char *form, ...)
    __attribute__((format(printf, 3, 4)));

// What it means that intake_need had not so many bytes: the file was cut off, or could not be read.
enum capture_status capture_cut(struct capture *capture, bool packet, const char *what);

#endif
