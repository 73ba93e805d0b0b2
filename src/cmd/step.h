// SPDX-License-Identifier: MIT
//
// Step mode: a person says when each segment of ours leaves.
#ifndef CMD_STEP_H
#define CMD_STEP_H

#include "live/session.h"
#include "term/term.h"
#include "view/narrator.h"

// What is stepped through.
struct step_target {
    void *self;
    struct session *(*held)(void *self); // the session that holds a segment, or NULL
    void (*go_on)(void *self);           // nobody is asked any more: what is held leaves, and all that follows
    void (*abort)(void *self);
};

struct step {
    struct term_keys keys;
    struct step_target target;
    struct narrator *narrator;
    bool prompt_is_out, ended;
};

// Reads keys from fd, which may be a terminal, a pipe or -1 (go on without asking).
void step_open(struct step *step, int fd, const struct step_target *target, struct narrator *narrator);

// Must see each event before the narrator does: it ends the prompt's line.
struct trace_sink step_sink(struct step *step);

// If a segment is held: asks, once. The caller then watches step->keys.fd and calls step_key when it is readable.
void step_ask(struct step *step);
void step_key(void *step);

// Puts the terminal back as it was, and (on) takes it again after a stop.
void step_terminal(struct step *step, bool on);

#endif
