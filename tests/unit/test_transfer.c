// SPDX-License-Identifier: MIT
//
// Data: how it is cut, acknowledged, sent again (RFC 6298) and held back by the other end's window (RFC 9293, section
// 3.8.6); which segments are believed and which are answered with our true numbers (RFC 5961).
#include "../help/engine.h"

static struct engine e;
static uint8_t bytes[ENGINE_BUFFER], got[ENGINE_BUFFER];

static void begin(void) {
    engine_init(&e, 1000, 5000);
    engine_establish(&e);
}

static void begin_with_window(uint16_t window) {
    engine_init(&e, 1000, 5000);
    e.peer_window = window;
    engine_establish(&e);
}

static void hear_window(uint16_t window, uint32_t ack) {
    e.peer_window = window;
    hear(&e, RS_ACK, e.them + 1, ack);
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

static void test_silly_windows_are_not_filled(void **state) {
    (void)state;
    RULE(27);
    begin_with_window(1000);
    engine_send(&e, bytes, 3000);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1000);
    hear_window(100, e.us + 1001); // a crumb: less than half of the largest window
    expect_nothing(&e);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + SECOND);
    engine_tick(&e, e.now + SECOND); // but it is not waited for ever
    expect_segment(&e, RS_ACK, e.us + 1001, e.them + 1, 100);
    hear_window(500, e.us + 1101);
    expect_segment(&e, RS_ACK, e.us + 1101, e.them + 1, 500);
    expect_nothing(&e);
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

static void test_window_closes_and_opens_by_a_good_piece(void **state) {
    (void)state;
    RULE(27);
    engine_init(&e, 1000, 5000);
    e.config.receive_bytes = 1000;
    engine_start(&e);
    engine_establish(&e);
    hear_data(&e, RS_ACK, 5001, 1001, bytes, 1000);
    struct rs_segment out;
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.window, 0);
    engine_receive(&e, got, 499);
    expect_nothing(&e);
    hear_data(&e, RS_ACK, 6001, 1001, bytes, 1); // a probe: the crumb is not offered either (MUST-39)
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.window, 0);
    assert_int_equal(out.ack, 6001);
    engine_receive(&e, got, 1);
    forget_reasons(&e);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.window, 500);
    expect_reasons(&e, RS_SENT_WINDOW_UPDATE);
    expect_nothing(&e);
}

static void test_closed_window_still_hears_acks_and_rst(void **state) {
    (void)state;
    RULE(17);
    engine_init(&e, 1000, 5000);
    e.config.receive_bytes = 10;
    engine_start(&e);
    engine_establish(&e);
    engine_send(&e, "data", 4);
    hear_data(&e, RS_ACK, 5001, 1001, bytes, 10);
    expect_segment(&e, RS_ACK, 1001, 5011, 4);
    hear_data(&e, RS_ACK, 5011, 1005, bytes, 5); // does not fit, but its ACK counts
    assert_int_equal(e.conn.snd.una, 1005);
    expect_segment(&e, RS_ACK, 1005, 5011, 0);
    hear(&e, RS_RST, 5011, 0);
    expect_state(&e, RS_CLOSED);
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

static void test_stale_window_updates_are_ignored(void **state) {
    (void)state;
    RULE(21);
    begin();
    engine_send(&e, bytes, 200);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 200);
    e.peer_window = 4000;
    hear_data(&e, RS_ACK, e.them + 1, e.us + 1, "01234", 5);
    hear_data(&e, RS_ACK, e.them + 6, e.us + 101, "56789", 5); // this number is WL1, this ACK is WL2
    e.peer_window = 7;
    hear_data(&e, RS_ACK, e.them + 1, e.us + 201, "0123456789ab", 12); // older number, though a newer ACK
    assert_int_equal(e.conn.snd.wnd, 3900); // the edge that was offered stays, counted from a hundred further on
    assert_int_equal(e.conn.snd.una, e.us + 201);
    e.peer_window = 9;
    hear(&e, RS_ACK, e.them + 13, e.us + 150); // newer number, older ACK
    assert_int_equal(e.conn.snd.wnd, 3900);
    e.peer_window = 3000;
    hear(&e, RS_ACK, e.them + 13, e.us + 201);
    assert_int_equal(e.conn.snd.wnd, 3000);
}

