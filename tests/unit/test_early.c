// SPDX-License-Identifier: MIT
//
// What arrives behind a gap: kept and never delivered early (RFC 9293, section 3.10.7.4), told by SACK (RFC 2018).
// Offsets count from the first byte of the peer's data.
#include "../help/engine.h"

static struct engine e;
static uint8_t bytes[ENGINE_BUFFER], got[ENGINE_BUFFER];

static void begin_from(uint32_t them) {
    fill_with_pattern(bytes, sizeof bytes);
    engine_init(&e, 1000, them);
    peer_offers_all(&e);
    e.peer_options.has_timestamps = false;
    engine_start(&e);
    engine_establish(&e);
}

static void begin(void) { begin_from(5000); }

// The bytes from left to right arrive.
static void hear_range(uint32_t left, uint32_t right) {
    hear_data(&e, RS_ACK, e.them + 1 + left, e.conn.snd.una, bytes + left, right - left);
}

struct block {
    uint32_t left, right;
};

static void expect_sack_at(uint32_t ack, const struct block *blocks, size_t count, int line) {
    struct rs_segment out;
    if (!engine_poll(&e, &out))
        engine_fail(&e, "nothing was sent", __FILE__, line);
    bool same = out.ack == e.them + 1 + ack && out.options.sack_blocks == count;
    for (size_t i = 0; same && i < count; i++)
        same = out.options.sack[i].left == e.them + 1 + blocks[i].left &&
               out.options.sack[i].right == e.them + 1 + blocks[i].right;
    if (same)
        return;
    print_error("    ack %u\n", out.ack - e.them - 1);
    for (size_t i = 0; i < out.options.sack_blocks; i++)
        print_error("    block %u to %u\n", out.options.sack[i].left - e.them - 1,
                    out.options.sack[i].right - e.them - 1);
    engine_fail(&e, "another ACK", __FILE__, line);
}

// The next segment acknowledges this, with exactly these blocks in this order; the first {0, 0} is left out.
#define expect_sack(ack, ...)                                                                                          \
    expect_sack_at(ack, &((const struct block[]){{0, 0}, __VA_ARGS__})[1],                                             \
                   sizeof((const struct block[]){{0, 0}, __VA_ARGS__}) / sizeof(struct block) - 1, __LINE__)
#define expect_no_sack(ack) expect_sack_at(ack, NULL, 0, __LINE__)

static void expect_bytes(uint32_t from, uint32_t to) {
    assert_int_equal(engine_receive(&e, got, sizeof got), to - from);
    assert_memory_equal(got, bytes + from, to - from);
}

// ---- ranges

static void test_gap_is_filled(void **state) {
    (void)state;
    RULE(24);
    for (size_t i = 0; i < 6; i++) {
        begin_from(some_numbers[i] - 150); // the wrap lies within the gap, or within what came early
        hear_range(100, 200);
        expect_sack(0, {100, 200});
        expect_nothing(&e);
        expect_reasons(&e, RS_KEPT_OUT_OF_ORDER, RS_SENT_DUPLICATE_ACK);
        assert_int_equal(engine_receive(&e, got, sizeof got), 0);
        hear_range(0, 100);
        expect_no_sack(200);
        expect_nothing(&e);
        expect_reasons(&e, RS_DATA_ARRIVED, RS_GAP_FILLED, RS_SENT_ACK);
        expect_bytes(0, 200);
    }
}

static void test_ranges_grow_at_both_ends(void **state) {
    (void)state;
    RULE(24);
    begin();
    hear_range(200, 300);
    expect_sack(0, {200, 300});
    hear_range(300, 400); // behind it
    expect_sack(0, {200, 400});
    hear_range(100, 200); // before it
    expect_sack(0, {100, 400});
    hear_range(50, 150); // overlapping
    expect_sack(0, {50, 400});
    hear_range(350, 500);
    expect_sack(0, {50, 500});
    hear_range(10, 600); // around it
    expect_sack(0, {10, 600});
    hear_range(0, 10);
    expect_no_sack(600);
    expect_bytes(0, 600);
}

