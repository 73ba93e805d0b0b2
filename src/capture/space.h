// SPDX-License-Identifier: MIT
//
// One direction's sequence numbers, as far as they have passed: what was seen, what is missing, what was acknowledged.
// Used by follow.c. All comparisons are wrap-safe, and nothing that is older than a quarter of the circle is compared.
#ifndef CAPTURE_SPACE_H
#define CAPTURE_SPACE_H

#include <stdbool.h>
#include <stdint.h>

enum { SPACE_HOLES = 4 };

// Numbers that have not passed, though others behind them have. missed: the other end has acknowledged them.
struct space_hole {
    uint32_t from, to;
    bool missed;
};

struct space {
    uint32_t base;      // the number that counts as 0: of the SYN, or one before the first that is known of
    uint32_t next;      // the one after the furthest that has passed, or was acknowledged
    uint32_t sure_from; // of what lies before it is not known whether it has passed
    uint32_t acked;     // the furthest acknowledgment
    uint32_t edge;      // where the window ends that the other end has offered
    uint32_t fin;       // the FIN's number
    uint32_t stray_end; // where the last segment ended that was not believed
    bool known, syn_seen, fin_seen, has_acked, has_edge, has_stray, base_is_old;
    uint8_t holes;
    struct space_hole hole[SPACE_HOLES]; // in order
};

// What passing numbers turned out to be.
struct space_passed {
    uint32_t marks, mark_bytes; // enum trace_mark
    uint32_t fresh;             // how many of the data's numbers had not passed before
    bool advances;              // they go beyond all that had passed
};

// Numbers count from here. syn: it is the SYN's; otherwise `first` is the first number that is known of.
void space_begin(struct space *space, uint32_t first, bool syn);

// A segment passes: syn and fin are 0 or 1.
struct space_passed space_pass(struct space *space, uint32_t seq, uint32_t syn, uint32_t data, uint32_t fin);

// The other end acknowledges all before `ack`. Returns marks: MISSED with how many numbers, if some have not passed.
uint32_t space_ack(struct space *space, uint32_t ack, uint32_t *missed);

// The other end's window ends here.
void space_offer(struct space *space, uint32_t edge);

// The first number that has not passed. What was acknowledged counts as passed.
uint32_t space_contiguous(const struct space *space);

// True for a number so far from all that is known that it cannot be this direction's.
bool space_is_wild(const struct space *space, uint32_t seq);

// Numbers that are missing still.
uint32_t space_missing(const struct space *space);

#endif
