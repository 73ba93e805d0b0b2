// SPDX-License-Identifier: MIT
//
// Telling what happens (see narrator.h): a function for each kind of event. Called through the trace.
#include "view/narrator.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rawshake/seq.h"
#include "view/escape.h"
#include "view/explain.h"

enum { INDENT = 3, TOLD_MOST = 8 }; // TOLD_MOST: a long message would bury the ladder

static void say(struct narrator *n, const char *prose) {
    if (!prose[0])
        return;
    ladder_spill(&n->ladder);
    text_wrap(n->text, INDENT, false, INDENT, prose);
}

void narrator_init(struct narrator *n, struct text *text, const struct narrator_settings *settings) {
    n->text = text;
    n->settings = *settings;
    n->ladder = (struct ladder){.text = text, .server = RS_STATE_UNKNOWN, .server_text = " "};
}

static void preface_line(struct narrator *n, const char *who, const char *where, const char *what) {
    text_color(n->text, TEXT_STRONG);
    text_add(n->text, "%-8s", who);
    text_color(n->text, TEXT_PLAIN);
    if (where)
        text_add(n->text, "%-18s", where);
    text_wrap(n->text, where ? 26 : 8, true, where ? 26 : 8, what);
}

void narrator_begin(struct narrator *n) {
    const struct narrator_settings *s = &n->settings;
    char endpoint[RS_ENDPOINT_TEXT_BYTES], guard[160];
    if (s->private_network)
        text_wrap(n->text, 0, false, 0,
                  s->through_user
                      ? "A private network of our own (user namespace): no root needed, nothing outside it is touched."
                      : "A private network of our own (network namespace): nothing outside it is touched.");
    preface_line(n, "server", rs_endpoint_text(&s->server, endpoint, sizeof endpoint),
                 s->our_server ? "ordinary sockets, listen(1)" : "whoever listens there");
    preface_line(n, "client", rs_endpoint_text(&s->client, endpoint, sizeof endpoint),
                 "by hand: our own IP and TCP headers, over a raw socket");
    if (s->guarded)
        snprintf(guard, sizeof guard,
                 "a silent listener holds port %u, so that our own kernel does not answer with RST",
                 (unsigned)s->client.port);
    else
        snprintf(guard, sizeof guard,
                 "left out (--no-guard): our own kernel, which knows of no connection on port %u, will answer with RST",
                 (unsigned)s->client.port);
    preface_line(n, "guard", NULL, guard);
    if (s->guarded && s->verbosity >= 1)
        text_wrap(n->text, 8, false, 8,
                  s->filtered
                      ? "Two rules make it deaf: it takes no segment with a TTL below 255 (IP_MINTTL), and a "
                        "packet filter on it keeps nothing."
                      : "One rule makes it deaf: it takes no segment with a TTL below 255 (IP_MINTTL). A packet "
                        "filter as a second one was not permitted.");
    text_add(n->text, "\n");
    ladder_title(&n->ladder);
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

void narrator_show_fields(struct narrator *n) { explain_fields(n->text, &n->pending.segment, &n->settings.choices); }

void narrator_show_bytes(struct narrator *n) { show_bytes(n, &n->pending); }

static void say_why_unknown(struct narrator *n) {
    char prose[160];
    if (n->peer.known || n->peer_why_told)
        return;
    n->peer_why_told = true;
    snprintf(prose, sizeof prose, "? in the server's column: its state cannot be asked, because %s.", n->peer.why_not);
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
        snprintf(prose, sizeof prose, "The same ACK once more, for the sake of its window: now %u bytes.",
                 (unsigned)n->last.packet.segment.window);
        say(n, prose);
    }
    if (n->settings.step && n->last_kind == TRACE_RECEIVED)
        explain_arrival(n->text, &n->last.segment);
    if (n->settings.step && is_repeat(&n->last.segment)) // while a person reads, it would push all else off the screen
        return;
    if (n->settings.verbosity >= 1)
        explain_fields(n->text, &n->last.segment, &n->settings.choices);
    if (n->settings.verbosity >= 2)
        show_bytes(n, &n->last);
}

