// SPDX-License-Identifier: MIT
//
// What both ends agree on in their SYNs, and what follows from it: window scale and timestamps (RFC 7323), SACK (RFC
// 2018). An option is used only if both have offered it.
#include "../help/engine.h"

enum { BIG = 1 << 20, DAY_S = 24 * 60 * 60 };

static struct engine e;
static uint8_t big[BIG];

static const struct rs_options all_of_linux = {.has_mss = true,
                                               .mss = 1460,
                                               .sack_permitted = true,
                                               .has_timestamps = true,
                                               .ts_value = 0x80000000,
                                               .has_window_scale = true,
                                               .window_scale = 7};

static void begin(void) {
    engine_init(&e, 1000, 5000);
    e.config.receive_buffer = big;
    e.config.receive_bytes = sizeof big;
    e.config.ts_offset = 77;
}

static struct rs_segment open_and_poll(void) {
    struct rs_segment syn;
    engine_start(&e);
    assert_int_equal(engine_open(&e), RS_CALL_OK);
    assert_true(engine_poll(&e, &syn));
    expect_nothing(&e);
    return syn;
}

// A segment of the peer's with these options.
static void hear_options(uint8_t flags, uint32_t seq, uint32_t ack, uint16_t window, const struct rs_options *options) {
    struct rs_segment s = {.flags = flags, .seq = seq, .ack = ack, .window = window, .options = *options};
    engine_input(&e, &s);
}

// The same with ten bytes of data and a timestamp.
static void hear_stamped(uint8_t flags, uint32_t seq, uint32_t value) {
    struct rs_segment s = {.flags = flags, .seq = seq, .ack = e.us + 1, .window = 100};
    s.options.has_timestamps = true;
    s.options.ts_value = value;
    s.payload[0] = (struct rs_span){(const uint8_t *)"0123456789", 10};
    engine_input(&e, &s);
}

// Established with a peer whose SYN,ACK has these options and a window of 1000; the ACK of the handshake.
static struct rs_segment establish_with(const struct rs_options *theirs) {
    struct rs_segment ack;
    open_and_poll();
    hear_options(RS_SYN | RS_ACK, e.them, e.us + 1, 1000, theirs);
    assert_true(engine_poll(&e, &ack));
    expect_nothing(&e);
    expect_state(&e, RS_ESTABLISHED);
    forget_reasons(&e);
    return ack;
}

// ---- window scale

static void test_scale_is_offered_in_the_syn_whose_window_is_not_scaled(void **state) {
    (void)state;
    RULE(43);
    begin();
    struct rs_segment syn = open_and_poll();
    assert_true(syn.options.has_window_scale);
    assert_int_equal(syn.options.window_scale, 5); // 65535 << 4 is a little less than 1 MiB
    assert_int_equal(syn.window, 65535);
    hear_options(RS_SYN | RS_ACK, e.them, e.us + 1, 1000, &all_of_linux);
    struct rs_segment ack;
    assert_true(engine_poll(&e, &ack));
    assert_false(ack.options.has_window_scale); // in SYNs only
    assert_true((uint32_t)ack.window << 5 > 65535);
    assert_int_equal(e.conn.snd.wnd, 1000); // theirs was a SYN too
    hear_options(RS_ACK, e.them + 1, e.us + 1, 1000,
                 &(struct rs_options){.has_timestamps = true, .ts_value = 0x80000000});
    assert_int_equal(e.conn.snd.wnd, 1000 << 7);
}

static void test_scale_is_used_only_if_both_offer_it(void **state) {
    (void)state;
    RULE(43);
    struct rs_options without = all_of_linux;
    without.has_window_scale = false;
    begin();
    struct rs_segment ack = establish_with(&without);
    assert_int_equal(ack.window, 65535);
    assert_int_equal(e.conn.rcv.edge - e.conn.rcv.nxt, 65535);
    begin();
    e.config.no_window_scale = true;
    struct rs_segment syn = open_and_poll();
    assert_false(syn.options.has_window_scale);
    hear_options(RS_SYN | RS_ACK, e.them, e.us + 1, 1000, &all_of_linux); // a peer that answers what nobody asked
    struct rs_options stamped = {.has_timestamps = true, .ts_value = 0x80000000};
    hear_options(RS_ACK, e.them + 1, e.us + 1, 1000, &stamped);
    assert_int_equal(e.conn.snd.wnd, 1000);
}

