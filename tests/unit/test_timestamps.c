// SPDX-License-Identifier: MIT
//
// Timestamps (RFC 7323): what we write and echo, which segments are too old to be believed (PAWS), and the round trips
// that only an echo can tell. The peer's clock begins at 700.
#include "../help/engine.h"

#define DAY (86400 * SECOND)

static struct engine e;
static uint8_t bytes[ENGINE_BUFFER], got[ENGINE_BUFFER];

static void begin_with(uint32_t them, uint32_t their_clock, uint32_t offset) {
    engine_init(&e, 1000, them);
    e.config.ts_offset = offset;
    peer_offers_all(&e);
    e.peer_options.ts_value = their_clock;
    engine_start(&e);
    engine_establish(&e);
    assert_true(e.conn.opt.timestamps);
}

static void begin(void) { begin_with(5000, 700, 0); }

// The peer sends one byte with this number and clock.
static void hear_byte(uint32_t offset, uint32_t clock) {
    e.peer_options.ts_value = clock;
    hear_data(&e, RS_ACK, e.them + 1 + offset, e.conn.snd.una, bytes + offset, 1);
}

static void expect_echo_at(uint32_t ack, uint32_t echo, int line) {
    struct rs_segment out;
    if (!engine_poll(&e, &out))
        engine_fail(&e, "nothing was sent", __FILE__, line);
    assert_true(out.options.has_timestamps);
    if (out.ack != e.them + 1 + ack || out.options.ts_echo != echo) {
        print_error("    ack %u echo %u\n", out.ack - e.them - 1, out.options.ts_echo);
        engine_fail(&e, "another echo", __FILE__, line);
    }
}

#define expect_echo(ack, echo) expect_echo_at(ack, echo, __LINE__)

// ---- what we write

static void test_syn_has_our_clock_and_no_echo(void **state) {
    struct rs_segment out;
    (void)state;
    RULE(44);
    engine_init(&e, 1000, 5000);
    e.config.ts_offset = 77;
    engine_start(&e);
    engine_open(&e);
    assert_true(engine_poll(&e, &out));
    assert_true(out.options.has_timestamps);
    assert_int_equal(out.options.ts_value, 5077); // milliseconds: it is the fifth second
    assert_int_equal(out.options.ts_echo, 0);
    engine_tick(&e, e.now + SECOND);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.options.ts_value, 6077);
}

// RFC 7323, section 3.2: on every segment that is no RST.
static void test_every_segment_has_them(void **state) {
    struct rs_segment out;
    (void)state;
    RULE(44);
    begin_with(5000, 0x80000000, 77);
    engine_send(&e, bytes, 10);
    assert_true(engine_poll(&e, &out)); // data
    assert_true(out.options.has_timestamps);
    assert_int_equal(out.options.ts_value, 5077); // milliseconds, and the caller's offset
    assert_int_equal(out.options.ts_echo, 0x80000000);
    hear(&e, RS_SYN, e.them, 0);
    assert_true(engine_poll(&e, &out)); // a challenge ACK
    assert_true(out.options.has_timestamps);
    hear_byte(1, 0x80000001);
    assert_true(engine_poll(&e, &out)); // a duplicate ACK
    assert_true(out.options.has_timestamps);
    e.now += 5999;
    engine_close(&e);
    assert_true(engine_poll(&e, &out));
    assert_true(out.flags & RS_FIN);
    assert_true(out.options.has_timestamps);
    assert_int_equal(out.options.ts_value, 5082);
    assert_int_equal(out.options.ts_echo, 0x80000000);
}

static void test_passive_end_echoes_the_syn(void **state) {
    struct rs_segment out;
    (void)state;
    engine_init(&e, 1000, 5000);
    peer_offers_all(&e);
    assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
    hear(&e, RS_SYN, 5000, 0);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.flags, RS_SYN | RS_ACK);
    assert_int_equal(out.options.ts_value, 5000);
    assert_int_equal(out.options.ts_echo, 700);
}

static void test_full_segments_have_room_for_them(void **state) {
    (void)state;
    RULE(14);
    RULE(P10);
    begin();
    engine_send(&e, bytes, 3000);
    expect_segment(&e, RS_ACK, 1001, 5001, 1448);
    expect_segment(&e, RS_ACK, 2449, 5001, 1448);
    expect_segment(&e, RS_ACK, 3897, 5001, 104);
}

