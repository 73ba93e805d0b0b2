// SPDX-License-Identifier: MIT
//
// Two connections side by side, for a person: the ladders, beside each other where there is room, else one after the
// other; then, pair by pair, which fields differ, and why. Called by compare.
#ifndef VIEW_SIDE_H
#define VIEW_SIDE_H

#include "view/comparison.h"
#include "view/text.h"

// Writes all of it. verbosity 1 (-v): the fields that are alike, too.
void side_draw(struct text *text, const struct comparison *comparison, unsigned verbosity);

#endif