static void test_no_shift_above_14(void **state) {
    (void)state;
    RULE(43);
    static const uint8_t shifts[] = {0, 1, 13, 14, 15, 31, 255}, used[] = {0, 1, 13, 14, 14, 14, 14};
    for (size_t i = 0; i < sizeof shifts; i++) {
        struct rs_options theirs = all_of_linux;
        theirs.window_scale = shifts[i];
        begin();
        e.config.window_scale = shifts[i];
        struct rs_segment syn = open_and_poll();
        assert_int_equal(syn.options.window_scale, used[i] > 5 ? used[i] : 5);
        begin();
        establish_with(&theirs);
        struct rs_options stamped = {.has_timestamps = true, .ts_value = 0x80000000};
        hear_options(RS_ACK, e.them + 1, e.us + 1, 3, &stamped);
        assert_int_equal(e.conn.snd.wnd, 3u << used[i]);
    }
}

// ---- timestamps

static void test_timestamps_on_every_segment_but_rst(void **state) {
    (void)state;
    RULE(44);
    begin();
    e.now = 123456789;
    struct rs_segment syn = open_and_poll(), out;
    assert_true(syn.options.has_timestamps);
    assert_int_equal(syn.options.ts_value, 123456 + 77); // milliseconds, and the caller's offset
    assert_int_equal(syn.options.ts_echo, 0);            // no ACK, nothing to echo
    hear_options(RS_SYN | RS_ACK, e.them, e.us + 1, 1000, &all_of_linux);
    for (int i = 0; i < 3; i++) { // ACK, data, FIN
        assert_true(engine_poll(&e, &out));
        assert_true(out.options.has_timestamps);
        assert_int_equal(out.options.ts_value, e.now / 1000 + 77);
        assert_int_equal(out.options.ts_echo, 0x80000000);
        e.now += 5000;
        if (i == 0)
            engine_send(&e, "data", 4);
        else
            engine_close(&e);
    }
    hear_options(RS_RST, e.them + 1, 0, 0, &(struct rs_options){0}); // theirs need not have one either
    expect_state(&e, RS_CLOSED);
}

static void test_timestamps_take_room_from_the_data(void **state) {
    (void)state;
    RULE(14);
    RULE(P10);
    begin();
    establish_with(&all_of_linux);
    struct rs_options stamped = {.has_timestamps = true, .ts_value = 0x80000000};
    hear_options(RS_ACK, e.them + 1, e.us + 1, 1000, &stamped);
    engine_send(&e, big, 3000);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1448);
    expect_segment(&e, RS_ACK, e.us + 1449, e.them + 1, 1448);
}

static void test_old_timestamps_are_dropped_with_an_ack(void **state) {
    (void)state;
    RULE(44);
    begin();
    establish_with(&all_of_linux);
    hear_stamped(RS_ACK, e.them + 1, 0x7fffffff); // the numbers fit, the clock is one tick too old
    expect_reasons(&e, RS_DROPPED_OLD_TIMESTAMP);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 0);
    hear_stamped(RS_ACK, e.them + 1, 0x80000000); // the same tick will do
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 11, 0);
    forget_reasons(&e);
    struct rs_segment bare = {.flags = RS_ACK, .seq = e.them + 11, .ack = e.us + 1, .window = 100};
    engine_input(&e, &bare);
    expect_nothing(&e);
    expect_reasons(&e, RS_DROPPED_NO_TIMESTAMP);
    hear_stamped(RS_RST, e.them + 11, 5); // RST is believed with any
    expect_state(&e, RS_CLOSED);
}

static void test_old_timestamps_are_believed_after_24_idle_days(void **state) {
    (void)state;
    RULE(44);
    begin();
    establish_with(&all_of_linux);
    engine_tick(&e, e.now + UINT64_C(23) * DAY_S * SECOND);
    hear_stamped(RS_ACK, e.them + 1, 0x7fffffff);
    expect_reasons(&e, RS_DROPPED_OLD_TIMESTAMP);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 0);
    engine_tick(&e, e.now + UINT64_C(2) * DAY_S * SECOND);
    hear_stamped(RS_ACK, e.them + 1, 0x7fffffff);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 11, 0);
}

