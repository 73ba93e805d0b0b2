// SPDX-License-Identifier: MIT
//
// Telling of our own connection (see narrate.h): the program's calls, the engine's decisions, what the server's kernel
// says, and what step mode is about to send. Called by narrator.c.
#include "view/narrate.h"

#include <stdio.h>

enum { MESSAGE_SHOWN = 13 }; // bytes of a message, in the name of a call

void narrate_call(struct narrator *n, const struct trace_event *event) {
    char label[40];
    narrate_flush(n);
    narrate_name(n);
    words_call(event, MESSAGE_SHOWN, label, sizeof label);
    ladder_call(&n->now.ladder, label);
}

// The other end, if it is a kernel with a program that may have called accept(). In an experiment it need not be.
static const struct trace_peer *server(const struct narrator *n) {
    const bool is_one = (!n->now.about.experiment || n->now.about.our_server) && !n->now.about.both_by_hand;
    return is_one && n->now.peer_asked ? &n->now.peer : NULL;
}

void narrate_return(struct narrator *n, const struct trace_event *event) {
    char prose[400];
    narrate_flush(n);
    if (n->now.about.process > 0) {
        if (event->u.call.error == 0 && narrate_socket_again(n))
            snprintf(prose, sizeof prose, "connect() returns 0, and the program goes on.");
        else
            words_return_to_program(event->u.call.error, prose, sizeof prose);
        narrate_say(n, prose);
    }
    if (event->u.call.error != 0 || n->now.about.process > 0)
        return;
    words_return(event->u.call.call, event->u.call.message_bytes, !n->now.ours_stayed, server(n), prose, sizeof prose);
    if (n->now.about.we_listen)
        words_exchange_roles(prose);
    narrate_say(n, prose);
}

void narrate_why_unknown(struct narrator *n) {
    char prose[160];
    if (n->now.peer.known || n->now.peer_why_told)
        return;
    n->now.peer_why_told = true;
    words_peer_unknown(n->now.peer.why_not, prose, sizeof prose);
    if (n->now.about.we_listen)
        words_exchange_roles(prose);
    narrate_say(n, prose);
}

void narrate_peer(struct narrator *n, const struct trace_event *event) {
    char call[24] = "socket()";
    n->now.peer = event->u.peer;
    n->now.peer_asked = true;
    if (n->now.started || n->now.ladder.waiting) {
        n->now.started = true;
        ladder_peer(&n->now.ladder, &n->now.peer);
        narrate_flush(n);
        return;
    }
    n->now.started = true;
    if (n->now.about.we_listen)
        snprintf(call, sizeof call, "listen(%u)", n->now.about.backlog);
    // An experiment may write its segments without a program that would make the call.
    ladder_start(&n->now.ladder, n->now.about.experiment && !n->now.about.we_listen ? "" : call,
                 n->now.about.we_listen ? RS_LISTEN : RS_CLOSED, &n->now.peer);
    narrate_why_unknown(n);
}

// A segment that waits is no line yet: it will be one when it goes on.
void narrate_held(struct narrator *n, const struct trace_event *event) {
    char label[96], prose[WORDS_PURPOSE + 400], held[sizeof prose + sizeof label + 16];
    narrate_flush(n);
    n->now.ours_stayed |= event->u.segment.ours;
    ladder_begin(&n->now.ladder, event->at_us);
    ladder_label(&event->u.segment, sizeof label, label, sizeof label);
    words_bent(&event->u.segment, event->kind, prose, sizeof prose);
    snprintf(held, sizeof held, "%s%s: %s", event->u.segment.ours ? "" : "the server's ", label, prose);
    narrate_say(n, held);
}

// What is told without -v: the decisions that a learner would otherwise miss.
static bool is_worth_telling(enum rs_reason reason) {
    switch (reason) {
    case RS_TIMED_OUT:
    case RS_SENT_PROBE:
    case RS_SENT_CHALLENGE_ACK:
    case RS_WINDOW_CLOSED:
    case RS_WINDOW_OPENED:
    case RS_SIMULTANEOUS_OPEN:
    case RS_FIN_ACKED:
    case RS_FIN_ARRIVED:
    case RS_TIME_WAIT_RESTARTED:
    case RS_REFUSED:
    case RS_RESET:
    case RS_GAVE_UP:
    case RS_DROPPED_BAD_ACK:
    case RS_DROPPED_RST:
    case RS_DROPPED_OUT_OF_ORDER:
    case RS_DROPPED_OLD_TIMESTAMP:
    case RS_DROPPED_NO_TIMESTAMP:
    case RS_KEPT_OUT_OF_ORDER:
    case RS_GAP_FILLED:
    case RS_FAST_RETRANSMIT:
    case RS_RECOVERED:
    case RS_STILL_TRYING:
    case RS_PERSIST_SET:
    case RS_PERSIST_AGAIN:
    case RS_ICMP_NOTED:
    case RS_ICMP_REFUSED:
    case RS_ICMP_GAVE_UP:
    case RS_PATH_MTU_LOWERED:
    case RS_DROPPED_OUTSIDE_WINDOW:
    case RS_DROPPED_NOT_OURS:
    case RS_URGENT_SEEN:
        return true;
    default:
        return false;
    }
}

