// SPDX-License-Identifier: MIT
//
// Closing: who begins; what FIN means in each state; what is lost and said again; TIME-WAIT; and the two sudden ends,
// RST and abort. The RFC's figures are in test_figures.c.
#include <errno.h>

#include "../help/engine.h"

static struct engine e;
static char text[ENGINE_BUFFER];

static void begin(enum rs_state state) {
    engine_init(&e, 99, 299);
    engine_reach(&e, state);
}

// ---- who begins

static void test_we_close_first(void **state) {
    (void)state;
    RULE(33);
    RULE(37);
    for (size_t i = 0; i < 6; i++) {
        engine_init(&e, some_numbers[i], some_numbers[5 - i]);
        engine_establish(&e);
        assert_int_equal(engine_close(&e), RS_CALL_OK);
        expect_segment(&e, RS_FIN | RS_ACK, e.us + 1, e.them + 1, 0);
        expect_state(&e, RS_FIN_WAIT_1);
        hear(&e, RS_ACK, e.them + 1, e.us + 2);
        expect_state(&e, RS_FIN_WAIT_2);
        expect_nothing(&e);
        assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
        hear(&e, RS_FIN | RS_ACK, e.them + 1, e.us + 2);
        expect_state(&e, RS_TIME_WAIT);
        expect_segment(&e, RS_ACK, e.us + 2, e.them + 2, 0);
        expect_nothing(&e);
        expect_reasons(&e, RS_SENT_FIN, RS_TIMER_SET, RS_RTT_MEASURED, RS_FIN_ACKED, RS_FIN_ARRIVED,
                       RS_TIME_WAIT_BEGINS, RS_SENT_ACK_OF_FIN);
        assert_int_equal(rs_conn_deadline(&e.conn), e.now + 240 * SECOND);
        engine_tick(&e, e.now + 240 * SECOND);
        expect_state(&e, RS_CLOSED);
        expect_reasons(&e, RS_TIME_WAIT_OVER);
        assert_int_equal(e.conn.end, RS_END_CLOSED);
        assert_int_equal(rs_conn_errno(&e.conn), 0);
    }
}

static void test_peer_closes_first(void **state) {
    (void)state;
    RULE(33);
    RULE(34);
    begin(RS_CLOSE_WAIT);
    struct rs_conn_facts facts;
    rs_conn_facts(&e.conn, &facts);
    assert_true(facts.peer_closed);
    assert_int_equal(engine_send(&e, "bye", 3), 3); // our direction is still open
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 2, 3);
    engine_close(&e);
    expect_segment(&e, RS_FIN | RS_ACK, e.us + 4, e.them + 2, 0);
    expect_state(&e, RS_LAST_ACK);
    hear(&e, RS_ACK, e.them + 2, e.us + 4); // of the data alone
    expect_state(&e, RS_LAST_ACK);
    forget_reasons(&e);
    hear(&e, RS_ACK, e.them + 2, e.us + 5);
    expect_state(&e, RS_CLOSED);
    expect_nothing(&e);
    expect_reasons(&e, RS_CLOSED_BOTH);
    assert_int_equal(e.conn.end, RS_END_CLOSED);
}

// ---- half-close

static void test_fin_wait_2_receives(void **state) {
    (void)state;
    RULE(36);
    RULE(39);
    begin(RS_FIN_WAIT_2);
    hear_data(&e, RS_ACK, e.them + 1, e.us + 2, "more", 4);
    expect_state(&e, RS_FIN_WAIT_2);
    expect_segment(&e, RS_ACK, e.us + 2, e.them + 5, 0);
    assert_int_equal(engine_receive(&e, text, sizeof text), 4);
    assert_memory_equal(text, "more", 4);
    assert_int_equal(engine_send(&e, "x", 1), 0); // but nothing may be sent after close()
    assert_int_equal(engine_close(&e), RS_CALL_CLOSING);
    hear_data(&e, RS_ACK | RS_FIN, e.them + 5, e.us + 2, "end", 3);
    expect_segment(&e, RS_ACK, e.us + 2, e.them + 9, 0);
    expect_state(&e, RS_TIME_WAIT);
    assert_int_equal(engine_receive(&e, text, sizeof text), 3);
    expect_nothing(&e);
}

