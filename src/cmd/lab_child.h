// SPDX-License-Identifier: MIT
//
// One experiment in a process and a network of its own, played for nobody to see. It reports what came of it through a
// pipe. Used by lab_all.c.
#ifndef CMD_LAB_CHILD_H
#define CMD_LAB_CHILD_H

#include <sys/types.h>

#include "lab/run.h"

// What a child reports.
struct lab_report {
    struct lab_outcome outcome;
    int status; // EXIT_DONE; otherwise the experiment could not even begin, because of
    struct net_error error;
    char why[128], hint[256]; // the strings of that error: see lab_child_error
};

struct lab_child {
    pid_t pid; // 0: none
    int fd;    // readable when there is a report, or none will come
    bool reported;
    int wait_status; // of waitpid(2), if it ended without a report
    struct lab_report report;
};

// Starts it. Returns false with errno set.
bool lab_child_start(struct lab_child *child, const struct experiment *experiment, bool control);

// Takes its report; or finds out how it ended without one. Call it when fd is readable. Returns whether it reported.
bool lab_child_take(struct lab_child *child);

// The error with which it could not begin.
const struct net_error *lab_child_error(struct lab_child *child);

// Ends it, if it has not ended, with all that it has started.
void lab_child_end(struct lab_child *child);

#endif
