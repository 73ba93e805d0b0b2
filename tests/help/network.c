// SPDX-License-Identifier: MIT
//
// The bad network of network.h.
#include "network.h"

#include "rawshake/seq.h"

enum { MOST_STEPS = 200000 };

#define FAIL(e, what) engine_fail(e, what, __FILE__, __LINE__)

uint32_t network_random(struct network *n, uint32_t limit) {
    n->random ^= n->random << 13; // xorshift32
    n->random ^= n->random >> 17;
    n->random ^= n->random << 5;
    return n->random % limit;
}

void network_init(struct network *n, uint32_t us, uint32_t them, unsigned seed) {
    memset(n, 0, sizeof *n);
    engine_seed = seed;
    n->random = seed * 2654435761u + 1;
    n->delay_us = 1000;
    engine_init(&n->ends[0], us, them);
    engine_init(&n->ends[1], them, us);
    n->now = n->ends[0].now;
    n->ends[1].config.local = n->ends[0].config.remote;
    n->ends[1].config.remote = n->ends[0].config.local;
    for (int i = 0; i < 2; i++) { // nobody gives up: what is lost is lost by the network
        n->ends[i].config.open_timeout_us = n->ends[i].config.data_timeout_us = 100000 * SECOND;
        n->ends[i].config.time_wait_us = 10000 * SECOND;
        n->programs[i].acts_at = n->now;
        n->programs[i].pause_us = 1000;
        engine_start(&n->ends[i]);
    }
}

// ---- the wire

// Nothing may go more than one number beyond the window that the other end has ever offered, and FIN has one number.
static void check_sent(struct network *n, int from, const struct rs_segment *seg) {
    const struct rs_conn *peer = &n->ends[!from].conn;
    uint32_t end = seg->seq + rs_segment_length(seg);
    bool text = !(seg->flags & (RS_SYN | RS_RST)) && rs_segment_length(seg) > 0;
    if (text && peer->state != RS_CLOSED && peer->rcv.irs_known && rs_seq_gt(end, peer->rcv.edge + 1))
        FAIL(&n->ends[from], "sent beyond the window");
    if (!(seg->flags & RS_FIN))
        return;
    struct network_program *p = &n->programs[from];
    if (p->fin_seen && p->fin_seq != end - 1)
        FAIL(&n->ends[from], "FIN has two numbers");
    p->fin_seen = true;
    p->fin_seq = end - 1;
}

static void put(struct network *n, int to, const struct rs_segment *segment) {
    if (network_random(n, 100) < n->lost_percent)
        return;
    for (size_t i = 0; i < NETWORK_PACKETS; i++) {
        struct network_packet *p = &n->packets[i];
        if (p->flying)
            continue;
        *p = (struct network_packet){.flying = true, .to = to, .segment = *segment};
        p->arrives = n->now + n->delay_us + (n->jitter_us ? network_random(n, (uint32_t)n->jitter_us) : 0);
        size_t size = segment->payload[0].size;
        assert_true(size <= sizeof p->data);
        if (size > 0)
            memcpy(p->data, segment->payload[0].bytes, size);
        p->segment.payload[0].bytes = p->data;
        return;
    } // no place left: lost, like in any other full queue
}

static void transmit(struct network *n, int from) {
    struct rs_segment out;
    struct engine *e = &n->ends[from];
    e->now = n->now;
    while (engine_poll(e, &out)) {
        check_sent(n, from, &out);
        put(n, !from, &out);
        if (network_random(n, 100) < n->doubled_percent)
            put(n, !from, &out);
    }
}

// ---- the programs

static bool wants_to_close(const struct network *n, int at) {
    const struct rs_conn *c = &n->ends[at].conn;
    bool stands = c->state == RS_ESTABLISHED || c->state == RS_CLOSE_WAIT;
    return stands && !c->snd.fin_queued && n->programs[at].sent == n->programs[at].to_send;
}

