// SPDX-License-Identifier: MIT
//
// Opening: both ways to it; what SYN-SENT makes of each kind of segment (RFC 9293, section 3.10.7.3); and how long a
// SYN is sent again before we give up (section 3.8.3). The RFC's figures are in test_figures.c.
#include <errno.h>

#include "../help/engine.h"

static struct engine e;

static void begin(enum rs_state state) {
    engine_init(&e, 1000, 5000);
    engine_reach(&e, state);
}

// ---- actively, and simultaneously

static void test_active_open(void **state) {
    (void)state;
    RULE(1);
    RULE(9);
    for (size_t i = 0; i < 6; i++) {
        engine_init(&e, some_numbers[i], some_numbers[5 - i]);
        assert_int_equal(engine_open(&e), RS_CALL_OK);
        expect_state(&e, RS_SYN_SENT);
        struct rs_segment syn;
        assert_true(engine_poll(&e, &syn));
        assert_int_equal(syn.flags, RS_SYN);
        assert_int_equal(syn.seq, e.us);
        assert_int_equal(syn.ack, 0);
        assert_int_equal(syn.options.mss, 1460);
        assert_int_equal(syn.window, ENGINE_BUFFER);
        expect_nothing(&e);
        expect_reasons(&e, RS_SENT_SYN);
        struct rs_conn_facts facts;
        rs_conn_facts(&e.conn, &facts);
        assert_int_equal(facts.snd_una, e.us);
        assert_int_equal(facts.snd_nxt, e.us + 1);
        hear(&e, RS_SYN | RS_ACK, e.them, e.us + 1);
        expect_state(&e, RS_ESTABLISHED);
        rs_conn_facts(&e.conn, &facts);
        assert_int_equal(facts.irs, e.them);
        assert_int_equal(facts.snd_una, e.us + 1);
        assert_int_equal(facts.snd_wnd, PEER_WINDOW);
        expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 0);
        expect_nothing(&e);
        expect_reasons(&e, RS_RTT_MEASURED, RS_SYN_ACKED, RS_SENT_HANDSHAKE_ACK);
        assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
    }
}

static void test_mss_option_only_in_syn(void **state) {
    (void)state;
    RULE(14);
    begin(RS_ESTABLISHED);
    engine_send(&e, "x", 1);
    struct rs_segment out;
    assert_true(engine_poll(&e, &out));
    assert_false(out.options.has_mss);
}

static void test_simultaneous_open(void **state) {
    (void)state;
    RULE(5);
    RULE(P5);
    for (size_t i = 0; i < 6; i++) {
        engine_init(&e, some_numbers[i], 300);
        engine_open(&e);
        expect_segment(&e, RS_SYN, e.us, 0, 0);
        hear(&e, RS_SYN, 300, 0);
        expect_state(&e, RS_SYN_RECEIVED);
        expect_segment(&e, RS_SYN | RS_ACK, e.us, 301, 0);
        expect_nothing(&e);
        expect_reasons(&e, RS_SENT_SYN, RS_SIMULTANEOUS_OPEN, RS_SENT_SYN_ACK);
        hear(&e, RS_SYN | RS_ACK, 300, e.us + 1); // the crossing SYN,ACK: its SYN is known already
        expect_state(&e, RS_ESTABLISHED);
        expect_nothing(&e);
        expect_reasons(&e, RS_HANDSHAKE_DONE);
        assert_int_equal(e.conn.snd.una, e.us + 1);
        assert_int_equal(e.conn.snd.wnd, PEER_WINDOW);
    }
}

static void test_simultaneous_open_resends_syn_ack(void **state) {
    (void)state;
    RULE(5);
    RULE(P5);
    begin(RS_SYN_RECEIVED);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_SYN | RS_ACK, e.us, e.them + 1, 0); // no longer the bare SYN
    expect_reasons(&e, RS_TIMED_OUT, RS_RESENT_SYN_ACK);
}

static void test_simultaneous_open_lost_syn_ack(void **state) {
    (void)state;
    begin(RS_SYN_RECEIVED);
    hear(&e, RS_ACK, e.them + 1, e.us + 1); // only the ACK of our SYN,ACK comes
    expect_state(&e, RS_ESTABLISHED);
    hear(&e, RS_SYN | RS_ACK, e.them, e.us + 1); // the peer has not heard ours and says its own again
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 0);
    expect_state(&e, RS_ESTABLISHED);
}