static void test_fin_wait_1_receives(void **state) {
    (void)state;
    RULE(36);
    begin(RS_FIN_WAIT_1);
    hear_data(&e, RS_ACK, e.them + 1, e.us + 1, "more", 4);
    expect_state(&e, RS_FIN_WAIT_1);
    expect_segment(&e, RS_ACK, e.us + 2, e.them + 5, 0);
    hear(&e, RS_FIN | RS_ACK, e.them + 5, e.us + 2); // FIN and the ACK of ours at once
    expect_state(&e, RS_TIME_WAIT);
    expect_segment(&e, RS_ACK, e.us + 2, e.them + 6, 0);
}

// ---- FIN and data

static void test_fin_leaves_with_the_last_data(void **state) {
    (void)state;
    RULE(33);
    RULE(34);
    RULE(P9);
    begin(RS_ESTABLISHED);
    engine_send(&e, text, 1470);
    engine_close(&e);
    expect_state(&e, RS_ESTABLISHED); // until the FIN leaves
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    expect_segment(&e, RS_FIN | RS_ACK, e.us + 1461, e.them + 1, 10);
    expect_state(&e, RS_FIN_WAIT_1);
    expect_nothing(&e);
    hear(&e, RS_ACK, e.them + 1, e.us + 1471); // all data, not the FIN
    expect_state(&e, RS_FIN_WAIT_1);
    hear(&e, RS_ACK, e.them + 1, e.us + 1472);
    expect_state(&e, RS_FIN_WAIT_2);
}

static void test_fin_waits_for_the_window(void **state) {
    (void)state;
    RULE(P9);
    engine_init(&e, 99, 299);
    e.peer_window = 100;
    engine_establish(&e);
    engine_send(&e, text, 100);
    engine_close(&e);
    expect_segment(&e, RS_ACK, 100, 300, 100);
    expect_nothing(&e); // the FIN too has a number, and the window has room for a hundred
    expect_state(&e, RS_ESTABLISHED);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_ACK, 100, 300, 100); // again, and still without it
    expect_nothing(&e);
    hear(&e, RS_ACK, 300, 200);
    expect_segment(&e, RS_FIN | RS_ACK, 200, 300, 0);
    expect_nothing(&e);
}

static void test_fin_does_not_ride_on_a_probe(void **state) {
    (void)state;
    engine_init(&e, 99, 299);
    e.peer_window = 0;
    engine_establish(&e);
    engine_send(&e, "x", 1);
    engine_close(&e);
    expect_nothing(&e);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_ACK, 100, 300, 1); // one number beyond the window, not two
    expect_nothing(&e);
}

static void test_fin_alone_probes_a_closed_window(void **state) {
    (void)state;
    RULE(31);
    engine_init(&e, 99, 299);
    e.peer_window = 0;
    engine_establish(&e);
    engine_close(&e);
    expect_nothing(&e);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_FIN | RS_ACK, 100, 300, 0);
    hear(&e, RS_ACK, 300, 101);
    expect_state(&e, RS_FIN_WAIT_2);
    assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
}

static void test_fin_out_of_order_is_not_processed(void **state) {
    (void)state;
    RULE(35);
    begin(RS_ESTABLISHED);
    hear(&e, RS_FIN | RS_ACK, e.them + 6, e.us + 1);
    expect_state(&e, RS_ESTABLISHED);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 0);
    expect_reasons(&e, RS_KEPT_OUT_OF_ORDER, RS_SENT_DUPLICATE_ACK);
    hear_data(&e, RS_ACK, e.them + 1, e.us + 1, "five!", 5); // now it counts, and need not come again
    expect_state(&e, RS_CLOSE_WAIT);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 7, 0);
}

