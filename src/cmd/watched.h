// SPDX-License-Identifier: MIT
//
// One connection of our own that the kernel makes, watched: what our program calls and what passes on the wire, in one
// trace, in the order in which it happened. The packets come from the tap by way of the tracker; what was called and
// returned when is told here, and finds its place among them by its time. Used by kernel_lesson.c.
#ifndef CMD_WATCHED_H
#define CMD_WATCHED_H

#include "cmd/aftermath.h"
#include "cmd/tapping.h"

struct watched_config {
    struct trace *trace;      // gets everything
    struct trace_about about; // the connection, but for its ends
    struct tap *tap;          // sees this connection and, unless about.source is HANDED, no other
    // HANDED: about.client and about.server say which connection it is. The trace gets what passes after the handshake;
    // for it, the connection begins at this time, with this number.
    uint64_t began_ns;
    uint32_t number;
    int interrupt_fd; // readable: nothing more is to be waited for; or -1
    // Called before each wait, so that what is told can be shown; or NULL.
    void (*idle)(void *self);
    void *idle_self;
};

// One direction, as far as it has passed. 0: from the client, 1: from the server.
struct watched_way {
    bool begun;
    uint32_t first, next,
        acked; // the SYN's number; the one after the last that passed; what the other end acknowledged
};

struct watched {
    struct watched_config config;
    struct trace passing; // the tracker's own
    struct tracker *tracker;
    struct tapping tapping;
    uint32_t connection;        // its number in the trace
    struct aftermath aftermath; // HANDED
    bool begun, ended, interrupted;
    bool has_call; // connect() was called, but what it belongs to has not begun yet
    struct trace_event call;
    struct trace_event end; // if it has ended: told when all is, so that nothing comes behind it
    struct watched_way ways[2];
};

// Prepares it; it must not be moved afterwards. Returns false if there is no memory. Ends with watched_close.
bool watched_open(struct watched *watched, const struct watched_config *config);

// Tells what was called or returned at event.wall_ns (0: now): behind all that had passed by then. What is told before
// the first segment has passed comes right behind TRACE_BEGIN: there can be one such event.
void watched_record(struct watched *watched, struct trace_event event);

// Takes all that has passed.
void watched_take(struct watched *watched);

// Takes all that has passed; then waits until more has, fd (or -1) is ready for events, or most_ms are over; and takes
// that. Returns false if nothing came of it, or if it was interrupted.
bool watched_wait(struct watched *watched, int fd, short events, int most_ms);

// How many sequence numbers (SYN, bytes, FIN) have passed in this direction, and whether all have been acknowledged.
uint32_t watched_numbers(const struct watched *watched, int way);
bool watched_acked(const struct watched *watched, int way);

// Nothing more is to come: if the connection has not ended, it ends now, in the trace.
void watched_end(struct watched *watched);

void watched_close(struct watched *watched);

#endif