static void tell_call(struct narrator *n, const struct trace_event *event) {
    char message[14], label[40];
    flush(n);
    switch (event->u.call.call) {
    case TRACE_CONNECT:
        snprintf(label, sizeof label, "connect(...)");
        break;
    case TRACE_SENDALL: {
        size_t size = event->u.call.message_bytes;
        size_t shown = escape_bytes(event->u.call.message, size, message, sizeof message);
        bool whole = shown == size && !event->u.call.more;
        snprintf(label, sizeof label, whole ? "sendall(b\"%s\")" : "sendall(b\"%.8s...\")", message);
        break;
    }
    default:
        snprintf(label, sizeof label, "close()");
        break;
    }
    ladder_call(&n->ladder, label);
}

static void tell_return(struct narrator *n, const struct trace_event *event) {
    char prose[400];
    flush(n);
    if (event->u.call.error != 0)
        return;
    words_return(event->u.call.call, event->u.call.message_bytes, n->peer_asked ? &n->peer : NULL, prose, sizeof prose);
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
    n->window_only = event->kind == TRACE_RECEIVED && only_window_is_new(&n->last.segment, &event->u.segment);
    ladder_segment(&n->ladder, event);
    n->last_kind = event->kind;
    n->due = true;
    keep(&n->last, &event->u.segment);
}

static void tell_unsent(struct narrator *n, const struct trace_event *event) {
    char prose[200];
    flush(n);
    ladder_segment(&n->ladder, event);
    ladder_flush(&n->ladder);
    if (event->u.segment.failure != 0)
        snprintf(prose, sizeof prose, "It did not leave: our own kernel refused to send it: %s.",
                 strerror(event->u.segment.failure));
    else
        snprintf(prose, sizeof prose, "It did not leave: it was dropped on purpose.");
    say(n, prose);
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
    case RS_DROPPED_OUTSIDE_WINDOW:
    case RS_DROPPED_NOT_OURS:
    case RS_URGENT_SEEN:
        return true;
    default:
        return false;
    }
}

static void tell_decision(struct narrator *n, const struct trace_event *event) {
    const struct trace_decision *d = &event->u.decision;
    char more[320], prose[800], change[64] = "";
    bool verbose = n->settings.verbosity >= 1;
    n->acked |= d->reason == RS_DATA_ACKED || d->reason == RS_FIN_ACKED;
    bool wait_passes =
        n->settings.stays_in_time_wait && (d->reason == RS_TIME_WAIT_BEGINS || d->reason == RS_TIME_WAIT_OVER);
    if (!verbose && !wait_passes && !is_worth_telling(d->reason))
        return;
    flush(n);
    // Once the server has acknowledged data, a RST has another cause than the missing guard.
    words_decision(d, n->settings.server_is_local, n->settings.guarded || n->acked, more, sizeof more);
    if (verbose && d->before != d->after)
        snprintf(change, sizeof change, "%s %s %s: ", rs_state_name(d->before), n->text->style.utf8 ? "→" : "->",
                 rs_state_name(d->after));
    if (verbose)
        snprintf(prose, sizeof prose, "%s%s%s%s (%s; %s)", change, rs_reason_sentence(d->reason), more[0] ? " " : "",
                 more, rs_reason_name(d->reason), rs_reason_section(d->reason));
    else
        snprintf(prose, sizeof prose, "%s%s%s", rs_reason_sentence(d->reason), more[0] ? " " : "", more);
    say(n, prose);
}

static void tell_data(struct narrator *n, const struct trace_event *event) {
    char bytes[72], prose[160];
    size_t size = event->u.data.size;
    flush(n);
    if (++n->data_events > TOLD_MOST && n->settings.verbosity == 0)
        return; // a long answer would bury the ladder; -q and -v have all of it
    size_t shown = escape_bytes(event->u.data.bytes, size, bytes, sizeof bytes);
    snprintf(prose, sizeof prose, "recv() would return %zu byte%s: b\"%s\"%s%s", size, size == 1 ? "" : "s", bytes,
             shown < size ? "..." : "",
             n->data_events == TOLD_MOST && n->settings.verbosity == 0 ? " (and so on)" : "");
    say(n, prose);
}