// ---- challenge ACKs

static void test_syn_in_any_place_is_challenged(void **state) {
    static const uint32_t off[] = {0, 1, 100, 0x40000000, 0xffffff00};
    (void)state;
    RULE(19);
    begin();
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        hear(&e, RS_SYN, e.them + off[i], 0);
        expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 0);
        expect_nothing(&e);
        expect_state(&e, RS_ESTABLISHED);
        if (off[i] == 1 || off[i] == 100) // within the window
            expect_reasons(&e, RS_SENT_CHALLENGE_ACK);
        else
            expect_reasons(&e, RS_DROPPED_OUTSIDE_WINDOW, RS_SENT_CHALLENGE_ACK);
    }
}

static unsigned answers_to(uint8_t flags, uint32_t seq, uint32_t ack, unsigned times) {
    unsigned answers = 0;
    for (unsigned i = 0; i < times; i++) {
        hear(&e, flags, seq, ack);
        answers += engine_poll_all(&e);
    }
    return answers;
}

static void test_challenges_are_throttled(void **state) {
    (void)state;
    RULE(19);
    begin();
    assert_int_equal(answers_to(RS_RST, e.them + 2, 0, 100), 10);
    engine_tick(&e, e.now + SECOND - 1);
    assert_int_equal(answers_to(RS_SYN, e.them + 2, 0, 100), 0);
    engine_tick(&e, e.now + 1);
    assert_int_equal(answers_to(RS_SYN, e.them + 2, 0, 100), 10);
}

// Two ends that disagree would answer each other's bare ACKs for ever; data that comes again is always answered.
static void test_wars_of_acks_are_throttled(void **state) {
    (void)state;
    RULE(P7);
    begin();
    assert_int_equal(answers_to(RS_ACK, e.them - 1000, e.us + 1, 100), 10);
    engine_tick(&e, e.now + SECOND);
    assert_int_equal(answers_to(RS_ACK, e.them + 1, e.us + 2, 100), 10);
    unsigned answers = 0;
    for (unsigned i = 0; i < 100; i++) {
        hear_data(&e, RS_ACK, e.them, e.us + 1, "x", 1);
        answers += engine_poll_all(&e);
    }
    assert_int_equal(answers, 100);
}

// A RST may carry data (section 3.5.3, SHLD-2); it is judged by its number alone (RFC 5961, section 3.2), also where
// the window is closed (MUST-66).
static void test_reset_with_data(void **state) {
    (void)state;
    RULE(17);
    RULE(18);
    for (uint16_t room = 10; room <= 20; room += 10) {
        engine_init(&e, 1000, 5000);
        e.config.receive_bytes = room;
        engine_start(&e);
        engine_establish(&e);
        hear_data(&e, RS_ACK, 5001, 1001, bytes, 10);
        expect_segment(&e, RS_ACK, 1001, 5011, 0);
        hear_data(&e, RS_RST, 5010, 0, bytes, 2); // begins before the window
        expect_nothing(&e);
        expect_state(&e, RS_ESTABLISHED);
        hear_data(&e, RS_RST, 5011, 0, "closed", 6);
        expect_state(&e, RS_CLOSED);
        expect_nothing(&e);
    }
}

// What is owed to a stray is not owed any more when the connection has ended.
static void test_nothing_is_challenged_after_the_end(void **state) {
    (void)state;
    begin();
    hear(&e, RS_RST, e.them + 2, 0);
    hear(&e, RS_RST, e.them + 1, 0);
    expect_state(&e, RS_CLOSED);
    expect_nothing(&e);
    engine_init(&e, 1000, 5000);
    assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
    hear(&e, RS_SYN, 5000, 0);
    expect_segment(&e, RS_SYN | RS_ACK, 1000, 5001, 0);
    hear(&e, RS_RST, 5002, 0);
    hear(&e, RS_RST, 5001, 0);
    expect_state(&e, RS_LISTEN);
    expect_nothing(&e);
}

