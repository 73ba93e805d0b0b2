// SPDX-License-Identifier: MIT
//
// One connection of our own, watched (see watched.h). The tracker's trace has one sink, this file, which passes all of
// it on and puts between what the program does.
#include "cmd/watched.h"

#include <poll.h>

#include "net/clock.h"
#include "rawshake/seq.h"

static uint64_t now_ns(void) {
    struct clock clock = clock_real();
    return clock.wall_ns(clock.self);
}

static void note_segment(struct watched *w, const struct trace_segment *segment) {
    const struct rs_segment *s = &segment->packet->segment;
    struct watched_way *way = &w->ways[!segment->ours], *other = &w->ways[segment->ours];
    uint32_t end = s->seq + rs_segment_length(s);
    if (!way->begun)
        *way = (struct watched_way){.begun = true, .first = s->seq, .next = s->seq, .acked = s->seq};
    if (rs_seq_gt(end, way->next))
        way->next = end;
    if (s->flags & RS_ACK && other->begun && rs_seq_gt(s->ack, other->acked))
        other->acked = s->ack;
}

static void emit_at(struct watched *w, struct trace_event event, uint64_t wall_ns) {
    event.connection = w->connection;
    event = aftermath_at(event, wall_ns);
    trace_emit(w->config.trace, &event);
}

static bool is_handed(const struct watched *w) { return w->config.about.source == TRACE_HANDED; }

// It begins for the trace where it was asked for, or handed over.
static void move_begin(const struct watched *w, struct trace_event *begin) {
    if (is_handed(w))
        *begin = aftermath_at(*begin, w->config.began_ns);
    else if (w->has_call)
        *begin = aftermath_at(*begin, w->call.wall_ns);
}

static void pass_on(void *self, const struct trace_event *event) {
    struct watched *w = self;
    struct trace_event copy = *event;
    if (is_handed(w) && !aftermath_is_ours(&w->aftermath, event))
        return;
    copy.connection = is_handed(w) ? w->config.number : event->connection;
    if (event->kind == TRACE_SEEN)
        note_segment(w, &event->u.segment);
    if (is_handed(w) && event->kind == TRACE_SEEN && aftermath_is_told(&w->aftermath, &event->u.segment))
        return;
    if (event->kind == TRACE_BEGIN)
        move_begin(w, &copy);
    if (event->kind == TRACE_END) { // it points to nothing, so it can be kept
        if (is_handed(w))
            aftermath_take_out(&w->aftermath, &copy);
        w->ended = true;
        w->end = copy;
        return;
    }
    trace_emit(w->config.trace, &copy);
    if (event->kind != TRACE_BEGIN)
        return;
    w->begun = true;
    w->connection = copy.connection;
    if (w->has_call)
        emit_at(w, w->call, w->call.wall_ns);
    w->has_call = false;
}

bool watched_open(struct watched *w, const struct watched_config *config) {
    *w = (struct watched){.config = *config,
                          .aftermath = {.client = config->about.client, .server = config->about.server}};
    const struct tracker_config tracker = {.trace = &w->passing, .about = &w->config.about};
    trace_add(&w->passing, (struct trace_sink){.self = w, .take = pass_on});
    w->tracker = tracker_new(&tracker);
    w->tapping = (struct tapping){.tap = config->tap, .tracker = w->tracker, .trace = config->trace};
    return w->tracker != NULL;
}

void watched_record(struct watched *w, struct trace_event event) {
    if (event.wall_ns == 0)
        event.wall_ns = now_ns();
    while (tapping_take_until(&w->tapping, event.wall_ns)) {
    }
    if (w->begun) {
        emit_at(w, event, event.wall_ns);
        return;
    }
    w->call = event;
    w->has_call = true;
}

void watched_take(struct watched *w) {
    while (tapping_take(&w->tapping)) {
    }
}

bool watched_wait(struct watched *w, int fd, short events, int most_ms) {
    struct pollfd ready[] = {{.fd = w->config.tap->fd, .events = POLLIN},
                             {.fd = fd, .events = events},
                             {.fd = w->config.interrupt_fd, .events = POLLIN}};
    watched_take(w);
    if (w->config.idle)
        w->config.idle(w->config.idle_self);
    int count = w->interrupted ? 0 : poll(ready, sizeof ready / sizeof *ready, most_ms);
    w->interrupted |= count > 0 && ready[2].revents != 0;
    watched_take(w);
    return count > 0 && !w->interrupted;
}

uint32_t watched_numbers(const struct watched *w, int way) { return w->ways[way].next - w->ways[way].first; }

bool watched_acked(const struct watched *w, int way) {
    return w->ways[way].begun && w->ways[way].acked == w->ways[way].next;
}

void watched_end(struct watched *w) {
    watched_take(w);
    tapping_end(&w->tapping, now_ns());
    tracker_finish(w->tracker);
    if (w->ended)
        emit_at(w, w->end, now_ns());
}

void watched_close(struct watched *w) {
    if (w->tracker)
        tracker_free(w->tracker);
    w->tracker = NULL;
}