static void test_without_agreement_they_mean_nothing(void **state) {
    struct rs_segment out;
    (void)state;
    RULE(44);
    for (int ours = 0; ours < 2; ours++) { // only one of us has offered them
        engine_init(&e, 1000, 5000);
        e.config.no_timestamps = !ours;
        e.peer_options = (struct rs_options){.has_timestamps = !ours, .ts_value = 900};
        engine_start(&e);
        engine_establish(&e);
        e.peer_options = (struct rs_options){.has_timestamps = true, .ts_value = 900};
        hear_data(&e, RS_ACK, 5001, 1001, bytes, 1);
        e.peer_options.ts_value = 1; // older, were it agreed upon
        hear_data(&e, RS_ACK, 5002, 1001, bytes, 1);
        assert_true(engine_poll(&e, &out));
        assert_false(out.options.has_timestamps);
        assert_int_equal(out.ack, 5003);
    }
}

// ---- what we echo (RFC 7323, section 4.3, whose two figures these are)

static void test_delayed_ack_echoes_the_first(void **state) {
    (void)state;
    RULE(44);
    begin();
    e.conn.config.no_delayed_ack = false;
    hear_byte(0, 701);
    hear_byte(1, 702);
    expect_echo(2, 701);
    hear_byte(2, 703);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_echo(3, 703);
}

static void test_echoes_around_gaps(void **state) {
    (void)state;
    RULE(44);
    begin();
    hear_byte(0, 701); // A
    expect_echo(1, 701);
    hear_byte(2, 703); // C: the last one in order is echoed
    expect_echo(1, 701);
    hear_byte(1, 702); // B fills the gap
    expect_echo(3, 702);
    hear_byte(4, 705); // E
    expect_echo(3, 702);
    hear_byte(3, 704); // D
    expect_echo(5, 704);
}

static void test_equal_clock_is_taken(void **state) {
    (void)state;
    begin();
    hear_byte(0, 700);
    expect_echo(1, 700);
    assert_int_equal(engine_receive(&e, got, sizeof got), 1);
}

// ---- protection against old segments (section 5)

static void test_old_clock_is_dropped_and_answered(void **state) {
    (void)state;
    RULE(44);
    for (size_t i = 0; i < 6; i++) { // their clock comes round like a sequence number
        begin_with(some_numbers[i], some_numbers[5 - i], 0);
        hear_byte(0, some_numbers[5 - i] - 1);
        expect_echo(0, some_numbers[5 - i]);
        expect_nothing(&e);
        expect_reasons(&e, RS_DROPPED_OLD_TIMESTAMP, RS_SENT_ACK);
        hear_byte(0, some_numbers[5 - i] - 0x7fffffff);
        expect_echo(0, some_numbers[5 - i]);
        assert_int_equal(engine_receive(&e, got, sizeof got), 0);
        hear_byte(0, some_numbers[5 - i] + 0x7fffffff); // the newest that there can be
        expect_echo(1, some_numbers[5 - i] + 0x7fffffff);
        assert_int_equal(engine_receive(&e, got, sizeof got), 1);
    }
}

static void test_old_ack_does_not_count(void **state) {
    (void)state;
    begin();
    engine_send(&e, bytes, 10);
    expect_segment(&e, RS_ACK, 1001, 5001, 10);
    e.peer_options.ts_value = 699;
    hear(&e, RS_ACK, 5001, 1011);
    assert_int_equal(e.conn.snd.una, 1001);
    expect_segment(&e, RS_ACK, 1011, 5001, 0);
    hear(&e, RS_ACK | RS_FIN, 5001, 1011);
    expect_segment(&e, RS_ACK, 1011, 5001, 0);
    expect_state(&e, RS_ESTABLISHED);
}

static void test_bare_old_acks_are_answered_within_measure(void **state) {
    unsigned answers = 0;
    (void)state;
    RULE(P7);
    begin();
    e.peer_options.ts_value = 600;
    for (int i = 0; i < 50; i++) {
        hear(&e, RS_ACK, 5001, 1001);
        answers += engine_poll_all(&e);
    }
    assert_int_equal(answers, 10);
}

static void test_reset_needs_no_clock(void **state) {
    (void)state;
    RULE(44);
    for (int with = 0; with < 2; with++) { // an old one, or none at all (section 3.2)
        begin();
        e.peer_options.has_timestamps = with;
        e.peer_options.ts_value = 1;
        hear(&e, RS_RST, 5001, 0);
        expect_state(&e, RS_CLOSED);
    }
}

