// SPDX-License-Identifier: MIT
//
// Which segments a connection lets in at all: the table of RFC 9293, section 3.10.7.4, row by row and number by number,
// held against the RFC's own words; what a closed window still lets through; and that each connection counts its
// challenges for itself.
#include "../help/engine.h"

enum { WINDOW_MOST = 10 };

static struct engine e;
static const uint8_t bytes[WINDOW_MOST + 8] = "0123456789abcdefg";

// Established, with this much of the receive window left; the numbers go round within it.
static void begin(uint32_t window) {
    engine_init(&e, 1000, 0xfffffffa);
    e.config.receive_bytes = window > 0 ? window : WINDOW_MOST;
    engine_start(&e);
    engine_establish(&e);
    if (window > 0)
        return;
    hear_data(&e, RS_ACK, e.them + 1, e.us + 1, bytes, WINDOW_MOST);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1 + WINDOW_MOST, 0);
    forget_reasons(&e);
}

// The four rows, written with plain numbers: at is counted from RCV.NXT.
static bool table_says(int window, int at, int length) {
    if (window == 0)
        return length == 0 && at == 0;
    if (length == 0)
        return at >= 0 && at < window;
    int last = at + length - 1;
    return (at >= 0 && at < window) || (last >= 0 && last < window);
}

static void try_segment(int window, int at, int length) {
    begin((uint32_t)window);
    uint32_t next = e.conn.rcv.nxt;
    hear_data(&e, RS_ACK, next + (uint32_t)at, e.us + 1, bytes, (size_t)length);
    bool accepted = !engine_heard_reason(&e, RS_DROPPED_OUTSIDE_WINDOW);
    if (accepted != table_says(window, at, length))
        fail_msg("window %d: %d bytes at %d were %s", window, length, at, accepted ? "accepted" : "dropped");
    if (accepted)
        return;
    expect_segment(&e, RS_ACK, e.us + 1, next, 0); // dropped, but answered with our true numbers
    expect_nothing(&e);
    assert_int_equal(e.conn.rcv.nxt, next);
}

static void test_the_table_of_acceptability(void **state) {
    static const int windows[] = {0, 1, 2, WINDOW_MOST}, lengths[] = {0, 1, 2, 5, WINDOW_MOST + 4};
    (void)state;
    RULE(16);
    for (size_t w = 0; w < 4; w++)
        for (size_t l = 0; l < 5; l++)
            for (int at = -WINDOW_MOST - 6; at <= windows[w] + 3; at++)
                try_segment(windows[w], at, lengths[l]);
}

static void test_unacceptable_rst_is_not_answered(void **state) {
    (void)state;
    RULE(16);
    begin(WINDOW_MOST);
    uint32_t next = e.conn.rcv.nxt;
    hear(&e, RS_RST, next - 1, 0);
    hear(&e, RS_RST, next + WINDOW_MOST, 0);
    hear(&e, RS_RST | RS_ACK, next + 0x40000000, e.us + 1);
    expect_nothing(&e);
    expect_reasons(&e, RS_DROPPED_RST, RS_DROPPED_RST, RS_DROPPED_RST);
    expect_state(&e, RS_ESTABLISHED);
}

static void test_closed_window_lets_urgent_rst_and_acks_through(void **state) {
    (void)state;
    RULE(17);
    begin(0);
    engine_send(&e, "data", 4);
    expect_segment(&e, RS_ACK, e.us + 1, e.conn.rcv.nxt, 4);
    hear(&e, RS_ACK | RS_URG, e.conn.rcv.nxt, e.us + 5);
    assert_true(engine_heard_reason(&e, RS_URGENT_SEEN));
    assert_true(engine_heard_reason(&e, RS_DATA_ACKED));
    hear(&e, RS_RST, e.conn.rcv.nxt, 0);
    expect_state(&e, RS_CLOSED);
}

// An old ACK on a segment whose FIN and data are new.
static void test_old_ack_with_new_data_and_fin(void **state) {
    (void)state;
    RULE(22);
    begin(WINDOW_MOST);
    engine_send(&e, "data", 4);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 4);
    hear(&e, RS_ACK, e.them + 1, e.us + 5);
    hear_data(&e, RS_ACK | RS_FIN, e.them + 1, e.us + 2, "new", 3);
    expect_state(&e, RS_CLOSE_WAIT);
    expect_segment(&e, RS_ACK, e.us + 5, e.them + 5, 0);
    char got[8];
    assert_int_equal(engine_receive(&e, got, sizeof got), 3);
    assert_memory_equal(got, "new", 3);
}

static unsigned challenges(struct engine *at) {
    unsigned answers = 0;
    for (int i = 0; i < 100; i++) {
        hear(at, RS_RST, at->them + 2, 0);
        answers += engine_poll_all(at);
    }
    return answers;
}