// What later words depend on.
static void note_decision(struct narrator *n, enum rs_reason reason) {
    n->now.acked |= reason == RS_DATA_ACKED || reason == RS_FIN_ACKED;
    n->now.measured |= reason == RS_RTT_MEASURED;
    n->now.backed_off = reason == RS_TIMED_OUT || (n->now.backed_off && reason != RS_RTT_MEASURED);
}

// In bad weather the timer is told each time; the second time in a row, in short.
static bool is_told_again(struct narrator *n, const struct trace_decision *d) {
    bool again = d->reason == RS_TIMER_SET && d->value == n->now.told_wait_us && n->settings.verbosity == 0;
    if (d->reason == RS_TIMER_SET)
        n->now.told_wait_us = d->value;
    return again;
}

void narrate_decision(struct narrator *n, const struct trace_event *event) {
    const struct trace_decision *d = &event->u.decision;
    char more[320], prose[800], change[64] = "";
    bool verbose = n->settings.verbosity >= 1;
    note_decision(n, d->reason);
    bool wait_passes =
        n->now.about.stays_in_time_wait && (d->reason == RS_TIME_WAIT_BEGINS || d->reason == RS_TIME_WAIT_OVER);
    // In bad weather, and where something is done wrong on purpose, what matters is when it goes out again.
    bool timer =
        (n->now.about.weather || n->now.about.timers_matter) && (d->reason == RS_SENT_SYN || d->reason == RS_TIMER_SET);
    if (!verbose && !wait_passes && !timer && !is_worth_telling(d->reason))
        return;
    narrate_flush(n);
    // Once the server has acknowledged data, a RST has another cause than the missing guard.
    const struct words_known known = {.local = n->now.about.server_is_local,
                                      .guarded = n->now.about.guarded || n->now.acked,
                                      .measured = n->now.measured,
                                      .server =
                                          n->now.peer_asked && n->now.peer.known ? n->now.peer.state : RS_STATE_UNKNOWN,
                                      .backed_off = n->now.backed_off,
                                      .timeout_us = n->now.about.timeout_us,
                                      .limit_is = n->now.about.timeout_is,
                                      .experiment = n->now.about.experiment != NULL,
                                      .we_listen = n->now.about.we_listen};
    words_decision(d, &known, more, sizeof more);
    if (verbose && d->before != d->after)
        snprintf(change, sizeof change, "%s %s %s: ", rs_state_name(d->before), n->text->style.utf8 ? "→" : "->",
                 rs_state_name(d->after));
    if (verbose)
        snprintf(prose, sizeof prose, "%s%s%s%s (%s; %s)", change, rs_reason_sentence(d->reason), more[0] ? " " : "",
                 more, rs_reason_name(d->reason), rs_reason_section(d->reason));
    else if (is_told_again(n, d))
        words_timer_again(d->value, prose, sizeof prose);
    else
        snprintf(prose, sizeof prose, "%s%s%s", rs_reason_sentence(d->reason), more[0] ? " " : "", more);
    narrate_say(n, prose);
}

void narrate_counters(struct narrator *n, const struct trace_event *event) {
    const struct trace_counter *list = event->u.counters.list;
    size_t count = event->u.counters.count;
    const char *who = words_counters_who(&n->now.about);
    char prose[500];
    if (n->settings.verbosity == 0)
        return;
    narrate_flush(n);
    if (words_counters_traffic(list, count, who, prose, sizeof prose))
        narrate_say(n, prose);
    for (size_t i = 0; i < count; i++)
        if (words_counter(&list[i], who, prose, sizeof prose))
            narrate_say(n, prose);
    if (words_counters_ours(list, count, prose, sizeof prose))
        narrate_say(n, prose);
}

// Step mode: the engine's reason, and what such a segment brings back; an experiment's purpose. What was altered or
// written by a script may bring back anything: that is the question.
static void tell_why(struct narrator *n, const struct trace_segment *segment) {
    char prose[WORDS_PURPOSE + 400];
    if (segment->bent & TRACE_BENT_FORGED) {
        words_bent(segment, TRACE_PENDING, prose, sizeof prose);
        narrate_say(n, prose);
        return;
    }
    snprintf(prose, sizeof prose, "%s (%s)", rs_reason_sentence(segment->why), rs_reason_section(segment->why));
    narrate_say(n, prose);
    narrate_say(n, segment->purpose ? segment->purpose : words_expectation(segment));
}

void narrate_pending(struct narrator *n, const struct trace_event *event) {
    char label[96];
    const struct trace_segment *segment = &event->u.segment;
    narrate_flush(n);
    narrate_name(n);
    ladder_spill(&n->now.ladder);
    narrate_keep(&n->pending, segment);
    ladder_label(segment, sizeof label, label, sizeof label);
    text_color(n->text, TEXT_STRONG);
    text_add(n->text, "\n%s next: %s\n", n->text->style.utf8 ? "▸" : ">", label);
    text_color(n->text, TEXT_PLAIN);
    n->purpose_told = segment->purpose != NULL;
    tell_why(n, segment);
}
