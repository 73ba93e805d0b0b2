// SPDX-License-Identifier: MIT
//
// What passes when the kernel has a connection that was made by hand: a tracker sees it from its SYN on, the trace has
// been told its handshake, and is to have the rest. Used by watched.c for one connection, by follower.c for many.
#ifndef CMD_AFTERMATH_H
#define CMD_AFTERMATH_H

#include "trace/trace.h"

struct aftermath {
    struct rs_endpoint client, server;
    uint32_t tracked; // its number with the tracker; 0: it has seen nothing of it
    bool both_open;   // SYN has met SYN: there is no third segment of ours
    bool handshake_over;
    uint64_t told[2]; // segments of the handshake that passed, from the client and from the server
};

// True if the tracker tells this of our connection. It begins with a BEGIN that has our two ends and comes from a SYN:
// what is late of another that had them before begins with none.
bool aftermath_is_ours(struct aftermath *aftermath, const struct trace_event *event);

// True for the segments up to the handshake's third: they were told by whoever made it. To be asked once for each, in
// their order.
bool aftermath_is_told(struct aftermath *aftermath, const struct trace_segment *segment);

// END's sums, without what was told before.
void aftermath_take_out(const struct aftermath *aftermath, struct trace_event *end);

// The same event, at another time on the wall's clock.
struct trace_event aftermath_at(struct trace_event event, uint64_t wall_ns);

#endif
