// SPDX-License-Identifier: MIT
//
// The tracker beside the truth: two engines talk over a bad network, and the tracker sees their packets pass, once
// where they leave, and once where they arrive, when some have been lost, doubled or overtaken. Whatever state it calls
// proved must be the one in which that end was when it sent the segment; and what it counts must be what was sent.
#include <stdio.h>

#include "../help/cm.h"
#include "capture/tracker.h"
#include "scenario.h"
#include "slow.h"

enum { SEEDS = SLOW ? 400 : 3000, SENT_MOST = 1 << 14 };

// What was sent, to know again at its arrival: in which states that end was, a bit each.
struct sent {
    uint64_t hash;
    uint32_t states;
};

struct watch {
    struct tracker *tracker;
    struct trace trace;
    struct tracker_summary summary;
    bool at_arrival;
    uint64_t first_hash; // of the packet that passes now
    const struct network *network;
    int from;
    uint32_t shown[2];   // the states in which each end was when it sent what passed last; arriving: what has passed
    uint32_t history[2]; // the states that each end has been in
    struct sent sent[SENT_MOST];
    size_t segments, proved[2], summaries;
    uint32_t marks; // all that were seen
    char broken[200];
};

static struct watch w;

// Of the segment alone: what pads the packet, or damages its IP header, says nothing of it.
static uint64_t hash_of(const uint8_t *bytes, size_t size) {
    size_t told = bytes[0] >> 4 == 6 ? 40 + (size_t)(bytes[4] << 8 | bytes[5]) : (size_t)(bytes[2] << 8 | bytes[3]);
    size = told < size ? told : size;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = bytes[0] >> 4 == 6 ? 40 : 20; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash | 1;
}

static struct sent *place_of(uint64_t hash) {
    size_t at = hash >> 20 & (SENT_MOST - 1);
    for (size_t i = 0; i < SENT_MOST; i++, at = (at + 1) & (SENT_MOST - 1))
        if (w.sent[at].hash == hash || w.sent[at].hash == 0)
            return &w.sent[at];
    return NULL;
}

// The states in which this very packet was sent.
static uint32_t states_of(uint64_t hash) {
    const struct sent *s = place_of(hash);
    return s && s->hash == hash ? s->states : 0;
}

static void complain(const char *what, enum rs_state claimed, uint32_t states) {
    if (!w.broken[0])
        snprintf(w.broken, sizeof w.broken, "segment %zu of end %d (%s): %s %s, but it was in (bits) %x", w.segments,
                 w.from, w.at_arrival ? "arriving" : "leaving", what, rs_state_name(claimed), (unsigned)states);
}

static void take(void *self, const struct trace_event *event) {
    (void)self;
    if (event->kind != TRACE_SEEN || event->u.segment.error != RS_WIRE_OK)
        return;
    const struct trace_segment *s = &event->u.segment;
    const uint32_t states = states_of(w.first_hash);
    const enum rs_state sender = s->ours ? s->state : s->far_state, receiver = s->ours ? s->far_state : s->state;
    bool sender_proved = s->ours ? s->state_proved : s->far_proved,
         far_proved = s->ours ? s->far_proved : s->state_proved;
    w.segments++;
    if (!(s->packet->segment.flags & RS_RST)) // an end that has closed answers what comes late with RST
        w.marks |= s->marks;
    if (states == 0 || (s->marks & TRACE_MARK_STRAY)) // a stranger's, or it moves nothing: what is shown is what was
        return;
    w.proved[0] += sender_proved;
    w.proved[1] += far_proved;
    if (sender_proved && !(states & 1u << sender))
        complain("its sender is said to have been in", sender, states);
    if (far_proved && !(w.shown[!w.from] & 1u << receiver))
        complain("its receiver is said to have shown", receiver, w.shown[!w.from]);
    w.shown[w.from] = w.at_arrival ? w.shown[w.from] | states : 1u << w.network->ends[w.from].conn.state;
}

