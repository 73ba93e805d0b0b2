// SPDX-License-Identifier: MIT
//
// A tape for each connection that is open (see collate.h): found by its number in a table of short lists, and kept in
// the order in which they began. Called through the trace.
#include "trace/collate.h"

#include <stdlib.h>

enum { LISTS = 4096 }; // a power of two

struct entry {
    uint32_t connection;
    struct tape *tape;
    struct entry *next;            // in its list
    struct entry *earlier, *later; // in the order of their beginning
};

struct collate {
    struct entry *lists[LISTS];
    struct entry *first, *last;
    size_t open, bytes, most_bytes; // bytes: of all tapes together
    void (*done)(void *self, const struct tape *tape);
    void *self;
};

struct collate *collate_new(size_t most_bytes, void (*done)(void *self, const struct tape *tape), void *self) {
    struct collate *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->most_bytes = most_bytes;
    c->done = done;
    c->self = self;
    return c;
}

// Where the pointer to this connection's entry stands, or would stand.
static struct entry **place(struct collate *c, uint32_t connection) {
    struct entry **at = &c->lists[connection % LISTS];
    while (*at && (*at)->connection != connection)
        at = &(*at)->next;
    return at;
}

static void forget(struct collate *c, struct entry **at) {
    struct entry *entry = *at;
    *at = entry->next;
    *(entry->earlier ? &entry->earlier->later : &c->first) = entry->later;
    *(entry->later ? &entry->later->earlier : &c->last) = entry->earlier;
    c->open--;
    c->bytes -= tape_bytes(entry->tape);
    tape_free(entry->tape);
    free(entry);
}

static void hand_on(struct collate *c, struct entry **at) {
    c->done(c->self, (*at)->tape);
    forget(c, at);
}

static void begin(struct collate *c, struct entry **at, uint32_t connection) {
    struct entry *entry = malloc(sizeof *entry);
    struct tape *tape = tape_new(0);
    if (!entry || !tape) {
        free(entry);
        tape_free(tape);
        return;
    }
    *entry = (struct entry){.connection = connection, .tape = tape, .earlier = c->last};
    *(c->last ? &c->last->later : &c->first) = entry;
    c->last = entry;
    *at = entry;
    c->open++;
    c->bytes += tape_bytes(tape);
}

// How long a beginning may be now: a fair part of what there is, and nothing more when all of it is used.
static size_t share(const struct collate *c) {
    size_t fair = c->most_bytes / 2 / c->open;
    if (c->bytes >= c->most_bytes)
        return 0;
    return fair < TAPE_HEAD_BYTES ? fair : TAPE_HEAD_BYTES;
}

static void take(void *self, const struct trace_event *event) {
    struct collate *c = self;
    struct entry **at = place(c, event->connection);
    if (event->kind == TRACE_BEGIN) {
        if (*at) // nobody said that the one before is over
            hand_on(c, at);
        at = place(c, event->connection);
        begin(c, at, event->connection);
    }
    if (!*at)
        return;
    struct tape *tape = (*at)->tape;
    size_t before = tape_bytes(tape);
    tape_limit(tape, share(c));
    tape_add(tape, event);
    c->bytes += tape_bytes(tape);
    c->bytes -= before;
    if (event->kind == TRACE_END)
        hand_on(c, at);
}

struct trace_sink collate_sink(struct collate *c) {
    return (struct trace_sink){.self = c, .take = take};
}

void collate_finish(struct collate *c) {
    while (c->first)
        hand_on(c, place(c, c->first->connection));
}

void collate_free(struct collate *c) {
    if (!c)
        return;
    while (c->first)
        forget(c, place(c, c->first->connection));
    free(c);
}
