// SPDX-License-Identifier: MIT
//
// The options of a SYN: which are offered, which are used, and what they change (RFC 9293, section 3.7.1; RFC 6691; RFC
// 7323, section 2; RFC 2018, section 2). Windows above 64 KiB go both ways.
#include "../help/engine.h"
#include "rawshake/seq.h"

enum { WINDOW_SCALE = 1, SACK = 2, TIMESTAMPS = 4, ALL = 7, LARGE = 300000 };

// A sixteenth is kept (src/tcp/tcb.c); the scale is 3.
enum { OFFERED_UNITS = (LARGE - LARGE / 16 + 7) / 8 };

static struct engine e;
static uint8_t large_send[LARGE], large_receive[LARGE], bytes[LARGE], got[LARGE];

// What we offer, and what the peer does.
static void begin(unsigned ours, unsigned theirs) {
    engine_init(&e, 1000, 5000);
    e.config.no_window_scale = !(ours & WINDOW_SCALE);
    e.config.no_sack = !(ours & SACK);
    e.config.no_timestamps = !(ours & TIMESTAMPS);
    peer_offers_all(&e);
    e.peer_options.has_window_scale = theirs & WINDOW_SCALE;
    e.peer_options.sack_permitted = theirs & SACK;
    e.peer_options.has_timestamps = theirs & TIMESTAMPS;
    engine_start(&e);
}

static struct rs_segment poll(void) {
    struct rs_segment out;
    assert_true(engine_poll(&e, &out));
    return out;
}

static unsigned offered(const struct rs_segment *syn) {
    return (syn->options.has_window_scale ? WINDOW_SCALE : 0u) | (syn->options.sack_permitted ? SACK : 0u) |
           (syn->options.has_timestamps ? TIMESTAMPS : 0u);
}

static unsigned agreed(void) {
    struct rs_conn_facts facts;
    rs_conn_facts(&e.conn, &facts);
    return (facts.window_scale ? WINDOW_SCALE : 0u) | (facts.sack ? SACK : 0u) | (facts.timestamps ? TIMESTAMPS : 0u);
}

// ---- who offers what

static void test_used_is_what_both_offer(void **state) {
    (void)state;
    RULE(43);
    RULE(44);
    RULE(45);
    for (unsigned ours = 0; ours <= ALL; ours++)
        for (unsigned theirs = 0; theirs <= ALL; theirs++) {
            begin(ours, theirs);
            engine_open(&e);
            struct rs_segment syn = poll();
            assert_int_equal(offered(&syn), ours);
            assert_true(syn.options.has_mss);
            hear(&e, RS_SYN | RS_ACK, e.them, e.us + 1);
            struct rs_segment ack = poll();
            assert_int_equal(agreed(), ours & theirs);
            assert_int_equal(offered(&ack), ours & theirs & TIMESTAMPS); // the others only in a SYN
            assert_false(ack.options.has_mss);
            assert_int_equal(e.conn.snd.scale, ours & theirs & WINDOW_SCALE ? 7 : 0);
        }
}

static void test_syn_ack_has_only_what_the_syn_had(void **state) {
    (void)state;
    RULE(43);
    RULE(44);
    RULE(45);
    for (unsigned ours = 0; ours <= ALL; ours++)
        for (unsigned theirs = 0; theirs <= ALL; theirs++) {
            begin(ours, theirs);
            assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
            hear(&e, RS_SYN, e.them, 0);
            struct rs_segment syn_ack = poll();
            assert_int_equal(syn_ack.flags, RS_SYN | RS_ACK);
            assert_int_equal(offered(&syn_ack), ours & theirs);
            assert_true(syn_ack.options.has_mss);
            hear(&e, RS_ACK, e.them + 1, e.us + 1);
            expect_state(&e, RS_ESTABLISHED);
            assert_int_equal(agreed(), ours & theirs);
        }
}

