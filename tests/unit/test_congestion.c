// SPDX-License-Identifier: MIT
//
// How much may be on its way at first, as ACKs come, and after a timeout (RFC 5681, section 3.1). What duplicate ACKs
// tell is in test_recovery.c.
#include "../help/engine.h"

static struct engine e;
static uint8_t bytes[ENGINE_BUFFER];

static void begin(void) {
    engine_init(&e, 1000, 5000);
    engine_establish(&e);
}

static void test_initial_window_and_slow_start(void **state) {
    (void)state;
    RULE(29);
    begin();
    engine_send(&e, bytes, 8000);
    for (uint32_t i = 0; i < 3; i++) // RFC 5681: three segments of this size
        expect_segment(&e, RS_ACK, e.us + 1 + i * 1460, e.them + 1, 1460);
    expect_nothing(&e);
    hear(&e, RS_ACK, e.them + 1, e.us + 1461); // one is gone, and one more may be on the way
    expect_segment(&e, RS_ACK, e.us + 1 + 4380, e.them + 1, 1460);
    expect_segment(&e, RS_ACK, e.us + 1 + 5840, e.them + 1, 1460);
    expect_nothing(&e);
}

// RFC 5681, section 3.1: two segments above 2190 bytes, three above 1095, else four.
static void test_initial_window_by_segment_size(void **state) {
    static const struct {
        uint16_t mss;
        uint32_t segments;
    } sizes[] = {{1095, 4}, {1096, 3}, {2190, 3}, {2191, 2}, {65495, 2}};
    (void)state;
    RULE(29);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        engine_init(&e, 1000, 5000);
        e.config.mss = e.config.path_mss = e.peer_mss = sizes[i].mss;
        engine_start(&e);
        engine_establish(&e);
        assert_int_equal(e.conn.snd.cwnd, sizes[i].segments * sizes[i].mss);
    }
}

static void test_loss_halves_the_threshold(void **state) {
    (void)state;
    RULE(29);
    begin();
    engine_send(&e, bytes, 8000);
    (void)engine_poll_all(&e);
    uint32_t flight = e.conn.snd.nxt - e.conn.snd.una;
    engine_tick(&e, e.now + SECOND);
    assert_int_equal(e.conn.snd.cwnd, 1460);
    assert_int_equal(e.conn.snd.ssthresh, flight / 2 > 2920 ? flight / 2 : 2920);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    expect_nothing(&e);
}

// After a loss slow start goes up to the threshold; from there on it is one segment more for each window.
static void test_congestion_avoidance(void **state) {
    (void)state;
    RULE(29);
    begin();
    engine_send(&e, bytes, 8000);
    (void)engine_poll_all(&e);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    assert_int_equal(e.conn.snd.ssthresh, 2 * 1460);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    hear(&e, RS_ACK, e.them + 1, e.us + 1461);
    assert_int_equal(e.conn.snd.cwnd, 2 * 1460);
    (void)engine_poll_all(&e);
    hear(&e, RS_ACK, e.them + 1, e.us + 2921);
    assert_int_equal(e.conn.snd.cwnd, 2 * 1460 + 1460 / 2); // two ACKs of full segments are a window
}

static void test_ack_of_the_whole_flight_after_a_timeout(void **state) {
    (void)state;
    begin();
    engine_send(&e, bytes, 4380);
    (void)engine_poll_all(&e);
    engine_tick(&e, e.now + SECOND);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    hear(&e, RS_ACK, e.them + 1, e.us + 4381); // only the ACKs were lost
    expect_nothing(&e);
    assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_initial_window_and_slow_start),
        cmocka_unit_test(test_initial_window_by_segment_size),
        cmocka_unit_test(test_loss_halves_the_threshold),
        cmocka_unit_test(test_congestion_avoidance),
        cmocka_unit_test(test_ack_of_the_whole_flight_after_a_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