static void test_clock_is_forgotten_after_24_days(void **state) {
    (void)state;
    RULE(44);
    begin();
    e.now += 24 * DAY;
    hear_byte(0, 699);
    expect_echo(0, 700);
    e.now += 1;
    hear_byte(0, 699); // it may have gone half way round meanwhile (section 5.5)
    expect_echo(1, 699);
    assert_int_equal(engine_receive(&e, got, sizeof got), 1);
    hear_byte(1, 698);
    expect_echo(1, 699);
}

static void test_segment_without_clock_is_dropped_in_silence(void **state) {
    (void)state;
    begin();
    e.peer_options.has_timestamps = false;
    hear_data(&e, RS_ACK, 5001, 1001, bytes, 10);
    expect_nothing(&e);
    expect_reasons(&e, RS_DROPPED_NO_TIMESTAMP);
    hear(&e, RS_ACK | RS_FIN, 5001, 1001);
    expect_nothing(&e);
    expect_state(&e, RS_ESTABLISHED);
}

// A peer that has forgotten us says SYN, with another clock or with none: it must learn that we are still there,
// whatever its SYN looks like (RFC 5961, section 4.2), but within measure.
static void test_syn_is_challenged_whatever_its_clock(void **state) {
    struct rs_segment out;
    (void)state;
    RULE(19);
    for (int with = 0; with < 2; with++) {
        unsigned answers = 0;
        begin();
        e.peer_options.has_timestamps = with;
        e.peer_options.ts_value = 1;
        for (uint32_t i = 0; i < 20; i++) {
            hear(&e, RS_SYN, e.them + i * 100000, 0);
            while (engine_poll(&e, &out)) {
                assert_int_equal(out.flags, RS_ACK);
                answers++;
            }
        }
        assert_int_equal(answers, 10);
        assert_true(engine_heard_reason(&e, RS_SENT_CHALLENGE_ACK));
        expect_state(&e, RS_ESTABLISHED);
        assert_int_equal(e.conn.opt.recent, 700);
    }
}

// Only what is in the window may set the clock that is echoed.
static void test_stray_clock_is_not_taken(void **state) {
    (void)state;
    begin();
    e.peer_options.ts_value = 900000;
    hear_data(&e, RS_ACK, 5001 - 100, 1001, bytes, 10);
    expect_echo(0, 700);
    hear_data(&e, RS_ACK, 5001 + ENGINE_BUFFER, 1001, bytes, 10);
    expect_echo(0, 700);
    hear_byte(0, 701);
    expect_echo(1, 701);
}

// Nor may a segment whose ACK cannot be, though it reaches over the number that is waited for: its clock of tomorrow
// would make all that is true look old.
static void test_clock_of_a_forgery_is_not_taken(void **state) {
    RULE(44);
    (void)state;
    begin();
    hear_byte(0, 701);
    expect_echo(1, 701);
    e.peer_options.ts_value = 900000;
    hear_data(&e, RS_ACK, 5001, 1001 + 100000, bytes, 10); // an ACK of what was never sent
    expect_echo(1, 701);
    hear_data(&e, RS_SYN, 5001, 0, bytes, 10);
    expect_echo(1, 701);
    hear_data(&e, 0, 5001, 0, bytes, 10); // no ACK at all
    hear_byte(1, 702);
    expect_echo(2, 702);
}

// ---- round trips

static void resend_once(void) {
    engine_send(&e, bytes, 10);
    expect_segment(&e, RS_ACK, 1001, 5001, 10);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_ACK, 1001, 5001, 10);
    assert_int_equal(e.conn.rtt.rto_us, 2 * SECOND);
    forget_reasons(&e);
    e.now += 200000;
    e.peer_options.ts_value++;
}

static void test_echo_measures_what_was_sent_again(void **state) {
    (void)state;
    RULE(28);
    for (int wraps = 0; wraps < 2; wraps++) { // our clock comes round between the segment and its ACK
        begin_with(5000, 700, wraps ? 0u - 6100 : 0);
        resend_once();
        hear(&e, RS_ACK, 5001, 1011);
        expect_reasons(&e, RS_RTT_MEASURED, RS_DATA_ACKED);
        assert_int_equal(e.conn.rtt.srtt_us, 25000);   // 7/8 * 0 + 1/8 * 200 ms: the second copy
        assert_int_equal(e.conn.rtt.rttvar_us, 50000); // 3/4 * 0 + 1/4 * |0 - 200 ms|
        assert_int_equal(e.conn.rtt.rto_us, SECOND);
    }
}

