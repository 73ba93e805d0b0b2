// SPDX-License-Identifier: MIT
//
// The clock of network.h, and what goes through the wire.
#include "network.h"

#include <string.h>

#include "mischief.h"
#include "trace.h"

enum { MOST_STEPS = 400000 };

// Once the network is well again everything must be over after so many of the longest timeouts (60 s), and the time
// that slow programs need to read.
enum { TIMEOUTS = 20, LONGEST_TIMEOUT_S = 60 };

void network_init(struct network *n, uint32_t us, uint32_t them, uint64_t seed) {
    n->chance = (struct chance){seed};
    wire_init(&n->wire, &n->chance);
    n->mischief = (struct mischief){0};
    n->sleepy = n->may_abort = false;
    n->broken = NULL;
    n->watcher = NULL;
    n->steps = 0;
    n->seed = seed;
    memset(n->has_ts, 0, sizeof n->has_ts);
    memset(n->first_ts, 0, sizeof n->first_ts);
    memset(n->last_ts, 0, sizeof n->last_ts);
    end_init(&n->ends[0], 0, us, n->buffers[0], n->buffers[1]);
    end_init(&n->ends[1], 1, them, n->buffers[2], n->buffers[3]);
    n->now = n->ends[0].now;
}

static bool healed(const struct network *n) { return n->now >= n->wire.weather.heals_at; }

// ---- packets

static void note_timestamp(struct network *n, int from, const struct rs_segment *segment) {
    if (!segment->options.has_timestamps)
        return;
    n->last_ts[from] = segment->options.ts_value;
    if ((segment->flags & RS_SYN) && !n->has_ts[from])
        n->first_ts[from] = segment->options.ts_value;
    n->has_ts[from] = true;
}

static void transmit(struct network *n, int from) {
    struct end *e = &n->ends[from];
    struct rs_packet packet;
    uint8_t bytes[WIRE_BYTES];
    size_t size;
    e->now = n->now;
    while ((size = end_poll_packet(e, &n->ends[!from], bytes, sizeof bytes, &packet)) > 0) {
        note_timestamp(n, from, &packet.segment);
        if (!healed(n))
            size = mischief_squeeze(n, &packet, bytes, size);
        if (n->watcher)
            n->watcher->sent(n->watcher->self, n, from, bytes, size);
        enum wire_fate fate = wire_put(&n->wire, !from, bytes, size, n->now);
        if (n->verbose)
            trace_sent(n, from, &packet.segment, fate);
        if (fate == WIRE_TOO_BIG)
            mischief_too_big(n, from, bytes, size);
        if (!healed(n))
            mischief_around(n, from, &packet.segment, bytes, size);
    }
}

static void arrive(struct network *n, int to, const uint8_t *bytes, size_t size) {
    struct end *e = &n->ends[to];
    if (n->verbose)
        trace_arrived(n, to, bytes, size);
    if (n->watcher)
        n->watcher->arrives(n->watcher->self, n, to, bytes, size);
    e->now = n->now;
    end_input_packet(e, bytes, size);
    transmit(n, to);
}

static void deliver(struct network *n) {
    uint8_t bytes[WIRE_BYTES];
    size_t size;
    int to;
    while (!n->broken && (size = wire_take(&n->wire, n->now, &to, bytes)) > 0)
        arrive(n, to, bytes, size);
}

// ---- time

static uint64_t next_time(struct network *n) {
    uint64_t at = wire_next(&n->wire);
    for (int i = 0; i < 2; i++) {
        uint64_t deadline = rs_conn_deadline(&n->ends[i].conn);
        at = deadline < at ? deadline : at;
        if (end_has_work(&n->ends[i]) && n->ends[i].program.acts_at < at)
            at = n->ends[i].program.acts_at;
    }
    if (n->sleepy && at != RS_NEVER && chance_one_in(&n->chance, 20))
        at += chance_below(&n->chance, 3 * SECOND);
    return at;
}

static void happen(struct network *n) {
    for (int i = 0; i < 2; i++) {
        struct end *e = &n->ends[i];
        e->now = n->now;
        if (end_has_work(e) && e->program.acts_at <= n->now)
            end_act(e, &n->chance);
        if (rs_conn_deadline(&e->conn) <= n->now)
            end_tick(e);
        transmit(n, i);
    }
    deliver(n);
}

static bool at_rest(const struct end *e) { return e->conn.state == RS_CLOSED || e->conn.state == RS_TIME_WAIT; }

static bool over(const struct network *n) {
    return n->ends[0].conn.state == RS_CLOSED && n->ends[1].conn.state == RS_CLOSED;
}

// How long it may take from now, over a network that is well: a few timeouts, and the programs' slow reading. A small
// buffer takes a turn of the program, and sometimes a probe, for each half of it.
static uint64_t patience(const struct network *n) {
    uint64_t longest = TIMEOUTS * LONGEST_TIMEOUT_S * SECOND;
    for (int i = 0; i < 2; i++) {
        const struct end *e = &n->ends[i], *peer = &n->ends[!i];
        size_t piece =
            e->config.send_bytes < peer->config.receive_bytes ? e->config.send_bytes : peer->config.receive_bytes;
        piece = piece < e->program.most ? piece : e->program.most;
        piece = piece < peer->program.most ? piece : peer->program.most;
        longest += (e->program.to_send / (piece / 4 + 1) + 1) * (e->program.pause_us + peer->program.pause_us + SECOND);
    }
    return longest;
}

static const char *broken_end(const struct network *n) {
    return n->ends[0].broken ? n->ends[0].broken : n->ends[1].broken;
}

// What an end must be like when all is over.
static const char *bad_ending(const struct network *n, int i) {
    const struct end *e = &n->ends[i];
    if (n->may_abort)
        return e->program.received > n->ends[!i].program.sent ? "more arrived than was sent" : NULL;
    if (e->program.received != n->ends[!i].program.to_send)
        return "not all bytes arrived";
    return e->conn.end == RS_END_CLOSED ? NULL : "no normal close";
}

static const char *run(struct network *n) {
    uint64_t must_end = n->wire.weather.heals_at == RS_NEVER ? RS_NEVER : 0;
    happen(n);
    while (!over(n) && !broken_end(n)) {
        if (n->steps++ == MOST_STEPS)
            return "no end is in sight";
        uint64_t at = next_time(n);
        if (at == RS_NEVER)
            return "both ends wait for ever";
        n->now = at > n->now ? at : n->now;
        if (must_end == 0 && healed(n))
            must_end = n->now + patience(n);
        if (n->now > must_end && must_end > 0 && !(at_rest(&n->ends[0]) && at_rest(&n->ends[1])))
            return "the network is well, but it does not end";
        happen(n);
    }
    for (int i = 0; i < 2 && !broken_end(n); i++)
        end_read_all(&n->ends[i]);
    for (int i = 0; i < 2; i++)
        if (!broken_end(n) && bad_ending(n, i))
            return bad_ending(n, i);
    return broken_end(n);
}

const char *network_run(struct network *n) {
    n->broken = run(n);
    if (n->verbose)
        trace_end(n);
    return n->broken;
}