static void test_range_between_two_joins_them(void **state) {
    (void)state;
    begin();
    hear_range(100, 200);
    expect_sack(0, {100, 200});
    hear_range(300, 400);
    expect_sack(0, {300, 400}, {100, 200});
    hear_range(500, 600);
    expect_sack(0, {500, 600}, {300, 400}, {100, 200});
    hear_range(200, 300);
    expect_sack(0, {100, 400}, {500, 600});
    hear_range(150, 550);
    expect_sack(0, {100, 600});
    hear_range(0, 150);
    expect_no_sack(600);
    expect_bytes(0, 600);
}

static void test_in_order_segment_reaches_over_several(void **state) {
    (void)state;
    begin();
    hear_range(100, 200);
    expect_sack(0, {100, 200});
    hear_range(300, 400);
    expect_sack(0, {300, 400}, {100, 200});
    hear_range(600, 700);
    expect_sack(0, {600, 700}, {300, 400}, {100, 200});
    hear_range(0, 350); // over the first, into the second
    expect_sack(400, {600, 700});
    expect_bytes(0, 400);
    hear_range(300, 1000); // old, new, early and new
    expect_no_sack(1000);
    expect_bytes(400, 1000);
}

static void test_table_of_ranges_is_finite(void **state) {
    struct rs_segment out;
    (void)state;
    begin();
    for (uint32_t i = 0; i < RS_RANGES_MAX; i++) {
        hear_range(20 + i * 20, 30 + i * 20);
        assert_true(engine_poll(&e, &out));
    }
    forget_reasons(&e);
    hear_range(1000, 1010); // one too many: it comes again later
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.ack, e.them + 1);
    expect_reasons(&e, RS_DROPPED_OUT_OF_ORDER, RS_SENT_DUPLICATE_ACK);
    hear_range(30, 35); // one that grows needs no place
    expect_sack(0, {20, 35}, {320, 330}, {300, 310}, {280, 290});
    hear_range(35, 340); // nor one that joins all
    expect_sack(0, {20, 340});
    hear_range(1000, 1010);
    expect_sack(0, {1000, 1010}, {20, 340});
    hear_range(0, 1000);
    expect_no_sack(1010);
    expect_bytes(0, 1010);
}

static void test_beyond_the_window(void **state) {
    (void)state;
    begin();
    hear_data(&e, RS_ACK, e.them + 1 + ENGINE_BUFFER - 10, e.us + 1, bytes, 100); // only ten of it are within
    expect_sack(0, {ENGINE_BUFFER - 10, ENGINE_BUFFER});
    hear_data(&e, RS_ACK, e.them + 1 + ENGINE_BUFFER, e.us + 1, bytes, 100);
    expect_sack(0, {ENGINE_BUFFER - 10, ENGINE_BUFFER});
    assert_true(engine_heard_reason(&e, RS_DROPPED_OUTSIDE_WINDOW));
}

// What came early lies where it belongs, also where the ring's end is between.
static void test_ring_wraps_within_early_data(void **state) {
    (void)state;
    begin();
    hear_range(0, 8000);
    expect_no_sack(8000);
    expect_bytes(0, 8000);
    expect_no_sack(8000); // the window is open again
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = pattern(i + 5);
    hear_data(&e, RS_ACK, e.them + 1 + 8100, e.us + 1, bytes + 100, 900); // from 8100 round the end at 8192
    expect_sack(8000, {8100, 9000});
    hear_data(&e, RS_ACK, e.them + 1 + 8000, e.us + 1, bytes, 100);
    expect_no_sack(9000);
    expect_bytes(0, 1000);
}

static void test_payload_in_two_spans(void **state) {
    (void)state;
    begin();
    struct rs_segment seg = {
        .source_port = 80,
        .destination_port = 40000,
        .flags = RS_ACK,
        .seq = e.them + 101,
        .ack = e.us + 1,
        .window = PEER_WINDOW,
        .payload = {{bytes + 100, 30}, {bytes + 130, 70}},
    };
    engine_input(&e, &seg);
    expect_sack(0, {100, 200});
    seg.seq = e.them + 1;
    seg.payload[0] = (struct rs_span){bytes, 20};
    seg.payload[1] = (struct rs_span){bytes + 20, 130}; // fifty of it came before
    engine_input(&e, &seg);
    expect_no_sack(200);
    seg.payload[0].size = 10; // now the first span is old, and a part of the second
    seg.payload[1] = (struct rs_span){bytes + 10, 240};
    engine_input(&e, &seg);
    expect_no_sack(250);
    expect_bytes(0, 250);
}

