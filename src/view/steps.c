// SPDX-License-Identifier: MIT
//
// Walking a tape (see steps.h). Called by the page and the diagrams.
#include "view/steps.h"

#include <string.h>

bool steps_is_segment(enum trace_kind kind) {
    return kind == TRACE_SENT || kind == TRACE_RECEIVED || kind == TRACE_SEEN || kind == TRACE_UNSENT ||
           kind == TRACE_UNTAKEN;
}

// What the server's kernel says is the state of this connection's end; the listener that is left is not.
static enum rs_state peer_state(const struct trace_peer *peer, bool began) {
    if (!peer->known)
        return RS_STATE_UNKNOWN;
    return began && peer->existed && peer->state == RS_LISTEN ? RS_CLOSED : peer->state;
}

static size_t next_segment(const struct tape *tape, size_t at) {
    while (at < tape_count(tape) && !steps_is_segment(tape_event(tape, at)->kind))
        at++;
    return at;
}

// Where it began, as far as the tape tells: what the server's kernel said before the first segment; of a connection of
// others, what the first SYN shows.
static void find_beginning(struct steps *s, size_t first) {
    s->now.client.after = s->now.server.after = RS_STATE_UNKNOWN;
    if (first < tape_count(s->tape)) {
        const struct trace_event *event = tape_event(s->tape, first);
        const struct trace_segment *segment = &event->u.segment;
        bool opening = segment->packet->segment.flags & RS_SYN && !segment->midway;
        s->began_us = event->at_us;
        if (event->kind == TRACE_SEEN && opening && segment->ours) {
            s->now.client.after = RS_CLOSED;
            s->now.server.after = RS_LISTEN;
        }
    }
    struct step_end *far = s->about.we_listen ? &s->now.client : &s->now.server;
    if (s->about.we_listen)
        s->now.server.after = RS_LISTEN;
    else if (s->about.source == TRACE_BY_HAND)
        s->now.client.after = RS_CLOSED;
    if (s->about.source == TRACE_HANDED)
        s->now.client.after = RS_ESTABLISHED;
    for (size_t i = 0; i < first; i++)
        if (tape_event(s->tape, i)->kind == TRACE_PEER)
            far->after = peer_state(&tape_event(s->tape, i)->u.peer, false);
}

void steps_begin(struct steps *s, const struct tape *tape, unsigned head, unsigned tail) {
    memset(s, 0, sizeof *s);
    s->tape = tape;
    s->head = head;
    s->tail = tail;
    s->about.client.family = s->about.server.family = RS_IPV4;
    for (size_t i = 0; i < tape_count(tape); i++) {
        const struct trace_event *event = tape_event(tape, i);
        if (event->kind == TRACE_BEGIN)
            s->about = *event->u.about;
        if (steps_is_segment(event->kind))
            s->total++;
        if (event->kind == TRACE_OMITTED)
            s->total += event->u.omitted.segments;
    }
    find_beginning(s, next_segment(tape, 0));
}

enum rs_state steps_first_client(const struct steps *s) { return s->now.client.after; }

enum rs_state steps_first_server(const struct steps *s) { return s->now.server.after; }

// The calls of the server's program that bring its kernel to send.
static bool makes_server_send(const struct trace_event *event) {
    const enum trace_server_call call = event->u.server.call;
    return event->kind == TRACE_SERVER && event->u.server.error == 0 &&
           (call == TRACE_SERVER_CLOSE || call == TRACE_SERVER_SEND || call == TRACE_SERVER_SHUTDOWN);
}

// True for what leads to the next segment instead of following from the last.
static bool leads(const struct trace_event *event) {
    return event->kind == TRACE_CALL || event->kind == TRACE_OMITTED || event->kind == TRACE_HELD ||
           event->kind == TRACE_NOTE || event->kind == TRACE_SOCKET || makes_server_send(event);
}

// Where what follows from the segment at `at` ends. The last segment has all that is left.
static size_t end_of_followers(const struct tape *tape, size_t at) {
    size_t next = next_segment(tape, at + 1);
    if (next == tape_count(tape))
        return next;
    for (size_t i = at + 1; i < next; i++)
        if (leads(tape_event(tape, i)))
            return i;
    return next;
}

// What the other end's kernel said first after the segment.
static void ask_tape_for_other(const struct steps *s, struct step *step, struct step_end *far) {
    far->after = far->before;
    far->proved = false;
    for (size_t i = step->at + 1; i < tape_count(s->tape); i++) {
        const struct trace_event *event = tape_event(s->tape, i);
        if (steps_is_segment(event->kind))
            return;
        if (event->kind != TRACE_PEER)
            continue;
        far->after = peer_state(&event->u.peer, true);
        far->proved = event->u.peer.known;
        step->unread_known = event->u.peer.known && event->u.peer.state != RS_LISTEN;
        step->unread_bytes = event->u.peer.unread_bytes;
        return;
    }
}

// Segments that found no room on the tape.
static uint64_t omitted_between(const struct tape *tape, size_t first, size_t next) {
    uint64_t segments = 0;
    for (size_t i = first; i < next; i++)
        if (tape_event(tape, i)->kind == TRACE_OMITTED)
            segments += tape_event(tape, i)->u.omitted.segments;
    return segments;
}

static void take_segment(struct steps *s, size_t at) {
    struct step *step = &s->now;
    const struct trace_event *event = tape_event(s->tape, at);
    const struct trace_segment *segment = &event->u.segment;
    const uint64_t omitted = omitted_between(s->tape, s->at, at);
    s->left_out += omitted;
    *step = (struct step){.number = step->number + omitted + 1,
                          .event = event,
                          .first = s->at,
                          .at = at,
                          .next = end_of_followers(s->tape, at),
                          .ours = segment->ours != segment->we_listen,
                          .lost = event->kind == TRACE_UNSENT || event->kind == TRACE_UNTAKEN,
                          .client.before = step->client.after,
                          .server.before = step->server.after,
                          .since_us = event->at_us - s->began_us};
    struct step_end *near = segment->we_listen ? &step->server : &step->client,
                    *far = segment->we_listen ? &step->client : &step->server;
    near->after = segment->state;
    near->proved = event->kind != TRACE_SEEN || segment->state_proved;
    if (event->kind == TRACE_SEEN) {
        far->after = segment->far_state;
        far->proved = segment->far_proved;
    } else {
        ask_tape_for_other(s, step, far);
    }
    s->at = step->next;
}

bool steps_next(struct steps *s, struct step *step) {
    for (;;) {
        size_t at = next_segment(s->tape, s->at);
        if (at == tape_count(s->tape))
            return false;
        take_segment(s, at);
        if (s->now.number <= s->head || s->now.number + s->tail > s->total)
            break;
        s->left_out++;
    }
    *step = s->now;
    step->left_out = s->left_out;
    s->left_out = 0;
    return true;
}

uint64_t steps_left_at_end(const struct steps *s) {
    return s->left_out + omitted_between(s->tape, s->at, tape_count(s->tape));
}

const struct trace_event *steps_end(const struct steps *s) {
    size_t count = tape_count(s->tape);
    for (size_t i = count; i-- > 0;)
        if (tape_event(s->tape, i)->kind == TRACE_END)
            return tape_event(s->tape, i);
    return NULL;
}

const struct trace_event *steps_call_before(const struct tape *tape, size_t at) {
    while (at-- > 0)
        if (tape_event(tape, at)->kind == TRACE_CALL)
            return tape_event(tape, at);
    return NULL;
}
