// SPDX-License-Identifier: MIT
//
// A connection on a tape, step by step: each segment with what led to it, what followed from it, and the states of both
// ends before and after. The page and the diagrams are drawn from this walk, whatever the connection's source.
#ifndef VIEW_STEPS_H
#define VIEW_STEPS_H

#include "trace/tape.h"

// One end's states around a segment. proved: known for certain afterwards: our own engine's, told by the kernel that
// has it, or shown by the segments themselves.
struct step_end {
    enum rs_state before, after;
    bool proved;
};

struct step {
    uint64_t number;                 // 1, 2, 3 ... in this connection, those that are not on the tape counted
    const struct trace_event *event; // the segment: SENT, RECEIVED, SEEN, UNSENT or UNTAKEN
    size_t first, at, next;          // places on the tape: [first, at) led to it, (at, next) followed from it
    bool ours;                       // from the client to the server
    bool lost;                       // it did not get there
    struct step_end client, server;
    bool unread_known; // the kernel of the end that is not ours says how many bytes wait unread
    uint32_t unread_bytes;
    uint64_t since_us; // since the first segment
    uint64_t left_out; // so many segments between the step before and this one are not shown
};

struct steps {
    const struct tape *tape;
    struct trace_about about; // borrowed strings; zero if the tape has no BEGIN
    uint64_t total;           // segments, those that are not on the tape counted
    unsigned head, tail;
    size_t at;       // where to go on
    struct step now; // the step before
    uint64_t began_us, left_out;
};

// Begins to walk. Of a long connection only the first `head` and the last `tail` steps are given.
void steps_begin(struct steps *steps, const struct tape *tape, unsigned head, unsigned tail);

// The next step. Returns false when there is none.
bool steps_next(struct steps *steps, struct step *step);

// The client's and the server's states before anything passed; to be asked before the first step is taken.
enum rs_state steps_first_client(const struct steps *steps);
enum rs_state steps_first_server(const struct steps *steps);

// How many segments behind the last step are not shown, and the event that ends the connection, or NULL.
uint64_t steps_left_at_end(const struct steps *steps);
const struct trace_event *steps_end(const struct steps *steps);

// The call of our program that was made last before this place on the tape, or NULL.
const struct trace_event *steps_call_before(const struct tape *tape, size_t at);

// True for the kinds of events that make a step.
bool steps_is_segment(enum trace_kind kind);

#endif
