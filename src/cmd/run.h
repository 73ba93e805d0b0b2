// SPDX-License-Identifier: MIT
//
// What the files of the command run share: run.c opens, goes round and closes; run_keeper.c hears of the program's end,
// run_servers.c has the servers of --with, run_keys.c step mode, run_follow.c what passes afterwards, run_tell.c the
// sentences.
#ifndef CMD_RUN_H
#define CMD_RUN_H

#include "cmd/follower.h"
#include "cmd/run_options.h"
#include "cmd/show.h"
#include "cmd/step.h"
#include "live/loop.h"
#include "net/witness.h"
#include "run/handshakes.h"
#include "run/keeper.h"

enum { RUN_LINE_BYTES = 1024 };

struct run;

// A server of --with.
struct run_server {
    struct run *run;
    const char *command;
    size_t number; // 1, 2, 3 ...
    pid_t pid;
    int output; // what it prints; -1: no more will come
    struct rs_endpoint at;
    bool is_tutorial; // our own
    bool has_said;    // a line, or more
    bool listens, ended;
    bool end_due; // it has ended well, which matters only to who still connects
    int status;   // if it has ended
    size_t used;
    uint8_t line[RUN_LINE_BYTES]; // the beginning of a line, until it is whole
};

struct run {
    struct run_options options;
    bool private_network, through_user;
    struct keeper keeper;
    struct handover_helper handover;
    struct raw_link links[HANDSHAKES_LINKS];
    size_t links_count;
    struct kernel_witness here, away;
    struct supervisor supervisor;
    struct handshakes handshakes;
    struct follower follower; // --follow
    bool follow_waits;        // for room
    struct run_server servers[RUN_SERVERS_MAX];
    size_t servers_count;     // started
    uint64_t servers_said_at; // when one of them last printed something, in microseconds of the clock
    struct show show;
    struct step step;
    struct loop loop;
    int log_fd, keys_fd, signal_fd, child_fd, listener;
    int signal;        // which one ended us before the program began, or 0
    bool began, runs;  // the program
    bool hurried;      // a signal has come when it had ended
    bool asking;       // step mode: the terminal is ours, to read keys from
    pid_t terminal_of; // the process group that it was lent by; 0: none
    int status;        // its exit status, or ours
    bool let_through;  // a call that may have connected was left to the kernel
};

// From now on the loop hears what has ended. A keeper that is stopped goes on.
void run_keeper_watch(struct run *run);

// Starts the servers, one after the other, each when the one before listens. Returns false after a complaint, or if a
// signal has come.
bool run_servers_start(struct run *run);

// One of them has ended. That is told at once if it has failed, and otherwise when the program calls connect() again.
void run_servers_ended(struct run *run, pid_t pid, int status);
void run_servers_tell_ended(struct run *run);

// The program has ended: shows what the servers have still to say of its connections. Does not wait for long.
void run_servers_last_words(struct run *run);

// Closes what is ours of them.
void run_servers_close(struct run *run);

// What waits is done, and what comes is waited for: at most so long. Returns false if nothing more can be waited for.
bool run_wait(struct run *run, uint64_t wait_us);

// The time on the clock, in microseconds.
uint64_t run_now_us(void);

// Step mode: opens the terminal (false after a complaint) and begins; asks, if a segment is held, and watches for keys;
// gives the terminal back, and stops us (Ctrl-Z), or for good.
bool run_keys_open(struct run *run);
void run_keys_start(struct run *run);
void run_keys_ask(struct run *run);
void run_keys_watch(struct run *run);
void run_keys_stop(struct run *run);
void run_keys_end(struct run *run);

// --follow, and nothing at all without it. A handshake begins, and is over (follower.h). Tells what has passed, a
// turn's work of it: returns true if there may be more; and how long until something is to be told though nothing
// passes. Tells all of it, before a call that is about to be made; waits for what may still come, when the program has
// ended; and ends.
enum trace_after run_follow_begins(void *run, const struct handshake *handshake);
void run_follow_is_over(void *run, const struct handshake *handshake);
bool run_follow(struct run *run);
uint64_t run_follow_wait_us(const struct run *run);
void run_follow_catch_up(struct run *run);
void run_follow_last_segments(struct run *run);
void run_follow_end(struct run *run);

// A sentence of our own, between the connections. It goes into every view.
void run_say(struct run *run, const char *form, ...) __attribute__((format(printf, 2, 3)));

// A call that the kernel goes on with, and one of which nothing was sent: why.
void run_tell_let_through(void *run, const struct notification *call);
void run_tell_not_begun(void *run, const struct handshake *handshake);

// How many connections there were; how many processes the program has left behind.
void run_tell_end(struct run *run, unsigned left);

#endif