// Their SYN and their SYN,ACK come together, so our SYN,ACK does not leave any more: then our ACK has to.
static void test_simultaneous_open_at_once(void **state) {
    (void)state;
    engine_init(&e, 100, 300);
    engine_open(&e);
    expect_segment(&e, RS_SYN, e.us, 0, 0);
    hear(&e, RS_SYN, 300, 0);
    hear(&e, RS_SYN | RS_ACK, 300, e.us + 1);
    expect_state(&e, RS_ESTABLISHED);
    expect_segment(&e, RS_ACK, e.us + 1, 301, 0);
    expect_nothing(&e);
}

// What comes for a connection that is gone (section 3.10.7.1).
static void test_closed_answers_with_rst(void **state) {
    (void)state;
    RULE(25);
    RULE(P3);
    begin(RS_CLOSED);
    hear_data(&e, RS_ACK, 300, 100, "0123456789", 10);
    expect_segment(&e, RS_RST, 100, 0, 0);
    hear_data(&e, RS_SYN, 300, 0, "0123456789", 10); // no ACK: the RST has to carry one, over SYN and data
    expect_segment(&e, RS_RST | RS_ACK, 0, 311, 0);
    hear(&e, RS_RST, 300, 0);
    expect_nothing(&e);
}

// ---- SYN-SENT

static void test_refused(void **state) {
    (void)state;
    RULE(8);
    RULE(P4);
    begin(RS_SYN_SENT);
    hear(&e, RS_RST | RS_ACK, 0, e.us + 1);
    expect_state(&e, RS_CLOSED);
    expect_nothing(&e);
    expect_reasons(&e, RS_REFUSED);
    assert_int_equal(e.conn.end, RS_END_REFUSED);
    assert_int_equal(rs_conn_errno(&e.conn), ECONNREFUSED);
}

static void test_rst_without_or_with_wrong_ack_is_ignored(void **state) {
    (void)state;
    RULE(7);
    RULE(8);
    RULE(P3);
    begin(RS_SYN_SENT);
    uint64_t deadline = rs_conn_deadline(&e.conn);
    hear(&e, RS_RST, 0, 0);
    hear(&e, RS_RST, e.them, e.us + 1);
    expect_nothing(&e);
    expect_reasons(&e, RS_DROPPED_RST, RS_DROPPED_RST);
    hear(&e, RS_RST | RS_ACK, 0, e.us);
    hear(&e, RS_RST | RS_ACK, 0, e.us + 2);
    hear(&e, RS_RST | RS_ACK, 0, e.us + 0x80000001);
    expect_nothing(&e);
    expect_reasons(&e, RS_DROPPED_BAD_ACK, RS_DROPPED_BAD_ACK, RS_DROPPED_BAD_ACK);
    expect_state(&e, RS_SYN_SENT);
    assert_true(rs_conn_deadline(&e.conn) == deadline);
}

static void test_bad_acks_are_answered_with_rst(void **state) {
    static const uint32_t off[] = {0, 2, 0x7fffffff, 0x80000000, 0xffffffff};
    (void)state;
    RULE(7);
    begin(RS_SYN_SENT);
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        hear(&e, RS_SYN | RS_ACK, e.them, e.us + off[i]);
        expect_segment(&e, RS_RST, e.us + off[i], 0, 0);
        expect_nothing(&e);
        expect_state(&e, RS_SYN_SENT);
    }
}

static void test_ack_without_syn_is_dropped(void **state) {
    (void)state;
    RULE(10);
    begin(RS_SYN_SENT);
    hear(&e, RS_ACK, e.them, e.us + 1);
    hear(&e, RS_FIN, e.them, 0);
    expect_nothing(&e);
    expect_state(&e, RS_SYN_SENT);
    expect_reasons(&e, RS_DROPPED_NOT_OURS, RS_DROPPED_NOT_OURS);
    assert_int_equal(e.conn.snd.una, e.us);
}