static void test_crossing_syns_agree_too(void **state) {
    (void)state;
    RULE(5);
    RULE(43);
    for (unsigned theirs = 0; theirs <= ALL; theirs++) {
        begin(ALL, theirs);
        engine_open(&e);
        struct rs_segment syn = poll();
        assert_int_equal(offered(&syn), ALL);
        hear(&e, RS_SYN, e.them, 0);
        struct rs_segment syn_ack = poll();
        assert_int_equal(offered(&syn_ack), theirs);
        hear(&e, RS_SYN | RS_ACK, e.them, e.us + 1);
        expect_state(&e, RS_ESTABLISHED);
        assert_int_equal(e.conn.snd.wnd, PEER_WINDOW); // the window of a SYN,ACK is not scaled either
        hear(&e, RS_ACK, e.them + 1, e.us + 1);
        assert_int_equal(e.conn.snd.wnd, theirs & WINDOW_SCALE ? PEER_WINDOW << 7 : PEER_WINDOW);
    }
}

static void test_resent_syn_offers_the_same(void **state) {
    (void)state;
    begin(ALL, ALL);
    engine_open(&e);
    struct rs_segment first = poll();
    engine_tick(&e, rs_conn_deadline(&e.conn));
    struct rs_segment second = poll();
    assert_int_equal(offered(&second), ALL);
    assert_int_equal(second.options.window_scale, first.options.window_scale);
    assert_int_equal(second.options.mss, first.options.mss);
    assert_int_equal(second.window, first.window);
}

static void test_options_outside_of_a_syn_change_nothing(void **state) {
    (void)state;
    RULE(43);
    begin(ALL, 0);
    engine_establish(&e);
    struct rs_segment seg = {.flags = RS_ACK, .seq = e.them + 1, .ack = e.us + 1, .window = 4000};
    seg.options = (struct rs_options){.has_mss = true, .mss = 100, .has_window_scale = true, .window_scale = 5};
    seg.options.sack_permitted = true;
    engine_input(&e, &seg);
    assert_int_equal(agreed(), 0);
    assert_int_equal(e.conn.snd.wnd, 4000);
    assert_int_equal(e.conn.snd.mss, 1460);
}

// ---- the order in which they are written

static void test_order_is_the_callers(void **state) {
    static const uint8_t order[] = {RS_OPTION_TIMESTAMPS, RS_OPTION_NOP, RS_OPTION_MSS, RS_OPTION_SACK_PERMITTED};
    (void)state;
    begin(ALL, ALL);
    memcpy(e.config.syn_options, order, sizeof order);
    engine_start(&e);
    engine_open(&e);
    struct rs_segment syn = poll();
    assert_int_equal(offered(&syn), SACK | TIMESTAMPS); // what is not in the list is not offered
    assert_int_equal(syn.options.order_count, sizeof order);
    assert_memory_equal(syn.options.order, order, sizeof order);
    hear(&e, RS_SYN | RS_ACK, e.them, e.us + 1);
    assert_int_equal(agreed(), SACK | TIMESTAMPS);
    assert_int_equal(poll().options.order_count, 0); // only of a SYN
}

static void test_full_list_of_twelve(void **state) {
    static const uint8_t order[RS_SYN_OPTIONS_MAX] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, RS_OPTION_MSS};
    (void)state;
    begin(ALL, ALL);
    memcpy(e.config.syn_options, order, sizeof order);
    engine_start(&e);
    engine_open(&e);
    struct rs_segment syn = poll();
    assert_int_equal(offered(&syn), 0);
    assert_true(syn.options.has_mss);
    assert_int_equal(syn.options.order_count, RS_SYN_OPTIONS_MAX);
}

// ---- the size of segments

