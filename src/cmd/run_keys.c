// SPDX-License-Identifier: MIT
//
// Step mode of run. The program has standard input, so keys come from the terminal itself, and only while a segment is
// held: otherwise it is as the program wants it. A shell that runs as our program gives the terminal to its jobs; then
// it is taken from them, and given back. Called by run.c.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cmd/complain.h"
#include "cmd/run.h"

static struct session *held_session(void *self) {
    struct run *r = self;
    struct handshake *held = handshakes_held(&r->handshakes);
    return held ? &held->session : NULL;
}

static void send_all_held(void *self) { handshakes_go_on(&((struct run *)self)->handshakes); }

static void abort_held(void *self) {
    struct handshake *held = handshakes_held(&((struct run *)self)->handshakes);
    if (held)
        handshake_abort(held, ECONNABORTED);
}

static void take_terminal(struct run *r) {
    const pid_t now = tcgetpgrp(r->keys_fd);
    r->asking = true;
    if (now > 0 && now != getpgrp() && tcsetpgrp(r->keys_fd, getpgrp()) == 0)
        r->terminal_of = now;
    step_terminal(&r->step, true);
}

static void give_terminal_back(struct run *r) {
    step_terminal(&r->step, false);
    if (r->terminal_of > 0)
        tcsetpgrp(r->keys_fd, r->terminal_of);
    r->terminal_of = 0;
    r->asking = false;
}

void run_keys_ask(struct run *r) {
    const bool asks = held_session(r) && !r->step.ended;
    if (asks && !r->asking)
        take_terminal(r);
    step_ask(&r->step);
    if (!asks && r->asking)
        give_terminal_back(r);
}

void run_keys_watch(struct run *r) {
    if (r->asking)
        loop_watch(&r->loop, r->step.keys.fd, POLLIN, step_key, &r->step);
    else
        loop_unwatch(&r->loop, r->step.keys.fd);
}

void run_keys_stop(struct run *r) {
    run_keys_end(r);
    show_flush(&r->show, &r->loop);
    raise(SIGSTOP);
}

void run_keys_end(struct run *r) {
    if (r->asking)
        give_terminal_back(r);
}

bool run_keys_open(struct run *r) {
    char why[96];
    if (!r->options.step)
        return true;
    r->keys_fd = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (r->keys_fd < 0)
        complain("--step: /dev/tty: %s: it takes a terminal to give keys", errno_text(errno, why, sizeof why));
    return r->keys_fd >= 0;
}

void run_keys_start(struct run *r) {
    const struct step_target target = {r, held_session, send_all_held, abort_held};
    signal(SIGTTOU, SIG_IGN); // the terminal may be taken from the background
    step_open(&r->step, r->keys_fd, &target, &r->show.narrator);
    step_terminal(&r->step, false); // until there is something to ask
}
