// SPDX-License-Identifier: MIT
//
// How long we try before we tell the program, and before we give up (RFC 9293, section 3.8.3); and that nothing can be
// sent after close().
#include <errno.h>

#include "../help/engine.h"

static struct engine e;
static uint8_t bytes[100];

static void begin(void) {
    engine_init(&e, 1000, 5000);
    engine_establish(&e);
}

static void expect_data(uint32_t at, size_t size) { expect_segment(&e, RS_ACK, e.us + 1 + at, e.them + 1, size); }

static void test_three_resends_are_told(void **state) {
    (void)state;
    RULE(30);
    begin();
    engine_send(&e, "x", 1);
    expect_data(0, 1);
    for (int i = 1; i <= 5; i++) {
        forget_reasons(&e);
        engine_tick(&e, rs_conn_deadline(&e.conn));
        expect_data(0, 1);
        assert_int_equal(engine_heard_reason(&e, RS_STILL_TRYING), i == 3); // once
    }
    expect_state(&e, RS_ESTABLISHED);
}

// Resends until it is over; returns how long that took, at most so many times.
static uint64_t try_data(uint64_t patience_us, int times) {
    engine_init(&e, 1000, 5000);
    e.config.data_timeout_us = patience_us;
    engine_start(&e);
    engine_establish(&e);
    engine_send(&e, "x", 1);
    expect_data(0, 1);
    uint64_t start = e.now;
    for (int i = 0; i < times && e.conn.state == RS_ESTABLISHED; i++) {
        engine_tick(&e, rs_conn_deadline(&e.conn));
        (void)engine_poll_all(&e);
    }
    return e.now - start;
}

static void test_patience_is_the_callers(void **state) {
    (void)state;
    RULE(30);
    assert_true(try_data(0, 1000) >= 100 * SECOND); // SHLD-11
    assert_int_equal(rs_conn_errno(&e.conn), ETIMEDOUT);
    assert_int_equal(try_data(5 * SECOND, 1000), 5 * SECOND);
    expect_state(&e, RS_CLOSED);
    assert_true(try_data(RS_NEVER, 1000) > 10000 * SECOND); // for ever
    expect_state(&e, RS_ESTABLISHED);
}

static void test_patience_begins_anew_with_each_ack(void **state) {
    (void)state;
    RULE(30);
    begin();
    engine_send(&e, bytes, 100);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 100);
    while (rs_conn_deadline(&e.conn) < 105 * SECOND) {
        engine_tick(&e, rs_conn_deadline(&e.conn));
        (void)engine_poll_all(&e);
    }
    engine_tick(&e, 105 * SECOND); // a hundred have passed
    hear(&e, RS_ACK, e.them + 1, e.us + 51);
    uint64_t heard = e.now;
    forget_reasons(&e);
    engine_wait_for_end(&e);
    assert_int_equal(e.now, heard + 120 * SECOND);
}

static void test_resends_are_counted_anew(void **state) {
    (void)state;
    RULE(30);
    begin();
    for (int i = 0; i < 4; i++) { // each is lost once: no reason to worry yet, and each loss halves the threshold
        uint32_t seq = e.conn.snd.nxt;
        engine_send(&e, bytes, 100);
        expect_segment(&e, RS_ACK, seq, e.them + 1, 100);
        e.conn.snd.ssthresh = 50000;
        engine_tick(&e, rs_conn_deadline(&e.conn));
        expect_segment(&e, RS_ACK, seq, e.them + 1, 100);
        assert_int_equal(e.conn.snd.ssthresh, 2920);
        hear(&e, RS_ACK, e.them + 1, seq + 100);
    }
    assert_false(engine_heard_reason(&e, RS_STILL_TRYING));
}

static void test_send_after_close_is_an_error(void **state) {
    (void)state;
    RULE(39);
    static const enum rs_state closing[] = {RS_FIN_WAIT_1, RS_FIN_WAIT_2, RS_CLOSING, RS_LAST_ACK, RS_TIME_WAIT};
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++) {
        size_t taken = 1;
        engine_init(&e, 1000, 5000);
        engine_reach(&e, closing[i]);
        assert_int_equal(rs_conn_send(&e.conn, (const uint8_t *)"x", 1, &taken), RS_CALL_CLOSING);
        assert_int_equal(taken, 0);
        expect_nothing(&e);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_resends_are_told),
        cmocka_unit_test(test_patience_is_the_callers),
        cmocka_unit_test(test_patience_begins_anew_with_each_ack),
        cmocka_unit_test(test_resends_are_counted_anew),
        cmocka_unit_test(test_send_after_close_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
