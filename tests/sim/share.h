// SPDX-License-Identifier: MIT
//
// Shares every.h's work among processes, one a processor.
#ifndef SIM_SHARE_H
#define SIM_SHARE_H

#include "every.h"

struct share_result {
    bool good;
    char text[300]; // if not: what was wrong, with which choices
    uint64_t runs, choices;
};

// Processors to share work among, at least 1 and at most 256.
long share_processors(void);

void share_every(int variant, size_t depth, struct share_result *result);

#endif