static void test_timestamps_only_if_both_offer_them(void **state) {
    (void)state;
    RULE(44);
    struct rs_options without = all_of_linux;
    without.has_timestamps = false;
    begin();
    assert_false(establish_with(&without).options.has_timestamps);
    begin();
    e.config.no_timestamps = true;
    assert_false(establish_with(&all_of_linux).options.has_timestamps);
    hear_stamped(RS_ACK, e.them + 1, 5); // nobody looks at it
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 11, 0);
}

// ---- SACK

// What arrives behind a gap, and the ACK that tells of it.
static struct rs_segment early(uint32_t at) {
    struct rs_segment ack;
    hear_stamped(RS_ACK, e.them + 1 + at, 0x80000000);
    assert_true(engine_poll(&e, &ack));
    assert_int_equal(ack.ack, e.them + 1);
    return ack;
}

static void test_sack_tells_what_arrived_early_the_latest_first(void **state) {
    (void)state;
    RULE(45);
    begin();
    establish_with(&all_of_linux);
    struct rs_segment ack = early(100);
    assert_int_equal(ack.options.sack_blocks, 1);
    assert_int_equal(ack.options.sack[0].left, e.them + 101);
    assert_int_equal(ack.options.sack[0].right, e.them + 111);
    early(300);
    early(200);
    ack = early(110);
    assert_int_equal(ack.options.sack_blocks, 3); // all that has room beside the timestamps
    static const uint32_t lefts[] = {100, 200, 300}, rights[] = {120, 210, 310};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ack.options.sack[i].left, e.them + 1 + lefts[i]);
        assert_int_equal(ack.options.sack[i].right, e.them + 1 + rights[i]);
    }
}

static void test_sack_only_if_both_permit_it(void **state) {
    (void)state;
    RULE(45);
    struct rs_options without = all_of_linux;
    without.sack_permitted = false;
    begin();
    assert_true(open_and_poll().options.sack_permitted);
    begin();
    establish_with(&without);
    assert_int_equal(early(100).options.sack_blocks, 0);
    begin();
    e.config.no_sack = true;
    assert_false(open_and_poll().options.sack_permitted);
    begin();
    e.config.no_sack = true;
    establish_with(&all_of_linux);
    assert_int_equal(early(100).options.sack_blocks, 0);
}

// ---- the answering side

static void test_syn_ack_has_only_what_the_syn_had(void **state) {
    (void)state;
    RULE(43);
    RULE(44);
    RULE(45);
    for (int with = 0; with < 2; with++) {
        struct rs_options theirs = with ? all_of_linux : (struct rs_options){.has_mss = true, .mss = 1000};
        begin();
        engine_start(&e);
        assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
        hear_options(RS_SYN, e.them, 0, 1000, &theirs);
        struct rs_segment out;
        assert_true(engine_poll(&e, &out));
        assert_int_equal(out.flags, RS_SYN | RS_ACK);
        assert_int_equal(out.options.has_window_scale, with);
        assert_int_equal(out.options.has_timestamps, with);
        assert_int_equal(out.options.sack_permitted, with);
        assert_true(out.options.has_mss);
        assert_int_equal(out.options.ts_echo, with ? 0x80000000 : 0);
        assert_int_equal(out.window, 65535);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale_is_offered_in_the_syn_whose_window_is_not_scaled),
        cmocka_unit_test(test_scale_is_used_only_if_both_offer_it),
        cmocka_unit_test(test_no_shift_above_14),
        cmocka_unit_test(test_timestamps_on_every_segment_but_rst),
        cmocka_unit_test(test_timestamps_take_room_from_the_data),
        cmocka_unit_test(test_old_timestamps_are_dropped_with_an_ack),
        cmocka_unit_test(test_old_timestamps_are_believed_after_24_idle_days),
        cmocka_unit_test(test_timestamps_only_if_both_offer_them),
        cmocka_unit_test(test_sack_tells_what_arrived_early_the_latest_first),
        cmocka_unit_test(test_sack_only_if_both_permit_it),
        cmocka_unit_test(test_syn_ack_has_only_what_the_syn_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
