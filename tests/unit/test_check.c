// SPDX-License-Identifier: MIT
//
// The invariants themselves: a connection that is broken by hand is found out, each time by the right name. Without
// this, rs_conn_check could hold for everything.
#include "../help/engine.h"

static struct engine e;
static struct rs_conn *const c = &e.conn;

// A connection that stands, with five bytes on their way.
static void begin(void) {
    engine_init(&e, 1000, 5000);
    engine_establish(&e);
    engine_send(&e, "hello", 5);
    expect_segment(&e, RS_ACK, 1001, 5001, 5);
    assert_null(rs_conn_check(c));
}

static void expect_broken(const char *name) {
    assert_non_null(rs_conn_check(c));
    assert_string_equal(rs_conn_check(c), name);
    begin();
}

static void test_numbers(void **state) {
    (void)state;
    begin();
    c->snd.una = c->snd.resend = c->snd.nxt + 1;
    expect_broken("snd.una <= snd.nxt");
    c->snd.resend = c->snd.una - 1;
    expect_broken("snd.una <= snd.resend <= snd.nxt");
    c->snd.resend = c->snd.nxt + 1;
    expect_broken("snd.una <= snd.resend <= snd.nxt");
    c->rcv.edge = c->rcv.nxt - 1;
    expect_broken("the window's right edge never goes back");
    c->rcv.edge = c->rcv.nxt + (uint32_t)c->receive_ring.size + 1;
    expect_broken("no more is offered than there is room for");
}

static void test_rings(void **state) {
    (void)state;
    begin();
    c->send_ring.used = c->send_ring.size + 1;
    expect_broken("a ring holds no more than its size");
    c->receive_ring.used = c->receive_ring.size + 1;
    expect_broken("a ring holds no more than its size");
}

static void have_ranges(uint32_t count, uint32_t a, uint32_t b, uint32_t x, uint32_t y) {
    c->rcv.ranges_count = count;
    c->rcv.ranges[0].left = c->rcv.nxt + a;
    c->rcv.ranges[0].right = c->rcv.nxt + b;
    c->rcv.ranges[1].left = c->rcv.nxt + x;
    c->rcv.ranges[1].right = c->rcv.nxt + y;
}

static void test_early_ranges(void **state) {
    static const char name[] = "early ranges lie apart, in order, within the window";
    (void)state;
    begin();
    have_ranges(2, 10, 20, 30, 40);
    assert_null(rs_conn_check(c));
    have_ranges(2, 10, 20, 20, 40); // they touch
    expect_broken(name);
    have_ranges(2, 30, 40, 10, 20);
    expect_broken(name);
    have_ranges(1, 0, 20, 0, 0); // not early at all
    expect_broken(name);
    have_ranges(1, 10, 10, 0, 0);
    expect_broken(name);
    have_ranges(1, 10, c->rcv.edge - c->rcv.nxt + 1, 0, 0);
    expect_broken(name);
    have_ranges(RS_RANGES_MAX + 1, 10, 20, 30, 40);
    expect_broken(name);
    c->rcv.fin_known = true;
    c->rcv.fin_seq = c->rcv.nxt - 1;
    expect_broken("nothing is taken beyond their FIN");
}

static void test_timers(void **state) {
    (void)state;
    begin();
    c->timer.ack_at = e.now + 1;
    expect_broken("an ACK is delayed only while one is owed");
    c->timer.persist_at = c->timer.resend_at;
    expect_broken("one of the resend timer and the persist timer");
    c->timer.resend_at = RS_NEVER;
    expect_broken("something is unacknowledged only while a timer runs");
    c->snd.una = c->snd.nxt;
    c->snd.resend = c->snd.nxt;
    expect_broken("the resend timer runs only if something is unacknowledged");
    c->snd.una = c->snd.resend = c->snd.nxt;
    c->timer.resend_at = RS_NEVER;
    c->recovery.active = true;
    expect_broken("a recovery ends when all is acknowledged");
    engine_abort(&e);
    assert_null(rs_conn_check(c));
    c->timer.time_wait_at = e.now + 1;
    expect_broken("CLOSED has no deadline");
}

// A caller that does not ask for events loses the newest, and can see how many.
static void test_events_that_nobody_asked_for(void **state) {
    struct rs_event event;
    size_t count = 0;
    (void)state;
    begin();
    struct rs_segment stray = {.source_port = 80, .destination_port = 40000, .seq = e.them + 1};
    for (int i = 0; i < RS_EVENTS_MAX + 5; i++) // each gives one: a segment without ACK is dropped
        rs_conn_input(c, &e.config.remote, &stray, e.now);
    assert_int_equal(c->events_lost, 5);
    while (rs_conn_poll_event(c, &event))
        count++;
    assert_int_equal(count, RS_EVENTS_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_rings),
        cmocka_unit_test(test_early_ranges),
        cmocka_unit_test(test_timers),
        cmocka_unit_test(test_events_that_nobody_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