// ---- FIN behind a gap

static void test_early_fin_waits(void **state) {
    (void)state;
    RULE(35);
    begin();
    hear_data(&e, RS_ACK | RS_FIN, e.them + 101, e.us + 1, bytes + 100, 50);
    expect_sack(0, {100, 150});
    expect_state(&e, RS_ESTABLISHED);
    hear_range(0, 100);
    expect_no_sack(151);
    expect_state(&e, RS_CLOSE_WAIT);
    expect_bytes(0, 150);
}

static void test_early_fin_alone(void **state) {
    (void)state;
    begin();
    hear(&e, RS_ACK | RS_FIN, e.them + 151, e.us + 1);
    expect_no_sack(0); // it has no bytes to tell of
    hear_range(100, 150);
    expect_sack(0, {100, 150});
    hear_range(0, 100);
    expect_no_sack(151);
    expect_state(&e, RS_CLOSE_WAIT);
}

static void test_nothing_counts_behind_a_fin(void **state) {
    (void)state;
    begin();
    hear(&e, RS_ACK | RS_FIN, e.them + 101, e.us + 1);
    expect_no_sack(0);
    hear_range(50, 200); // its bytes from 100 on cannot be
    expect_sack(0, {50, 100});
    hear_range(150, 200);
    hear_range(0, 50);
    expect_no_sack(101);
    expect_state(&e, RS_CLOSE_WAIT);
    expect_bytes(0, 100);
}

static void test_contradicted_fin_is_not_believed(void **state) {
    (void)state;
    begin();
    hear_range(100, 200);
    expect_sack(0, {100, 200});
    hear_data(&e, RS_ACK | RS_FIN, e.them + 51, e.us + 1, bytes + 50, 50); // it would end before what is here
    expect_sack(0, {50, 200});
    hear_range(0, 50);
    expect_no_sack(200);
    expect_state(&e, RS_ESTABLISHED);
    hear(&e, RS_ACK | RS_FIN, e.them + 301, e.us + 1); // the first that fits is believed, a second one is not
    expect_no_sack(200);
    hear(&e, RS_ACK | RS_FIN, e.them + 251, e.us + 1);
    expect_no_sack(200);
    hear_range(200, 300);
    expect_no_sack(301);
    expect_state(&e, RS_CLOSE_WAIT);
    expect_bytes(0, 300);
}

static void test_fin_wait_2_keeps_early_data(void **state) {
    (void)state;
    engine_init(&e, 1000, 5000);
    peer_offers_all(&e);
    e.peer_options.has_timestamps = false;
    engine_reach(&e, RS_FIN_WAIT_2);
    hear_data(&e, RS_ACK | RS_FIN, e.them + 11, e.us + 2, bytes + 10, 10);
    expect_sack(0, {10, 20});
    hear_data(&e, RS_ACK, e.them + 1, e.us + 2, bytes, 10);
    expect_no_sack(21);
    expect_state(&e, RS_TIME_WAIT);
}

// ---- SACK blocks (RFC 2018, section 4)

static void keep_five(void) {
    struct rs_segment out;
    for (uint32_t i = 1; i <= 5; i++) {
        hear_range(i * 100, i * 100 + 50);
        assert_true(engine_poll(&e, &out));
    }
}

static void test_latest_block_first_and_four_at_most(void **state) {
    (void)state;
    RULE(45);
    begin();
    keep_five();
    hear_range(200, 250); // again: this block has the segment that caused the ACK
    expect_sack(0, {200, 250}, {500, 550}, {400, 450}, {300, 350});
    hear_range(150, 160);
    expect_sack(0, {100, 160}, {200, 250}, {500, 550}, {400, 450});
}

