// SPDX-License-Identifier: MIT
//
// Capture files: pcap and pcapng, from any descriptor, a packet at a time. Nothing but one buffer of a fixed size is
// held of the file, however long it is.
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include "trace/trace.h"

// More than any link carries; what says that it is larger is damaged.
enum { CAPTURE_FRAME_MAX = 1 << 20, CAPTURE_INTERFACES_MAX = 65536 };

// A packet as it stands in the file, with its link layer's header (capture/link.h).
struct capture_frame {
    const uint8_t *bytes; // borrowed: good until the next one is asked for
    size_t size;          // how many there are
    size_t wire_size;     // how many it had; at least size
    uint64_t wall_ns;     // since 1970; 0 where the file does not tell
    uint64_t number;      // 1, 2, 3 ... in the file, as other tools count
    uint32_t link;        // its link layer, a LINKTYPE_ of the tcpdump group's list
    uint32_t interface;   // pcapng: the number in its section; otherwise 0
    uint64_t lost;        // so many packets before it were not caught, as far as the file tells
    enum trace_direction direction;
};

enum capture_status {
    CAPTURE_FRAME,     // here is one
    CAPTURE_END,       // the file is over, and was in order
    CAPTURE_FOREIGN,   // it is no capture file
    CAPTURE_DAMAGED,   // it makes no sense from here on, or ends too early
    CAPTURE_UNREADABLE // reading failed: capture_errno
};

struct capture;

// Reads from where fd stands; it stays the caller's. NULL if there is no memory.
struct capture *capture_open(int fd);

// Before reading has to wait, and now and then otherwise, `call` is called: time to show what there is. If it returns
// false, no more is read: the file seems to end there.
void capture_before_wait(struct capture *capture, bool (*call)(void *self), void *self);

// The next packet. After anything but CAPTURE_FRAME the same comes again.
enum capture_status capture_next(struct capture *capture, struct capture_frame *out);

// FOREIGN and DAMAGED: what is wrong, at which byte, in which packet; one clause without a full stop. Otherwise "".
const char *capture_problem(const struct capture *capture);

// FOREIGN: the command that decompresses it, to be written before the file's name ("gzip -dc"), or NULL.
const char *capture_decompressor(const struct capture *capture);

int capture_errno(const struct capture *capture);

void capture_free(struct capture *capture);

#endif
