// SPDX-License-Identifier: MIT
//
// Single numbers on which a rule turns, and which a planted bug (tests/sim/mutants) moved by one without any other test
// noticing.
#include "../help/engine.h"

static struct engine e;

static void begin(void) {
    engine_init(&e, 1000, 5000);
    engine_start(&e);
}

// The window ends before its right edge (RFC 9293, section 3.4, table 6).
static void test_edge_of_the_window(void **state) {
    (void)state;
    RULE(16);
    begin();
    engine_establish(&e);
    uint32_t edge = e.conn.rcv.edge;
    hear(&e, RS_ACK, edge - 1, e.us + 1); // the last number that is inside
    expect_nothing(&e);
    forget_reasons(&e);
    hear(&e, RS_ACK, edge, e.us + 1);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 0);
    expect_reasons(&e, RS_DROPPED_OUTSIDE_WINDOW, RS_SENT_CHALLENGE_ACK);
}

// The ACK of what was sent twice measures nothing, for nobody knows which of the two it answers (RFC 6298,
// section 3), however it came to be sent again.
static void test_karn_after_a_timeout(void **state) {
    (void)state;
    RULE(28);
    begin();
    engine_establish(&e);
    uint64_t srtt = e.conn.rtt.srtt_us;
    engine_send(&e, "hello", 5);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 5);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 5);
    e.now += 7 * SECOND / 10;
    hear(&e, RS_ACK, e.them + 1, e.us + 6);
    assert_false(engine_heard_reason(&e, RS_RTT_MEASURED));
    assert_int_equal(e.conn.rtt.srtt_us, srtt);
}

static void test_karn_after_a_fast_retransmit(void **state) {
    static const uint8_t bytes[4000];
    (void)state;
    RULE(28);
    begin();
    e.peer_mss = 1000;
    engine_start(&e);
    engine_establish(&e);
    engine_send(&e, bytes, sizeof bytes);
    for (uint32_t i = 0; i < 4; i++)
        expect_segment(&e, RS_ACK, e.us + 1 + 1000 * i, e.them + 1, 1000);
    for (int i = 0; i < 3; i++)
        hear(&e, RS_ACK, e.them + 1, e.us + 1);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1000);
    forget_reasons(&e);
    e.now += SECOND / 2;
    hear(&e, RS_ACK, e.them + 1, e.us + 1001); // the second sending, or the first, late: nobody knows
    assert_false(engine_heard_reason(&e, RS_RTT_MEASURED));
}

// A shift above 14 counts as 14 (RFC 7323, section 2.3).
static void test_largest_window_scale(void **state) {
    struct rs_conn_facts facts;
    (void)state;
    RULE(43);
    begin();
    peer_offers_all(&e);
    e.peer_options.window_scale = 15;
    engine_establish(&e);
    rs_conn_facts(&e.conn, &facts);
    assert_int_equal(facts.send_scale, 14);
}

static struct rs_icmp error(uint8_t code, uint32_t seq) {
    return (struct rs_icmp){.family = RS_IPV4,
                            .type = RS_ICMP_UNREACHABLE,
                            .code = code,
                            .source = e.config.local,
                            .destination = e.config.remote,
                            .seq = seq};
}

// A soft error never ends anything, be the SYN sent for the first or the second time (RFC 9293, section 3.9.2.2,
// MUST-56).
static void test_soft_error_while_opening(void **state) {
    (void)state;
    RULE(41);
    begin();
    engine_open(&e);
    struct rs_icmp host_unreachable = error(1, e.us);
    for (int i = 0; i < 2; i++) {
        expect_segment(&e, RS_SYN, e.us, 0, 0);
        rs_conn_icmp(&e.conn, &host_unreachable, e.now);
        expect_state(&e, RS_SYN_SENT);
        engine_tick(&e, rs_conn_deadline(&e.conn));
    }
}

// What ends an opening connection ends none that stands (RFC 5461), and it must quote a number that is on its way (RFC
// 5927).
static void test_hard_error(void **state) {
    (void)state;
    RULE(40);
    RULE(41);
    begin();
    engine_open(&e);
    expect_segment(&e, RS_SYN, e.us, 0, 0);
    struct rs_icmp wrong = error(3, e.us + 1), port_unreachable = error(3, e.us);
    rs_conn_icmp(&e.conn, &wrong, e.now);
    expect_state(&e, RS_SYN_SENT);
    rs_conn_icmp(&e.conn, &port_unreachable, e.now);
    expect_state(&e, RS_CLOSED);
    begin();
    engine_establish(&e);
    engine_send(&e, "hello", 5);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 5);
    port_unreachable.seq = e.us + 1;
    rs_conn_icmp(&e.conn, &port_unreachable, e.now);
    expect_state(&e, RS_ESTABLISHED);
}

static void hear_stamped(uint32_t seq, uint32_t value) {
    struct rs_segment seg = {.source_port = 80,
                             .destination_port = 40000,
                             .flags = RS_ACK,
                             .seq = seq,
                             .ack = e.us + 1,
                             .window = e.peer_window,
                             .payload = {{(const uint8_t *)"x", 1}}};
    seg.options.has_timestamps = true;
    seg.options.ts_value = value;
    engine_input(&e, &seg);
}

// An ACK for two segments echoes the timestamp of the first, so that the other end measures the delay too
// (RFC 7323, section 4.3).
static void test_echo_of_the_first_segment(void **state) {
    struct rs_segment out;
    (void)state;
    RULE(44);
    begin();
    e.config.no_timestamps = e.config.no_delayed_ack = false;
    engine_start(&e);
    peer_offers_all(&e);
    engine_establish(&e);
    hear_stamped(e.them + 1, 800);
    expect_nothing(&e); // the ACK is delayed
    hear_stamped(e.them + 2, 900);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.ack, e.them + 3);
    assert_int_equal(out.options.ts_echo, 800);
}

// More than an unsigned number of 32 bits can tell, and more than the sequence numbers may span: as much as fits is
// used, in both directions.
static void test_buffers_beyond_the_numbers(void **state) {
    static const size_t sizes[] = {(size_t)1 << 31, (size_t)UINT32_MAX, SIZE_MAX, (size_t)UINT32_MAX + 1};
    struct rs_conn_facts facts;
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (sizes[i] == 0) // where a size has 32 bits
            continue;
        begin();
        e.config.send_bytes = e.config.receive_bytes = sizes[i]; // what is really there is enough for this test
        engine_start(&e);
        peer_offers_all(&e);
        engine_establish(&e);
        rs_conn_facts(&e.conn, &facts);
        assert_int_equal(facts.receive_scale, 14);
        assert_int_equal(facts.rcv_wnd, 65535u << 14);
        assert_int_equal(rs_conn_send_room(&e.conn), 1u << 30);
        e.conn.send_ring.used = e.conn.send_ring.size - 1; // as if so much had been queued
        rs_conn_facts(&e.conn, &facts);
        assert_int_equal(facts.unsent_bytes, (1u << 30) - 1);
        assert_int_equal(rs_conn_send_room(&e.conn), 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edge_of_the_window),           cmocka_unit_test(test_karn_after_a_timeout),
        cmocka_unit_test(test_karn_after_a_fast_retransmit), cmocka_unit_test(test_largest_window_scale),
        cmocka_unit_test(test_soft_error_while_opening),     cmocka_unit_test(test_hard_error),
        cmocka_unit_test(test_echo_of_the_first_segment),    cmocka_unit_test(test_buffers_beyond_the_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