static void test_three_blocks_beside_timestamps(void **state) {
    (void)state;
    RULE(45);
    engine_init(&e, 1000, 5000);
    peer_offers_all(&e);
    engine_establish(&e);
    keep_five();
    hear_range(100, 150);
    expect_sack(0, {100, 150}, {500, 550}, {400, 450});
}

static void test_data_has_room_for_blocks(void **state) {
    struct rs_segment out;
    (void)state;
    begin();
    keep_five();
    engine_send(&e, bytes, 3000);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.options.sack_blocks, 4);
    assert_int_equal(rs_segment_data_bytes(&out), 1460 - 36); // two NOPs, two bytes, four times eight
    assert_int_equal(rs_segment_header_bytes(&out) + rs_segment_data_bytes(&out), 1480);
}

static void test_no_blocks_without_agreement(void **state) {
    (void)state;
    RULE(45);
    for (int ours = 0; ours < 2; ours++) {
        engine_init(&e, 1000, 5000);
        e.config.no_sack = ours == 0;
        e.peer_options.sack_permitted = ours == 0;
        engine_start(&e);
        engine_establish(&e);
        hear_range(100, 200);
        expect_no_sack(0);
        assert_int_equal(e.conn.rcv.ranges_count, 1); // kept all the same
    }
}

static void test_early_bytes_are_told(void **state) {
    struct rs_conn_facts facts;
    (void)state;
    begin();
    hear_range(100, 200);
    hear_range(300, 350);
    rs_conn_facts(&e.conn, &facts);
    assert_int_equal(facts.early_bytes, 150);
    assert_int_equal(facts.unread_bytes, 0);
    assert_int_equal(facts.rcv_nxt, e.them + 1);
}

static void test_fin_that_touches_what_came_early(void **state) {
    (void)state;
    RULE(35);
    begin();
    hear_range(100, 200);
    expect_sack(0, {100, 200});
    hear(&e, RS_ACK | RS_FIN, e.them + 201, e.us + 1);
    expect_sack(0, {100, 200});
    hear_range(0, 100);
    expect_no_sack(201);
    expect_state(&e, RS_CLOSE_WAIT);
}

static void test_reset_tells_of_no_ranges(void **state) {
    struct rs_segment out;
    (void)state;
    engine_init(&e, 1000, 5000);
    peer_offers_all(&e);
    engine_establish(&e);
    hear_range(100, 200);
    assert_true(engine_poll(&e, &out));
    engine_abort(&e);
    assert_true(engine_poll(&e, &out));
    assert_int_equal(out.flags, RS_RST | RS_ACK);
    assert_int_equal(out.options.sack_blocks, 0);
    assert_true(out.options.has_timestamps); // RFC 7323, section 3.2: a RST should have them
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gap_is_filled),
        cmocka_unit_test(test_ranges_grow_at_both_ends),
        cmocka_unit_test(test_range_between_two_joins_them),
        cmocka_unit_test(test_in_order_segment_reaches_over_several),
        cmocka_unit_test(test_table_of_ranges_is_finite),
        cmocka_unit_test(test_beyond_the_window),
        cmocka_unit_test(test_ring_wraps_within_early_data),
        cmocka_unit_test(test_payload_in_two_spans),
        cmocka_unit_test(test_early_fin_waits),
        cmocka_unit_test(test_early_fin_alone),
        cmocka_unit_test(test_nothing_counts_behind_a_fin),
        cmocka_unit_test(test_contradicted_fin_is_not_believed),
        cmocka_unit_test(test_fin_wait_2_keeps_early_data),
        cmocka_unit_test(test_latest_block_first_and_four_at_most),
        cmocka_unit_test(test_three_blocks_beside_timestamps),
        cmocka_unit_test(test_data_has_room_for_blocks),
        cmocka_unit_test(test_no_blocks_without_agreement),
        cmocka_unit_test(test_early_bytes_are_told),
        cmocka_unit_test(test_fin_that_touches_what_came_early),
        cmocka_unit_test(test_reset_tells_of_no_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