static void test_mss_of_the_peer(void **state) {
    static const struct {
        int told; // -1: no option
        uint16_t used;
    } rows[] = {{-1, 536}, {0, 48}, {1, 48}, {47, 48}, {48, 48}, {49, 49}, {1459, 1459}, {1460, 1460}, {65535, 1460}};
    (void)state;
    RULE(13);
    RULE(14);
    RULE(P10);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(0, 0);
        engine_open(&e);
        (void)poll();
        struct rs_segment seg = {.flags = RS_SYN | RS_ACK, .seq = 5000, .ack = 1001, .window = PEER_WINDOW};
        seg.options.has_mss = rows[i].told >= 0;
        seg.options.mss = (uint16_t)rows[i].told;
        engine_input(&e, &seg);
        (void)poll();
        engine_send(&e, bytes, 3000);
        struct rs_segment data = poll();
        assert_int_equal(rs_segment_data_bytes(&data), rows[i].used);
    }
}

static void test_mss_that_we_announce(void **state) {
    static const uint16_t told[] = {1, 536, 1460, 65495, 65535};
    (void)state;
    RULE(14);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        begin(ALL, ALL); // what the options take is not subtracted (RFC 6691)
        e.config.mss = told[i];
        engine_start(&e);
        engine_open(&e);
        assert_int_equal(poll().options.mss, told[i]);
    }
    begin(0, 0);
    e.config.mss = 0;
    engine_start(&e);
    engine_open(&e);
    assert_int_equal(poll().options.mss, 536);
    begin(0, 0);
    e.config.no_mss = true;
    engine_start(&e);
    engine_open(&e);
    assert_false(poll().options.has_mss);
}

static void test_mss_of_ipv6(void **state) {
    (void)state;
    RULE(13);
    RULE(14);
    begin(0, 0);
    engine_over_ipv6(&e);
    e.config.mss = 0;
    engine_start(&e);
    engine_open(&e);
    assert_int_equal(poll().options.mss, 1220); // 1280 - 40 - 20 (RFC 8200, section 5)
    e.peer_mss = 0;
    hear(&e, RS_SYN | RS_ACK, e.them, e.us + 1);
    (void)poll();
    engine_send(&e, bytes, 3000);
    struct rs_segment data = poll();
    assert_int_equal(rs_segment_data_bytes(&data), 1220); // RFC 9293, section 3.7.1
}

// Segments so small that the options would fill them still carry something, and no more than they should.
static void test_options_may_fill_a_tiny_segment(void **state) {
    (void)state;
    RULE(14);
    for (uint16_t mss = 1; mss < 50; mss++) {
        begin(ALL, ALL);
        e.config.mss = mss;
        engine_start(&e);
        engine_establish(&e);
        for (uint32_t i = 1; i <= 4; i++)
            hear_data(&e, RS_ACK, e.them + 1 + i * 10, e.us + 1, bytes, 5);
        engine_send(&e, bytes, 3000);
        struct rs_segment data = poll();
        assert_in_range(rs_segment_data_bytes(&data), 1, mss);
        assert_in_range(e.conn.snd.cwnd, 1, 4 * mss);
    }
}

// ---- windows and their scale

static void test_scale_that_we_offer(void **state) {
    static const struct {
        size_t receive_bytes;
        uint8_t asked, used;
    } rows[] = {{8192, 0, 0},
                {65535, 0, 0},
                {65536, 0, 1},
                {1 << 20, 0, 5}, // 65535 << 4 is a little less
                {LARGE, 0, 3},
                {LARGE, 7, 7},
                {LARGE, 2, 3},
                {LARGE, 14, 14},
                {LARGE, 15, 14},
                {LARGE, 255, 14},
                {8192, 14, 11},
                {4, 14, 0},
                {(size_t)65535 << 14, 0, 14},
                {(size_t)1 << 31, 0, 14}};
    (void)state;
    RULE(43);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(ALL, ALL);
        e.config.receive_bytes = rows[i].receive_bytes; // not touched here
        e.config.window_scale = rows[i].asked;
        engine_start(&e);
        engine_open(&e);
        assert_int_equal(poll().options.window_scale, rows[i].used);
    }
}

