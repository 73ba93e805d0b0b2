// SPDX-License-Identifier: MIT
//
// One connection of others, followed: what each segment proves. No event is made here, nothing is allocated, and no
// clock is asked, so that millions of segments a second can go through. Used by the tracker.
#ifndef CAPTURE_FOLLOW_H
#define CAPTURE_FOLLOW_H

#include "capture/space.h"
#include "capture/states.h"
#include "trace/trace.h"

// One end: what it sends, and what is known of it.
struct follow_end {
    struct space space;  // what it sends
    uint8_t must, shown; // enum happened: to this end
    uint8_t scale;       // the shift that its SYN offers
    bool offers_scale;   //
    bool sent_syn_ack, sent_bare_syn, has_mss;
    bool sent_data; //
    bool has_window, has_last_ack;
    bool summed, doubted; // a checksum of its segments was looked at; the first did not fit
    bool pinned;          // it was seen on `interface`
    bool unsafe;          // some of what it sent may have been lost before it could be caught
    bool closes_last;     // it has shown that it had the other end's FIN before it sent its own
    bool fin_ack_noted;   // an ACK of its FIN has passed, together with numbers that end at fin_ack_end
    bool window_of_syn;   // it was in a SYN, where it is never scaled
    uint32_t window;      // the last one it told: in bytes, or as it stands in the segment if its unit is unknown
    uint16_t mss;         // the largest segment that it takes
    uint32_t last_ack;    // the last number that it acknowledged
    uint32_t duplicates;  // ACKs in a row that said the same
    uint32_t syn_end;     // the number after its SYN, and the data in it
    uint32_t fin_ack_end;
    uint32_t interface;
    uint64_t segments, bytes, resent;
};

struct follow {
    struct rs_endpoint endpoint[2]; // of the client, of the server
    struct follow_end end[2];
    bool roles_guessed, midway, reused, refused, reset, handshake_timed, third_seen, split, unknown_missed;
    uint64_t first_ns, last_ns, handshake_ns;
};

// A segment that passes.
struct follow_segment {
    const struct rs_segment *segment;
    const struct rs_endpoint *source, *destination;
    size_t data_bytes; // of data, also where they were cut off
    uint64_t wall_ns;
    uint32_t interface;
    bool quick; // nobody asks for the states
    bool safe;  // all that its sender sends passes here: nothing can be lost before
};

// What it proves.
struct followed {
    uint32_t marks, mark_bytes;
    bool advanced;  // it brings numbers beyond all that its sender had sent
    bool elsewhere; // it has been seen on another interface before: it is not to be told
    bool sender_done, receiver_done;
    struct shown_state state[2]; // of the client, of the server
};

// A connection begins with this segment.
void follow_begin(struct follow *f, const struct follow_segment *s);

// True if the segment is not of this connection but the first of another with the same four numbers.
bool follow_is_another(const struct follow *f, const struct follow_segment *s);

// 0: the segment comes from the client; 1: from the server.
int follow_direction(const struct follow *f, const struct rs_endpoint *source);

// Takes in a segment of this connection; the first one too.
void follow_take(struct follow *f, const struct follow_segment *s, struct followed *out);

// How the two ends stand, when nothing is taken in.
void follow_states(const struct follow *f, struct shown_state state[2]);

// True if both directions are closed, or RST has ended it.
bool follow_is_over(const struct follow *f);

// The unit of that end's windows: 0 if they are not scaled. *known is false if that cannot be told.
uint8_t follow_scale(const struct follow *f, int end, bool *known);

enum trace_opening follow_opening(const struct follow *f);
enum trace_ending follow_ending(const struct follow *f);

// True if something was acknowledged, or followed by more, that never passed.
bool follow_has_holes(const struct follow *f);

#endif
