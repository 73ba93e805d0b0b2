// SPDX-License-Identifier: MIT
//
// Telling what happens (see narrator.h): segments, and what is told in one sentence. narrator_hand.c has what belongs
// to a connection made by hand, narrator_seen.c what belongs to one that others make, narrator_lab.c what an experiment
// says and finds, narrator_socket.c how the kernel describes a socket, narrator_follow.c how several connections are
// told at once. Called through the trace.
#include "view/narrator.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "rawshake/seq.h"
#include "view/explain.h"
#include "view/narrate.h"

enum {
    INDENT = 3,
    TOLD_MOST = 8, // a long message would bury the ladder
    BENT = WORDS_PURPOSE + 400
};

void narrate_say(struct narrator *n, const char *prose) {
    if (!prose[0])
        return;
    narrate_name(n);
    ladder_spill(&n->now.ladder);
    text_wrap(n->text, INDENT, false, INDENT, prose);
}

void narrator_init(struct narrator *n, struct text *text, const struct narrator_settings *settings) {
    memset(n, 0, offsetof(struct narrator, last)); // all but the room for segments
    n->last.segment.packet = NULL;
    n->text = text;
    n->settings = *settings;
    n->now.ladder = (struct ladder){.text = text, .server = RS_STATE_UNKNOWN, .server_text = " "};
}

// Another connection: what was known of the one before is put aside if it may live on beside it, and else forgotten.
static void tell_begin(struct narrator *n, const struct trace_event *event) {
    struct text *text = n->text;
    const struct narrator_settings settings = n->settings;
    const struct trace_about *about = event->u.about;
    const bool another = narrate_is_one_of_several(&n->now.about) && narrate_is_one_of_several(about);
    narrate_flush(n);
    if (another)
        narrate_put_aside(n);
    else if (n->noted && about->process > 0) // the note was none of this connection's
        text_add(text, "\n");
    const size_t kept = another ? n->kept_count : 0;
    const bool socket_told = another && n->socket_told, seen_told = another && n->seen_told;
    narrator_init(n, text, &settings);
    n->kept_count = kept;
    n->socket_told = socket_told;
    n->seen_told = seen_told;
    n->named = n->now.connection = event->connection;
    n->now.about = *event->u.about;
    n->now.ladder.we_listen = n->now.about.we_listen;
    n->now.ladder.others = n->now.about.source != TRACE_BY_HAND;
    n->now.ladder.no_calls = about->source == TRACE_WATCHED || about->source == TRACE_READ ||
                             (about->source == TRACE_HANDED && about->process > 0);
    n->now.ladder.any_server = n->now.about.server_is != NULL || n->now.about.both_by_hand;
    n->now.ladder.any_client = n->now.about.client_is != NULL && n->now.about.process == 0;
    narrator_preface(n, another);
}

void narrate_keep(struct narrator_copy *copy, const struct trace_segment *segment) {
    size_t size = segment->size < sizeof copy->bytes ? segment->size : sizeof copy->bytes;
    memcpy(copy->bytes, segment->bytes, size);
    copy->segment = *segment;
    copy->packet = *segment->packet;
    copy->packet.segment.payload[0] = (struct rs_span){0}; // it pointed into bytes that are not ours
    copy->packet.segment.payload[0].bytes = copy->bytes + (segment->packet->segment.payload[0].bytes - segment->bytes);
    copy->packet.segment.payload[0].size = segment->packet->segment.payload[0].size;
    copy->segment.packet = &copy->packet;
    copy->segment.bytes = copy->bytes;
    snprintf(copy->purpose, sizeof copy->purpose, "%s", segment->purpose ? segment->purpose : "");
    copy->segment.purpose = segment->purpose ? copy->purpose : NULL;
}

static void show_bytes(struct narrator *n, const struct narrator_copy *copy) {
    explain_boxes(n->text, &copy->segment);
    explain_bytes(n->text, &copy->segment);
    explain_checksum(n->text, &copy->segment);
}

void narrator_show_fields(struct narrator *n) { explain_fields(n->text, &n->pending.segment, &n->now.about); }

void narrator_show_bytes(struct narrator *n) { show_bytes(n, &n->pending); }

// True for a segment of the server's that has arrived before: all its numbers lie behind what we expect next.
static bool is_repeat(const struct trace_segment *segment) {
    const struct rs_segment *s = &segment->packet->segment;
    uint32_t length = rs_segment_length(s);
    return !segment->ours && !segment->expected.any_seq && length > 0 && segment->expected.flags != 0 &&
           rs_seq_leq(s->seq + length, segment->expected.seq);
}

// True if step mode has told the purpose of this segment when it was about to leave.
static bool is_purpose_told(struct narrator *n) {
    bool told = n->purpose_told && n->last_kind == TRACE_SENT && n->last.segment.purpose &&
                strcmp(n->last.purpose, n->pending.purpose) == 0;
    n->purpose_told = n->purpose_told && n->last_kind != TRACE_SENT;
    return told;
}

static void tell_bends(struct narrator *n) {
    const struct trace_segment *s = &n->last.segment;
    char prose[BENT];
    if ((s->bent == 0 && !s->purpose) || (is_purpose_told(n) && !words_has_waited(s, n->last_kind)))
        return;
    words_bent(s, n->last_kind, prose, sizeof prose);
    narrate_say(n, prose);
}

