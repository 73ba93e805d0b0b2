// SPDX-License-Identifier: MIT
//
// What we and the keeper say to each other. The answer to a start comes from the child that is started (child.h);
// through the keeper's pair come news only, and first of all a keeper_ready.
#ifndef RUN_KEEPER_PROCESS_H
#define RUN_KEEPER_PROCESS_H

#include "run/keeper.h"

enum keeper_verb { KEEPER_START, KEEPER_SIGNAL, KEEPER_END };

// The descriptors beside KEEPER_START. Without an output it is the program that is started.
enum { KEEPER_REPORT, KEEPER_WORDS, KEEPER_OUTPUT, KEEPER_FDS };

struct keeper_request {
    enum keeper_verb verb;
    int number; // of KEEPER_SIGNAL
};

struct keeper_ready {
    bool good;
    struct net_error error; // its texts are constants of this same program
};

// The last word before it ends: news KEEPER_GONE, with the number of processes left behind in status.

// The keeper itself, in the process that was forked for it.
_Noreturn void keeper_process(int pair, pid_t parent);

#endif