static void test_fin_with_more_data_than_fits(void **state) {
    (void)state;
    RULE(P9);
    engine_init(&e, 99, 299);
    e.config.receive_bytes = 10;
    engine_start(&e);
    engine_establish(&e);
    hear_data(&e, RS_FIN | RS_ACK, 300, 100, "0123456789ab", 12);
    expect_state(&e, RS_ESTABLISHED);
    expect_segment(&e, RS_ACK, 100, 310, 0);
    assert_int_equal(engine_receive(&e, text, sizeof text), 10);
    expect_segment(&e, RS_ACK, 100, 310, 0); // the window opens again
    hear_data(&e, RS_FIN | RS_ACK, 300, 100, "0123456789ab", 12);
    expect_state(&e, RS_CLOSE_WAIT);
    expect_segment(&e, RS_ACK, 100, 313, 0);
    assert_int_equal(engine_receive(&e, text, sizeof text), 2);
    assert_memory_equal(text, "ab", 2);
}

// A FIN behind a window that the data has filled lies outside of it, like any byte would.
static void test_fin_beyond_the_window(void **state) {
    (void)state;
    engine_init(&e, 99, 299);
    e.config.receive_bytes = 10;
    engine_start(&e);
    engine_establish(&e);
    hear_data(&e, RS_FIN | RS_ACK, 300, 100, "0123456789", 10);
    expect_state(&e, RS_ESTABLISHED);
    expect_segment(&e, RS_ACK, 100, 310, 0);
    engine_receive(&e, text, sizeof text);
    expect_segment(&e, RS_ACK, 100, 310, 0);
    hear(&e, RS_FIN | RS_ACK, 310, 100);
    expect_state(&e, RS_CLOSE_WAIT);
}

// ---- what is lost and said again

static void test_lost_fin_is_resent(void **state) {
    (void)state;
    RULE(34);
    begin(RS_FIN_WAIT_1);
    engine_tick(&e, e.now + SECOND);
    expect_segment(&e, RS_FIN | RS_ACK, e.us + 1, e.them + 1, 0);
    expect_nothing(&e);
    expect_reasons(&e, RS_TIMED_OUT, RS_RESENT_FIN);
    engine_tick(&e, e.now + 2 * SECOND);
    expect_segment(&e, RS_FIN | RS_ACK, e.us + 1, e.them + 1, 0);
    hear(&e, RS_ACK, e.them + 1, e.us + 2);
    expect_state(&e, RS_FIN_WAIT_2);
}

static void test_fin_wait_1_resends_data_too(void **state) {
    (void)state;
    RULE(34);
    RULE(P9);
    begin(RS_ESTABLISHED);
    engine_send(&e, text, 1470);
    engine_close(&e);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    expect_segment(&e, RS_FIN | RS_ACK, e.us + 1461, e.them + 1, 10);
    engine_tick(&e, e.now + SECOND);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    expect_nothing(&e); // one segment after a loss
    hear(&e, RS_ACK, e.them + 1, e.us + 1461);
    expect_segment(&e, RS_FIN | RS_ACK, e.us + 1461, e.them + 1, 10);
    hear(&e, RS_ACK, e.them + 1, e.us + 1472);
    expect_state(&e, RS_FIN_WAIT_2);
}

static void test_fin_again_in_close_wait(void **state) {
    (void)state;
    begin(RS_CLOSE_WAIT);
    hear(&e, RS_FIN | RS_ACK, e.them + 1, e.us + 1);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 2, 0);
    expect_state(&e, RS_CLOSE_WAIT);
}

static void test_data_after_their_fin_is_ignored(void **state) {
    (void)state;
    begin(RS_CLOSE_WAIT);
    hear_data(&e, RS_ACK, e.them + 2, e.us + 1, "ghost", 5);
    assert_int_equal(engine_receive(&e, text, sizeof text), 0);
    assert_int_equal(e.conn.rcv.nxt, e.them + 2);
}

static void test_fin_again_in_time_wait(void **state) {
    (void)state;
    RULE(37);
    begin(RS_TIME_WAIT);
    uint64_t entered = e.now;
    assert_int_equal(rs_conn_deadline(&e.conn), entered + 240 * SECOND);
    engine_tick(&e, entered + 100 * SECOND);
    hear(&e, RS_FIN | RS_ACK, e.them + 1, e.us + 2);
    expect_segment(&e, RS_ACK, e.us + 2, e.them + 2, 0);
    expect_nothing(&e);
    expect_reasons(&e, RS_DROPPED_OUTSIDE_WINDOW, RS_TIME_WAIT_RESTARTED, RS_SENT_ACK);
    assert_int_equal(rs_conn_deadline(&e.conn), entered + 340 * SECOND);
}

