// SPDX-License-Identifier: MIT
//
// What duplicate ACKs tell: fast retransmit and fast recovery (RFC 5681, section 3.2; RFC 6582; RFC 3042), and how much
// may be on its way (RFC 5681, sections 3.1 and 4.1). Segments carry 1000 bytes, so the windows can be worked out by
// hand; `at(n)` is the number of the first byte of the n-th thousand.
#include "../help/engine.h"

enum { SMSS = 1000, MANY = 40000 };

static struct engine e;
static uint8_t bytes[MANY], send_buffer[MANY];

static uint32_t at(uint32_t thousands) { return e.us + 1 + thousands * SMSS; }

static void begin_from(uint32_t us) {
    engine_init(&e, us, 5000);
    e.config.send_buffer = send_buffer;
    e.config.send_bytes = sizeof send_buffer;
    e.peer_mss = SMSS;
    e.peer_window = 60000;
    engine_start(&e);
    engine_establish(&e);
}

static void expect_thousand(uint32_t thousands) { expect_segment(&e, RS_ACK, at(thousands), e.them + 1, SMSS); }

static void hear_ack(uint32_t ack) { hear(&e, RS_ACK, e.them + 1, ack); }

// Ten segments are on their way, all that the congestion window allows, and more is queued.
static void ten_on_their_way(uint32_t us) {
    begin_from(us);
    e.conn.snd.cwnd = 10 * SMSS;
    engine_send(&e, bytes, 30 * SMSS);
    for (uint32_t i = 0; i < 10; i++)
        expect_thousand(i);
    expect_nothing(&e);
    forget_reasons(&e);
}

// The first three duplicates: two let a new segment out each (RFC 3042), the third makes us send the lost one again.
static void three_duplicates(uint32_t una) {
    for (uint32_t i = 0; i < 2; i++) {
        hear_ack(una);
        expect_thousand(10 + i);
        expect_nothing(&e);
    }
    hear_ack(una);
    expect_segment(&e, RS_ACK, una, e.them + 1, SMSS);
    expect_nothing(&e);
}

// ---- one lost segment

static void test_three_duplicates_send_the_lost_segment_again(void **state) {
    (void)state;
    RULE(29);
    for (size_t i = 0; i < 6; i++) {
        ten_on_their_way(some_numbers[i] - 3 * SMSS);
        three_duplicates(at(0));
        expect_reasons(&e, RS_SENT_DATA, RS_SENT_DATA, RS_FAST_RETRANSMIT, RS_RESENT_FAST);
        assert_int_equal(e.conn.snd.ssthresh, 5 * SMSS); // half of ten: what limited transmit let out does not count
        assert_int_equal(e.conn.snd.cwnd, 8 * SMSS);     // and three have left the network
    }
}

static void test_each_further_duplicate_inflates(void **state) {
    (void)state;
    ten_on_their_way(1000);
    three_duplicates(at(0));
    for (uint32_t i = 1; i <= 4; i++) { // twelve are out; the window grows from 8 to 12
        hear_ack(at(0));
        assert_int_equal(e.conn.snd.cwnd, (8 + i) * SMSS);
        expect_nothing(&e);
    }
    for (uint32_t i = 0; i < 4; i++) { // and the last four of the eleven duplicates let out one new segment each
        hear_ack(at(0));
        expect_thousand(12 + i);
        expect_nothing(&e);
    }
}

static void test_full_ack_ends_the_recovery(void **state) {
    (void)state;
    RULE(29);
    ten_on_their_way(0xffffffff - 5 * SMSS);
    three_duplicates(at(0));
    for (int i = 0; i < 8; i++)
        hear_ack(at(0));
    for (uint32_t i = 0; i < 4; i++)
        expect_thousand(12 + i);
    forget_reasons(&e);
    hear_ack(at(12));                            // all that was out when the loss was seen; four segments still are
    assert_int_equal(e.conn.snd.cwnd, 5 * SMSS); // min(ssthresh, max(4000, SMSS) + SMSS)
    assert_true(engine_heard_reason(&e, RS_RECOVERED));
    expect_thousand(16);
    expect_nothing(&e);
    hear_ack(at(13)); // congestion avoidance from here: SMSS * SMSS / cwnd
    assert_int_equal(e.conn.snd.cwnd, 5 * SMSS + SMSS / 5);
}

