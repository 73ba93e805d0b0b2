// SPDX-License-Identifier: MIT
//
// Every choice of {deliver, drop, deliver twice} for the first packets of a short connection. Where a run ends before
// all choices were used, those that are left cannot make a difference: it stands for all of them, and is run once.
#ifndef SIM_EVERY_H
#define SIM_EVERY_H

#include "network.h"

struct every {
    size_t depth;         // choices: 3^depth; at most WIRE_SCRIPT
    int variant;          // of the connection, below EVERY_VARIANTS
    unsigned part, parts; // runs only the choices whose first ones say part of parts, to share the work; 0 of 1: all
    uint64_t runs;        // how many were run
    uint64_t choices;     // how many choices these stand for
};

enum { EVERY_VARIANTS = 4 };

// Runs them. Returns what went wrong first, or NULL. text (room bytes) then says which choices it were.
const char *every_run(struct every *every, char *text, size_t room);

// One of them, told packet by packet: choices as in the text, a letter each (D deliver, L lose, T twice).
const char *every_replay(int variant, const char *choices);

#endif