static void test_each_connection_counts_its_own_challenges(void **state) {
    static struct engine other;
    (void)state;
    RULE(19);
    RULE(P13);
    begin(WINDOW_MOST);
    engine_init(&other, 1, 2);
    engine_establish(&other);
    assert_int_equal(challenges(&e), 10);
    assert_int_equal(challenges(&e), 0);
    assert_int_equal(challenges(&other), 10); // what happened to the first cannot be seen in the second
}

// ---- what is dropped takes nothing with it

static void test_ack_outside_of_an_open_window_is_not_taken(void **state) {
    (void)state;
    RULE(16);
    begin(WINDOW_MOST);
    engine_send(&e, bytes, 4);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 4);
    hear(&e, RS_ACK, e.them, e.us + 5);
    hear(&e, RS_ACK, e.them + 1 + WINDOW_MOST, e.us + 5);
    assert_int_equal(e.conn.snd.una, e.us + 1);
}

static void test_syn_takes_nothing_with_it(void **state) {
    (void)state;
    RULE(19);
    for (uint32_t window = 0; window <= WINDOW_MOST; window += WINDOW_MOST) {
        begin(window);
        engine_send(&e, bytes, 4);
        expect_segment(&e, RS_ACK, e.us + 1, e.conn.rcv.nxt, 4);
        uint32_t next = e.conn.rcv.nxt;
        hear_data(&e, RS_SYN | RS_ACK | RS_FIN, next, e.us + 5, bytes, 3); // neither ACK nor data nor FIN
        expect_segment(&e, RS_ACK, e.us + 5, next, 0);
        assert_int_equal(e.conn.snd.una, e.us + 1);
        assert_int_equal(e.conn.rcv.nxt, next);
        expect_state(&e, RS_ESTABLISHED);
    }
}

// Only before it is established does a passive end listen again for a SYN (section 3.10.7.4, fourth step); an active
// one never does.
static void test_syn_within_the_window_ends_nothing(void **state) {
    (void)state;
    RULE(19);
    engine_init(&e, 1000, 5000);
    assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
    hear(&e, RS_SYN, 5000, 0);
    expect_segment(&e, RS_SYN | RS_ACK, 1000, 5001, 0);
    hear(&e, RS_ACK, 5001, 1001);
    expect_state(&e, RS_ESTABLISHED);
    hear(&e, RS_SYN, 5001, 0);
    expect_segment(&e, RS_ACK, 1001, 5001, 0);
    expect_state(&e, RS_ESTABLISHED);
    engine_init(&e, 1000, 5000);
    engine_reach(&e, RS_SYN_RECEIVED);
    hear(&e, RS_SYN, 5001, 0);
    expect_segment(&e, RS_ACK, 1001, 5001, 0);
    expect_state(&e, RS_SYN_RECEIVED);
}

// What one peer has said does not stay for the next.
static void test_listener_begins_anew(void **state) {
    struct rs_segment out;
    (void)state;
    RULE(6);
    engine_init(&e, 1000, 5000);
    peer_offers_all(&e);
    assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
    hear(&e, RS_SYN, 5000, 0);
    expect_segment(&e, RS_SYN | RS_ACK, 1000, 5001, 0);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_SYN | RS_ACK, 1000, 5001, 0);
    e.peer_options.has_timestamps = false;
    hear(&e, RS_RST, 5001, 0);
    expect_state(&e, RS_LISTEN);
    assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
    e.peer_options = (struct rs_options){0};
    hear(&e, RS_SYN, 9000, 0);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.ack, 9001);
    assert_false(out.options.has_timestamps || out.options.has_window_scale || out.options.sack_permitted);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + SECOND); // the first wait again
    hear(&e, RS_ACK, 9001, out.seq + 1);
    expect_state(&e, RS_ESTABLISHED);
    assert_int_equal(e.conn.snd.wnd, PEER_WINDOW);
    assert_int_equal(e.conn.snd.cwnd, 3 * PEER_MSS); // nor was a SYN of this connection lost
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_of_acceptability),
        cmocka_unit_test(test_unacceptable_rst_is_not_answered),
        cmocka_unit_test(test_closed_window_lets_urgent_rst_and_acks_through),
        cmocka_unit_test(test_old_ack_with_new_data_and_fin),
        cmocka_unit_test(test_each_connection_counts_its_own_challenges),
        cmocka_unit_test(test_ack_outside_of_an_open_window_is_not_taken),
        cmocka_unit_test(test_syn_takes_nothing_with_it),
        cmocka_unit_test(test_syn_within_the_window_ends_nothing),
        cmocka_unit_test(test_listener_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
