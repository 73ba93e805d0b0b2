// SPDX-License-Identifier: MIT
//
// The differences between our TCP and Linux's that are known and meant, each with its reason. What none of them
// explains is not explained. docs/linux.md lists them; compare tells those that it meets.
#ifndef VIEW_KNOWN_H
#define VIEW_KNOWN_H

#include "view/pair.h"

enum known {
    KNOWN_WINDOW,
    KNOWN_ACKS,
    KNOWN_SYN_TIMER,
    KNOWN_DATA_TIMER,
    KNOWN_SACK,
    KNOWN_CUT,
    KNOWN_STREAM,
    KNOWN_COUNT
};

struct known_words {
    const char *title, *hand, *kernel, *why;
};
const struct known_words *known_words(enum known known);

// The bit of one of them; that of KNOWN_COUNT: what nothing explains.
unsigned known_bit(enum known known);

// Which of them explain how the lines of a row differ; 0 if they do not. streaming: the server has said so much that it
// is no matter of one segment more or less.
unsigned known_explain(const struct pair_row *row, bool streaming);

#endif
