// SPDX-License-Identifier: MIT
//
// Two whole connections compared, one made by the kernel and one by hand: their segments in pairs, and a judgement on
// each pair and on each segment that stands alone. Made from two tapes by compare; drawn by side.h.
#ifndef VIEW_COMPARISON_H
#define VIEW_COMPARISON_H

#include "trace/tape.h"
#include "view/difference.h"

// One connection's part.
struct comparison_side {
    const struct trace_about *about; // NULL: it did not even begin
    const struct trace_event *events[PAIR_MOST];
    struct pair_line lines[PAIR_MOST];
    unsigned count;
    uint64_t left_out;    // segments that found no room here or on the tape
    uint32_t server_said; // bytes of data, each counted once
    uint64_t began_us;    // the first segment's time
};

struct comparison_row {
    const struct trace_event *kernel, *hand; // one may be NULL
    enum difference_why why;                 // of the row as a whole: it stands alone, or came at another time
};

struct comparison {
    struct comparison_side kernel, hand;
    struct difference_known known;
    struct comparison_row rows[2 * PAIR_MOST];
    unsigned rows_count;
    unsigned kinds[DIFFERENCE_KINDS]; // how many differences of each kind there are in all
};

// Compares; the tapes must outlive it. NULL if there is no memory. To be freed with free().
struct comparison *comparison_new(const struct tape *kernel, const struct tape *hand);

// True if nothing differs but what must: what was asked for on the command line need not, and what nothing explains
// should not.
bool comparison_holds(const struct comparison *comparison);

#endif
