// SPDX-License-Identifier: MIT
//
// The ladder: one line a segment, our end, or the client, on the left, the server's on the right, time running down.
//
//      the program               client (us)  on the wire                          server         since SYN
//      connect(...)              SYN-SENT     ──── SYN seq=0 ─────────────────────▶ SYN-RECEIVED      +0 us
#ifndef VIEW_LADDER_H
#define VIEW_LADDER_H

#include "trace/trace.h"
#include "view/text.h"

struct ladder {
    struct text *text;
    char call[32];   // the call whose first segment is still to come
    char wire[96];   // the segment whose line waits for the server's word
    bool others;     // a connection that others make: states of both ends, in brackets until they are proved
    bool we_listen;  // our end is the server, the other one the client
    bool no_calls;   // no program of ours is part of it: no column for its calls
    bool any_server; // the server need not be a kernel's
    bool any_client; // nor the client a TCP: what leaves first need not be a SYN
    bool waiting, ours, bad, lost;
    char state[20]; // ours, or the client's, after that segment
    uint64_t at_us;
    enum rs_state server; // as the last line showed it
    char server_text[24];
    bool began;
    uint64_t began_us; // when the first segment left
};

// The line of column titles. Lines narrower than 100 columns have no column for the program's calls.
void ladder_title(struct ladder *ladder);

// The next segment's line begins with this call.
void ladder_call(struct ladder *ladder, const char *call);

// Times count from here, if they do not count yet: a first segment was put aside before it had a line.
void ladder_begin(struct ladder *ladder, uint64_t at_us);

// A segment left, failed to leave, or arrived. Its line is written when ladder_peer or ladder_flush comes.
void ladder_segment(struct ladder *ladder, const struct trace_event *event);

// What the server's kernel says now; completes the line that waits, or is remembered for the first.
void ladder_peer(struct ladder *ladder, const struct trace_peer *peer);

// Writes the line that waits.
void ladder_flush(struct ladder *ladder);

// Writes a call that no segment has followed yet as a line of its own; before prose.
void ladder_spill(struct ladder *ladder);

// A state's name, in brackets if it is not proved: "(SYN-RECEIVED)". 20 bytes are enough.
void ladder_state(enum rs_state state, bool proved, char *out, size_t room);

// A line with states only, before anything was sent.
void ladder_start(struct ladder *ladder, const char *call, enum rs_state state, const struct trace_peer *peer);

// "SYN,ACK seq=0 ack=1" or "PSH,ACK seq=1 ack=1 len=13", with relative numbers. Where that takes more than `most`
// columns, data goes without its ack, then without its length, and an ACK alone without its own number.
void ladder_label(const struct trace_segment *segment, unsigned most, char *out, size_t room);

// How a segment's arrow is drawn.
struct ladder_arrow {
    const char *label;
    unsigned width; // columns in all
    bool ours;      // to the right
    bool bad, lost; // lost: it does not arrive
};
void ladder_draw_arrow(struct text *text, const struct ladder_arrow *arrow);

#endif
