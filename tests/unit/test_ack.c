// SPDX-License-Identifier: MIT
//
// When an ACK leaves, and when data does: delayed ACKs (RFC 9293, section 3.8.6.3), window updates (section 3.8.6.2.2),
// Nagle (section 3.7.4) and silly windows (section 3.8.6.2.1).
#include "../help/engine.h"

enum { DELAY = 40000, MSS = 1460 };

static struct engine e;
static uint8_t bytes[ENGINE_BUFFER], got[ENGINE_BUFFER], large[65536];

// Our ACKs wait; small segments do not.
static void begin_delaying_from(uint32_t us, uint32_t them) {
    engine_init(&e, us, them);
    e.config.no_delayed_ack = false;
    engine_start(&e);
    engine_establish(&e);
}

static void begin_delaying(void) { begin_delaying_from(1000, 5000); }

// Small segments wait, ACKs do not.
static void begin_nagling(void) {
    engine_init(&e, 1000, 5000);
    e.config.no_nagle = false;
    engine_start(&e);
    engine_establish(&e);
}

static void hear_bytes(uint32_t offset, size_t size) {
    hear_data(&e, RS_ACK, e.them + 1 + offset, e.conn.snd.una, bytes, size);
}

static void expect_ack(uint32_t offset) { expect_segment(&e, RS_ACK, e.conn.snd.nxt, e.them + 1 + offset, 0); }

static void hear_window(uint16_t window, uint32_t ack) {
    e.peer_window = window;
    hear(&e, RS_ACK, e.them + 1, ack);
}

// ---- delayed ACKs

static void test_ack_waits_40_ms(void **state) {
    (void)state;
    RULE(23);
    for (size_t i = 0; i < 6; i++) {
        begin_delaying_from(1000, some_numbers[i]);
        hear_bytes(0, 100);
        expect_nothing(&e);
        expect_reasons(&e, RS_DATA_ARRIVED, RS_ACK_DELAYED);
        assert_int_equal(rs_conn_deadline(&e.conn), e.now + DELAY);
        engine_tick(&e, e.now + DELAY - 1);
        expect_nothing(&e);
        engine_tick(&e, e.now + 1);
        expect_ack(100);
        expect_nothing(&e);
        expect_reasons(&e, RS_SENT_DELAYED_ACK);
        assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
    }
}

static void test_late_tick_sends_one_ack(void **state) {
    (void)state;
    begin_delaying();
    hear_bytes(0, 100);
    engine_tick(&e, e.now + 10 * SECOND);
    expect_ack(100);
    expect_nothing(&e);
}

static void test_every_second_segment_at_once(void **state) {
    (void)state;
    RULE(23);
    begin_delaying();
    for (uint32_t i = 0; i < 4; i += 2) {
        hear_bytes(i * 1000, 1000);
        expect_nothing(&e);
        hear_bytes((i + 1) * 1000, 1000);
        expect_ack((i + 2) * 1000);
        expect_nothing(&e);
        assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
    }
}

// What has arrived together is answered together (MUST-58).
static void test_one_ack_for_many(void **state) {
    (void)state;
    RULE(23);
    begin_delaying();
    for (uint32_t i = 0; i < 5; i++)
        hear_bytes(i * 100, 100);
    expect_ack(500);
    expect_nothing(&e);
}

static void test_psh_is_not_answered_sooner(void **state) {
    (void)state;
    begin_delaying();
    hear_data(&e, RS_ACK | RS_PSH, e.them + 1, e.us + 1, bytes, 100);
    expect_nothing(&e);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + DELAY);
}

static void test_data_carries_the_ack(void **state) {
    (void)state;
    RULE(23);
    begin_delaying();
    hear_bytes(0, 100);
    engine_send(&e, bytes, 10);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 101, 10);
    expect_nothing(&e);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + SECOND); // only the resend timer is left
    hear_data(&e, RS_ACK, e.them + 101, e.us + 11, bytes, 100);  // and the count of segments begins anew
    expect_nothing(&e);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + DELAY);
}

static void test_what_is_answered_at_once(void **state) {
    (void)state;
    RULE(23);
    begin_delaying();
    hear_bytes(2000, 500); // behind a gap
    expect_ack(0);
    hear_bytes(0, 1000); // a part of the gap is filled (RFC 5681, section 4.2)
    expect_ack(1000);
    hear_bytes(1000, 1000); // and now all of it
    expect_ack(2500);
    hear_bytes(1000, 100); // old
    expect_ack(2500);
    hear_data(&e, RS_ACK | RS_FIN, e.them + 2501, e.us + 1, bytes, 10);
    expect_ack(2511);
    expect_nothing(&e);
    assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
}

