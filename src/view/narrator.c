// SPDX-License-Identifier: MIT
//
// Telling what happens (see narrator.h): a function for each kind of event. Called through the trace.
#include "view/narrator.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "rawshake/seq.h"
#include "view/explain.h"

enum { INDENT = 3, TOLD_MOST = 8, MESSAGE_SHOWN = 13 }; // TOLD_MOST: a long message would bury the ladder

static void say(struct narrator *n, const char *prose) {
    if (!prose[0])
        return;
    ladder_spill(&n->ladder);
    text_wrap(n->text, INDENT, false, INDENT, prose);
}

void narrator_init(struct narrator *n, struct text *text, const struct narrator_settings *settings) {
    memset(n, 0, offsetof(struct narrator, last)); // all but the room for segments
    n->last.segment.packet = NULL;
    n->text = text;
    n->settings = *settings;
    n->ladder = (struct ladder){.text = text, .server = RS_STATE_UNKNOWN, .server_text = " "};
}

// Another connection: nothing that was known of the one before holds.
static void tell_begin(struct narrator *n, const struct trace_event *event) {
    struct text *text = n->text;
    const struct narrator_settings settings = n->settings;
    narrator_init(n, text, &settings);
    n->about = *event->u.about;
    narrator_preface(n);
}

static void keep(struct narrator_copy *copy, const struct trace_segment *segment) {
    size_t size = segment->size < sizeof copy->bytes ? segment->size : sizeof copy->bytes;
    memcpy(copy->bytes, segment->bytes, size);
    copy->segment = *segment;
    copy->packet = *segment->packet;
    copy->packet.segment.payload[0] = (struct rs_span){0}; // it pointed into bytes that are not ours
    copy->packet.segment.payload[0].bytes = copy->bytes + (segment->packet->segment.payload[0].bytes - segment->bytes);
    copy->packet.segment.payload[0].size = segment->packet->segment.payload[0].size;
    copy->segment.packet = &copy->packet;
    copy->segment.bytes = copy->bytes;
}

static void show_bytes(struct narrator *n, const struct narrator_copy *copy) {
    explain_boxes(n->text, &copy->segment);
    explain_bytes(n->text, &copy->segment);
    explain_checksum(n->text, &copy->segment);
}

void narrator_show_fields(struct narrator *n) { explain_fields(n->text, &n->pending.segment, &n->about.choices); }

void narrator_show_bytes(struct narrator *n) { show_bytes(n, &n->pending); }

static void say_why_unknown(struct narrator *n) {
    char prose[160];
    if (n->peer.known || n->peer_why_told)
        return;
    n->peer_why_told = true;
    words_peer_unknown(n->peer.why_not, prose, sizeof prose);
    say(n, prose);
}

// True for a segment of the server's that has arrived before: all its numbers lie behind what we expect next.
static bool is_repeat(const struct trace_segment *segment) {
    const struct rs_segment *s = &segment->packet->segment;
    uint32_t length = rs_segment_length(s);
    return !segment->ours && !segment->expected.any_seq && length > 0 &&
           rs_seq_leq(s->seq + length, segment->expected.seq);
}

// The line that waits is complete now; what belongs below it follows.
static void flush(struct narrator *n) {
    ladder_flush(&n->ladder);
    if (!n->due)
        return;
    n->due = false;
    if (n->peer_asked)
        say_why_unknown(n);
    if (n->window_only) {
        char prose[120];
        words_window_only((uint32_t)n->last.packet.segment.window << n->last.segment.window_shift, prose, sizeof prose);
        say(n, prose);
    }
    if (n->last.segment.bent != 0) {
        char prose[400];
        words_bent(&n->last.segment, n->last_kind, prose, sizeof prose);
        say(n, prose);
    }
    if (n->settings.step && n->last_kind == TRACE_RECEIVED)
        explain_arrival(n->text, &n->last.segment);
    if (n->settings.step && is_repeat(&n->last.segment)) // while a person reads, it would push all else off the screen
        return;
    if (n->settings.verbosity >= 1)
        explain_fields(n->text, &n->last.segment, &n->about.choices);
    if (n->settings.verbosity >= 2)
        show_bytes(n, &n->last);
}

static void tell_call(struct narrator *n, const struct trace_event *event) {
    char label[40];
    flush(n);
    words_call(event, MESSAGE_SHOWN, label, sizeof label);
    ladder_call(&n->ladder, label);
}