static void test_data_and_fin_on_syn_ack(void **state) {
    (void)state;
    RULE(10);
    begin(RS_SYN_SENT);
    hear_data(&e, RS_SYN | RS_ACK | RS_FIN, e.them, e.us + 1, "hello", 5);
    expect_state(&e, RS_CLOSE_WAIT);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 7, 0);
    expect_nothing(&e);
    expect_reasons(&e, RS_RTT_MEASURED, RS_SYN_ACKED, RS_DATA_ARRIVED, RS_FIN_ARRIVED, RS_SENT_ACK_OF_FIN);
    char text[8] = "";
    assert_int_equal(engine_receive(&e, text, sizeof text), 5);
    assert_string_equal(text, "hello");
}

static void test_syn_without_mss_means_536(void **state) {
    (void)state;
    RULE(13);
    engine_init(&e, 1000, 5000);
    e.peer_mss = 0;
    engine_open(&e);
    expect_segment(&e, RS_SYN, 1000, 0, 0);
    hear(&e, RS_SYN | RS_ACK, 5000, 1001);
    expect_reasons(&e, RS_SENT_SYN, RS_NO_MSS_OPTION, RS_RTT_MEASURED, RS_SYN_ACKED);
    expect_segment(&e, RS_ACK, 1001, 5001, 0);
    assert_int_equal(e.conn.snd.mss, 536);
    engine_send(&e, e.data, 600);
    expect_segment(&e, RS_ACK, 1001, 5001, 536);
    expect_segment(&e, RS_ACK, 1537, 5001, 64);
}

static void test_tiny_and_huge_mss_are_clamped(void **state) {
    static const uint16_t offers[] = {1, 47, 48, 1459, 65535}, taken[] = {48, 48, 48, 1459, 1460};
    (void)state;
    RULE(P10);
    for (size_t i = 0; i < 5; i++) {
        engine_init(&e, 1000, 5000);
        e.peer_mss = offers[i];
        engine_establish(&e);
        assert_int_equal(e.conn.snd.mss, taken[i]);
        assert_int_equal(e.conn.rcv.peer_mss, offers[i]);
    }
}

static void test_segments_fit_the_path(void **state) {
    (void)state;
    RULE(14);
    engine_init(&e, 1000, 5000);
    e.config.path_mss = 500;
    engine_start(&e);
    engine_establish(&e);
    engine_send(&e, e.data, 501);
    expect_segment(&e, RS_ACK, 1001, 5001, 500);
    expect_segment(&e, RS_ACK, 1501, 5001, 1);
}

// ---- calls

static void test_bad_remotes(void **state) {
    struct rs_endpoint bad[] = {rs_endpoint_ipv4(0, 0, 0, 0, 80), rs_endpoint_ipv4(224, 0, 0, 1, 80),
                                rs_endpoint_ipv4(239, 255, 255, 255, 80), rs_endpoint_ipv4(255, 255, 255, 255, 80),
                                rs_endpoint_ipv4(192, 0, 2, 2, 0)};
    (void)state;
    RULE(3);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        engine_init(&e, 1, 2);
        e.config.remote = bad[i];
        engine_start(&e);
        assert_int_equal(engine_open(&e), RS_CALL_BAD_REMOTE);
        expect_state(&e, RS_CLOSED);
        expect_nothing(&e);
    }
}

static void test_open_twice_is_refused(void **state) {
    (void)state;
    begin(RS_SYN_SENT);
    assert_int_equal(engine_open(&e), RS_CALL_WRONG_STATE);
    assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_WRONG_STATE);
    expect_nothing(&e);
}

static void test_close_in_syn_sent_sends_nothing(void **state) {
    (void)state;
    RULE(38);
    begin(RS_SYN_SENT);
    assert_int_equal(engine_close(&e), RS_CALL_OK);
    expect_state(&e, RS_CLOSED);
    expect_nothing(&e);
    expect_reasons(&e, RS_CLOSED_OPENING);
    hear(&e, RS_SYN | RS_ACK, e.them, e.us + 1); // the answer comes late and finds nobody
    expect_segment(&e, RS_RST, e.us + 1, 0, 0);
}

static void test_send_before_established_is_queued(void **state) {
    (void)state;
    begin(RS_SYN_SENT);
    assert_int_equal(engine_send(&e, "early", 5), 5);
    expect_nothing(&e);
    hear(&e, RS_SYN | RS_ACK, e.them, e.us + 1);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 5); // the third segment carries it
    assert_memory_equal(e.data, "early", 5);
    expect_nothing(&e);
}

