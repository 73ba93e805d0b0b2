// SPDX-License-Identifier: MIT
//
// The scripted peer and the steps of engine.h.
#include "engine.h"

#include "rawshake/seq.h"

const uint32_t some_numbers[6] = {1000, 0, 0xffffffff, 0xfffffffe, 0x7fffffff, 0xfffff800};

uint8_t pattern(size_t i) { return (uint8_t)(i * 7 + i / 251); }

void fill_with_pattern(uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        bytes[i] = pattern(i);
}

unsigned engine_seed;

void engine_fail(const struct engine *e, const char *what, const char *file, int line) {
    if (engine_seed)
        print_error("seed %u: ", engine_seed);
    print_error("%s:%d: %s; state %s at %llu us\n", file, line, what, rs_state_name(e->conn.state),
                (unsigned long long)e->now);
    _fail(file, line);
}

static void no_number_goes_back(struct engine *e) {
    const struct rs_conn *c = &e->conn;
    if (e->before.known && c->state != RS_LISTEN) {
        if (rs_seq_lt(c->snd.nxt, e->before.snd_nxt))
            engine_fail(e, "snd.nxt went back", __FILE__, __LINE__);
        if (rs_seq_lt(c->rcv.nxt, e->before.rcv_nxt))
            engine_fail(e, "rcv.nxt went back", __FILE__, __LINE__);
        if (rs_seq_lt(c->rcv.edge, e->before.edge))
            engine_fail(e, "the window's right edge went back", __FILE__, __LINE__);
    }
    e->before.known = c->rcv.irs_known && c->state != RS_LISTEN; // a listener may begin anew
    e->before.snd_nxt = c->snd.nxt;
    e->before.rcv_nxt = c->rcv.nxt;
    e->before.edge = c->rcv.edge;
}

// Beyond the furthest edge that the other end has told, no more than one number is ever sent: a probe.
static void nothing_beyond_the_window(struct engine *e) {
    const struct rs_conn *c = &e->conn;
    uint32_t edge = c->snd.una + c->snd.wnd;
    if (!c->rcv.irs_known || c->state == RS_LISTEN) {
        e->before.edge_told = false;
        return;
    }
    if (!e->before.edge_told || rs_seq_gt(edge, e->before.peer_edge))
        e->before.peer_edge = edge;
    e->before.edge_told = true;
    if (rs_seq_gt(c->snd.nxt, e->before.peer_edge + 1))
        engine_fail(e, "sent beyond the window", __FILE__, __LINE__);
}

// Tried on a copy: the deadline is the first moment at which a tick does anything, and it passes.
static void the_deadline_is_true(struct engine *e) {
    struct rs_segment out;
    struct rs_conn copy = e->conn;
    uint64_t at = rs_conn_deadline(&copy);
    if (at == RS_NEVER || at <= e->now)
        return;
    rs_conn_tick(&copy, at - 1);
    if (rs_conn_poll_segment(&copy, at - 1, &out) || copy.state != e->conn.state)
        engine_fail(e, "a tick before the deadline did something", __FILE__, __LINE__);
    rs_conn_tick(&copy, at);
    while (rs_conn_poll_segment(&copy, at, &out)) {
    }
    if (rs_conn_deadline(&copy) <= at)
        engine_fail(e, "the deadline did not move when it had passed", __FILE__, __LINE__);
}

// What has to be looked at after every step.
static void after_step(struct engine *e) {
    const char *broken = rs_conn_check(&e->conn);
    if (broken)
        engine_fail(e, broken, __FILE__, __LINE__);
    no_number_goes_back(e);
    nothing_beyond_the_window(e);
    struct rs_event event;
    while (rs_conn_poll_event(&e->conn, &event)) {
        rule_reason(event.reason);
        if (e->reason_count == ENGINE_REASONS)
            e->reason_count = 0; // nobody asked for thousands of reasons: the test does not look at them
        e->reasons[e->reason_count++] = event.reason;
    }
    assert_int_equal(e->conn.events_lost, 0);
}

void engine_start(struct engine *e) {
    rs_conn_init(&e->conn, &e->config);
    e->before.known = e->before.edge_told = false;
    e->reason_count = 0;
}

void engine_init(struct engine *e, uint32_t us, uint32_t them) {
    memset(e, 0, sizeof *e);
    e->us = us;
    e->them = them;
    e->now = 5 * SECOND;
    e->peer_window = PEER_WINDOW;
    e->peer_mss = PEER_MSS;
    e->config = (struct rs_conn_config){
        .local = rs_endpoint_ipv4(192, 0, 2, 1, 40000),
        .remote = rs_endpoint_ipv4(192, 0, 2, 2, 80),
        .iss = us,
        .mss = 1460,
        .no_nagle = true, // each test says for itself where waiting is its matter
        .no_delayed_ack = true,
        .send_buffer = e->send_buffer,
        .receive_buffer = e->receive_buffer,
        .send_bytes = sizeof e->send_buffer,
        .receive_bytes = sizeof e->receive_buffer,
    };
    engine_start(e);
}