static void tell_server(struct narrator *n, const struct trace_event *event) {
    char what[320], prose[360];
    flush(n);
    bool recv = event->u.server.call == TRACE_SERVER_RECV;
    if (recv && ++n->server_events > TOLD_MOST && n->settings.verbosity == 0)
        return;
    words_server(event, what, sizeof what);
    snprintf(prose, sizeof prose, "The server's program: %s%s", what,
             recv && n->server_events == TOLD_MOST && n->settings.verbosity == 0 ? " (And so on.)" : "");
    text_color(n->text, TEXT_THEIRS);
    say(n, prose);
    text_color(n->text, TEXT_PLAIN);
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

static void tell_ignored(struct narrator *n, const struct trace_event *event) {
    char from[RS_ENDPOINT_TEXT_BYTES], prose[200];
    const struct trace_segment *segment = &event->u.segment;
    if (n->settings.verbosity == 0)
        return;
    flush(n);
    snprintf(prose, sizeof prose, "Ignored: a packet of %zu bytes from %s at our port: %s.", segment->size,
             rs_endpoint_text(&segment->packet->source, from, sizeof from),
             segment->error == RS_WIRE_OK ? "it belongs to another connection" : rs_wire_error_text(segment->error));
    say(n, prose);
}

static void tell_waiting(struct narrator *n, const struct trace_event *event) {
    char time[32], prose[400];
    flush(n);
    words_time(event->u.waiting.for_us, time, sizeof time);
    snprintf(prose, sizeof prose,
             "FIN-WAIT-2: our side is closed, the server's is not. We wait up to %s of silence for its FIN (--linger). "
             "If we left earlier, its FIN would meet nobody, and our kernel would answer it with RST.",
             time);
    say(n, prose);
}

static void tell_end(struct narrator *n, const struct trace_event *event) {
    char prose[600];
    flush(n);
    words_end(event, prose, sizeof prose);
    say(n, prose);
    if (event->u.end.ignored > 0) {
        snprintf(prose, sizeof prose,
                 "%" PRIu64 " packet%s at our port %s not this connection's and %s ignored (-v shows them).",
                 event->u.end.ignored, event->u.end.ignored == 1 ? "" : "s", event->u.end.ignored == 1 ? "was" : "were",
                 event->u.end.ignored == 1 ? "was" : "were");
        say(n, prose);
    }
}

static void tell_lost(struct narrator *n, const struct trace_event *event) {
    char prose[240];
    flush(n);
    snprintf(prose, sizeof prose,
             "%" PRIu64 " packet%s arrived faster than we read and %s lost in our own receive queue: not the network's "
             "fault. The server will send again what mattered.",
             event->u.lost.packets, event->u.lost.packets == 1 ? "" : "s", event->u.lost.packets == 1 ? "was" : "were");
    say(n, prose);
}

static void take(void *self, const struct trace_event *event) {
    static void (*const tell[])(struct narrator *, const struct trace_event *) = {
        [TRACE_CALL] = tell_call,        [TRACE_RETURN] = tell_return,     [TRACE_SENT] = tell_segment,
        [TRACE_RECEIVED] = tell_segment, [TRACE_IGNORED] = tell_ignored,   [TRACE_UNSENT] = tell_unsent,
        [TRACE_PEER] = tell_peer,        [TRACE_DECISION] = tell_decision, [TRACE_DATA] = tell_data,
        [TRACE_SERVER] = tell_server,    [TRACE_PENDING] = tell_pending,   [TRACE_LOST] = tell_lost,
        [TRACE_WAITING] = tell_waiting,  [TRACE_END] = tell_end,
    };
    struct narrator *n = self;
    if (event->kind == TRACE_PEER_GONE) {
        flush(n);
        say(n,
            "While you were reading, the server's kernel has given up the half-open connection: our ACK did not come, "
            "after it had sent its SYN,ACK again and again. If our ACK leaves now, RST will answer it.");
        return;
    }
    if (event->kind == TRACE_WITHDRAWN) {
        flush(n);
        say(n, "What was about to be sent is needless now: what arrived meanwhile has ended the connection.");
        return;
    }
    tell[event->kind](n, event);
}

struct trace_sink narrator_sink(struct narrator *n) {
    return (struct trace_sink){.self = n, .take = take, .wants_peer = true};
}