// ---- the resend timer

static void test_rto_follows_rfc_6298(void **state) {
    (void)state;
    RULE(28);
    engine_init(&e, 1000, 5000);
    engine_open(&e);
    expect_segment(&e, RS_SYN, 1000, 0, 0);
    assert_int_equal(e.conn.rtt.rto_us, SECOND);
    e.now += 800000;
    hear(&e, RS_SYN | RS_ACK, 5000, 1001);
    assert_int_equal(e.conn.rtt.srtt_us, 800000);
    assert_int_equal(e.conn.rtt.rttvar_us, 400000);
    assert_int_equal(e.conn.rtt.rto_us, 2400000);
    expect_segment(&e, RS_ACK, 1001, 5001, 0);
    engine_send(&e, "x", 1);
    expect_segment(&e, RS_ACK, 1001, 5001, 1);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + 2400000);
    e.now += 400000;
    hear(&e, RS_ACK, 5001, 1002);
    assert_int_equal(e.conn.rtt.rttvar_us, 400000); // 3/4 * 400 + 1/4 * |800 - 400|
    assert_int_equal(e.conn.rtt.srtt_us, 750000);
    assert_int_equal(e.conn.rtt.rto_us, 2350000);
}

// Where one segment would fill the whole window, two of half of it are sent; ordinary segments are left alone.
static void test_two_huge_segments_fit_in_the_window(void **state) {
    static const struct {
        uint16_t mss, window, first;
    } rows[] = {{65495, 65535, 32767}, {65495, 20000, 10000}, {65495, 16000, 16000}, {1460, 2000, 1460}};
    static uint8_t ring[65536], data[65536];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        engine_init(&e, 1000, 5000);
        e.config.mss = e.peer_mss = rows[i].mss;
        e.config.send_buffer = ring;
        e.config.send_bytes = sizeof ring;
        e.peer_window = rows[i].window;
        engine_start(&e);
        engine_establish(&e);
        engine_send(&e, data, sizeof data);
        expect_segment(&e, RS_ACK, 1001, 5001, rows[i].first);
    }
}

// A window that grew without ever having been closed: what then leaves is guarded by the resend timer, and comes again
// one segment at a time.
static void test_data_after_a_small_window_has_the_resend_timer(void **state) {
    (void)state;
    begin();
    hear(&e, RS_ACK, e.them + 1, e.us + 1);
    e.peer_window = 40;
    hear(&e, RS_ACK, e.them + 1, e.us + 1);
    engine_send(&e, bytes, 3000);
    expect_nothing(&e); // 40 bytes are silly: the persist timer runs
    assert_true(e.conn.timer.persist_at != RS_NEVER);
    e.peer_window = 4000;
    hear(&e, RS_ACK, e.them + 1, e.us + 1);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    expect_segment(&e, RS_ACK, e.us + 1461, e.them + 1, 1460);
    expect_segment(&e, RS_ACK, e.us + 2921, e.them + 1, 80);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    assert_true(engine_heard_reason(&e, RS_TIMED_OUT));
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    expect_nothing(&e);
}

static void test_rto_is_at_least_a_second(void **state) {
    (void)state;
    RULE(28);
    RULE(P14);
    begin(); // a round trip of no time at all is a sample too (P14)
    assert_true(e.conn.rtt.has_sample);
    assert_int_equal(e.conn.rtt.srtt_us, 0);
    assert_int_equal(e.conn.rtt.rto_us, SECOND);
    engine_send(&e, "x", 1);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1);
    e.now += 800000;
    hear(&e, RS_ACK, e.them + 1, e.us + 2); // so this is the second sample
    assert_int_equal(e.conn.rtt.srtt_us, 100000);
    assert_int_equal(e.conn.rtt.rttvar_us, 200000);
}

