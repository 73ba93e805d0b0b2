// SPDX-License-Identifier: MIT
//
// Evidence: what was expected beside what was seen in this run. Claims are kept for the verdict, and put into the trace
// when the script is over, so that every view shows them together. Called by experiments.
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lab/internal.h"
#include "view/escape.h"
#include "view/words.h"

void lab_show_evidence(struct lab *lab) {
    for (size_t i = 0; i < lab->outcome.count; i++) {
        const struct lab_claim *claim = &lab->outcome.claims[i];
        struct trace_event event = {.kind = TRACE_EVIDENCE};
        event.u.evidence.place = claim->place;
        event.u.evidence.holds = claim->holds;
        event.u.evidence.of_linux = claim->of_linux;
        event.u.evidence.either_way = claim->either_way;
        event.u.evidence.expected = claim->expected;
        event.u.evidence.seen = claim->seen;
        lab_emit(lab, event);
    }
}

// NULL: there is no room for it, or the run has been stopped and nothing can be said.
static struct lab_claim *add(struct lab *lab, enum trace_place place, bool holds, unsigned how, const char *expected) {
    if (lab->stopped || lab->outcome.count == LAB_CLAIMS_MAX)
        return NULL;
    struct lab_claim *made = &lab->outcome.claims[lab->outcome.count++];
    *made = (struct lab_claim){
        .place = place, .holds = holds, .of_linux = how & LAB_LINUX, .either_way = how & LAB_EITHER_WAY};
    snprintf(made->expected, sizeof made->expected, "%s", expected);
    return made;
}

static void add_unknown(struct lab *lab, enum trace_place place, unsigned how, const char *expected, const char *why) {
    struct lab_claim *made = add(lab, place, false, how, expected);
    if (!made)
        return;
    made->unknown = true;
    snprintf(made->seen, sizeof made->seen, "%s", why);
}

void lab_evidence(struct lab *lab, enum trace_place place, bool holds, unsigned how, const char *expected,
                  const char *seen, ...) {
    struct lab_claim *made = add(lab, place, holds, how, expected);
    va_list list;
    va_start(list, seen);
    if (made)
        vsnprintf(made->seen, sizeof made->seen, seen, list);
    va_end(list);
}

void lab_kernel_evidence(struct lab *lab, const struct peer *told, bool holds, unsigned how, const char *expected,
                         const char *seen, ...) {
    struct lab_claim *made;
    va_list list;
    if (!told->known) {
        add_unknown(lab, TRACE_IN_THE_KERNEL, how, expected, told->why_not);
        return;
    }
    made = add(lab, TRACE_IN_THE_KERNEL, holds, how, expected);
    va_start(list, seen);
    if (made)
        vsnprintf(made->seen, sizeof made->seen, seen, list);
    va_end(list);
}

static void flag_names(uint8_t flags, char *out, size_t room) {
    static const char *const names[] = {"SYN", "FIN", "RST", "PSH", "URG", "ECE", "CWR", "ACK"};
    static const uint8_t bits[] = {RS_SYN, RS_FIN, RS_RST, RS_PSH, RS_URG, RS_ECE, RS_CWR, RS_ACK};
    size_t used = 0;
    snprintf(out, room, "no flags");
    for (size_t i = 0; i < sizeof bits; i++)
        if (flags & bits[i] && used < room)
            used += (size_t)snprintf(out + used, room - used, "%s%s", used ? "," : "", names[i]);
}

void lab_words(const struct lab_segment *s, char *out, size_t room) {
    char flags[48];
    if (!s) {
        snprintf(out, room, "silence");
        return;
    }
    flag_names(s->flags, flags, sizeof flags);
    if (s->flags & RS_ACK)
        snprintf(out, room, "%s seq=%" PRIu32 " ack=%" PRIu32, flags, s->seq, s->ack);
    else
        snprintf(out, room, "%s seq=%" PRIu32, flags, s->seq);
}

void lab_sees_answer(struct lab_end *end, size_t mark, uint8_t flags, unsigned how) {
    const struct lab_segment *s = lab_arrived(end, mark, 0, 0);
    char expected[48], seen[LAB_CLAIM_TEXT];
    flag_names(flags, expected, sizeof expected);
    lab_words(s, seen, sizeof seen);
    lab_evidence(end->lab, TRACE_ON_THE_WIRE, s && (s->flags & ~RS_PSH) == flags, how, expected, "%s", seen);
}

void lab_sees_silence(struct lab_end *end, size_t mark, unsigned how) {
    const struct lab_segment *s = lab_arrived(end, mark, 0, 0);
    char seen[LAB_CLAIM_TEXT];
    lab_words(s, seen, sizeof seen);
    lab_evidence(end->lab, TRACE_ON_THE_WIRE, !s, how, "silence", "%s", seen);
}

static bool has_left_or_arrived(const struct lab_segment *s, const struct lab_end *end, bool ours, uint8_t flags) {
    return s->connection == end->session.config.connection && s->flags == flags && (ours ? s->left : !s->ours);
}