// A FIN that has arrived leaves a gap before it as data does.
static void test_gap_before_a_fin_is_answered_at_once(void **state) {
    (void)state;
    begin_delaying();
    hear(&e, RS_ACK | RS_FIN, e.them + 201, e.us + 1);
    expect_ack(0);
    hear_bytes(0, 100);
    expect_ack(100);
    hear_bytes(100, 100);
    expect_ack(201);
    expect_state(&e, RS_CLOSE_WAIT);
}

static void test_fin_after_a_delayed_ack(void **state) {
    (void)state;
    begin_delaying();
    hear_bytes(0, 100);
    hear(&e, RS_ACK | RS_FIN, e.them + 101, e.us + 1);
    expect_ack(101);
    expect_nothing(&e);
    assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
}

static void test_delay_switched_off(void **state) {
    (void)state;
    begin_delaying();
    e.conn.config.no_delayed_ack = true;
    hear_bytes(0, 1);
    expect_ack(1);
}

static void test_reset_stops_the_delay(void **state) {
    (void)state;
    begin_delaying();
    hear_bytes(0, 1);
    hear(&e, RS_RST, e.them + 2, 0);
    expect_state(&e, RS_CLOSED);
    engine_tick(&e, e.now + SECOND);
    expect_nothing(&e);
}

// ---- window updates

static void begin_with_room(size_t room) {
    engine_init(&e, 1000, 5000);
    e.config.no_delayed_ack = false;
    e.config.receive_buffer = large;
    e.config.receive_bytes = room;
    engine_start(&e);
    engine_establish(&e);
}

// A program that reads each segment when it arrives would otherwise cause an ACK for each.
static void test_reading_does_not_hurry_the_ack(void **state) {
    (void)state;
    RULE(23);
    begin_with_room(65535);
    for (uint32_t i = 0; i < 6; i += 2) {
        hear_bytes(i * MSS, MSS);
        assert_int_equal(engine_receive(&e, got, sizeof got), MSS);
        expect_nothing(&e);
        hear_bytes((i + 1) * MSS, MSS);
        assert_int_equal(engine_receive(&e, got, sizeof got), MSS);
        expect_ack((i + 2) * MSS);
        expect_nothing(&e);
    }
}

static void test_closed_window_opens_by_a_segment(void **state) {
    (void)state;
    RULE(27);
    begin_with_room(8192);
    struct rs_segment out;
    hear_bytes(0, 8192);
    engine_tick(&e, e.now + DELAY);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.window, 0);
    engine_receive(&e, got, MSS - 1);
    expect_nothing(&e);
    engine_receive(&e, got, 1); // min(half of the buffer, MSS): told at once, for they can send nothing before
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.window, MSS);
    expect_nothing(&e);
}

static void test_half_of_a_small_buffer_is_told(void **state) {
    (void)state;
    begin_with_room(2000);
    struct rs_segment out;
    hear_bytes(0, 999);
    engine_tick(&e, e.now + DELAY);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.window, 1001);
    hear_bytes(999, 1);
    engine_receive(&e, got, 1000);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.window, 2000);
}

// ---- Nagle

static void test_small_segment_waits_for_the_ack(void **state) {
    (void)state;
    RULE(27);
    begin_nagling();
    engine_send(&e, bytes, 10); // nothing is on its way: it need not wait
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 10);
    engine_send(&e, bytes, 10);
    engine_send(&e, bytes, 20);
    expect_nothing(&e);
    hear(&e, RS_ACK, e.them + 1, e.us + 11);
    expect_segment(&e, RS_ACK, e.us + 11, e.them + 1, 30);
    expect_nothing(&e);
}

static void test_full_segment_does_not_wait(void **state) {
    (void)state;
    begin_nagling();
    engine_send(&e, bytes, 10);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 10);
    engine_send(&e, bytes, MSS + 100);
    expect_segment(&e, RS_ACK, e.us + 11, e.them + 1, MSS);
    expect_nothing(&e); // the rest waits
    hear(&e, RS_ACK, e.them + 1, e.us + 11);
    expect_nothing(&e); // something is still on its way
    hear(&e, RS_ACK, e.them + 1, e.us + 11 + MSS);
    expect_segment(&e, RS_ACK, e.us + 11 + MSS, e.them + 1, 100);
}

static void test_nagle_switched_off(void **state) {
    (void)state;
    RULE(27);
    begin_nagling();
    e.conn.config.no_nagle = true;
    for (uint32_t i = 0; i < 3; i++) {
        engine_send(&e, bytes, 10);
        expect_segment(&e, RS_ACK, e.us + 1 + i * 10, e.them + 1, 10);
    }
}