static void test_full_ack_of_all_leaves_a_small_window(void **state) {
    (void)state;
    begin_from(1000);
    e.conn.snd.cwnd = 10 * SMSS;
    engine_send(&e, bytes, 10 * SMSS);
    for (uint32_t i = 0; i < 10; i++)
        expect_thousand(i);
    for (int i = 0; i < 3; i++)
        hear_ack(at(0));
    expect_thousand(0);
    hear_ack(at(10));
    assert_int_equal(e.conn.snd.cwnd, 2 * SMSS); // min(5000, max(0, SMSS) + SMSS): no burst (RFC 6582, 3.2, step 3)
    assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
}

static void test_threshold_is_two_segments_at_least(void **state) {
    (void)state;
    begin_from(1000);
    engine_send(&e, bytes, 2 * SMSS);
    expect_thousand(0);
    expect_thousand(1);
    for (int i = 0; i < 3; i++)
        hear_ack(at(0));
    expect_thousand(0);
    assert_int_equal(e.conn.snd.ssthresh, 2 * SMSS);
    assert_int_equal(e.conn.snd.cwnd, 5 * SMSS);
}

static void test_lost_fin_comes_again_fast(void **state) {
    (void)state;
    RULE(34);
    begin_from(1000);
    engine_send(&e, bytes, 400);
    expect_segment(&e, RS_ACK, at(0), e.them + 1, 400);
    engine_close(&e);
    expect_segment(&e, RS_ACK | RS_FIN, at(0) + 400, e.them + 1, 0);
    for (int i = 0; i < 3; i++)
        hear_ack(at(0));
    expect_segment(&e, RS_ACK | RS_FIN, at(0), e.them + 1, 400); // both fit into one segment now
    expect_nothing(&e);
    hear_ack(at(0) + 401);
    expect_state(&e, RS_FIN_WAIT_2);
}

// ---- several lost segments

static void test_partial_ack_sends_the_next_hole(void **state) {
    (void)state;
    RULE(29);
    ten_on_their_way(0xfffffff0);
    three_duplicates(at(0));
    e.now += 300000;
    hear_ack(at(3));                                       // the fourth was lost too
    assert_int_equal(e.conn.snd.cwnd, (8 - 3 + 1) * SMSS); // less what was acknowledged, and one segment more
    assert_int_equal(e.conn.timer.resend_at, e.now + e.conn.rtt.rto_us);
    expect_thousand(3);
    expect_nothing(&e); // nine are out, six are allowed
    assert_int_equal(e.conn.snd.ssthresh, 5 * SMSS);
    hear_ack(at(3)); // duplicates go on inflating
    assert_int_equal(e.conn.snd.cwnd, 7 * SMSS);
    hear_ack(at(12));
    assert_true(engine_heard_reason(&e, RS_RECOVERED));
}

// The first partial ACK starts the resend timer anew, the next ones do not (RFC 6582, section 3.2, step 3).
static void hear_partial_acks(uint32_t first) {
    uint64_t expires = e.now + 100000 + e.conn.rtt.rto_us;
    for (uint32_t i = 0; i < 4; i++) {
        e.now += 100000;
        hear_ack(at(first + 2 + i));
        expect_thousand(first + 2 + i);
        assert_int_equal(e.conn.timer.resend_at, expires);
    }
}

static void send_all(void) {
    struct rs_segment out;
    while (engine_poll(&e, &out))
        ;
}