// From the n-th segment with these flags to the next; 0: there is none.
static uint64_t pause_us(const struct lab_end *end, bool ours, uint8_t flags, size_t n) {
    const struct lab_segment *before = NULL;
    size_t met = 0;
    for (size_t i = 0; i < lab_mark(end->lab); i++) {
        const struct lab_segment *s = lab_recorded(end->lab, i);
        if (!has_left_or_arrived(s, end, ours, flags))
            continue;
        if (met++ == n)
            return s->at_us - before->at_us;
        before = s;
    }
    return 0;
}

void lab_sees_again(struct lab_end *end, bool ours, uint8_t flags, size_t n, uint64_t after_us, unsigned how) {
    enum { LATE_US = 900000 };
    const double second = 1000000;
    const uint64_t us = pause_us(end, ours, flags, n);
    const bool holds = us >= after_us / 4 * 3 && us <= after_us + LATE_US;
    char expected[LAB_CLAIM_TEXT], names[48];
    flag_names(flags, names, sizeof names);
    snprintf(expected, sizeof expected, n == 1 ? "%s again after %g s" : "%s again, %g s later", names,
             (double)after_us / second);
    lab_evidence(end->lab, TRACE_ON_THE_WIRE, holds, how, expected, us > 0 ? "again after %.2f s" : "not again",
                 (double)us / second);
}

const char *lab_state_words(enum rs_state state) {
    return state == RS_LISTEN ? "no connection, only LISTEN" : rs_state_name(state);
}

void lab_saw_state(struct lab *lab, const struct peer *peer, enum rs_state state, unsigned how) {
    lab_kernel_evidence(lab, peer, peer->state == state, how, lab_state_words(state), "%s",
                        lab_state_words(peer->state));
}

void lab_sees_state(struct lab_end *end, enum rs_state state, unsigned how) {
    const struct peer peer = lab_peer(end);
    lab_saw_state(end->lab, &peer, state, how);
}

static const char not_told[] = "the kernel does not tell it here";

static void sees_counter(struct lab *lab, const char *name, uint64_t moved, bool at_least, unsigned how) {
    const uint64_t seen = lab_counter(lab, name);
    char expected[LAB_CLAIM_TEXT];
    snprintf(expected, sizeof expected, "%s +%" PRIu64 "%s", name, moved, at_least ? " or more" : "");
    if (moved == 0)
        snprintf(expected, sizeof expected, "%s as before", name);
    if (!kernel_counters_know(&lab->counters, name))
        add_unknown(lab, TRACE_IN_THE_COUNTERS, how, expected, not_told);
    else
        lab_evidence(lab, TRACE_IN_THE_COUNTERS, at_least ? seen >= moved : seen == moved, how, expected, "+%" PRIu64,
                     seen);
}

void lab_sees_router_counter(struct lab *lab, const char *name, uint64_t moved, unsigned how) {
    const uint64_t seen = lab_router_counter(lab, name);
    char expected[LAB_CLAIM_TEXT];
    snprintf(expected, sizeof expected, "the router's: %s +%" PRIu64, name, moved);
    if (!kernel_counters_know(&lab->router_counters, name))
        add_unknown(lab, TRACE_IN_THE_COUNTERS, how, expected, not_told);
    else
        lab_evidence(lab, TRACE_IN_THE_COUNTERS, seen == moved, how, expected, "+%" PRIu64, seen);
}

void lab_sees_counter(struct lab *lab, const char *name, uint64_t moved, unsigned how) {
    sees_counter(lab, name, moved, false, how);
}

void lab_sees_counter_at_least(struct lab *lab, const char *name, uint64_t moved, unsigned how) {
    sees_counter(lab, name, moved, true, how);
}

void lab_sees_read(struct lab *lab, const char *message, unsigned how) {
    const struct program *p = &lab->program;
    char expected[64], seen[64], quoted[72];
    const bool holds = p->read_bytes == strlen(message) && memcmp(p->read, message, p->read_bytes) == 0;
    escape_bytes((const uint8_t *)message, strlen(message), expected, sizeof expected);
    escape_bytes(p->read, p->read_bytes, seen, sizeof seen);
    snprintf(quoted, sizeof quoted, message[0] ? "reads b\"%s\"" : "reads nothing", expected);
    lab_evidence(lab, TRACE_IN_THE_PROGRAM, holds, how, quoted, p->read_bytes > 0 ? "b\"%s\"" : "nothing%s", seen);
}

static const char *error_name(int error) {
    const char *name = error == 0 ? "no error" : words_errno_name(error);
    return name ? name : "another error";
}

void lab_sees_failure(struct lab *lab, int error, unsigned how) {
    const struct program *p = &lab->program;
    lab_evidence(lab, TRACE_IN_THE_PROGRAM, p->last.error == error, how, error_name(error), "%s",
                 p->last.error == EAGAIN ? "it would wait" : error_name(p->last.error));
}

void lab_sees_connect(struct lab_end *end, int error, unsigned how) {
    char expected[64];
    snprintf(expected, sizeof expected, "connect(): %s", error_name(error));
    if (end->connect_error < 0)
        lab_evidence(end->lab, TRACE_AT_OUR_END, false, how, expected, "it has not returned");
    else
        lab_evidence(end->lab, TRACE_AT_OUR_END, end->connect_error == error, how, expected, "%s",
                     error_name(end->connect_error));
}