static void test_backoff_doubles_up_to_a_minute(void **state) {
    static const unsigned waits[] = {1, 2, 4, 8, 16, 32};
    (void)state;
    RULE(28);
    begin();
    engine_send(&e, bytes, 100);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 100);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        assert_int_equal(rs_conn_deadline(&e.conn), e.now + waits[i] * SECOND);
        forget_reasons(&e);
        engine_tick(&e, rs_conn_deadline(&e.conn));
        expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 100);
        expect_nothing(&e);
        if (i == 2)
            expect_reasons(&e, RS_TIMED_OUT, RS_STILL_TRYING, RS_RESENT_DATA);
        else
            expect_reasons(&e, RS_TIMED_OUT, RS_RESENT_DATA);
    }
    assert_int_equal(e.conn.rtt.rto_us, 60 * SECOND);
}

static void test_karn(void **state) {
    (void)state;
    RULE(28);
    begin();
    engine_send(&e, bytes, 100);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 100);
    engine_tick(&e, e.now + SECOND);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 100);
    e.now += 1000;
    hear(&e, RS_ACK, e.them + 1, e.us + 101); // of which copy? Nobody knows: no sample, and the wait stays doubled
    assert_int_equal(e.conn.rtt.srtt_us, 0);
    assert_int_equal(e.conn.rtt.rto_us, 2 * SECOND);
    engine_send(&e, bytes, 100);
    expect_segment(&e, RS_ACK, e.us + 101, e.them + 1, 100);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + 2 * SECOND);
    e.now += 1000;
    hear(&e, RS_ACK, e.them + 1, e.us + 201); // this one was sent once
    assert_int_equal(e.conn.rtt.rto_us, SECOND);
}

static void test_ack_restarts_the_timer(void **state) {
    (void)state;
    RULE(28);
    begin();
    engine_send(&e, bytes, 2000);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    expect_segment(&e, RS_ACK, e.us + 1461, e.them + 1, 540);
    e.now += 300000;
    hear(&e, RS_ACK, e.them + 1, e.us + 1461);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + e.conn.rtt.rto_us);
    hear(&e, RS_ACK, e.them + 1, e.us + 2001);
    assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
}

static void test_three_seconds_and_one_segment_after_a_lost_syn(void **state) {
    (void)state;
    RULE(28);
    RULE(29);
    RULE(P12);
    engine_init(&e, 1000, 5000);
    engine_open(&e);
    expect_segment(&e, RS_SYN, 1000, 0, 0);
    engine_tick(&e, e.now + SECOND);
    expect_segment(&e, RS_SYN, 1000, 0, 0);
    hear(&e, RS_SYN | RS_ACK, 5000, 1001);
    expect_segment(&e, RS_ACK, 1001, 5001, 0);
    assert_false(e.conn.rtt.has_sample);
    engine_send(&e, bytes, 4000);
    expect_segment(&e, RS_ACK, 1001, 5001, 1460);
    expect_nothing(&e);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + 3 * SECOND); // RFC 6298, section 5.7
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

// ---- closed windows

static void test_zero_window_is_probed(void **state) {
    static const unsigned waits[] = {1, 2, 4, 8, 16, 32, 60, 60, 60, 60};
    (void)state;
    RULE(31);
    begin_with_window(0);
    engine_send(&e, bytes, 10);
    expect_nothing(&e);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        assert_int_equal(rs_conn_deadline(&e.conn), e.now + waits[i] * SECOND);
        engine_tick(&e, rs_conn_deadline(&e.conn));
        forget_reasons(&e);
        expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1);
        expect_nothing(&e);
        expect_reasons(&e, RS_SENT_PROBE, RS_PERSIST_AGAIN);
        hear(&e, RS_ACK, e.them + 1, e.us + 1); // it answers: it may stay closed for ever (MUST-37)
        expect_nothing(&e);
        expect_state(&e, RS_ESTABLISHED);
    }
    forget_reasons(&e);
    hear_window(4000, e.us + 1);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 10);
    expect_nothing(&e);
    expect_reasons(&e, RS_WINDOW_OPENED, RS_RESENT_DATA);
}