static void test_echo_of_the_first_copy(void **state) {
    (void)state;
    begin();
    resend_once();
    e.peer_options.ts_echo = 5000; // it was only late: sent at five seconds, and now it is 6.2
    hear(&e, RS_ACK, 5001, 1011);
    assert_int_equal(e.conn.rtt.srtt_us, 150000); // 1/8 * 1200 ms
}

static void test_forged_echoes_measure_nothing(void **state) {
    static const uint32_t forged[] = {0, 4999, 6201, 0x80000000, 0xffffffff};
    (void)state;
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        begin();
        resend_once();
        e.peer_options.ts_echo = forged[i]; // before our SYN, or after now
        hear(&e, RS_ACK, 5001, 1011);
        assert_int_equal(e.conn.snd.una, 1011);
        expect_reasons(&e, RS_DATA_ACKED);
        assert_int_equal(e.conn.rtt.rto_us, 2 * SECOND);
    }
}

static void test_time_wait_answers_the_fin_again(void **state) {
    (void)state;
    RULE(37);
    engine_init(&e, 1000, 5000);
    peer_offers_all(&e);
    engine_reach(&e, RS_TIME_WAIT);
    e.now += SECOND;
    hear(&e, RS_ACK | RS_FIN, 5001, 1002); // the very same segment
    expect_segment(&e, RS_ACK, 1002, 5002, 0);
    assert_true(engine_heard_reason(&e, RS_TIME_WAIT_RESTARTED));
}

static void test_equal_clock_keeps_it_fresh(void **state) {
    (void)state;
    RULE(44);
    begin();
    e.now += 20 * DAY;
    hear_byte(0, 700);
    expect_echo(1, 700);
    e.now += 10 * DAY;
    hear_byte(1, 699); // thirty days after the first, but ten after the last
    expect_echo(1, 700);
    assert_true(engine_heard_reason(&e, RS_DROPPED_OLD_TIMESTAMP));
}

// A SYN is dropped whatever it says, and so is its clock, older or newer.
static void test_clock_of_a_syn_is_not_taken(void **state) {
    (void)state;
    begin();
    e.peer_options.ts_value = 1;
    hear(&e, RS_SYN, 5001, 0);
    expect_echo(0, 700);
    e.peer_options.ts_value = 900000;
    hear(&e, RS_SYN, 5001, 0);
    expect_echo(0, 700);
    hear_byte(0, 701);
    expect_echo(1, 701);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syn_has_our_clock_and_no_echo),
        cmocka_unit_test(test_every_segment_has_them),
        cmocka_unit_test(test_passive_end_echoes_the_syn),
        cmocka_unit_test(test_full_segments_have_room_for_them),
        cmocka_unit_test(test_without_agreement_they_mean_nothing),
        cmocka_unit_test(test_delayed_ack_echoes_the_first),
        cmocka_unit_test(test_echoes_around_gaps),
        cmocka_unit_test(test_equal_clock_is_taken),
        cmocka_unit_test(test_old_clock_is_dropped_and_answered),
        cmocka_unit_test(test_old_ack_does_not_count),
        cmocka_unit_test(test_bare_old_acks_are_answered_within_measure),
        cmocka_unit_test(test_reset_needs_no_clock),
        cmocka_unit_test(test_clock_is_forgotten_after_24_days),
        cmocka_unit_test(test_segment_without_clock_is_dropped_in_silence),
        cmocka_unit_test(test_syn_is_challenged_whatever_its_clock),
        cmocka_unit_test(test_stray_clock_is_not_taken),
        cmocka_unit_test(test_clock_of_a_forgery_is_not_taken),
        cmocka_unit_test(test_echo_measures_what_was_sent_again),
        cmocka_unit_test(test_echo_of_the_first_copy),
        cmocka_unit_test(test_forged_echoes_measure_nothing),
        cmocka_unit_test(test_time_wait_answers_the_fin_again),
        cmocka_unit_test(test_equal_clock_keeps_it_fresh),
        cmocka_unit_test(test_clock_of_a_syn_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