static void test_scale_of_the_peer(void **state) {
    (void)state;
    RULE(43);
    for (unsigned scale = 0; scale <= 255; scale += scale < 16 ? 1 : 239) {
        begin(ALL, ALL);
        e.peer_options.window_scale = (uint8_t)scale;
        e.peer_window = 65535;
        engine_establish(&e);
        assert_int_equal(e.conn.snd.wnd, 65535); // not in a SYN,ACK
        hear(&e, RS_ACK, e.them + 1, e.us + 1);
        assert_int_equal(e.conn.snd.wnd, UINT32_C(65535) << (scale < 14 ? scale : 14)); // RFC 7323, section 2.3
    }
}

static void begin_large(void) {
    begin(ALL & ~(unsigned)TIMESTAMPS, ALL);
    e.config.send_buffer = large_send;
    e.config.receive_buffer = large_receive;
    e.config.send_bytes = e.config.receive_bytes = LARGE;
    e.peer_options.has_timestamps = false;
    e.peer_options.window_scale = 2;
    e.peer_window = 50000;
    engine_start(&e);
}

static void test_more_than_64_kib_on_its_way(void **state) {
    struct rs_segment out;
    (void)state;
    RULE(43);
    begin_large();
    engine_establish(&e);
    hear(&e, RS_ACK, e.them + 1, e.us + 1);
    e.conn.snd.cwnd = UINT32_MAX / 4; // only their window counts here
    assert_int_equal(engine_send(&e, bytes, LARGE), LARGE);
    uint32_t sent = 0;
    while (engine_poll(&e, &out))
        sent += (uint32_t)rs_segment_data_bytes(&out);
    assert_int_equal(sent, 200000 / 1460 * 1460); // four times 50000; the rest of it would be silly
    e.peer_window = 0;
    hear(&e, RS_ACK, e.them + 1, e.us + 1 + sent);
    expect_nothing(&e);
    assert_true(engine_heard_reason(&e, RS_WINDOW_CLOSED));
    e.peer_window = 1; // four bytes
    hear(&e, RS_ACK, e.them + 1, e.us + 1 + sent);
    assert_int_equal(e.conn.snd.wnd, 4);
}

static void test_more_than_64_kib_to_receive(void **state) {
    (void)state;
    RULE(43);
    begin_large();
    engine_open(&e);
    struct rs_segment out = poll();
    assert_int_equal(out.window, 65535);
    assert_int_equal(out.options.window_scale, 3);
    hear(&e, RS_SYN | RS_ACK, e.them, e.us + 1);
    out = poll();
    assert_int_equal(out.window, OFFERED_UNITS);
    for (uint32_t i = 0; i < LARGE; i += 1000) // all of it arrives before anything is read, and some that does not fit
        hear_data(&e, RS_ACK, e.them + 1 + i, e.us + 1, bytes + i, 1000);
    out = poll();
    assert_int_equal(out.ack, e.them + 1 + OFFERED_UNITS * 8);
    assert_int_equal(out.window, 0);
    assert_int_equal(engine_receive(&e, got, LARGE), OFFERED_UNITS * 8);
    assert_memory_equal(got, bytes, OFFERED_UNITS * 8);
    assert_int_equal(poll().window, OFFERED_UNITS);
}

// As the other end computes it, from a window that is told in units, the edge never goes back, however odd the segments
// are: what rounding up takes was kept (RFC 7323, section 2.4, would allow to go back by a part of a unit).
static void test_scaled_edge_never_seems_to_go_back(void **state) {
    (void)state;
    RULE(43);
    begin_large();
    e.config.no_delayed_ack = true;
    engine_start(&e);
    engine_establish(&e);
    uint32_t at = 0, edge = e.them + 1;
    for (uint32_t i = 0; at < OFFERED_UNITS * 8; i++) {
        uint32_t size = 1 + i * 37 % 1459;
        hear_data(&e, RS_ACK, e.them + 1 + at, e.us + 1, bytes + at, size);
        struct rs_segment out = poll();
        at = out.ack - (e.them + 1);
        assert_false(rs_seq_lt(out.ack + out.window * 8u, edge));
        edge = out.ack + out.window * 8u;
        if (at + 1459 > LARGE)
            break;
    }
    assert_int_equal(engine_receive(&e, got, LARGE), at);
    assert_memory_equal(got, bytes, at);
}

