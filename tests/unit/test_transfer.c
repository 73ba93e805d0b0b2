// SPDX-License-Identifier: MIT
//
// Data: how it is cut and acknowledged, what of it is taken when it arrives, and which ACKs are believed (RFC 9293,
// section 3.10.7.4, steps 5 to 7).
#include "../help/engine.h"

static struct engine e;
static uint8_t bytes[ENGINE_BUFFER], got[ENGINE_BUFFER];

static void begin(void) {
    engine_init(&e, 1000, 5000);
    engine_establish(&e);
}

// ---- sending

static void test_data_is_cut_at_the_mss(void **state) {
    (void)state;
    RULE(27);
    begin();
    engine_send(&e, bytes, 3000);
    struct rs_segment out;
    for (uint32_t at = 0; at < 3000; at += 1460) {
        assert_true(engine_poll(&e, &out));
        assert_int_equal(out.seq, e.us + 1 + at);
        assert_int_equal(rs_segment_data_bytes(&out), at < 2920 ? 1460 : 80);
        assert_int_equal(!!(out.flags & RS_PSH), at == 2920); // only on the last of what is queued
    }
    expect_nothing(&e);
}

static void test_ring_wrap_gives_two_spans(void **state) {
    (void)state;
    fill_with_pattern(bytes, sizeof bytes);
    engine_init(&e, 1000, 5000);
    e.config.send_bytes = 100;
    engine_start(&e);
    engine_establish(&e);
    assert_int_equal(engine_send(&e, bytes, 70), 70);
    expect_segment(&e, RS_ACK, 1001, 5001, 70);
    hear(&e, RS_ACK, 5001, 1071);
    assert_int_equal(engine_send(&e, bytes + 70, 120), 100); // from 70 round the end to 70
    struct rs_segment out;
    assert_true(rs_conn_poll_segment(&e.conn, e.now, &out));
    assert_int_equal(out.payload[0].size, 30);
    assert_int_equal(out.payload[1].size, 70);
    assert_memory_equal(out.payload[0].bytes, bytes + 70, 30);
    assert_memory_equal(out.payload[1].bytes, bytes + 100, 70);
    assert_int_equal(rs_conn_send_room(&e.conn), 0);
}

static void test_acks_free_the_buffer(void **state) {
    (void)state;
    begin();
    engine_send(&e, bytes, 1000);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1000);
    assert_int_equal(rs_conn_send_room(&e.conn), ENGINE_BUFFER - 1000);
    forget_reasons(&e);
    hear(&e, RS_ACK, e.them + 1, e.us + 401);
    assert_int_equal(rs_conn_send_room(&e.conn), ENGINE_BUFFER - 600);
    expect_nothing(&e);
    hear(&e, RS_ACK, e.them + 1, e.us + 1001);
    expect_reasons(&e, RS_RTT_MEASURED, RS_DATA_ACKED, RS_DATA_ACKED);
    assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
}

// ---- receiving

static void test_overlap_is_trimmed(void **state) {
    (void)state;
    RULE(24);
    fill_with_pattern(bytes, sizeof bytes);
    begin();
    hear_data(&e, RS_ACK, e.them + 1, e.us + 1, bytes, 10);
    hear_data(&e, RS_ACK, e.them + 6, e.us + 1, bytes + 5, 15); // five old, ten new
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 21, 0);
    hear_data(&e, RS_ACK, e.them + 1, e.us + 1, bytes, 20); // all old
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 21, 0);
    hear_data(&e, RS_ACK | RS_FIN, e.them + 1, e.us + 1, bytes, 20); // old data, new FIN
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 22, 0);
    expect_state(&e, RS_CLOSE_WAIT);
    assert_int_equal(engine_receive(&e, got, sizeof got), 20);
    assert_memory_equal(got, bytes, 20);
}

static void test_gap_is_answered_at_once(void **state) {
    (void)state;
    begin();
    hear_data(&e, RS_ACK, e.them + 11, e.us + 1, bytes, 10);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 0);
    expect_reasons(&e, RS_KEPT_OUT_OF_ORDER, RS_SENT_DUPLICATE_ACK);
    assert_int_equal(engine_receive(&e, got, sizeof got), 0);
}

