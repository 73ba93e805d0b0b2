// SPDX-License-Identifier: MIT
//
// From the tap to the tracker: what the kernel has caught, in the tracker's terms. Used by watch, and wherever a
// connection that the kernel makes is watched.
#ifndef CMD_TAPPING_H
#define CMD_TAPPING_H

#include "capture/tracker.h"
#include "net/tap.h"

struct tapping {
    struct tap *tap;
    struct tracker *tracker;
    struct trace *trace; // hears of what was lost
    uint64_t lost;       // packets, so far
    bool has_next;       // a packet was caught that was too late for tapping_take_until
    struct tap_packet next;
};

// Hands the next packet that has passed to the tracker, and before it what was lost there. Returns false if there is
// none now. Never waits.
bool tapping_take(struct tapping *tapping);

// The same, but only if it passed no later than this time.
bool tapping_take_until(struct tapping *tapping, uint64_t wall_ns);

// No more is to come: what was lost after the last packet is told too, at this time.
void tapping_end(struct tapping *tapping, uint64_t wall_ns);

// Where packets were lost, says so on standard error.
void tapping_complain(const struct tapping *tapping);

#endif