static void test_facts_before_the_syn(void **state) {
    (void)state;
    begin(RS_CLOSED);
    struct rs_conn_facts facts;
    rs_conn_facts(&e.conn, &facts);
    assert_int_equal(facts.unsent_bytes, 0);
    begin(RS_SYN_SENT);
    engine_send(&e, "early", 5);
    rs_conn_facts(&e.conn, &facts);
    assert_int_equal(facts.unsent_bytes, 5);
    assert_false(facts.irs_known);
}

// ---- time

static void test_syn_is_resent_and_given_up_after_183_s(void **state) {
    static const uint64_t at[] = {1, 3, 7, 15, 31, 63, 123};
    (void)state;
    RULE(4);
    begin(RS_SYN_SENT);
    uint64_t start = e.now;
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        uint64_t deadline = rs_conn_deadline(&e.conn);
        assert_int_equal(deadline, start + at[i] * SECOND);
        engine_tick(&e, deadline);
        expect_segment(&e, RS_SYN, e.us, 0, 0);
        expect_nothing(&e);
        if (i == 2) // the third time it is told that something is wrong (section 3.8.3, R1)
            expect_reasons(&e, RS_TIMED_OUT, RS_STILL_TRYING, RS_RESENT_SYN);
        else
            expect_reasons(&e, RS_TIMED_OUT, RS_RESENT_SYN);
    }
    assert_int_equal(rs_conn_deadline(&e.conn), start + 183 * SECOND);
    engine_tick(&e, start + 183 * SECOND);
    expect_nothing(&e);
    expect_state(&e, RS_CLOSED);
    expect_reasons(&e, RS_GAVE_UP);
    assert_int_equal(e.conn.end, RS_END_TIMED_OUT);
    assert_int_equal(rs_conn_errno(&e.conn), ETIMEDOUT);
    assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
}

// As Linux does it since 6.5: seen in a capture of its own connect() to nobody.
static void test_syn_is_resent_four_times_after_a_second_each(void **state) {
    static const uint64_t at[] = {1, 2, 3, 4, 5, 7, 11, 19};
    (void)state;
    begin(RS_SYN_SENT);
    e.conn.config.syn_linear_timeouts = 4;
    uint64_t start = e.now;
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        uint64_t deadline = rs_conn_deadline(&e.conn);
        assert_int_equal(deadline, start + at[i] * SECOND);
        engine_tick(&e, deadline);
        expect_segment(&e, RS_SYN, e.us, 0, 0);
        expect_nothing(&e);
    }
}

static void test_user_timeout_while_opening(void **state) {
    (void)state;
    RULE(4);
    engine_init(&e, 1000, 5000);
    e.config.open_timeout_us = 2500000;
    engine_start(&e);
    engine_open(&e);
    uint64_t start = e.now;
    expect_segment(&e, RS_SYN, 1000, 0, 0);
    engine_tick(&e, start + SECOND);
    expect_segment(&e, RS_SYN, 1000, 0, 0);
    assert_int_equal(rs_conn_deadline(&e.conn), start + 2500000);
    engine_tick(&e, start + 2499999);
    expect_state(&e, RS_SYN_SENT);
    engine_tick(&e, start + 2500000);
    expect_state(&e, RS_CLOSED);
    assert_int_equal(e.conn.end, RS_END_TIMED_OUT);
}

static void test_user_timeout_on_data(void **state) {
    (void)state;
    RULE(30);
    begin(RS_ESTABLISHED);
    engine_send(&e, "x", 1);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1);
    uint64_t start = e.now;
    while (e.conn.state == RS_ESTABLISHED) {
        struct rs_segment out;
        engine_tick(&e, rs_conn_deadline(&e.conn));
        while (engine_poll(&e, &out))
            assert_int_equal(out.seq, e.us + 1);
    }
    assert_int_equal(e.now, start + 120 * SECOND);
    assert_int_equal(rs_conn_errno(&e.conn), ETIMEDOUT);
}

// ---- passive

