// SPDX-License-Identifier: MIT
//
// Two captures of one exchange side by side, one made by hand and one by the kernel: what is alike in both, and which
// known difference explains what is not. docs/linux.md is written from this.
#ifndef HELP_SIDEBYSIDE_H
#define HELP_SIDEBYSIDE_H

#include <stdbool.h>
#include <stdio.h>

#include "capture.h"

enum { SIDES_MAX = 600, TEXT_ROOM = 40 };

// A segment, told relative to its connection. text is what must be the same.
struct line {
    bool to_server;
    uint8_t flags;
    uint32_t seq, ack, data_bytes;
    char options[TEXT_ROOM];
    uint16_t window;
    uint8_t tos, ttl;
    bool dont_fragment;
    int again_after_ms; // since it was last sent, by the timestamps that both carry; -1: it was not
};

// The differences that are known. differences.c has a sentence for each.
enum difference {
    DIFFERENT_WINDOW,
    DIFFERENT_ACKS,
    DIFFERENT_SYN_TIMER,
    DIFFERENT_DATA_TIMER,
    DIFFERENT_SACK,
    DIFFERENT_CUT,
    DIFFERENT_STREAM,
    DIFFERENCES
};

// What stands in one row: both (alike, or not quite), or one that the other does not have.
struct row {
    const struct line *hand, *kernel;
    unsigned why; // a bit for each enum difference that explains what is not alike
    bool unexplained;
};

struct sides {
    struct line hand[SIDES_MAX], kernel[SIDES_MAX];
    unsigned hand_count, kernel_count;
    struct row rows[2 * SIDES_MAX];
    unsigned count;
};

// Puts the two side by side, and explains each row. Returns the number of rows that nothing explains.
unsigned sides_compare(struct sides *sides, const struct capture *hand, const struct capture *kernel);

// differences.c

// Finds out what explains the difference in a row, if there is one. streaming: the server has said so much that it is
// no matter of one segment more or less.
void difference_explain(struct row *row, bool streaming);

// Writes the rows of an exchange, as docs/linux.md has them; adds to *seen a bit for each difference.
void sides_write(FILE *out, const struct sides *sides, unsigned *seen);

// Writes the list of the known differences.
void differences_write(FILE *out);

// "after 0.2 s": rounded so that it is the same each time; room for TEXT_ROOM.
void wait_text(int ms, char *text);

#endif
