// SPDX-License-Identifier: MIT
//
// Copying an event with all that it points to (see keep.h). Each kind's copier is run twice: once to measure, with no
// memory behind it, and once to copy. So what is measured is what is copied. Called by the tape.
#include "trace/keep.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16 }; // good for everything that an event points to

// Memory that is given out piece by piece. base: NULL while measuring.
struct block {
    uint8_t *base;
    size_t used;
};

// A copy of size bytes; while measuring, or for nothing, NULL.
static void *put(struct block *block, const void *from, size_t size) {
    if (!from)
        return NULL;
    uint8_t *to = block->base ? block->base + block->used : NULL;
    if (to && size > 0)
        memcpy(to, from, size);
    block->used += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return to;
}

static const char *put_string(struct block *block, const char *string) {
    return string ? put(block, string, strlen(string) + 1) : NULL;
}

static void put_about(struct block *block, const struct trace_about **about) {
    const struct trace_about *from = *about;
    struct trace_about *to = put(block, from, sizeof *from);
    const char *where = put_string(block, from->where), *weather = put_string(block, from->weather),
               *experiment = put_string(block, from->experiment), *server_is = put_string(block, from->server_is),
               *client_is = put_string(block, from->client_is), *timeout_is = put_string(block, from->timeout_is);
    if (to) {
        to->where = where;
        to->weather = weather;
        to->experiment = experiment;
        to->server_is = server_is;
        to->client_is = client_is;
        to->timeout_is = timeout_is;
    }
    *about = to;
}

// A payload that lies in the segment's bytes lies at the same place in their copy; any other is copied by itself.
static struct rs_span put_span(struct block *block, struct rs_span span, const struct trace_segment *from,
                               const uint8_t *bytes) {
    uintptr_t at = (uintptr_t)span.bytes, first = (uintptr_t)from->bytes;
    if (span.size == 0 || !span.bytes)
        return (struct rs_span){0};
    if (from->bytes && at >= first && at - first <= from->size && span.size <= from->size - (at - first))
        return (struct rs_span){bytes ? bytes + (at - first) : NULL, span.size};
    return (struct rs_span){put(block, span.bytes, span.size), span.size};
}

static void put_segment(struct block *block, struct trace_segment *segment) {
    const struct trace_segment from = *segment;
    struct rs_packet *packet = put(block, from.packet, sizeof *from.packet);
    segment->packet = packet;
    segment->bytes = put(block, from.bytes, from.size);
    segment->purpose = put_string(block, from.purpose);
    for (size_t i = 0; from.packet && i < 2; i++) {
        struct rs_span span = put_span(block, from.packet->segment.payload[i], &from, segment->bytes);
        if (packet)
            packet->segment.payload[i] = span;
    }
}

static void put_counters(struct block *block, struct trace_event *event) {
    const struct trace_counter *from = event->u.counters.list;
    size_t count = from ? event->u.counters.count : 0;
    struct trace_counter *to = put(block, from, count * sizeof *from);
    for (size_t i = 0; i < count; i++) {
        const char *name = put_string(block, from[i].name);
        if (to)
            to[i].name = name;
    }
    event->u.counters.list = to;
    event->u.counters.count = count;
}

static void put_evidence(struct block *block, struct trace_event *event) {
    event->u.evidence.expected = put_string(block, event->u.evidence.expected);
    event->u.evidence.seen = put_string(block, event->u.evidence.seen);
}

bool keep_is_segment(enum trace_kind kind) {
    switch (kind) {
    case TRACE_SENT:
    case TRACE_RECEIVED:
    case TRACE_SEEN:
    case TRACE_IGNORED:
    case TRACE_UNSENT:
    case TRACE_UNTAKEN:
    case TRACE_HELD:
    case TRACE_PENDING:
        return true;
    default:
        return false;
    }
}

// Puts what the event points to into the block, and lets the event point there.
static void put_all(struct block *block, struct trace_event *event) {
    if (keep_is_segment(event->kind))
        put_segment(block, &event->u.segment);
    else if (event->kind == TRACE_BEGIN)
        put_about(block, &event->u.about);
    else if (event->kind == TRACE_CALL || event->kind == TRACE_RETURN)
        event->u.call.message = put(block, event->u.call.message, event->u.call.message_bytes);
    else if (event->kind == TRACE_DATA)
        event->u.data.bytes = put(block, event->u.data.bytes, event->u.data.size);
    else if (event->kind == TRACE_ICMP)
        event->u.icmp.bytes = put(block, event->u.icmp.bytes, event->u.icmp.size);
    else if (event->kind == TRACE_SERVER)
        event->u.server.bytes = put(block, event->u.server.bytes, event->u.server.size);
    else if (event->kind == TRACE_PEER)
        event->u.peer.why_not = put_string(block, event->u.peer.why_not);
    else if (event->kind == TRACE_COUNTERS)
        put_counters(block, event);
    else if (event->kind == TRACE_NOTE)
        event->u.note.text = put_string(block, event->u.note.text);
    else if (event->kind == TRACE_SOCKET)
        event->u.socket = put(block, event->u.socket, sizeof *event->u.socket);
    else if (event->kind == TRACE_EVIDENCE)
        put_evidence(block, event);
}

struct kept *keep_event(const struct trace_event *event) {
    struct trace_event copy = *event;
    struct block block = {0};
    put(&block, event, sizeof(struct kept));
    put_all(&block, &copy);
    struct kept *kept = malloc(block.used);
    if (!kept)
        return NULL;
    *kept = (struct kept){.event = *event, .bytes = block.used};
    block = (struct block){.base = (uint8_t *)kept, .used = 0};
    block.used = (sizeof *kept + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    put_all(&block, &kept->event);
    return kept;
}