static void test_probes_do_not_slow_the_resend_timer(void **state) {
    (void)state;
    begin_with_window(0);
    engine_send(&e, bytes, 10);
    expect_nothing(&e);
    for (int i = 0; i < 5; i++) {
        engine_tick(&e, rs_conn_deadline(&e.conn));
        expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1);
        hear(&e, RS_ACK, e.them + 1, e.us + 1);
        expect_nothing(&e);
    }
    hear_window(4000, e.us + 1);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 10);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + SECOND); // nothing was lost: they only had no room
}

static void test_probe_that_is_taken(void **state) {
    (void)state;
    begin_with_window(0);
    engine_send(&e, bytes, 10);
    expect_nothing(&e);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1);
    hear_window(4000, e.us + 2);
    expect_segment(&e, RS_ACK, e.us + 2, e.them + 1, 9);
}

// A probe that was refused has moved SND.NXT beyond the peer's closed window. It takes no number but the one that it
// waits for, so our bare ACKs have that: otherwise it would never hear that our window is open again.
static void test_acks_after_a_refused_probe_have_a_number_that_fits(void **state) {
    (void)state;
    begin_with_window(0);
    engine_send(&e, bytes, 10);
    expect_nothing(&e);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1);
    hear(&e, RS_ACK, e.them + 1, e.us + 1); // refused
    hear_data(&e, RS_ACK, e.them + 1, e.us + 1, bytes, 100);
    engine_tick(&e, e.now + SECOND / 2);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 101, 0);
}

static void test_unanswered_probes_are_given_up(void **state) {
    (void)state;
    RULE(31);
    begin_with_window(0);
    engine_send(&e, bytes, 10);
    expect_nothing(&e);
    uint64_t start = e.now;
    engine_wait_for_end(&e);
    assert_int_equal(e.conn.end, RS_END_TIMED_OUT);
    assert_in_range(e.now - start, 120 * SECOND, 121 * SECOND);
}

// A window that was closed long ago says nothing of whether the other end still lives.
static void test_probing_after_a_long_silence(void **state) {
    (void)state;
    begin_with_window(0);
    engine_tick(&e, e.now + 1000 * SECOND);
    engine_send(&e, bytes, 10);
    expect_nothing(&e);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + SECOND);
    engine_tick(&e, e.now);
    expect_state(&e, RS_ESTABLISHED);
}

static void test_sending_after_a_long_silence(void **state) {
    (void)state;
    begin();
    engine_tick(&e, e.now + 1000 * SECOND);
    engine_send(&e, bytes, 10);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 10);
    assert_int_equal(rs_conn_deadline(&e.conn), e.now + SECOND);
}

// A probe's byte that we refuse is behind the peer's SND.NXT: its bare ACKs lie outside our closed window, and must be
// heard all the same.
static void test_bare_acks_after_a_refused_probe_are_heard(void **state) {
    (void)state;
    RULE(17);
    engine_init(&e, 1000, 5000);
    e.config.receive_bytes = 10;
    engine_start(&e);
    engine_establish(&e);
    hear_data(&e, RS_ACK, 5001, 1001, bytes, 10);
    engine_send(&e, "data", 4);
    expect_segment(&e, RS_ACK, 1001, 5011, 4);
    hear_data(&e, RS_ACK, 5011, 1001, bytes, 1);
    expect_segment(&e, RS_ACK, 1005, 5011, 0);
    hear(&e, RS_ACK, 5012, 1005);
    assert_int_equal(e.conn.snd.una, 1005);
    assert_true(rs_conn_deadline(&e.conn) == RS_NEVER);
}