void engine_over_ipv6(struct engine *e) {
    e->config.local = (struct rs_endpoint){
        .family = RS_IPV6, .addr = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, .port = e->config.local.port};
    e->config.remote = (struct rs_endpoint){
        .family = RS_IPV6, .addr = {0x20, 0x01, 0x0d, 0xb8, [15] = 2}, .port = e->config.remote.port};
}

enum rs_call engine_open(struct engine *e) {
    enum rs_call outcome = rs_conn_open(&e->conn, e->now);
    after_step(e);
    return outcome;
}

enum rs_call engine_close(struct engine *e) {
    enum rs_call outcome = rs_conn_close(&e->conn);
    after_step(e);
    return outcome;
}

void engine_abort(struct engine *e) {
    rs_conn_abort(&e->conn);
    after_step(e);
}

size_t engine_send(struct engine *e, const void *bytes, size_t size) {
    size_t taken;
    (void)rs_conn_send(&e->conn, bytes, size, &taken);
    after_step(e);
    return taken;
}

size_t engine_receive(struct engine *e, void *out, size_t room) {
    size_t size = rs_conn_receive(&e->conn, out, room);
    after_step(e);
    return size;
}

void engine_tick(struct engine *e, uint64_t now) {
    e->now = now;
    rs_conn_tick(&e->conn, now);
    after_step(e);
}

bool engine_poll(struct engine *e, struct rs_segment *out) {
    bool more = rs_conn_poll_segment(&e->conn, e->now, out);
    after_step(e);
    if (!more) {
        the_deadline_is_true(e);
        return false;
    }
    size_t size = 0;
    for (int i = 0; i < 2; i++) {
        assert_true(size + out->payload[i].size <= sizeof e->data);
        if (out->payload[i].size > 0)
            memcpy(e->data + size, out->payload[i].bytes, out->payload[i].size);
        size += out->payload[i].size;
    }
    out->payload[0] = (struct rs_span){e->data, size}; // as it would come off the wire
    out->payload[1] = (struct rs_span){0};
    if (out->options.has_timestamps)
        e->peer_options.ts_echo = out->options.ts_value;
    return true;
}

unsigned engine_poll_all(struct engine *e) {
    struct rs_segment out;
    unsigned count = 0;
    while (engine_poll(e, &out))
        count++;
    return count;
}

void engine_wait_for_end(struct engine *e) {
    while (e->conn.state != RS_CLOSED) {
        engine_tick(e, rs_conn_deadline(&e->conn));
        (void)engine_poll_all(e);
    }
}

void engine_input(struct engine *e, const struct rs_segment *segment) {
    rs_conn_input(&e->conn, &e->config.remote, segment, e->now);
    after_step(e);
}

void engine_icmp(struct engine *e, const struct rs_icmp *icmp) {
    rs_conn_icmp(&e->conn, icmp, e->now);
    after_step(e);
}

void peer_offers_all(struct engine *e) {
    e->peer_options = (struct rs_options){
        .has_window_scale = true,
        .window_scale = 7,
        .sack_permitted = true,
        .has_timestamps = true,
        .ts_value = 700,
    };
}

void hear_data(struct engine *e, uint8_t flags, uint32_t seq, uint32_t ack, const void *bytes, size_t size) {
    struct rs_segment seg = {
        .source_port = 80,
        .destination_port = 40000,
        .flags = flags,
        .seq = seq,
        .ack = ack,
        .window = e->peer_window,
        .payload = {{bytes, size}},
    };
    seg.options = e->peer_options;
    seg.options.has_mss = (flags & RS_SYN) && e->peer_mss > 0;
    seg.options.mss = e->peer_mss;
    seg.options.has_window_scale &= (flags & RS_SYN) != 0;
    seg.options.sack_permitted &= (flags & RS_SYN) != 0;
    engine_input(e, &seg);
}

void hear(struct engine *e, uint8_t flags, uint32_t seq, uint32_t ack) { hear_data(e, flags, seq, ack, NULL, 0); }

void engine_establish(struct engine *e) {
    assert_int_equal(engine_open(e), RS_CALL_OK);
    expect_segment(e, RS_SYN, e->us, 0, 0);
    hear(e, RS_SYN | RS_ACK, e->them, e->us + 1);
    expect_segment(e, RS_ACK, e->us + 1, e->them + 1, 0);
    expect_nothing(e);
    expect_state(e, RS_ESTABLISHED);
    forget_reasons(e);
}

