// SPDX-License-Identifier: MIT
//
// Windows (RFC 9293, section 3.8.6): the other end's, which may be silly, closed, or shrink; ours, which moves by a
// good piece; and that probes of a closed one do no harm.
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

// ---- the other end's

static void test_window_of_32768_and_65535_is_unsigned(void **state) {
    (void)state;
    RULE(12);
    begin_with_window(0x8000);
    assert_int_equal(e.conn.snd.wnd, 0x8000);
    hear_window(0xffff, e.us + 1);
    assert_int_equal(e.conn.snd.wnd, 0xffff);
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

// ---- probes

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

// ---- ours

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

// Our SYN says 65535, for its window has no scale; the first segment behind it says what there is, though that is less
// than a segment more (RFC 7323, section 2.3). What is read later is a crumb.
static void test_what_the_syn_could_not_say_is_said_at_once(void **state) {
    enum { SIZE = 96000, SPARE = SIZE / 16, UNIT = 2 };
    static uint8_t large[SIZE];
    struct rs_segment out;
    (void)state;
    RULE(27);
    engine_init(&e, 1000, 5000);
    e.config.receive_buffer = large;
    e.config.receive_bytes = SIZE;
    e.config.mss = 65495;
    peer_offers_all(&e);
    engine_start(&e);
    assert_int_equal(engine_open(&e), RS_CALL_OK);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.window, UINT16_MAX);
    hear(&e, RS_SYN | RS_ACK, 5000, 1001);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.window, (SIZE - SPARE) / UNIT);
    hear_data(&e, RS_ACK, 5001, 1001, bytes, 4000);
    engine_receive(&e, got, 4000);
    engine_tick(&e, e.now + SECOND);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.window, (SIZE - SPARE - 4000) / UNIT);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_of_32768_and_65535_is_unsigned),
        cmocka_unit_test(test_stale_window_updates_are_ignored),
        cmocka_unit_test(test_silly_windows_are_not_filled),
        cmocka_unit_test(test_two_huge_segments_fit_in_the_window),
        cmocka_unit_test(test_data_after_a_small_window_has_the_resend_timer),
        cmocka_unit_test(test_shrunk_window),
        cmocka_unit_test(test_window_shrunk_to_zero),
        cmocka_unit_test(test_acks_behind_an_edge_that_went_back),
        cmocka_unit_test(test_zero_window_is_probed),
        cmocka_unit_test(test_probes_do_not_slow_the_resend_timer),
        cmocka_unit_test(test_probe_that_is_taken),
        cmocka_unit_test(test_unanswered_probes_are_given_up),
        cmocka_unit_test(test_probing_after_a_long_silence),
        cmocka_unit_test(test_acks_after_a_refused_probe_have_a_number_that_fits),
        cmocka_unit_test(test_reset_after_a_refused_probe_has_a_number_that_fits),
        cmocka_unit_test(test_window_closes_and_opens_by_a_good_piece),
        cmocka_unit_test(test_edge_moves_by_a_good_piece),
        cmocka_unit_test(test_what_the_syn_could_not_say_is_said_at_once),
        cmocka_unit_test(test_closed_window_still_hears_acks_and_rst),
        cmocka_unit_test(test_bare_acks_after_a_refused_probe_are_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