static bool has_work(const struct network *n, int at) {
    const struct network_program *p = &n->programs[at];
    bool can_write = p->sent < p->to_send && rs_conn_send_room(&n->ends[at].conn) > 0;
    return can_write || n->ends[at].conn.receive_ring.used > 0 || wants_to_close(n, at);
}

static void read_some(struct network *n, int at) {
    uint8_t bytes[ENGINE_BUFFER];
    struct network_program *p = &n->programs[at];
    size_t size = engine_receive(&n->ends[at], bytes, 1 + network_random(n, ENGINE_BUFFER));
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != pattern(p->received + i + (size_t)!at))
            FAIL(&n->ends[at], "another byte was read than was sent");
    p->received += size;
}

static void write_some(struct network *n, int at) {
    uint8_t bytes[ENGINE_BUFFER];
    struct network_program *p = &n->programs[at];
    size_t left = p->to_send - p->sent, size = 1 + network_random(n, ENGINE_BUFFER);
    size = size < left ? size : left;
    for (size_t i = 0; i < size; i++)
        bytes[i] = pattern(p->sent + i + (size_t)at);
    p->sent += engine_send(&n->ends[at], bytes, size);
    if (wants_to_close(n, at))
        engine_close(&n->ends[at]);
}

static void act(struct network *n, int at) {
    struct network_program *p = &n->programs[at];
    n->ends[at].now = n->now;
    read_some(n, at);
    write_some(n, at);
    p->acts_at = n->now + 1 + network_random(n, (uint32_t)p->pause_us);
}

// ---- time

static uint64_t next_time(const struct network *n) {
    uint64_t at = RS_NEVER;
    for (int i = 0; i < 2; i++) {
        uint64_t deadline = rs_conn_deadline(&n->ends[i].conn);
        at = deadline < at ? deadline : at;
        if (has_work(n, i) && n->programs[i].acts_at < at)
            at = n->programs[i].acts_at;
    }
    for (size_t i = 0; i < NETWORK_PACKETS; i++)
        if (n->packets[i].flying && n->packets[i].arrives < at)
            at = n->packets[i].arrives;
    return at;
}

static void happen(struct network *n) {
    for (int i = 0; i < 2; i++) {
        if (has_work(n, i) && n->programs[i].acts_at <= n->now)
            act(n, i);
        if (rs_conn_deadline(&n->ends[i].conn) <= n->now)
            engine_tick(&n->ends[i], n->now);
        transmit(n, i);
    }
    for (size_t i = 0; i < NETWORK_PACKETS; i++) {
        struct network_packet *p = &n->packets[i];
        if (!p->flying || p->arrives > n->now)
            continue;
        struct network_packet arrived = *p;
        arrived.segment.payload[0].bytes = arrived.data;
        p->flying = false;
        n->ends[p->to].now = n->now;
        engine_input(&n->ends[arrived.to], &arrived.segment);
        transmit(n, arrived.to);
    }
}

static bool over(const struct network *n) {
    return n->ends[0].conn.state == RS_CLOSED && n->ends[1].conn.state == RS_CLOSED;
}

void network_run(struct network *n) {
    happen(n);
    for (int steps = 0; !over(n); steps++) {
        if (steps == MOST_STEPS)
            FAIL(&n->ends[0], "no end is in sight");
        uint64_t at = next_time(n);
        if (at == RS_NEVER)
            FAIL(&n->ends[0], "both ends wait for ever");
        n->now = at > n->now ? at : n->now;
        happen(n);
    }
    for (int i = 0; i < 2; i++) {
        while (n->ends[i].conn.receive_ring.used > 0)
            read_some(n, i);
        if (n->programs[i].received != n->programs[!i].to_send)
            FAIL(&n->ends[i], "not all bytes arrived");
        if (n->ends[i].conn.end != RS_END_CLOSED)
            FAIL(&n->ends[i], "no normal close");
    }
    engine_seed = 0;
}