static void test_passive_open(void **state) {
    (void)state;
    begin(RS_LISTEN);
    hear(&e, RS_RST, 5, 0);
    hear(&e, RS_FIN, 5, 0);
    expect_nothing(&e);
    hear(&e, RS_SYN, e.them, 0);
    expect_segment(&e, RS_SYN | RS_ACK, e.us, e.them + 1, 0);
    expect_nothing(&e);
    expect_reasons(&e, RS_PEER_OPENED, RS_SENT_SYN_ACK);
    hear(&e, RS_ACK, e.them + 1, e.us + 1);
    expect_state(&e, RS_ESTABLISHED);
    expect_nothing(&e);
    expect_reasons(&e, RS_RTT_MEASURED, RS_HANDSHAKE_DONE);
}

// A SYN within the window of a passive SYN-RECEIVED: what came first was old (section 3.10.7.4, fourth step).
static void test_new_syn_in_passive_syn_received(void **state) {
    (void)state;
    begin(RS_LISTEN);
    hear(&e, RS_SYN, e.them, 0);
    expect_segment(&e, RS_SYN | RS_ACK, e.us, e.them + 1, 0);
    hear(&e, RS_SYN, e.them + 10, 0);
    expect_state(&e, RS_LISTEN);
    expect_nothing(&e);
}

static void test_listen_answers_an_ack_to_its_sender(void **state) {
    (void)state;
    engine_init(&e, 1000, 5000);
    e.conn.remote = (struct rs_endpoint){0};
    rs_conn_listen(&e.conn);
    hear(&e, RS_ACK, 5, 77);
    struct rs_segment out;
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.flags, RS_RST);
    assert_int_equal(out.seq, 77);
    assert_int_equal(out.destination_port, 80);
    expect_state(&e, RS_LISTEN);
}

static void test_syn_received_with_bad_ack(void **state) {
    (void)state;
    begin(RS_SYN_RECEIVED);
    hear(&e, RS_ACK, e.them + 1, e.us);
    expect_segment(&e, RS_RST, e.us, 0, 0);
    hear(&e, RS_ACK, e.them + 1, e.us + 2);
    expect_segment(&e, RS_RST, e.us + 2, 0, 0);
    expect_state(&e, RS_SYN_RECEIVED);
}

static void test_rst_in_syn_received_after_active_open_is_refused(void **state) {
    (void)state;
    RULE(6);
    begin(RS_SYN_RECEIVED);
    hear(&e, RS_RST, e.them + 1, 0);
    expect_state(&e, RS_CLOSED);
    assert_int_equal(e.conn.end, RS_END_REFUSED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_active_open),
        cmocka_unit_test(test_mss_option_only_in_syn),
        cmocka_unit_test(test_simultaneous_open),
        cmocka_unit_test(test_simultaneous_open_at_once),
        cmocka_unit_test(test_simultaneous_open_resends_syn_ack),
        cmocka_unit_test(test_simultaneous_open_lost_syn_ack),
        cmocka_unit_test(test_closed_answers_with_rst),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_rst_without_or_with_wrong_ack_is_ignored),
        cmocka_unit_test(test_bad_acks_are_answered_with_rst),
        cmocka_unit_test(test_ack_without_syn_is_dropped),
        cmocka_unit_test(test_data_and_fin_on_syn_ack),
        cmocka_unit_test(test_syn_without_mss_means_536),
        cmocka_unit_test(test_tiny_and_huge_mss_are_clamped),
        cmocka_unit_test(test_segments_fit_the_path),
        cmocka_unit_test(test_bad_remotes),
        cmocka_unit_test(test_open_twice_is_refused),
        cmocka_unit_test(test_close_in_syn_sent_sends_nothing),
        cmocka_unit_test(test_send_before_established_is_queued),
        cmocka_unit_test(test_facts_before_the_syn),
        cmocka_unit_test(test_syn_is_resent_and_given_up_after_183_s),
        cmocka_unit_test(test_syn_is_resent_four_times_after_a_second_each),
        cmocka_unit_test(test_user_timeout_while_opening),
        cmocka_unit_test(test_user_timeout_on_data),
        cmocka_unit_test(test_passive_open),
        cmocka_unit_test(test_new_syn_in_passive_syn_received),
        cmocka_unit_test(test_listen_answers_an_ack_to_its_sender),
        cmocka_unit_test(test_syn_received_with_bad_ack),
        cmocka_unit_test(test_rst_in_syn_received_after_active_open_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