static void tell_return(struct narrator *n, const struct trace_event *event) {
    char prose[400];
    flush(n);
    if (event->u.call.error != 0)
        return;
    words_return(event->u.call.call, event->u.call.message_bytes, !n->ours_stayed, n->peer_asked ? &n->peer : NULL,
                 prose, sizeof prose);
    say(n, prose);
}

// True for an ACK that says nothing but another window than the segment of the server's before it.
static bool only_window_is_new(const struct trace_segment *last, const struct trace_segment *now) {
    if (!last->packet || last->ours)
        return false;
    const struct rs_segment *a = &last->packet->segment, *b = &now->packet->segment;
    return b->flags == RS_ACK && rs_segment_data_bytes(b) == 0 && a->seq == b->seq && a->ack == b->ack &&
           a->window != b->window;
}

static void tell_segment(struct narrator *n, const struct trace_event *event) {
    flush(n);
    n->ours_stayed = n->ours_stayed && !event->u.segment.ours;
    n->window_only = event->kind == TRACE_RECEIVED && only_window_is_new(&n->last.segment, &event->u.segment);
    ladder_segment(&n->ladder, event);
    n->last_kind = event->kind;
    n->due = true;
    keep(&n->last, &event->u.segment);
}

static void tell_unsent(struct narrator *n, const struct trace_event *event) {
    char prose[400];
    flush(n);
    n->ours_stayed |= event->u.segment.ours;
    ladder_segment(&n->ladder, event);
    ladder_flush(&n->ladder);
    words_event(event, prose, sizeof prose);
    say(n, prose);
}

// A segment that waits is no line yet: it will be one when it goes on.
static void tell_held(struct narrator *n, const struct trace_event *event) {
    char label[96], prose[400], held[520];
    flush(n);
    n->ours_stayed |= event->u.segment.ours;
    ladder_begin(&n->ladder, event->at_us);
    ladder_label(&event->u.segment, sizeof label, label, sizeof label);
    words_bent(&event->u.segment, event->kind, prose, sizeof prose);
    snprintf(held, sizeof held, "%s%s: %s", event->u.segment.ours ? "" : "the server's ", label, prose);
    say(n, held);
}

// What is told in one sentence.
static void tell_sentence(struct narrator *n, const struct trace_event *event) {
    char prose[500];
    flush(n);
    words_event(event, prose, sizeof prose);
    text_color(n->text, event->kind == TRACE_SERVER ? TEXT_THEIRS : TEXT_PLAIN);
    say(n, prose);
    text_color(n->text, TEXT_PLAIN);
}

// What may come by the thousand: without -v the first few are told, and that there are more.
static void tell_some(struct narrator *n, const struct trace_event *event) {
    bool recv = event->kind == TRACE_DATA || event->u.server.call == TRACE_SERVER_RECV;
    uint64_t *told = event->kind == TRACE_DATA ? &n->data_events : &n->server_events;
    if (recv && ++*told > TOLD_MOST && n->settings.verbosity == 0)
        return;
    tell_sentence(n, event);
    if (recv && *told == TOLD_MOST && n->settings.verbosity == 0)
        say(n, "And so on.");
}

static void tell_ignored(struct narrator *n, const struct trace_event *event) {
    if (n->settings.verbosity > 0)
        tell_sentence(n, event);
}

static void tell_peer(struct narrator *n, const struct trace_event *event) {
    n->peer = event->u.peer;
    n->peer_asked = true;
    if (n->started || n->ladder.waiting) {
        n->started = true;
        ladder_peer(&n->ladder, &n->peer);
        flush(n);
        return;
    }
    n->started = true;
    ladder_start(&n->ladder, "socket()", RS_CLOSED, &n->peer);
    say_why_unknown(n);
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
    n->acked |= reason == RS_DATA_ACKED || reason == RS_FIN_ACKED;
    n->measured |= reason == RS_RTT_MEASURED;
    n->backed_off = reason == RS_TIMED_OUT || (n->backed_off && reason != RS_RTT_MEASURED);
}

// In bad weather the timer is told each time; the second time in a row, in short.
static bool is_told_again(struct narrator *n, const struct trace_decision *d) {
    bool again = d->reason == RS_TIMER_SET && d->value == n->told_wait_us && n->settings.verbosity == 0;
    if (d->reason == RS_TIMER_SET)
        n->told_wait_us = d->value;
    return again;
}