static void test_later_partial_acks_let_the_timer_run(void **state) {
    (void)state;
    RULE(29);
    ten_on_their_way(1000);
    three_duplicates(at(0));
    hear_partial_acks(0);
    send_all();
    hear_ack(e.conn.snd.nxt); // all of it: the recovery is over
    assert_true(engine_heard_reason(&e, RS_RECOVERED));
    e.conn.snd.cwnd = 10 * SMSS;
    send_all();
    uint32_t second = (e.conn.snd.una - at(0)) / SMSS + 1;
    hear_ack(at(second)); // more than what was out in the first one
    send_all();
    for (int i = 0; i < 3; i++) {
        hear_ack(at(second));
        send_all();
    }
    hear_partial_acks(second); // and so in the next one
}

static void test_partial_ack_of_less_than_a_segment(void **state) {
    (void)state;
    ten_on_their_way(1000);
    three_duplicates(at(0));
    hear_ack(at(0) + 400);
    assert_int_equal(e.conn.snd.cwnd, 8 * SMSS - 400);
    expect_segment(&e, RS_ACK, at(0) + 400, e.them + 1, SMSS);
}

// ---- what is no duplicate (RFC 5681, section 2)

static void test_what_is_no_duplicate(void **state) {
    (void)state;
    RULE(P8);
    ten_on_their_way(1000);
    for (int i = 0; i < 5; i++) {
        e.peer_window += 1; // a window update
        hear_ack(at(0));
    }
    for (uint32_t i = 0; i < 5; i++) { // data
        hear_data(&e, RS_ACK, e.them + 1 + i, at(0), "x", 1);
        expect_segment(&e, RS_ACK, at(10), e.them + 2 + i, 0);
    }
    for (int i = 0; i < 5; i++) // an older ACK
        hear(&e, RS_ACK, e.them + 6, at(0) - 1);
    hear(&e, RS_ACK | RS_FIN, e.them + 6, at(0));
    expect_segment(&e, RS_ACK, at(10), e.them + 7, 0);
    expect_nothing(&e);
    assert_false(engine_heard_reason(&e, RS_FAST_RETRANSMIT));
    assert_int_equal(e.conn.snd.cwnd, 10 * SMSS);
}

static void test_nothing_on_its_way_means_no_duplicates(void **state) {
    (void)state;
    begin_from(1000);
    for (int i = 0; i < 10; i++)
        hear_ack(at(0));
    engine_send(&e, bytes, 10 * SMSS);
    for (uint32_t i = 0; i < 4; i++) // the initial window and not more
        expect_thousand(i);
    expect_nothing(&e);
    assert_false(engine_heard_reason(&e, RS_FAST_RETRANSMIT));
}

static void test_two_duplicates_send_nothing_again(void **state) {
    (void)state;
    RULE(29);
    ten_on_their_way(1000);
    for (uint32_t i = 0; i < 2; i++) {
        hear_ack(at(0));
        expect_thousand(10 + i);
    }
    hear_ack(at(12)); // they were only reordered
    assert_false(engine_heard_reason(&e, RS_FAST_RETRANSMIT));
    assert_int_equal(e.conn.snd.cwnd, 11 * SMSS);
}

static void test_limited_transmit_respects_their_window(void **state) {
    (void)state;
    begin_from(1000);
    e.peer_window = 4 * SMSS;
    hear_ack(at(0));
    engine_send(&e, bytes, 10 * SMSS);
    for (uint32_t i = 0; i < 4; i++)
        expect_thousand(i);
    for (int i = 0; i < 2; i++) {
        hear_ack(at(0));
        expect_nothing(&e);
    }
}

// ---- only once for each flight

static void test_once_for_each_flight(void **state) {
    (void)state;
    RULE(29);
    ten_on_their_way(1000);
    three_duplicates(at(0));
    hear_ack(at(12));
    expect_thousand(12);
    forget_reasons(&e);
    for (int i = 0; i < 6; i++) // of what was sent twice: does not cover more than what was out then (RFC 6582, 3.2)
        hear_ack(at(12));
    assert_false(engine_heard_reason(&e, RS_FAST_RETRANSMIT));
}

