// SPDX-License-Identifier: MIT
//
// Two captures of one exchange side by side, one made by hand and one by the kernel: what is alike in both, and which
// known difference explains what is not. docs/linux.md is written from this.
#ifndef HELP_SIDEBYSIDE_H
#define HELP_SIDEBYSIDE_H

#include <stdbool.h>
#include <stdio.h>

#include "capture.h"
#include "view/known.h"

enum { SIDES_MAX = PAIR_MOST, TEXT_ROOM = PAIR_TEXT_BYTES };

// What stands in one row: both (alike, or not quite), or one that the other does not have.
struct row {
    const struct pair_line *hand, *kernel;
    unsigned why; // a bit for each enum known that explains what is not alike
    bool unexplained;
};

struct sides {
    struct pair_line hand[SIDES_MAX], kernel[SIDES_MAX];
    unsigned hand_count, kernel_count;
    struct row rows[2 * SIDES_MAX];
    unsigned count;
};

// Puts the two side by side, and explains each row. Returns the number of rows that nothing explains.
unsigned sides_compare(struct sides *sides, const struct capture *hand, const struct capture *kernel);

// differences.c

// Writes the rows of an exchange, as docs/linux.md has them; adds to *seen a bit for each difference.
void sides_write(FILE *out, const struct sides *sides, unsigned *seen);

// Writes the list of the known differences.
void differences_write(FILE *out);

#endif