static void close_first(struct engine *e) {
    engine_close(e);
    expect_segment(e, RS_FIN | RS_ACK, e->us + 1, e->them + 1, 0);
}

static void peer_closes(struct engine *e, uint32_t ack) {
    hear(e, RS_FIN | RS_ACK, e->them + 1, ack);
    expect_segment(e, RS_ACK, e->conn.snd.nxt, e->them + 2, 0);
}

static void reach_opening(struct engine *e, enum rs_state state) {
    engine_open(e);
    expect_segment(e, RS_SYN, e->us, 0, 0);
    if (state == RS_SYN_RECEIVED) {
        hear(e, RS_SYN, e->them, 0);
        expect_segment(e, RS_SYN | RS_ACK, e->us, e->them + 1, 0);
    }
}

static void reach_closing(struct engine *e, enum rs_state state) {
    engine_establish(e);
    if (state == RS_CLOSE_WAIT || state == RS_LAST_ACK)
        peer_closes(e, e->us + 1);
    if (state == RS_LAST_ACK) {
        engine_close(e);
        expect_segment(e, RS_FIN | RS_ACK, e->us + 1, e->them + 2, 0);
    }
    if (state == RS_FIN_WAIT_1 || state == RS_FIN_WAIT_2 || state == RS_CLOSING || state == RS_TIME_WAIT)
        close_first(e);
    if (state == RS_FIN_WAIT_2)
        hear(e, RS_ACK, e->them + 1, e->us + 2);
    if (state == RS_CLOSING || state == RS_TIME_WAIT)
        peer_closes(e, state == RS_CLOSING ? e->us + 1 : e->us + 2);
}

void engine_reach(struct engine *e, enum rs_state state) {
    if (state == RS_SYN_SENT || state == RS_SYN_RECEIVED)
        reach_opening(e, state);
    else if (state == RS_LISTEN)
        assert_int_equal(rs_conn_listen(&e->conn), RS_CALL_OK);
    else if (state != RS_CLOSED)
        reach_closing(e, state);
    expect_state(e, state);
    expect_nothing(e);
    forget_reasons(e);
}

void forget_reasons(struct engine *e) { e->reason_count = 0; }

bool engine_heard_reason(const struct engine *e, enum rs_reason reason) {
    for (size_t i = 0; i < e->reason_count; i++)
        if (e->reasons[i] == reason)
            return true;
    return false;
}

static void print_segment(const char *label, uint8_t flags, uint32_t seq, uint32_t ack, size_t size) {
    print_error("    %s flags 0x%02x seq %u ack %u size %zu\n", label, flags, seq, ack, size);
}

void expect_segment_at(struct engine *e, uint8_t flags, uint32_t seq, uint32_t ack, size_t size, const char *file,
                       int line) {
    struct rs_segment out;
    if (!engine_poll(e, &out)) {
        print_segment("expected", flags, seq, ack, size);
        engine_fail(e, "nothing was sent", file, line);
    }
    uint8_t bits = out.flags & (uint8_t)~RS_PSH;
    bool ack_fits = ack == 0 || out.ack == ack;
    if (bits == flags && out.seq == seq && ack_fits && rs_segment_data_bytes(&out) == size)
        return;
    print_segment("expected", flags, seq, ack, size);
    print_segment("sent    ", bits, out.seq, out.ack, rs_segment_data_bytes(&out));
    engine_fail(e, "another segment was sent", file, line);
}

void expect_nothing_at(struct engine *e, const char *file, int line) {
    struct rs_segment out;
    if (!engine_poll(e, &out))
        return;
    print_segment("sent", out.flags, out.seq, out.ack, rs_segment_data_bytes(&out));
    engine_fail(e, "a segment was sent where none should be", file, line);
}

void expect_state_at(struct engine *e, enum rs_state state, const char *file, int line) {
    if (e->conn.state == state)
        return;
    print_error("    expected %s\n", rs_state_name(state));
    engine_fail(e, "another state", file, line);
}

void expect_reasons_at(struct engine *e, const enum rs_reason *reasons, size_t count, const char *file, int line) {
    bool same = count == e->reason_count && memcmp(reasons, e->reasons, count * sizeof *reasons) == 0;
    if (!same) {
        for (size_t i = 0; i < count; i++)
            print_error("    expected %s\n", rs_reason_name(reasons[i]));
        for (size_t i = 0; i < e->reason_count; i++)
            print_error("    given    %s\n", rs_reason_name(e->reasons[i]));
        engine_fail(e, "other reasons", file, line);
    }
    forget_reasons(e);
}