static void tell_decision(struct narrator *n, const struct trace_event *event) {
    const struct trace_decision *d = &event->u.decision;
    char more[320], prose[800], change[64] = "";
    bool verbose = n->settings.verbosity >= 1;
    note_decision(n, d->reason);
    bool wait_passes =
        n->about.stays_in_time_wait && (d->reason == RS_TIME_WAIT_BEGINS || d->reason == RS_TIME_WAIT_OVER);
    // In bad weather what matters is when something goes out again.
    bool timer = n->about.weather && (d->reason == RS_SENT_SYN || d->reason == RS_TIMER_SET);
    if (!verbose && !wait_passes && !timer && !is_worth_telling(d->reason))
        return;
    flush(n);
    // Once the server has acknowledged data, a RST has another cause than the missing guard.
    const struct words_known known = {.local = n->about.server_is_local,
                                      .guarded = n->about.guarded || n->acked,
                                      .measured = n->measured,
                                      .server = n->peer_asked && n->peer.known ? n->peer.state : RS_STATE_UNKNOWN,
                                      .backed_off = n->backed_off,
                                      .timeout_us = n->about.timeout_us};
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
    say(n, prose);
}

static void tell_counters(struct narrator *n, const struct trace_event *event) {
    const struct trace_counter *list = event->u.counters.list;
    size_t count = event->u.counters.count;
    const char *who = words_counters_who(&n->about);
    char prose[500];
    if (n->settings.verbosity == 0)
        return;
    flush(n);
    if (words_counters_traffic(list, count, who, prose, sizeof prose))
        say(n, prose);
    for (size_t i = 0; i < count; i++)
        if (words_counter(&list[i], who, prose, sizeof prose))
            say(n, prose);
    if (words_counters_ours(list, count, prose, sizeof prose))
        say(n, prose);
}

static void tell_pending(struct narrator *n, const struct trace_event *event) {
    char label[96], prose[500];
    const struct trace_segment *segment = &event->u.segment;
    flush(n);
    ladder_spill(&n->ladder);
    keep(&n->pending, segment);
    ladder_label(segment, sizeof label, label, sizeof label);
    text_color(n->text, TEXT_STRONG);
    text_add(n->text, "\n%s next: %s\n", n->text->style.utf8 ? "▸" : ">", label);
    text_color(n->text, TEXT_PLAIN);
    snprintf(prose, sizeof prose, "%s (%s)", rs_reason_sentence(segment->why), rs_reason_section(segment->why));
    say(n, prose);
    say(n, words_expectation(segment->why, segment->packet->segment.flags));
}

static void tell_end(struct narrator *n, const struct trace_event *event) {
    char prose[600];
    flush(n);
    words_end(event, prose, sizeof prose);
    say(n, prose);
    if (event->u.end.ignored == 0)
        return;
    words_ignored_count(event->u.end.ignored, prose, sizeof prose);
    say(n, prose);
}

// What this view does not tell.
static void tell_nothing(struct narrator *n, const struct trace_event *event) {
    (void)n;
    (void)event;
}

static void take(void *self, const struct trace_event *event) {
    static void (*const tell[TRACE_KINDS])(struct narrator *, const struct trace_event *) = {
        [TRACE_BEGIN] = tell_begin,        [TRACE_SEEN] = tell_nothing,      [TRACE_COUNTERS] = tell_counters,
        [TRACE_OMITTED] = tell_nothing,    [TRACE_CALL] = tell_call,         [TRACE_RETURN] = tell_return,
        [TRACE_SENT] = tell_segment,       [TRACE_RECEIVED] = tell_segment,  [TRACE_IGNORED] = tell_ignored,
        [TRACE_UNSENT] = tell_unsent,      [TRACE_UNTAKEN] = tell_unsent,    [TRACE_HELD] = tell_held,
        [TRACE_PEER] = tell_peer,          [TRACE_DECISION] = tell_decision, [TRACE_DATA] = tell_some,
        [TRACE_SERVER] = tell_some,        [TRACE_PENDING] = tell_pending,   [TRACE_WITHDRAWN] = tell_sentence,
        [TRACE_PEER_GONE] = tell_sentence, [TRACE_LOST] = tell_sentence,     [TRACE_ICMP] = tell_sentence,
        [TRACE_WAITING] = tell_sentence,   [TRACE_END] = tell_end,
    };
    tell[event->kind](self, event);
}

struct trace_sink narrator_sink(struct narrator *n) {
    return (struct trace_sink){
        .self = n, .take = take, .wants_peer = true, .wants_counters = n->settings.verbosity >= 1};
}
