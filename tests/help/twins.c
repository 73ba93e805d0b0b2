// SPDX-License-Identifier: MIT
//
// Making twins (see twins.h). Called by the tests of comparisons.
#include "twins.h"

#include "cm.h"

struct recorder {
    struct tape *tape;
    const struct fate *fate;
    unsigned seen;
    struct tape *held; // one event that the next segment overtakes
};

static bool is_segment(const struct trace_event *event) {
    return event->kind == TRACE_SENT || event->kind == TRACE_RECEIVED || event->kind == TRACE_SEEN;
}

static void put(struct recorder *r, const struct trace_event *event) { assert_true(tape_add(r->tape, event)); }

static void meet_fate(struct recorder *r, const struct trace_event *event) {
    struct trace_event copy = *event;
    struct rs_packet packet = *event->u.segment.packet;
    copy.u.segment.packet = &packet;
    copy.u.segment.marks |= r->fate->marks;
    if (r->fate->unfinished)
        packet.tcp_checksum = RS_CHECKSUM_UNFINISHED;
    if (r->fate->late) {
        assert_true(tape_add(r->held, &copy));
        return;
    }
    put(r, &copy);
    packet.segment.options.ts_value += r->fate->again_ms;
    if (r->fate->again_ms > 0)
        put(r, &copy);
}

static void take(void *self, const struct trace_event *event) {
    struct recorder *r = self;
    if (is_segment(event) && r->fate && r->seen++ == r->fate->at) {
        meet_fate(r, event);
        return;
    }
    put(r, event);
    if (is_segment(event) && tape_count(r->held) > 0) {
        put(r, tape_event(r->held, 0));
        tape_free(r->held);
        r->held = tape_new(TAPE_HEAD_BYTES);
    }
}

struct tape *twin(struct conversation c, enum trace_source source, const struct fate *fate) {
    struct recorder r = {.tape = tape_new(TAPE_HEAD_BYTES), .fate = fate, .held = tape_new(TAPE_HEAD_BYTES)};
    const struct trace_sink sink = {.self = &r, .take = take};
    assert_true(r.tape && r.held);
    c.source = source;
    c.other = source == TRACE_BY_HAND ? OTHER : 0;
    conversation_play(&c, &sink);
    tape_free(r.held);
    return r.tape;
}

struct both twins_compare(struct tape *kernel, struct tape *hand) {
    struct both both = {.kernel = kernel, .hand = hand, .c = comparison_new(kernel, hand)};
    assert_non_null(both.c);
    return both;
}

void twins_free(struct both *both) {
    free(both->c);
    tape_free(both->kernel);
    tape_free(both->hand);
}

struct both twins_with(const struct conversation *hand) {
    return twins_compare(twin((struct conversation){.ipv6 = hand->ipv6}, TRACE_BY_KERNEL, NULL),
                         twin(*hand, TRACE_BY_HAND, NULL));
}

enum difference_why twins_why(const struct comparison *c, unsigned row, const char *name) {
    struct difference fields[DIFFERENCES_MOST];
    const struct comparison_row *r = &c->rows[row];
    assert_non_null(r->kernel);
    assert_non_null(r->hand);
    size_t count = difference_fields(&r->kernel->u.segment, &r->hand->u.segment, &c->known, fields);
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].why;
    fail_msg("no field %s", name);
    return DIFFERENCE_NONE;
}
