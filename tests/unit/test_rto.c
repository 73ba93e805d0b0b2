// SPDX-License-Identifier: MIT
//
// The resend timer (RFC 6298): how long it waits, what is measured for that, when it starts anew.
#include "../help/engine.h"

static struct engine e;
static uint8_t bytes[ENGINE_BUFFER];

static void begin(void) {
    engine_init(&e, 1000, 5000);
    engine_establish(&e);
}

static void test_rto_follows_rfc_6298(void **state) {
    (void)state;
    RULE(28);
    engine_init(&e, 1000, 5000);
    engine_open(&e);
    expect_segment(&e, RS_SYN, 1000, 0, 0);
    assert_int_equal(e.conn.rtt.rto_us, SECOND);
    e.now += 800000;
    hear(&e, RS_SYN | RS_ACK, 5000, 1001);
    assert_int_equal(e.conn.rtt.srtt_us, 800000);
    assert_int_equal(e.conn.rtt.rttvar_us, 400000);
    assert_int_equal(e.conn.rtt.rto_us, 2400000);
    expect_segment(&e, RS_ACK, 1001, 5001, 0);
    engine_send(&e, "x", 1);
    expect_segment(&e, RS_ACK, 1001, 5001, 1);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + 2400000);
    e.now += 400000;
    hear(&e, RS_ACK, 5001, 1002);
    assert_int_equal(e.conn.rtt.rttvar_us, 400000); // 3/4 * 400 + 1/4 * |800 - 400|
    assert_int_equal(e.conn.rtt.srtt_us, 750000);
    assert_int_equal(e.conn.rtt.rto_us, 2350000);
}

static void test_rto_is_at_least_a_second(void **state) {
    (void)state;
    RULE(28);
    RULE(P14);
    begin(); // a round trip of no time at all is a sample too (P14)
    assert_true(e.conn.rtt.has_sample);
    assert_int_equal(e.conn.rtt.srtt_us, 0);
    assert_int_equal(e.conn.rtt.rto_us, SECOND);
    engine_send(&e, "x", 1);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1);
    e.now += 800000;
    hear(&e, RS_ACK, e.them + 1, e.us + 2); // so this is the second sample
    assert_int_equal(e.conn.rtt.srtt_us, 100000);
    assert_int_equal(e.conn.rtt.rttvar_us, 200000);
}

static void test_backoff_doubles_up_to_a_minute(void **state) {
    static const unsigned waits[] = {1, 2, 4, 8, 16, 32};
    (void)state;
    RULE(28);
    begin();
    engine_send(&e, bytes, 100);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 100);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        assert_int_equal(rs_conn_deadline(&e.conn), e.now + waits[i] * SECOND);
        forget_reasons(&e);
        engine_tick(&e, rs_conn_deadline(&e.conn));
        expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 100);
        expect_nothing(&e);
        if (i == 2)
            expect_reasons(&e, RS_TIMED_OUT, RS_STILL_TRYING, RS_RESENT_DATA);
        else
            expect_reasons(&e, RS_TIMED_OUT, RS_RESENT_DATA);
    }
    assert_int_equal(e.conn.rtt.rto_us, 60 * SECOND);
}

static void test_karn(void **state) {
    (void)state;
    RULE(28);
    begin();
    engine_send(&e, bytes, 100);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 100);
    engine_tick(&e, e.now + SECOND);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 100);
    e.now += 1000;
    hear(&e, RS_ACK, e.them + 1, e.us + 101); // of which copy? Nobody knows: no sample, and the wait stays doubled
    assert_int_equal(e.conn.rtt.srtt_us, 0);
    assert_int_equal(e.conn.rtt.rto_us, 2 * SECOND);
    engine_send(&e, bytes, 100);
    expect_segment(&e, RS_ACK, e.us + 101, e.them + 1, 100);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + 2 * SECOND);
    e.now += 1000;
    hear(&e, RS_ACK, e.them + 1, e.us + 201); // this one was sent once
    assert_int_equal(e.conn.rtt.rto_us, SECOND);
}

// One segment at a time is measured; an ACK that does not cover it tells nothing of it, nor of any other.
static void test_only_the_measured_segment_counts(void **state) {
    (void)state;
    RULE(28);
    for (int timestamps = 0; timestamps < 2; timestamps++) {
        engine_init(&e, 1000, 5000);
        e.peer_options.has_timestamps = timestamps;
        e.peer_options.ts_value = 1;
        engine_establish(&e);
        engine_send(&e, bytes, 100);
        expect_segment(&e, RS_ACK, 1001, 5001, 100); // measured
        engine_send(&e, bytes, 100);
        expect_segment(&e, RS_ACK, 1101, 5001, 100);
        hear(&e, RS_ACK, 5001, 1101);
        engine_send(&e, bytes, 100);
        expect_segment(&e, RS_ACK, 1201, 5001, 100); // measured
        e.now += 100000;
        forget_reasons(&e);
        hear(&e, RS_ACK, 5001, 1201);
        expect_reasons(&e, RS_DATA_ACKED);
        hear(&e, RS_ACK, 5001, 1301);
        expect_reasons(&e, RS_RTT_MEASURED, RS_DATA_ACKED);
    }
}

static void test_ack_restarts_the_timer(void **state) {
    (void)state;
    RULE(28);
    begin();
    engine_send(&e, bytes, 2000);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    expect_segment(&e, RS_ACK, e.us + 1461, e.them + 1, 540);
    e.now += 300000;
    hear(&e, RS_ACK, e.them + 1, e.us + 1461);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + e.conn.rtt.rto_us);
    hear(&e, RS_ACK, e.them + 1, e.us + 2001);
    assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
}

static void test_three_seconds_and_one_segment_after_a_lost_syn(void **state) {
    (void)state;
    RULE(28);
    RULE(29);
    RULE(P12);
    engine_init(&e, 1000, 5000);
    engine_open(&e);
    expect_segment(&e, RS_SYN, 1000, 0, 0);
    engine_tick(&e, e.now + SECOND);
    expect_segment(&e, RS_SYN, 1000, 0, 0);
    hear(&e, RS_SYN | RS_ACK, 5000, 1001);
    expect_segment(&e, RS_ACK, 1001, 5001, 0);
    assert_false(e.conn.rtt.has_sample);
    engine_send(&e, bytes, 4000);
    expect_segment(&e, RS_ACK, 1001, 5001, 1460);
    expect_nothing(&e);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + 3 * SECOND); // RFC 6298, section 5.7
}

static void test_sending_after_a_long_silence(void **state) {
    (void)state;
    begin();
    engine_tick(&e, e.now + 1000 * SECOND);
    engine_send(&e, bytes, 10);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 10);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + SECOND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rto_follows_rfc_6298),
        cmocka_unit_test(test_rto_is_at_least_a_second),
        cmocka_unit_test(test_backoff_doubles_up_to_a_minute),
        cmocka_unit_test(test_karn),
        cmocka_unit_test(test_only_the_measured_segment_counts),
        cmocka_unit_test(test_ack_restarts_the_timer),
        cmocka_unit_test(test_three_seconds_and_one_segment_after_a_lost_syn),
        cmocka_unit_test(test_sending_after_a_long_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