static void test_urgent_data_is_read_in_order(void **state) {
    (void)state;
    RULE(26);
    begin();
    hear_data(&e, RS_ACK | RS_URG, e.them + 1, e.us + 1, "abc", 3);
    expect_reasons(&e, RS_URGENT_SEEN, RS_DATA_ARRIVED);
    assert_int_equal(engine_receive(&e, got, sizeof got), 3);
    assert_memory_equal(got, "abc", 3);
}

// ---- acknowledgments

static void test_old_and_duplicate_acks_keep_the_payload(void **state) {
    (void)state;
    RULE(22);
    RULE(P8);
    begin();
    engine_send(&e, bytes, 100);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 100);
    hear(&e, RS_ACK, e.them + 1, e.us + 101);
    engine_send(&e, bytes, 100);
    expect_segment(&e, RS_ACK, e.us + 101, e.them + 1, 100);
    uint64_t deadline = rs_conn_deadline(&e.conn);
    engine_tick(&e, e.now + 500000);
    hear_data(&e, RS_ACK, e.them + 1, e.us + 101, "dup", 3);
    hear_data(&e, RS_ACK, e.them + 4, e.us + 50, "old", 3);
    assert_int_equal(engine_receive(&e, got, sizeof got), 6);
    assert_memory_equal(got, "dupold", 6);
    assert_int_equal(rs_conn_deadline(&e.conn), deadline); // and do not start the timer anew
    expect_segment(&e, RS_ACK, e.us + 201, e.them + 7, 0);
}

static void test_ack_of_what_was_never_sent(void **state) {
    (void)state;
    RULE(20);
    begin();
    hear_data(&e, RS_ACK, e.them + 1, e.us + 2, "bad", 3);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 0);
    assert_int_equal(engine_receive(&e, got, sizeof got), 0);
    expect_state(&e, RS_ESTABLISHED);
}

static void test_ack_older_than_any_window(void **state) {
    (void)state;
    RULE(20);
    begin();
    hear_data(&e, RS_ACK, e.them + 1, e.us + 1 - PEER_WINDOW - 1, "bad", 3);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 0);
    assert_int_equal(engine_receive(&e, got, sizeof got), 0);
    hear_data(&e, RS_ACK, e.them + 1, e.us + 1 - PEER_WINDOW, "old", 3);
    assert_int_equal(engine_receive(&e, got, sizeof got), 3);
}

static void test_segment_without_ack_is_dropped(void **state) {
    (void)state;
    RULE(20);
    begin();
    hear_data(&e, RS_PSH, e.them + 1, 0, "bad", 3);
    expect_nothing(&e);
    expect_reasons(&e, RS_DROPPED_NO_ACK);
}

// ---- time

// The caller's clock may begin at zero, and so may the peer's: zero is a time like any other.
static void test_time_zero(void **state) {
    (void)state;
    engine_init(&e, 0, 0);
    e.now = 0;
    peer_offers_all(&e);
    e.peer_options.ts_value = 0;
    engine_establish(&e);
    engine_send(&e, bytes, 10);
    expect_segment(&e, RS_ACK, 1, 1, 10);
    assert_int_equal(rs_conn_deadline(&e.conn), SECOND);
    hear_data(&e, RS_ACK, 1, 11, bytes, 10);
    expect_segment(&e, RS_ACK, 11, 11, 0);
    engine_close(&e);
    expect_segment(&e, RS_ACK | RS_FIN, 11, 11, 0);
    hear(&e, RS_ACK | RS_FIN, 11, 12);
    expect_segment(&e, RS_ACK, 12, 12, 0);
    assert_int_equal(rs_conn_deadline(&e.conn), 240 * SECOND);
    engine_tick(&e, 240 * SECOND);
    expect_state(&e, RS_CLOSED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data_is_cut_at_the_mss),
        cmocka_unit_test(test_ring_wrap_gives_two_spans),
        cmocka_unit_test(test_acks_free_the_buffer),
        cmocka_unit_test(test_overlap_is_trimmed),
        cmocka_unit_test(test_gap_is_answered_at_once),
        cmocka_unit_test(test_urgent_data_is_read_in_order),
        cmocka_unit_test(test_old_and_duplicate_acks_keep_the_payload),
        cmocka_unit_test(test_ack_of_what_was_never_sent),
        cmocka_unit_test(test_ack_older_than_any_window),
        cmocka_unit_test(test_segment_without_ack_is_dropped),
        cmocka_unit_test(test_time_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