static void test_shrunk_window(void **state) {
    (void)state;
    RULE(32);
    begin_with_window(3000);
    engine_send(&e, bytes, 5000);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    expect_segment(&e, RS_ACK, e.us + 1461, e.them + 1, 1460);
    expect_nothing(&e);
    hear_window(1000, e.us + 1); // the window's edge went back behind what was sent
    expect_nothing(&e);
    engine_tick(&e, e.now + SECOND);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460); // old data goes out again (MUST-35), nothing new
    expect_nothing(&e);
    hear_window(3000, e.us + 2921);
    expect_segment(&e, RS_ACK, e.us + 2921, e.them + 1, 1460);
}

static void test_window_shrunk_to_zero(void **state) {
    (void)state;
    RULE(32);
    begin_with_window(3000);
    engine_send(&e, bytes, 2000);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    expect_segment(&e, RS_ACK, e.us + 1461, e.them + 1, 540);
    hear_window(0, e.us + 1);
    expect_nothing(&e);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1);
    expect_nothing(&e);
    hear_window(3000, e.us + 1);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    hear_window(3000, e.us + 2001);
    expect_nothing(&e);
}

static void test_window_of_32768_and_65535_is_unsigned(void **state) {
    (void)state;
    RULE(12);
    begin_with_window(0x8000);
    assert_int_equal(e.conn.snd.wnd, 0x8000);
    hear_window(0xffff, e.us + 1);
    assert_int_equal(e.conn.snd.wnd, 0xffff);
}

// ---- what is measured, and when we begin to count anew

// One segment at a time is measured; an ACK that does not cover it tells nothing of it, nor of any other.
static void test_only_the_measured_segment_counts(void **state) {
    (void)state;
    RULE(28);
    for (int timestamps = 0; timestamps < 2; timestamps++) {
        engine_init(&e, 1000, 5000);
        e.peer_options.has_timestamps = timestamps;
        e.peer_options.ts_value = 1;
        engine_establish(&e);
        engine_send(&e, bytes, 100);
        expect_segment(&e, RS_ACK, 1001, 5001, 100); // measured
        engine_send(&e, bytes, 100);
        expect_segment(&e, RS_ACK, 1101, 5001, 100);
        hear(&e, RS_ACK, 5001, 1101);
        engine_send(&e, bytes, 100);
        expect_segment(&e, RS_ACK, 1201, 5001, 100); // measured
        e.now += 100000;
        forget_reasons(&e);
        hear(&e, RS_ACK, 5001, 1201);
        expect_reasons(&e, RS_DATA_ACKED);
        hear(&e, RS_ACK, 5001, 1301);
        expect_reasons(&e, RS_RTT_MEASURED, RS_DATA_ACKED);
    }
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

// The edge that was told does not follow each byte that is read (section 3.8.6.2.2).
static void test_edge_moves_by_a_good_piece(void **state) {
    struct rs_segment out;
    (void)state;
    RULE(27);
    begin();
    hear_data(&e, RS_ACK, e.them + 1, e.us + 1, bytes, 1459);
    engine_receive(&e, got, 1459);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.window, ENGINE_BUFFER - 1459);
    hear_data(&e, RS_ACK, e.them + 1460, e.us + 1, bytes, 1);
    engine_receive(&e, got, 1);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.window, ENGINE_BUFFER);
}

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

// The same for the RST of an abort: with SND.NXT it would be dropped in silence, and the peer would never learn that we
// have gone.
static void test_reset_after_a_refused_probe_has_a_number_that_fits(void **state) {
    (void)state;
    RULE(38);
    begin_with_window(0);
    engine_send(&e, bytes, 10);
    expect_nothing(&e);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1);
    hear(&e, RS_ACK, e.them + 1, e.us + 1); // refused
    engine_abort(&e);
    expect_segment(&e, RS_RST | RS_ACK, e.us + 1, e.them + 1, 0);
    expect_nothing(&e);
}