// The line that waits is complete now; what belongs below it follows.
void narrate_flush(struct narrator *n) {
    ladder_flush(&n->now.ladder);
    if (!n->due)
        return;
    n->due = false;
    if (n->now.peer_asked)
        narrate_why_unknown(n);
    if (n->window_only) {
        char prose[120];
        words_window_only((uint32_t)n->last.packet.segment.window << n->last.segment.window_shift, prose, sizeof prose);
        narrate_say(n, prose);
    }
    tell_bends(n);
    if (n->settings.step && n->last_kind == TRACE_RECEIVED && n->last.segment.expected.flags != 0)
        explain_arrival(n->text, &n->last.segment);
    if (n->settings.step && is_repeat(&n->last.segment)) // while a person reads, it would push all else off the screen
        return;
    if (n->settings.verbosity >= 1)
        explain_fields(n->text, &n->last.segment, &n->now.about);
    if (n->settings.verbosity >= 2)
        show_bytes(n, &n->last);
}

// True for an ACK that says nothing but another window than the segment of the server's before it.
static bool only_window_is_new(const struct trace_segment *last, const struct trace_segment *now) {
    if (!last->packet || last->ours)
        return false;
    const struct rs_segment *a = &last->packet->segment, *b = &now->packet->segment;
    return b->flags == RS_ACK && rs_segment_data_bytes(b) == 0 && b->options.sack_blocks == 0 && a->seq == b->seq &&
           a->ack == b->ack && a->window != b->window;
}

static void tell_segment(struct narrator *n, const struct trace_event *event) {
    narrate_flush(n);
    n->now.ours_stayed = n->now.ours_stayed && !event->u.segment.ours;
    n->window_only = event->kind == TRACE_RECEIVED && only_window_is_new(&n->last.segment, &event->u.segment);
    narrate_name(n);
    ladder_segment(&n->now.ladder, event);
    n->last_kind = event->kind;
    n->due = true;
    narrate_keep(&n->last, &event->u.segment);
}

static void tell_unsent(struct narrator *n, const struct trace_event *event) {
    char prose[BENT];
    narrate_flush(n);
    n->now.ours_stayed |= event->u.segment.ours;
    narrate_name(n);
    ladder_segment(&n->now.ladder, event);
    ladder_flush(&n->now.ladder);
    words_event(event, &n->now.about, prose, sizeof prose);
    narrate_say(n, prose);
}

// What is told in one sentence.
void narrate_sentence(struct narrator *n, const struct trace_event *event) {
    char prose[500];
    narrate_flush(n);
    words_event(event, &n->now.about, prose, sizeof prose);
    text_color(n->text, event->kind == TRACE_SERVER ? TEXT_THEIRS : TEXT_PLAIN);
    narrate_say(n, prose);
    text_color(n->text, TEXT_PLAIN);
}

// What may come by the thousand: without -v the first few are told, and that there are more.
static void tell_some(struct narrator *n, const struct trace_event *event) {
    bool recv = event->kind == TRACE_DATA || event->u.server.call == TRACE_SERVER_RECV;
    uint64_t *told = event->kind == TRACE_DATA ? &n->now.data_events : &n->now.server_events;
    if (recv && ++*told > TOLD_MOST && n->settings.verbosity == 0)
        return;
    narrate_sentence(n, event);
    if (recv && *told == TOLD_MOST && n->settings.verbosity == 0)
        narrate_say(n, "And so on.");
}

static void tell_ignored(struct narrator *n, const struct trace_event *event) {
    if (n->settings.verbosity > 0)
        narrate_sentence(n, event);
}

static void take(void *self, const struct trace_event *event) {
    static void (*const tell[TRACE_KINDS])(struct narrator *, const struct trace_event *) = {
        [TRACE_BEGIN] = tell_begin,           [TRACE_SEEN] = narrate_seen,         [TRACE_COUNTERS] = narrate_counters,
        [TRACE_OMITTED] = narrate_sentence,   [TRACE_CALL] = narrate_call,         [TRACE_RETURN] = narrate_return,
        [TRACE_SENT] = tell_segment,          [TRACE_RECEIVED] = tell_segment,     [TRACE_IGNORED] = tell_ignored,
        [TRACE_UNSENT] = tell_unsent,         [TRACE_UNTAKEN] = tell_unsent,       [TRACE_HELD] = narrate_held,
        [TRACE_PEER] = narrate_peer,          [TRACE_DECISION] = narrate_decision, [TRACE_DATA] = tell_some,
        [TRACE_SERVER] = tell_some,           [TRACE_PENDING] = narrate_pending,   [TRACE_WITHDRAWN] = narrate_sentence,
        [TRACE_PEER_GONE] = narrate_sentence, [TRACE_LOST] = narrate_sentence,     [TRACE_ICMP] = narrate_sentence,
        [TRACE_WAITING] = narrate_sentence,   [TRACE_NOTE] = narrate_note,         [TRACE_SOCKET] = narrate_socket,
        [TRACE_EVIDENCE] = narrate_evidence,  [TRACE_END] = narrate_end,
    };
    narrate_follow(self, event);
    tell[event->kind](self, event);
}

struct trace_sink narrator_sink(struct narrator *n) {
    return (struct trace_sink){
        .self = n, .take = take, .wants_peer = true, .wants_counters = n->settings.verbosity >= 1};
}