// What the window of a SYN,ACK says is not scaled either (RFC 7323, section 2.2).
static void test_window_of_our_syn_ack_is_not_scaled(void **state) {
    (void)state;
    RULE(43);
    begin_large();
    assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
    hear(&e, RS_SYN, e.them, 0);
    struct rs_segment syn_ack = poll();
    assert_int_equal(syn_ack.flags, RS_SYN | RS_ACK);
    assert_int_equal(syn_ack.options.window_scale, 3);
    assert_int_equal(syn_ack.window, 65535);
}

static void test_without_their_scale_windows_are_small(void **state) {
    (void)state;
    RULE(43);
    begin_large();
    e.peer_options.has_window_scale = false;
    engine_open(&e);
    (void)poll();
    hear(&e, RS_SYN | RS_ACK, e.them, e.us + 1);
    assert_int_equal(poll().window, 65535);
    assert_int_equal(e.conn.rcv.edge - e.conn.rcv.nxt, 65535);
    hear(&e, RS_ACK, e.them + 1, e.us + 1);
    assert_int_equal(e.conn.snd.wnd, 50000);
}

static void test_window_of_the_syn_is_the_callers(void **state) {
    static const struct {
        size_t receive_bytes;
        uint16_t asked, told;
    } rows[] = {{LARGE, 64240, 64240}, {LARGE, 1, 1},   {65536, 60000, 60000},
                {8192, 64240, 8192},   {8192, 0, 8192}, {0, 0, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin_large();
        e.config.receive_bytes = rows[i].receive_bytes;
        e.config.syn_window = rows[i].asked;
        engine_start(&e);
        engine_open(&e);
        assert_int_equal(poll().window, rows[i].told);
        hear(&e, RS_SYN | RS_ACK, e.them, e.us + 1);
        struct rs_segment ack = poll(); // from now on all the room there is, but for what is kept
        uint32_t offered = rows[i].receive_bytes == LARGE ? OFFERED_UNITS * 8 : (uint32_t)rows[i].receive_bytes;
        assert_int_equal((uint32_t)ack.window << e.conn.rcv.scale, offered);
    }
}

int main(void) {
    fill_with_pattern(bytes, sizeof bytes);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_used_is_what_both_offer),
        cmocka_unit_test(test_syn_ack_has_only_what_the_syn_had),
        cmocka_unit_test(test_crossing_syns_agree_too),
        cmocka_unit_test(test_resent_syn_offers_the_same),
        cmocka_unit_test(test_options_outside_of_a_syn_change_nothing),
        cmocka_unit_test(test_order_is_the_callers),
        cmocka_unit_test(test_full_list_of_twelve),
        cmocka_unit_test(test_mss_of_the_peer),
        cmocka_unit_test(test_mss_that_we_announce),
        cmocka_unit_test(test_mss_of_ipv6),
        cmocka_unit_test(test_options_may_fill_a_tiny_segment),
        cmocka_unit_test(test_scale_that_we_offer),
        cmocka_unit_test(test_scale_of_the_peer),
        cmocka_unit_test(test_more_than_64_kib_on_its_way),
        cmocka_unit_test(test_more_than_64_kib_to_receive),
        cmocka_unit_test(test_scaled_edge_never_seems_to_go_back),
        cmocka_unit_test(test_window_of_our_syn_ack_is_not_scaled),
        cmocka_unit_test(test_without_their_scale_windows_are_small),
        cmocka_unit_test(test_window_of_the_syn_is_the_callers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