// A window that seems to have shrunk by a part of a unit does not change the number of our ACKs: what lies behind its
// edge has arrived, and an ACK with an older number would be dropped with all that it says.
static void test_acks_behind_an_edge_that_went_back(void **state) {
    (void)state;
    RULE(32);
    begin_with_window(100);
    engine_send(&e, bytes, 100);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 100);
    hear_window(96, e.us + 1);
    hear_data(&e, RS_ACK, e.them + 1, e.us + 1, bytes, 10);
    expect_segment(&e, RS_ACK, e.us + 101, e.them + 11, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data_is_cut_at_the_mss),
        cmocka_unit_test(test_initial_window_and_slow_start),
        cmocka_unit_test(test_initial_window_by_segment_size),
        cmocka_unit_test(test_ring_wrap_gives_two_spans),
        cmocka_unit_test(test_acks_free_the_buffer),
        cmocka_unit_test(test_silly_windows_are_not_filled),
        cmocka_unit_test(test_overlap_is_trimmed),
        cmocka_unit_test(test_gap_is_answered_at_once),
        cmocka_unit_test(test_window_closes_and_opens_by_a_good_piece),
        cmocka_unit_test(test_closed_window_still_hears_acks_and_rst),
        cmocka_unit_test(test_urgent_data_is_read_in_order),
        cmocka_unit_test(test_old_and_duplicate_acks_keep_the_payload),
        cmocka_unit_test(test_ack_of_what_was_never_sent),
        cmocka_unit_test(test_ack_older_than_any_window),
        cmocka_unit_test(test_segment_without_ack_is_dropped),
        cmocka_unit_test(test_stale_window_updates_are_ignored),
        cmocka_unit_test(test_syn_in_any_place_is_challenged),
        cmocka_unit_test(test_challenges_are_throttled),
        cmocka_unit_test(test_wars_of_acks_are_throttled),
        cmocka_unit_test(test_reset_with_data),
        cmocka_unit_test(test_nothing_is_challenged_after_the_end),
        cmocka_unit_test(test_rto_follows_rfc_6298),
        cmocka_unit_test(test_two_huge_segments_fit_in_the_window),
        cmocka_unit_test(test_data_after_a_small_window_has_the_resend_timer),
        cmocka_unit_test(test_rto_is_at_least_a_second),
        cmocka_unit_test(test_backoff_doubles_up_to_a_minute),
        cmocka_unit_test(test_karn),
        cmocka_unit_test(test_ack_restarts_the_timer),
        cmocka_unit_test(test_three_seconds_and_one_segment_after_a_lost_syn),
        cmocka_unit_test(test_loss_halves_the_threshold),
        cmocka_unit_test(test_congestion_avoidance),
        cmocka_unit_test(test_ack_of_the_whole_flight_after_a_timeout),
        cmocka_unit_test(test_zero_window_is_probed),
        cmocka_unit_test(test_probes_do_not_slow_the_resend_timer),
        cmocka_unit_test(test_probe_that_is_taken),
        cmocka_unit_test(test_acks_after_a_refused_probe_have_a_number_that_fits),
        cmocka_unit_test(test_unanswered_probes_are_given_up),
        cmocka_unit_test(test_probing_after_a_long_silence),
        cmocka_unit_test(test_sending_after_a_long_silence),
        cmocka_unit_test(test_bare_acks_after_a_refused_probe_are_heard),
        cmocka_unit_test(test_shrunk_window),
        cmocka_unit_test(test_window_shrunk_to_zero),
        cmocka_unit_test(test_window_of_32768_and_65535_is_unsigned),
        cmocka_unit_test(test_only_the_measured_segment_counts),
        cmocka_unit_test(test_patience_begins_anew_with_each_ack),
        cmocka_unit_test(test_resends_are_counted_anew),
        cmocka_unit_test(test_edge_moves_by_a_good_piece),
        cmocka_unit_test(test_time_zero),
        cmocka_unit_test(test_reset_after_a_refused_probe_has_a_number_that_fits),
        cmocka_unit_test(test_acks_behind_an_edge_that_went_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