static void test_timeout_ends_a_recovery(void **state) {
    (void)state;
    RULE(29);
    ten_on_their_way(1000);
    three_duplicates(at(0));
    engine_tick(&e, rs_conn_deadline(&e.conn));
    assert_int_equal(e.conn.snd.cwnd, SMSS);
    assert_int_equal(e.conn.snd.ssthresh, 6 * SMSS); // half of the twelve
    expect_thousand(0);
    expect_nothing(&e);
    hear_ack(at(1)); // slow start
    assert_int_equal(e.conn.snd.cwnd, 2 * SMSS);
    expect_thousand(1);
    expect_thousand(2);
    expect_nothing(&e);
    forget_reasons(&e);
    for (int i = 0; i < 5; i++) {
        hear_ack(at(1));
        (void)engine_poll_all(&e);
    }
    assert_false(engine_heard_reason(&e, RS_FAST_RETRANSMIT)); // these may answer what came twice
}

// After a timeout the whole flight is answered with duplicates. They let out no second copies beyond the congestion
// window: RFC 3042 speaks of data that was never sent.
static void test_duplicates_after_a_timeout_let_out_nothing_old(void **state) {
    (void)state;
    RULE(29);
    ten_on_their_way(1000);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_thousand(0);
    for (int i = 0; i < 9; i++) {
        hear_ack(at(0));
        expect_nothing(&e);
    }
    hear_ack(at(10)); // the one copy was all that was missing
    expect_thousand(10);
    expect_thousand(11);
    expect_nothing(&e);
}

static void test_abort_while_recovering(void **state) {
    (void)state;
    ten_on_their_way(1000);
    three_duplicates(at(0));
    engine_abort(&e); // after each step the invariants are asked for
    expect_segment(&e, RS_RST | RS_ACK, at(12), e.them + 1, 0);
    expect_nothing(&e);
}

// ---- how much at once

static void test_window_after_idleness(void **state) {
    (void)state;
    RULE(29);
    for (uint64_t late = 0; late < 2; late++) {
        begin_from(1000);
        e.conn.snd.cwnd = 10 * SMSS;
        engine_send(&e, bytes, 100);
        expect_segment(&e, RS_ACK, at(0), e.them + 1, 100);
        hear_ack(at(0) + 100);
        e.conn.snd.cwnd = 10 * SMSS;
        e.now += e.conn.rtt.rto_us + late; // more than one RTO: what we knew is old (RFC 5681, section 4.1)
        engine_send(&e, bytes, 20 * SMSS);
        for (uint32_t i = 0; i < (late ? 4 : 10); i++)
            expect_segment(&e, RS_ACK, at(i) + 100, e.them + 1, SMSS);
        expect_nothing(&e);
    }
}

static void test_idleness_makes_no_small_window_larger(void **state) {
    (void)state;
    begin_from(1000);
    e.conn.snd.cwnd = 2 * SMSS;
    e.now += 10 * SECOND;
    engine_send(&e, bytes, 20 * SMSS);
    expect_thousand(0);
    expect_thousand(1);
    expect_nothing(&e);
}

// RFC 5681, section 3.1: one segment too if our SYN,ACK was lost.
static void test_one_segment_after_a_lost_syn_ack(void **state) {
    (void)state;
    RULE(29);
    engine_init(&e, 1000, 5000);
    e.peer_mss = SMSS;
    assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
    hear(&e, RS_SYN, e.them, 0);
    expect_segment(&e, RS_SYN | RS_ACK, e.us, e.them + 1, 0);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_SYN | RS_ACK, e.us, e.them + 1, 0);
    hear_ack(at(0));
    engine_send(&e, bytes, 5 * SMSS);
    expect_thousand(0);
    expect_nothing(&e);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + 3 * SECOND); // RFC 6298, section 5.7
}