static void finished(void *self, const struct tracker_summary *summary) {
    (void)self;
    w.summary = *summary;
    w.summaries++;
}

static void pass(const struct network *n, int from, const uint8_t *bytes, size_t size) {
    struct passing passing = {.bytes = bytes,
                              .size = size,
                              .wire_size = size,
                              .wall_ns = n->now * 1000,
                              .direction = w.at_arrival ? TRACE_INBOUND : TRACE_OUTBOUND};
    w.network = n;
    w.from = from;
    w.first_hash = hash_of(bytes, size);
    tracker_take(w.tracker, &passing);
}

static void remember(const struct network *n) {
    for (int i = 0; i < 2; i++)
        w.history[i] |= 1u << n->ends[i].conn.state;
}

static void sent(void *self, const struct network *n, int from, const uint8_t *bytes, size_t size) {
    (void)self;
    uint64_t hash = hash_of(bytes, size);
    struct sent *s = place_of(hash);
    remember(n);
    if (!s)
        complain("no room to remember", RS_CLOSED, 0);
    else
        *s = (struct sent){hash, s->states | (w.at_arrival ? w.history[from] : 1u << n->ends[from].conn.state)};
    if (!w.at_arrival)
        pass(n, from, bytes, size);
}

static void arrives(void *self, const struct network *n, int to, const uint8_t *bytes, size_t size) {
    (void)self;
    remember(n);
    if (w.at_arrival)
        pass(n, !to, bytes, size);
}

static const struct network *watch(uint64_t seed, bool at_arrival, bool alone) {
    static const struct network_watcher watcher = {.sent = sent, .arrives = arrives};
    memset(&w, 0, sizeof w);
    w.at_arrival = at_arrival;
    trace_add(&w.trace, (struct trace_sink){.take = take});
    const struct tracker_config config = {
        .trace = &w.trace, .finished = finished, .linger_ns = UINT64_C(3600000000000)};
    w.tracker = tracker_new(&config);
    assert_non_null(w.tracker);
    const struct network *n = scenario_watched(seed, alone, &watcher);
    tracker_finish(w.tracker);
    tracker_free(w.tracker);
    if (w.broken[0])
        fail_msg("seed %llu: %s", (unsigned long long)seed, w.broken);
    return n;
}

// Where they leave nothing is missed: each byte counts once, there is no gap, and how it ended is known.
static void test_where_packets_leave(void **state) {
    size_t proved = 0, segments = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const struct network *n = watch(seed, false, seed % 2);
        proved += w.proved[0];
        segments += w.segments;
        if (n->may_abort || n->broken || seed % 2 == 0)
            continue;
        assert_int_equal(w.summaries, 1);
        const uint32_t never = TRACE_MARK_GAP | TRACE_MARK_LATE | TRACE_MARK_MISSED | TRACE_MARK_MIDWAY |
                               TRACE_MARK_STRAY | TRACE_MARK_CUT | TRACE_MARK_REUSED | TRACE_MARK_RESETS;
        if (w.marks & never)
            fail_msg("seed %llu: marks %x", (unsigned long long)seed, (unsigned)(w.marks & never));
        assert_int_equal(w.summary.ending, TRACE_CLOSED);
        bool swapped = w.summary.client.port != n->ends[0].config.local.port;
        for (int i = 0; i < 2; i++)
            assert_int_equal(w.summary.bytes[i], n->ends[swapped ? !i : i].program.to_send);
    }
    assert_true(proved > segments * 8 / 10); // most of what it says is certain
}

// Where they arrive some never do, and others come twice or too late. What is proved must be true all the same.
static void test_where_packets_arrive(void **state) {
    size_t proved = 0, segments = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        watch(seed, true, true);
        proved += w.proved[0];
        segments += w.segments;
    }
    assert_true(proved > segments / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_packets_leave),
        cmocka_unit_test(test_where_packets_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
