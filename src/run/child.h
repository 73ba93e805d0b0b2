// SPDX-License-Identifier: MIT
//
// A process that the keeper has just forked becomes a program under the filter, or a server. Whoever asked for it hears
// how that goes, through a pair of its own (message.h).
#ifndef RUN_CHILD_H
#define RUN_CHILD_H

#include <signal.h>
#include <sys/types.h>

// What the child says. Its end is closed by exec: end of file after CHILD_READY means that the program runs.
enum child_step {
    CHILD_FORK,  // the keeper says it, if it cannot fork
    CHILD_READY, // it exists, and is about to call exec; a program's listener comes beside this message
    CHILD_EXEC   // exec has failed
};

struct child_report {
    enum child_step step;
    int number; // an errno; 0: it went well
    pid_t pid;
};

// Signals as they were before the keeper changed them for itself.
struct child_signals {
    sigset_t blocked;
    struct sigaction on_child; // SIGCHLD, which nearly nobody ignores
};

struct child {
    int report;   // where it tells
    int words;    // a file with its words, each ended by a NUL
    int output;   // a server's standard output and error; -1: it is the program
    pid_t parent; // the keeper
    const struct child_signals *signals;
};

// In the child. It ends with its parent (PR_SET_PDEATHSIG).
_Noreturn void child_become(const struct child *child);

#endif
