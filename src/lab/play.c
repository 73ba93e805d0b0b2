// SPDX-License-Identifier: MIT
//
// Playing an experiment's script (see run.h). The script is straight lines; whenever it waits, the loop goes round here
// for all ends at once. Called by the command lab, and by every verb that waits.
#include <poll.h>

#include "lab/internal.h"

enum { ROUNDS_MAX = 64 }; // in a flood, the person at the keyboard gets a turn too

struct loop *lab_loop(struct lab *lab) {
    return &lab->loop;
}

struct session *lab_held(struct lab *lab) {
    for (unsigned i = 0; i < lab->ends_count; i++)
        if (lab->ends[i]->begun && lab->ends[i]->session.held)
            return &lab->ends[i]->session;
    return NULL;
}

void lab_go_on_alone(struct lab *lab) {
    lab->config.step = false;
    for (unsigned i = 0; i < lab->ends_count; i++) {
        struct lab_end *end = lab->ends[i];
        end->session.config.step = false;
        if (end->begun && !end->over)
            session_permit(&end->session);
    }
}

void lab_stop(struct lab *lab, int number) {
    if (lab->stopped)
        return;
    lab->stopped = true;
    lab->outcome.stopped_by = number;
    for (unsigned i = 0; i < lab->ends_count; i++)
        if (lab->ends[i]->begun && !lab->ends[i]->over)
            session_abort(&lab->ends[i]->session);
}

void lab_emit(struct lab *lab, struct trace_event event) {
    if (lab->current) {
        session_record(&lab->current->session, event);
        return;
    }
    if (event.wall_ns == 0)
        event.wall_ns = lab->clock.wall_ns(lab->clock.self);
    event.at_us = lab->clock.monotonic_us(lab->clock.self);
    trace_emit(lab->config.trace, &event);
}

// While an end holds a segment, the others wait: one is asked about at a time.
static bool takes_part(struct lab *lab, const struct lab_end *end) {
    const struct session *held = lab_held(lab);
    return end->begun && !end->over && (!held || held == &end->session);
}

// Everything that can be done now.
static bool advance(struct lab *lab) {
    bool any = false;
    for (unsigned i = 0; i < lab->ends_count; i++) {
        struct lab_end *end = lab->ends[i];
        if (!takes_part(lab, end))
            continue;
        any |= session_advance(&end->session);
        any |= lab_end_read(end);
        if (end->session.link_failure != 0 && !lab->stopped) {
            lab->outcome.failure = end->session.link_failure;
            lab_stop(lab, 0);
        }
    }
    return any;
}

static void nothing(void *self) { (void)self; } // being woken is enough

static uint64_t watch(struct lab *lab, uint64_t most_us) {
    for (unsigned i = 0; i < lab->ends_count; i++) {
        struct lab_end *end = lab->ends[i];
        if (!end->begun || end->over)
            continue;
        loop_unwatch(&lab->loop, end->session.config.link.fd);
        loop_unwatch(&lab->loop, end->session.config.link.icmp_fd);
        if (!takes_part(lab, end))
            continue;
        loop_watch(&lab->loop, end->session.config.link.fd, POLLIN, nothing, lab);
        loop_watch(&lab->loop, end->session.config.link.icmp_fd, POLLIN, nothing, lab);
        uint64_t wait = session_wait_us(&end->session);
        most_us = wait < most_us ? wait : most_us;
    }
    return most_us;
}

static uint64_t now_us(const struct lab *lab) { return lab->clock.monotonic_us(lab->clock.self); }

static uint64_t standing_us(void *self) {
    const struct lab *lab = self;
    return (lab->stands ? lab->stands_since : now_us(lab)) - lab->stood_us;
}

static uint64_t wall_ns(void *self) {
    const struct lab *lab = self;
    return lab->clock.wall_ns(lab->clock.self);
}

struct clock lab_clock(struct lab *lab) {
    return (struct clock){.self = lab, .monotonic_us = standing_us, .wall_ns = wall_ns};
}

static void stand(struct lab *lab, bool stands) {
    const uint64_t now = now_us(lab);
    if (stands && !lab->stands)
        lab->stands_since = now;
    else if (!stands && lab->stands)
        lab->stood_us += now - lab->stands_since;
    lab->stands = stands;
}

// While a segment is held a person reads, and no time passes for the script.
static uint64_t wait_once(struct lab *lab, uint64_t left_us) {
    if (lab->config.host.idle)
        lab->config.host.idle(lab->config.host.self, lab);
    bool held = lab_held(lab) != NULL;
    uint64_t before = now_us(lab);
    stand(lab, held);
    if (!lab->stopped && !loop_wait(&lab->loop, watch(lab, held ? UINT64_MAX : left_us)))
        lab_stop(lab, 0); // poll() itself fails: nothing more can be waited for
    stand(lab, lab_held(lab) != NULL);
    return held ? 0 : now_us(lab) - before;
}

bool lab_go(struct lab *lab, bool (*until)(void *self), void *self, uint64_t most_us) {
    uint64_t passed = 0;
    while (!lab->stopped) {
        uint64_t before = now_us(lab);
        bool busy = true;
        for (int i = 0; i < ROUNDS_MAX && busy; i++)
            busy = advance(lab);
        if (!busy && until && until(self)) // the wire first
            return !lab->stopped;
        if (!lab_held(lab))
            passed += now_us(lab) - before;
        if (passed >= most_us && !lab_held(lab))
            return false;
        passed += wait_once(lab, busy ? 0 : passed < most_us ? most_us - passed : 0);
    }
    return false;
}

static void judge(struct lab_outcome *outcome) {
    outcome->as_the_rfc = outcome->finished;
    for (size_t i = 0; i < outcome->count; i++) {
        const struct lab_claim *claim = &outcome->claims[i];
        outcome->as_the_rfc &= claim->holds || claim->of_linux;
        outcome->decisive += !claim->either_way && !(claim->unknown && claim->of_linux);
        outcome->failed += !claim->holds && !claim->unknown;
        outcome->unknown += claim->unknown;
        outcome->missing += !claim->either_way && !claim->holds && !claim->unknown;
    }
}

void lab_play(struct lab *lab, struct lab_outcome *outcome) {
    lab->config.experiment->run(lab);
    if (!lab->stopped)
        lab_show_evidence(lab);
    for (unsigned i = 0; i < lab->ends_count; i++)
        lab_end_finish(lab->ends[i]);
    lab->outcome.finished = !lab->stopped && lab->lost == 0; // what found no room might have been evidence
    judge(&lab->outcome);
    *outcome = lab->outcome;
}
