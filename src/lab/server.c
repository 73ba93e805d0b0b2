// SPDX-License-Identifier: MIT
//
// The server's program, one call at a time (see lab.h and live/program.h). What it does is recorded with the connection
// to which it does it, and if that is none of ours or not known, with the one that has begun last. Called by
// experiments.
#include <string.h>

#include "lab/internal.h"

static void told(void *self, struct trace_event event) {
    struct lab *lab = self;
    for (unsigned i = 0; i < lab->ends_count; i++) {
        struct lab_end *end = lab->ends[i];
        if (!end->begun || end->over || !rs_endpoint_equal(&end->local, &event.u.server.from))
            continue;
        session_record(&end->session, event);
        return;
    }
    lab_emit(lab, event);
}

static struct program_listener listener(struct lab *lab) { return (struct program_listener){lab, told}; }

// The wire first: what the call finds is what has been told.
static bool may_call(struct lab *lab) {
    lab_go(lab, NULL, NULL, 0);
    return !lab->stopped;
}

// And what the call has put on the wire is taken in.
static void called(struct lab *lab, bool there) {
    if (!there)
        lab_stop(lab, 0);
    lab_go(lab, NULL, NULL, 0);
}

void lab_server_accept(struct lab *lab) {
    const struct program_listener l = listener(lab);
    if (may_call(lab))
        called(lab, program_accept(&lab->program, &l));
}

void lab_server_recv(struct lab *lab) {
    const struct program_listener l = listener(lab);
    if (may_call(lab))
        called(lab, program_recv(&lab->program, &l));
}

void lab_server_recv_all(struct lab *lab) {
    const struct program_listener l = listener(lab);
    if (may_call(lab))
        called(lab, program_recv_all(&lab->program, &l));
}

void lab_server_recv_urgent(struct lab *lab) {
    const struct program_listener l = listener(lab);
    if (may_call(lab))
        called(lab, program_recv_urgent(&lab->program, &l));
}

void lab_server_send(struct lab *lab, const char *message) {
    const struct program_listener l = listener(lab);
    if (may_call(lab))
        called(lab, program_send(&lab->program, &l, (const uint8_t *)message, strlen(message)));
}

void lab_server_shutdown(struct lab *lab) {
    const struct program_listener l = listener(lab);
    if (may_call(lab))
        called(lab, program_shutdown(&lab->program, &l));
}

void lab_server_close(struct lab *lab) {
    const struct program_listener l = listener(lab);
    if (may_call(lab))
        called(lab, program_close(&lab->program, &l));
}

void lab_server_choose(struct lab *lab, unsigned n) {
    if (may_call(lab) && !program_choose(&lab->program, n))
        lab_stop(lab, 0);
}

const struct program *lab_program(const struct lab *lab) { return &lab->program; }
