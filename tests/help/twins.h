// SPDX-License-Identifier: MIT
//
// Two connections of the same kind on two tapes, one as if the kernel had made it and one by hand, and their
// comparison: for tests of the latter.
#ifndef TESTS_HELP_TWINS_H
#define TESTS_HELP_TWINS_H

#include "conversation.h"
#include "view/comparison.h"

// The by-hand one's numbers are so much larger; and which segment is which.
enum {
    OTHER = 256,
    SYN = 0,
    SYN_ACK = 1,
    ACK = 2,
    DATA = 3,
    DATA_ACK = 4,
    FIN = 5,
    FIN_ACK = 6,
    LAST_ACK = 8,
    SEGMENTS = 9
};

struct both {
    struct tape *kernel, *hand;
    struct comparison *c;
};

// What happens to one segment of a conversation besides.
struct fate {
    unsigned at;       // which one
    uint32_t again_ms; // it passes twice, the second time with a clock so much later; 0: once
    bool late;         // the next one overtakes it
    bool unfinished;   // its checksum was left to a network card
    uint32_t marks;    // what a tracker said of it
};

// A conversation on a tape. source: BY_HAND or BY_KERNEL; fate NULL: nothing happens.
struct tape *twin(struct conversation c, enum trace_source source, const struct fate *fate);

// Compares; both tapes are its own from then on, until twins_free.
struct both twins_compare(struct tape *kernel, struct tape *hand);
void twins_free(struct both *both);

// An ordinary connection by the kernel, and this one by hand.
struct both twins_with(const struct conversation *hand);

// Why a field differs in a row that both have.
enum difference_why twins_why(const struct comparison *c, unsigned row, const char *name);

#endif
