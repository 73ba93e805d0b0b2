// SPDX-License-Identifier: MIT
//
// The keeper: a process between us and all that we start, the program and its servers. It is their parent, and orphans
// of theirs come to it (PR_SET_CHILD_SUBREAPER), so it can end them all, and does when we ask for it or are gone. It
// and all below it are the user who called us, without capabilities.
#ifndef RUN_KEEPER_H
#define RUN_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "net/error.h"
#include "rawshake/endpoint.h"

// A shell's exit statuses for a program that it cannot run; a signal that ended one is added to the third.
enum { RUN_CANNOT_EXECUTE = 126, RUN_NOT_FOUND = 127, RUN_SIGNAL = 128 };

enum { KEEPER_SERVERS_MAX = 32, KEEPER_SPARED_MAX = 64 };

struct keeper {
    pid_t pid;
    int pair; // readable when it has something to say
    pid_t program, servers[KEEPER_SERVERS_MAX];
    size_t servers_count;
    pid_t spared[KEEPER_SPARED_MAX]; // children of ours that are not the keeper's business
    size_t spared_count;
    bool adopts; // whether orphans came to us before
};

// Starts it: while we are privileged, in the network where all is to run, before any thread, and before signals are
// changed: the program gets the signal mask and the ignored signals of this moment. Our descriptors go on to what it
// starts but for those that exec closes. From now on orphans come to us, too, should the keeper be killed.
bool keeper_start(struct keeper *k, struct net_error *error);

// Starts a command by /bin/sh -c in a process group of its own (*pid), standard input empty, standard output and error
// together as output.h has it: *output is our end.
bool keeper_start_server(struct keeper *k, const char *command, pid_t *pid, int *output, struct net_error *error);

// Starts words[0], found through PATH, with these words (NULL ends them), under the filter, with our standard input,
// output and error, our directory and environment. *listener: where its calls are read, and those of all that it starts
// (notification.h). Returns when it has been executed: if it cannot be, *status is RUN_NOT_FOUND or RUN_CANNOT_EXECUTE,
// or 1 if that is not the program's fault. One at a time.
bool keeper_start_program(struct keeper *k, char *const *words, pid_t *pid, int *listener, int *status,
                          struct net_error *error);

enum keeper_news {
    KEEPER_NOTHING,
    KEEPER_PROGRAM_ENDED,
    KEEPER_SERVER_ENDED,
    KEEPER_GONE // it has ended: nothing more will come. Call keeper_end.
};

struct keeper_event {
    enum keeper_news news;
    pid_t pid;
    int status; // as a shell tells it: the exit status, or 128 + the signal
};

// What has happened. Does not wait.
struct keeper_event keeper_next(struct keeper *k);

// Sends a signal to the program, and to nobody if it has ended: only its parent knows for certain that its number has
// not become another's. False: the keeper is gone.
bool keeper_signal(struct keeper *k, int number);

// If somebody has stopped it, it goes on, and that was so. We get SIGCHLD then.
bool keeper_continue(struct keeper *k);

// Whether a server, a process of its group or one below it, has a TCP socket that listens; *where: the first. Cheap
// enough to be asked every 10 ms (listening.c).
bool keeper_listens(const struct keeper *k, pid_t server, struct rs_endpoint *where);

// Leaves a child of ours alone that was started after keeper_start. Those that were there before are known.
void keeper_spare(struct keeper *k, pid_t child);

// Ends the servers and whatever the program has left behind, and the program itself if it runs still: SIGTERM, and
// SIGKILL after a second. Returns when nobody is left. *left: how many processes the program had left behind when it
// had ended; 0 if it had not. Safe to call twice.
void keeper_end(struct keeper *k, unsigned *left);

#endif
