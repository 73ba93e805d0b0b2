// SPDX-License-Identifier: MIT
//
// The deadline keeps its word: a tick one microsecond early does nothing, at the deadline something happens once, a
// late tick does not make up for what was missed, and CLOSED waits for nothing.
#include "../help/engine.h"

static struct engine e;

// Brings the engine to where the named timer runs.
static void run_syn(void) { engine_reach(&e, RS_SYN_SENT); }

static void run_syn_ack(void) { engine_reach(&e, RS_SYN_RECEIVED); }

static void run_fin(void) { engine_reach(&e, RS_FIN_WAIT_1); }

static void run_last_ack(void) { engine_reach(&e, RS_LAST_ACK); }

static void run_data(void) {
    engine_establish(&e);
    engine_send(&e, "data", 4);
    assert_int_equal(engine_poll_all(&e), 1);
}

static void run_persist(void) {
    e.peer_window = 0;
    engine_establish(&e);
    engine_send(&e, "data", 4);
    assert_int_equal(engine_poll_all(&e), 0);
}

static void (*const timers[])(void) = {run_syn, run_syn_ack, run_fin, run_last_ack, run_data, run_persist};
enum { TIMERS = sizeof timers / sizeof *timers };

static uint64_t begin(size_t i) {
    engine_init(&e, 0xffffffff, 5000);
    timers[i]();
    uint64_t deadline = rs_conn_deadline(&e.conn);
    assert_true(deadline != RS_NEVER && deadline > e.now);
    return deadline;
}

static void test_early_tick_does_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < TIMERS; i++) {
        uint64_t deadline = begin(i);
        forget_reasons(&e);
        engine_tick(&e, deadline - 1);
        assert_int_equal(engine_poll_all(&e), 0);
        assert_int_equal(e.reason_count, 0);
        assert_true(rs_conn_deadline(&e.conn) == deadline);
    }
}

static void test_tick_at_the_deadline_sends_once(void **state) {
    (void)state;
    for (size_t i = 0; i < TIMERS; i++) {
        uint64_t deadline = begin(i);
        engine_tick(&e, deadline);
        assert_int_equal(engine_poll_all(&e), 1);
        assert_true(rs_conn_deadline(&e.conn) > deadline);
        engine_tick(&e, deadline);
        assert_int_equal(engine_poll_all(&e), 0);
    }
}

static void test_late_tick_does_not_burst(void **state) {
    (void)state;
    for (size_t i = 0; i < TIMERS; i++) {
        uint64_t late = begin(i) + 50 * SECOND; // several waits long
        engine_tick(&e, late);
        assert_int_equal(engine_poll_all(&e), 1);
        assert_true(rs_conn_deadline(&e.conn) > late);
        engine_tick(&e, late);
        assert_int_equal(engine_poll_all(&e), 0);
    }
}

static void test_idle_states_have_no_deadline(void **state) {
    static const enum rs_state idle[] = {RS_CLOSED, RS_LISTEN, RS_ESTABLISHED, RS_CLOSE_WAIT, RS_FIN_WAIT_2};
    (void)state;
    RULE(42);
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++) {
        engine_init(&e, 1000, 5000);
        engine_reach(&e, idle[i]);
        assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
        engine_tick(&e, e.now + 100000 * SECOND);
        expect_nothing(&e);
        expect_state(&e, idle[i]);
    }
}

static void test_closed_has_no_deadline(void **state) {
    (void)state;
    for (size_t i = 0; i < TIMERS; i++) {
        begin(i);
        engine_abort(&e);
        assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
        (void)engine_poll_all(&e);
        engine_tick(&e, e.now + 1000 * SECOND);
        assert_int_equal(engine_poll_all(&e), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_early_tick_does_nothing),  cmocka_unit_test(test_tick_at_the_deadline_sends_once),
        cmocka_unit_test(test_late_tick_does_not_burst), cmocka_unit_test(test_idle_states_have_no_deadline),
        cmocka_unit_test(test_closed_has_no_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