static void test_old_segments_do_not_prolong_time_wait(void **state) {
    (void)state;
    RULE(37);
    RULE(P7);
    begin(RS_TIME_WAIT);
    uint64_t deadline = rs_conn_deadline(&e.conn);
    engine_tick(&e, e.now + SECOND);
    hear(&e, RS_ACK, e.them + 2, e.us + 2); // bare and acceptable: two ends would answer each other for ever
    expect_nothing(&e);
    hear_data(&e, RS_ACK, e.them - 7, e.us + 2, "old", 3);
    expect_segment(&e, RS_ACK, e.us + 2, e.them + 2, 0);
    hear(&e, RS_SYN, e.them + 900, 0);
    expect_segment(&e, RS_ACK, e.us + 2, e.them + 2, 0);
    hear(&e, RS_FIN | RS_ACK, e.them - 50, e.us + 2); // a FIN, but not the one of this connection
    expect_segment(&e, RS_ACK, e.us + 2, e.them + 2, 0);
    expect_state(&e, RS_TIME_WAIT);
    assert_true(rs_conn_deadline(&e.conn) == deadline);
}

static void test_time_wait_ends(void **state) {
    (void)state;
    RULE(37);
    engine_init(&e, 99, 299);
    e.config.time_wait_us = 2 * SECOND;
    engine_start(&e);
    engine_reach(&e, RS_TIME_WAIT);
    uint64_t deadline = rs_conn_deadline(&e.conn);
    assert_int_equal(deadline, e.now + 2 * SECOND);
    engine_tick(&e, deadline - 1);
    expect_state(&e, RS_TIME_WAIT);
    engine_tick(&e, deadline);
    expect_state(&e, RS_CLOSED);
    expect_nothing(&e);
    hear(&e, RS_FIN | RS_ACK, e.them + 1, e.us + 2); // too late: nobody is here
    expect_segment(&e, RS_RST, e.us + 2, 0, 0);
}

// ---- sudden ends

static const enum rs_state synchronized[] = {RS_ESTABLISHED, RS_FIN_WAIT_1, RS_FIN_WAIT_2, RS_CLOSE_WAIT,
                                             RS_CLOSING,     RS_LAST_ACK,   RS_TIME_WAIT};

static bool is_over_anyway(enum rs_state s) { return s == RS_CLOSING || s == RS_LAST_ACK || s == RS_TIME_WAIT; }

static void test_rst_in_each_state(void **state) {
    (void)state;
    RULE(18);
    RULE(39);
    RULE(P6);
    for (size_t i = 0; i < sizeof synchronized / sizeof *synchronized; i++) {
        begin(synchronized[i]);
        uint32_t next = e.conn.rcv.nxt;
        hear(&e, RS_RST, next - 1, 0); // outside the window
        expect_nothing(&e);
        expect_reasons(&e, RS_DROPPED_RST);
        hear(&e, RS_RST, next + 1, 0); // inside, not exact
        expect_segment(&e, RS_ACK, e.conn.snd.nxt, next, 0);
        expect_reasons(&e, RS_DROPPED_RST, RS_SENT_CHALLENGE_ACK);
        expect_state(&e, synchronized[i]);
        hear(&e, RS_RST, next, 0);
        expect_state(&e, RS_CLOSED);
        expect_nothing(&e);
        assert_int_equal(rs_conn_errno(&e.conn), is_over_anyway(synchronized[i]) ? 0 : ECONNRESET);
    }
}

// RST before our data is acknowledged: it may be lost, and the program has to hear of it (MUST-12).
static void test_rst_with_data_outstanding_is_no_normal_close(void **state) {
    (void)state;
    RULE(39);
    begin(RS_CLOSE_WAIT);
    engine_send(&e, "lost?", 5);
    engine_close(&e);
    expect_segment(&e, RS_FIN | RS_ACK, e.us + 1, e.them + 2, 5);
    expect_state(&e, RS_LAST_ACK);
    forget_reasons(&e);
    hear(&e, RS_RST, e.them + 2, 0);
    expect_reasons(&e, RS_RESET);
    assert_int_equal(e.conn.end, RS_END_RESET);
}

