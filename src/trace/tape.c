// SPDX-License-Identifier: MIT
//
// Keeping events (see tape.h): a row for the beginning, and when that is full a ring for the last ones. Called by
// whoever wants to look at a connection as a whole.
#include "trace/tape.h"

#include <stdlib.h>

#include "trace/keep.h"

struct tape {
    struct kept **head; // the beginning
    size_t head_count, head_room, head_bytes, most_bytes;
    bool head_full;
    struct kept *tail[TAPE_TAIL_EVENTS]; // the last ones, in a ring
    size_t tail_first, tail_count, tail_bytes;
    struct trace_event omitted; // stands between them if anything was left out
    bool has_omitted;
};

struct tape *tape_new(size_t head_bytes) {
    struct tape *tape = calloc(1, sizeof *tape);
    if (tape)
        tape->most_bytes = head_bytes;
    return tape;
}

// Counts what is not kept; it stands at the time of the last that was left out.
static void omit(struct tape *tape, const struct trace_event *event) {
    struct trace_event *o = &tape->omitted;
    const uint64_t events = o->u.omitted.events, segments = o->u.omitted.segments, bytes = o->u.omitted.bytes;
    bool segment = keep_is_segment(event->kind);
    *o = (struct trace_event){.kind = TRACE_OMITTED,
                              .number = event->number,
                              .connection = event->connection,
                              .at_us = event->at_us,
                              .wall_ns = event->wall_ns};
    o->u.omitted.events = events + 1;
    o->u.omitted.segments = segments + (segment ? 1 : 0);
    o->u.omitted.bytes = bytes + (segment && event->u.segment.packet ? trace_data_bytes(&event->u.segment) : 0);
    tape->has_omitted = true;
    tape->head_full = true; // what comes now comes after the gap
}

static void drop_oldest(struct tape *tape) {
    struct kept *oldest = tape->tail[tape->tail_first];
    tape->tail_first = (tape->tail_first + 1) % TAPE_TAIL_EVENTS;
    tape->tail_count--;
    tape->tail_bytes -= oldest->bytes;
    omit(tape, &oldest->event);
    free(oldest);
}

// The last event stays if it is not large: there may be many tapes without room.
static void shorten_tail(struct tape *tape) {
    while (tape->tail_count > 0 && tape->tail_bytes > tape->most_bytes) {
        if (tape->tail_count == 1 && tape->tail_bytes <= TAPE_LAST_BYTES)
            return;
        drop_oldest(tape);
    }
}

static bool add_to_head(struct tape *tape, struct kept *kept) {
    if (tape->head_count == tape->head_room) {
        size_t room = tape->head_room > 0 ? 2 * tape->head_room : 8;
        struct kept **larger = realloc(tape->head, room * sizeof(struct kept *));
        if (!larger)
            return false;
        tape->head = larger;
        tape->head_room = room;
    }
    tape->head[tape->head_count++] = kept;
    tape->head_bytes += kept->bytes;
    return true;
}

static void add_to_tail(struct tape *tape, struct kept *kept) {
    if (tape->tail_count == TAPE_TAIL_EVENTS)
        drop_oldest(tape);
    tape->tail[(tape->tail_first + tape->tail_count++) % TAPE_TAIL_EVENTS] = kept;
    tape->tail_bytes += kept->bytes;
    shorten_tail(tape);
}

bool tape_add(struct tape *tape, const struct trace_event *event) {
    struct kept *kept = keep_event(event);
    if (!kept) {
        while (tape->tail_count > 0) // they come before the one that is missing
            drop_oldest(tape);
        omit(tape, event);
        return false;
    }
    // How a connection began is worth its place on the shortest tape.
    bool fits = tape->head_count == 0 || tape->head_bytes + kept->bytes <= tape->most_bytes;
    if (tape->head_full || !fits || !add_to_head(tape, kept)) {
        tape->head_full = true;
        add_to_tail(tape, kept);
    }
    return true;
}

void tape_limit(struct tape *tape, size_t head_bytes) {
    tape->most_bytes = head_bytes;
    shorten_tail(tape);
}

size_t tape_count(const struct tape *tape) { return tape->head_count + (tape->has_omitted ? 1 : 0) + tape->tail_count; }

const struct trace_event *tape_event(const struct tape *tape, size_t at) {
    if (at < tape->head_count)
        return &tape->head[at]->event;
    at -= tape->head_count;
    if (tape->has_omitted && at-- == 0)
        return &tape->omitted;
    return at < tape->tail_count ? &tape->tail[(tape->tail_first + at) % TAPE_TAIL_EVENTS]->event : NULL;
}

void tape_play(const struct tape *tape, const struct trace_sink *sink) {
    for (size_t i = 0, count = tape_count(tape); i < count; i++)
        sink->take(sink->self, tape_event(tape, i));
}

size_t tape_bytes(const struct tape *tape) {
    return sizeof *tape + tape->head_room * sizeof(struct kept *) + tape->head_bytes + tape->tail_bytes;
}

void tape_free(struct tape *tape) {
    if (!tape)
        return;
    for (size_t i = 0; i < tape->head_count; i++)
        free(tape->head[i]);
    for (size_t i = 0; i < tape->tail_count; i++)
        free(tape->tail[(tape->tail_first + i) % TAPE_TAIL_EVENTS]);
    free(tape->head);
    free(tape);
}

static void take(void *self, const struct trace_event *event) { (void)tape_add(self, event); }

struct trace_sink tape_sink(struct tape *tape) {
    return (struct trace_sink){.self = tape, .take = take};
}
