// SPDX-License-Identifier: MIT
//
// Starting a program under the filter: it becomes what its user would have started, and we have the listener.
#ifndef RUN_CHILD_H
#define RUN_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "net/error.h"

// A shell's exit statuses for a program that it cannot run; a signal that ended one is added to the third.
enum { RUN_CANNOT_EXECUTE = 126, RUN_NOT_FOUND = 127, RUN_SIGNAL = 128 };

struct run_child {
    pid_t pid;
    int pidfd;    // readable when it has ended
    int listener; // where its calls are read, and those of all that it starts (notification.h)
    int status;   // if it could not be started: RUN_NOT_FOUND, RUN_CANNOT_EXECUTE, or 1 for what is not the program's
};

// Starts words[0], found through PATH, with these words (NULL ends them), under the filter. It has our standard input,
// output and error, our directory and all descriptors that exec does not close, our signal mask and what is ignored: so
// call it before any of that changes, and with nothing secret open but by O_CLOEXEC. It ends with us, whatever ends us.
// Returns when it has been executed: a program that cannot be is an error here.
bool run_child_start(struct run_child *child, char *const *words, struct net_error *error);

// True when it has ended; *status is then what a shell would say: its exit status, or 128 + the signal; 1 if
// this process ignores SIGCHLD, and so cannot know. Does not wait.
bool run_child_ended(struct run_child *child, int *status);

// Ends it if it runs still, and closes what is ours of it. Its children are not ended: a shell leaves them alone, too.
// Safe to call twice.
void run_child_close(struct run_child *child);

#endif