static void test_abort_in_each_state(void **state) {
    (void)state;
    RULE(38);
    RULE(39);
    for (size_t i = 0; i < sizeof synchronized / sizeof *synchronized; i++) {
        begin(synchronized[i]);
        uint32_t nxt = e.conn.snd.nxt;
        engine_abort(&e);
        expect_state(&e, RS_CLOSED);
        if (!is_over_anyway(synchronized[i]))
            expect_segment(&e, RS_RST | RS_ACK, nxt, e.conn.rcv.nxt, 0);
        expect_nothing(&e);
        assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
        assert_int_equal(e.conn.end, RS_END_ABORTED);
        assert_int_equal(rs_conn_errno(&e.conn), ECONNABORTED);
    }
}

static void test_abort_while_opening(void **state) {
    (void)state;
    begin(RS_SYN_SENT);
    engine_abort(&e);
    expect_nothing(&e);
    begin(RS_SYN_RECEIVED);
    engine_abort(&e);
    expect_segment(&e, RS_RST | RS_ACK, e.us + 1, e.them + 1, 0);
    begin(RS_LISTEN);
    engine_abort(&e);
    expect_nothing(&e);
    expect_state(&e, RS_CLOSED);
}

static void test_abort_with_data_queued(void **state) {
    (void)state;
    RULE(38);
    begin(RS_ESTABLISHED);
    engine_send(&e, text, 5000);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    engine_abort(&e);
    expect_segment(&e, RS_RST | RS_ACK, e.us + 1461, e.them + 1, 0);
    expect_nothing(&e);
}

static void test_calls_after_the_end(void **state) {
    (void)state;
    begin(RS_ESTABLISHED);
    engine_abort(&e);
    assert_int_equal(engine_close(&e), RS_CALL_WRONG_STATE);
    assert_int_equal(engine_open(&e), RS_CALL_WRONG_STATE);
    size_t taken = 1;
    assert_int_equal(rs_conn_send(&e.conn, (const uint8_t *)"x", 1, &taken), RS_CALL_WRONG_STATE);
    assert_int_equal(taken, 0);
    assert_int_equal(rs_conn_send_room(&e.conn), 0);
}

static void test_time_wait_may_last_for_ever(void **state) {
    (void)state;
    engine_init(&e, 1000, 5000);
    e.config.time_wait_us = RS_NEVER;
    engine_start(&e);
    engine_reach(&e, RS_TIME_WAIT);
    assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
    engine_tick(&e, e.now + 1000 * SECOND);
    expect_state(&e, RS_TIME_WAIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_we_close_first),
        cmocka_unit_test(test_peer_closes_first),
        cmocka_unit_test(test_fin_wait_2_receives),
        cmocka_unit_test(test_fin_wait_1_receives),
        cmocka_unit_test(test_fin_leaves_with_the_last_data),
        cmocka_unit_test(test_fin_waits_for_the_window),
        cmocka_unit_test(test_fin_does_not_ride_on_a_probe),
        cmocka_unit_test(test_fin_alone_probes_a_closed_window),
        cmocka_unit_test(test_fin_out_of_order_is_not_processed),
        cmocka_unit_test(test_fin_with_more_data_than_fits),
        cmocka_unit_test(test_fin_beyond_the_window),
        cmocka_unit_test(test_lost_fin_is_resent),
        cmocka_unit_test(test_fin_wait_1_resends_data_too),
        cmocka_unit_test(test_fin_again_in_close_wait),
        cmocka_unit_test(test_data_after_their_fin_is_ignored),
        cmocka_unit_test(test_fin_again_in_time_wait),
        cmocka_unit_test(test_old_segments_do_not_prolong_time_wait),
        cmocka_unit_test(test_time_wait_ends),
        cmocka_unit_test(test_rst_in_each_state),
        cmocka_unit_test(test_rst_with_data_outstanding_is_no_normal_close),
        cmocka_unit_test(test_abort_in_each_state),
        cmocka_unit_test(test_abort_while_opening),
        cmocka_unit_test(test_abort_with_data_queued),
        cmocka_unit_test(test_calls_after_the_end),
        cmocka_unit_test(test_time_wait_may_last_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