static void test_fin_pushes_what_waits(void **state) {
    (void)state;
    RULE(27);
    begin_nagling();
    engine_send(&e, bytes, 10);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 10);
    engine_send(&e, bytes, 10);
    expect_nothing(&e);
    engine_close(&e);
    expect_segment(&e, RS_ACK | RS_FIN, e.us + 11, e.them + 1, 10);
}

// A window that takes no full segment makes no full one of a small one.
static void test_small_window_waits_too(void **state) {
    (void)state;
    RULE(27);
    begin_nagling();
    hear_window(1000, e.us + 1);
    engine_send(&e, bytes, 10);
    e.conn.snd.max_wnd = 1000;
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 10);
    engine_send(&e, bytes, 3000);
    expect_nothing(&e);
    hear_window(1000, e.us + 11);
    expect_segment(&e, RS_ACK, e.us + 11, e.them + 1, 1000);
}

static void test_resending_does_not_wait(void **state) {
    (void)state;
    begin_nagling();
    engine_send(&e, bytes, 10);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 10);
    engine_send(&e, bytes, 10);
    expect_nothing(&e);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 20);
    expect_nothing(&e);
}

// ---- silly windows

// A crumb of a window is used after a second at most (section 3.8.6.2.1: 0.1 to 1.0 s), however slow the path; and what
// has left then is ordinary data.
static void test_crumb_is_used_after_a_second(void **state) {
    (void)state;
    RULE(27);
    engine_init(&e, 1000, 5000);
    engine_open(&e);
    expect_segment(&e, RS_SYN, 1000, 0, 0);
    e.now += SECOND * 9 / 10;
    hear(&e, RS_SYN | RS_ACK, 5000, 1001);
    expect_segment(&e, RS_ACK, 1001, 5001, 0);
    assert_int_equal(e.conn.rtt.rto_us, 2700000); // SRTT + 4 * SRTT / 2
    hear_window(40, 1001);
    engine_send(&e, bytes, 3000);
    expect_nothing(&e);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + SECOND);
    engine_tick(&e, e.now + SECOND);
    forget_reasons(&e);
    expect_segment(&e, RS_ACK, 1001, 5001, 40);
    expect_nothing(&e);
    expect_reasons(&e, RS_SENT_DATA, RS_TIMER_SET); // the window is small, but not closed: no probe
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + 2700000);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    assert_true(engine_heard_reason(&e, RS_TIMED_OUT));
    expect_segment(&e, RS_ACK, 1001, 5001, 40);
    expect_nothing(&e);
}

static void test_half_of_the_largest_window_is_used(void **state) {
    (void)state;
    RULE(27);
    begin_nagling();
    e.conn.snd.max_wnd = 2000;
    hear_window(999, e.us + 1);
    engine_send(&e, bytes, 3000);
    expect_nothing(&e);
    hear_window(1000, e.us + 1);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1000);
}

// The kernel may merge segments before a raw socket sees them: one that is larger than our MSS was two at least.
static void test_merged_segments_count_as_several(void **state) {
    (void)state;
    RULE(23);
    begin_delaying();
    hear_bytes(0, MSS);
    expect_nothing(&e);
    begin_delaying();
    hear_bytes(0, MSS + 1);
    expect_ack(MSS + 1);
    expect_nothing(&e);
    hear_bytes(MSS + 1, 3 * MSS);
    expect_ack(4 * MSS + 1);
    assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ack_waits_40_ms),
        cmocka_unit_test(test_late_tick_sends_one_ack),
        cmocka_unit_test(test_every_second_segment_at_once),
        cmocka_unit_test(test_one_ack_for_many),
        cmocka_unit_test(test_psh_is_not_answered_sooner),
        cmocka_unit_test(test_data_carries_the_ack),
        cmocka_unit_test(test_what_is_answered_at_once),
        cmocka_unit_test(test_gap_before_a_fin_is_answered_at_once),
        cmocka_unit_test(test_fin_after_a_delayed_ack),
        cmocka_unit_test(test_delay_switched_off),
        cmocka_unit_test(test_reset_stops_the_delay),
        cmocka_unit_test(test_reading_does_not_hurry_the_ack),
        cmocka_unit_test(test_closed_window_opens_by_a_segment),
        cmocka_unit_test(test_half_of_a_small_buffer_is_told),
        cmocka_unit_test(test_small_segment_waits_for_the_ack),
        cmocka_unit_test(test_full_segment_does_not_wait),
        cmocka_unit_test(test_nagle_switched_off),
        cmocka_unit_test(test_fin_pushes_what_waits),
        cmocka_unit_test(test_small_window_waits_too),
        cmocka_unit_test(test_resending_does_not_wait),
        cmocka_unit_test(test_crumb_is_used_after_a_second),
        cmocka_unit_test(test_half_of_the_largest_window_is_used),
        cmocka_unit_test(test_merged_segments_count_as_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