static void test_slow_start_counts_bytes(void **state) {
    (void)state;
    RULE(29);
    begin_from(1000);
    engine_send(&e, bytes, 10 * SMSS);
    for (uint32_t i = 0; i < 4; i++)
        expect_thousand(i);
    hear_ack(at(0) + 300); // min(N, SMSS): an ACK of each byte brings no more than an ACK of all
    assert_int_equal(e.conn.snd.cwnd, 4 * SMSS + 300);
    hear_ack(at(4));
    assert_int_equal(e.conn.snd.cwnd, 5 * SMSS + 300);
}

static void test_partial_ack_of_one_segment_and_of_many(void **state) {
    (void)state;
    ten_on_their_way(1000);
    three_duplicates(at(0));
    hear_ack(at(1));
    assert_int_equal(e.conn.snd.cwnd, 8 * SMSS); // as much in as out
    expect_thousand(1);
    hear_ack(at(10)); // more than the window has left
    assert_int_equal(e.conn.snd.cwnd, 2 * SMSS);
    expect_thousand(10);
    expect_nothing(&e);
}

// Karn: of what went out again nobody knows which copy is answered (RFC 6298, section 3).
static void test_fast_retransmit_measures_nothing(void **state) {
    (void)state;
    RULE(28);
    for (uint32_t acked = 1; acked <= 12; acked += 11) { // the resent one alone, or all
        ten_on_their_way(1000);
        three_duplicates(at(0));
        forget_reasons(&e);
        e.now += 300000;
        hear_ack(at(acked));
        assert_false(engine_heard_reason(&e, RS_RTT_MEASURED));
    }
}

// A peer that never stops repeating itself widens the window, but not until it comes round.
static void test_duplicates_without_end(void **state) {
    (void)state;
    ten_on_their_way(1000);
    three_duplicates(at(0));
    e.conn.snd.cwnd = UINT32_MAX - SMSS;
    for (int i = 0; i < 5; i++)
        hear_ack(at(0));
    assert_true(e.conn.snd.cwnd >= UINT32_MAX - SMSS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_duplicates_send_the_lost_segment_again),
        cmocka_unit_test(test_each_further_duplicate_inflates),
        cmocka_unit_test(test_full_ack_ends_the_recovery),
        cmocka_unit_test(test_full_ack_of_all_leaves_a_small_window),
        cmocka_unit_test(test_threshold_is_two_segments_at_least),
        cmocka_unit_test(test_lost_fin_comes_again_fast),
        cmocka_unit_test(test_partial_ack_sends_the_next_hole),
        cmocka_unit_test(test_later_partial_acks_let_the_timer_run),
        cmocka_unit_test(test_partial_ack_of_less_than_a_segment),
        cmocka_unit_test(test_what_is_no_duplicate),
        cmocka_unit_test(test_nothing_on_its_way_means_no_duplicates),
        cmocka_unit_test(test_two_duplicates_send_nothing_again),
        cmocka_unit_test(test_limited_transmit_respects_their_window),
        cmocka_unit_test(test_once_for_each_flight),
        cmocka_unit_test(test_timeout_ends_a_recovery),
        cmocka_unit_test(test_duplicates_after_a_timeout_let_out_nothing_old),
        cmocka_unit_test(test_abort_while_recovering),
        cmocka_unit_test(test_window_after_idleness),
        cmocka_unit_test(test_idleness_makes_no_small_window_larger),
        cmocka_unit_test(test_one_segment_after_a_lost_syn_ack),
        cmocka_unit_test(test_slow_start_counts_bytes),
        cmocka_unit_test(test_partial_ack_of_one_segment_and_of_many),
        cmocka_unit_test(test_fast_retransmit_measures_nothing),
        cmocka_unit_test(test_duplicates_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
