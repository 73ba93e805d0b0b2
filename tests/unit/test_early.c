// SPDX-License-Identifier: MIT
//
// What arrives too early (RFC 9293, section 3.10.7.4): it is kept, told of at once, and never read before its turn.
#include "../help/engine.h"

static struct engine e;
static uint8_t bytes[ENGINE_BUFFER], got[ENGINE_BUFFER];

static void begin(bool delayed) {
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = pattern(i);
    engine_init(&e, 1000, 0xffffff00);
    e.config.no_delayed_ack = !delayed;
    engine_start(&e);
    engine_establish(&e);
}

// Bytes of the peer's stream, from this place on.
static void hear_at(uint32_t at, size_t size) { hear_data(&e, RS_ACK, e.them + 1 + at, e.us + 1, bytes + at, size); }

static void expect_ack(uint32_t at) { expect_segment(&e, RS_ACK, e.us + 1, e.them + 1 + at, 0); }

static void expect_bytes(size_t size) {
    assert_int_equal(engine_receive(&e, got, sizeof got), size);
    assert_memory_equal(got, bytes, size);
}

static void test_early_bytes_are_kept_and_not_delivered(void **state) {
    (void)state;
    RULE(24);
    begin(true);
    hear_at(100, 50);
    expect_ack(0); // at once, although ACKs may wait: it tells of the gap
    expect_nothing(&e);
    expect_reasons(&e, RS_KEPT_OUT_OF_ORDER, RS_SENT_DUPLICATE_ACK);
    assert_int_equal(engine_receive(&e, got, sizeof got), 0);
    hear_at(0, 100);
    expect_ack(150);
    expect_reasons(&e, RS_DATA_ARRIVED, RS_GAP_FILLED, RS_SENT_ACK);
    expect_bytes(150);
}

static void test_gaps_are_filled_from_behind(void **state) {
    (void)state;
    RULE(24);
    begin(false);
    for (uint32_t i = 9; i > 0; i--) {
        hear_at(i * 100, 100);
        expect_ack(0);
        assert_int_equal(engine_receive(&e, got, sizeof got), 0);
    }
    hear_at(0, 100);
    expect_ack(1000);
    expect_bytes(1000);
}

static void test_early_pieces_that_overlap(void **state) {
    (void)state;
    RULE(24);
    begin(false);
    hear_at(50, 20);
    hear_at(80, 20);
    hear_at(60, 30); // over both
    hear_at(95, 40);
    expect_ack(0);
    struct rs_conn_facts facts;
    rs_conn_facts(&e.conn, &facts);
    assert_int_equal(facts.early_bytes, 85);
    assert_int_equal(facts.unread_bytes, 0);
    hear_at(0, 60);
    expect_ack(135);
    expect_bytes(135);
}

// The table of ranges is finite: what does not fit comes again, and nothing that was kept is lost.
static void test_too_many_gaps(void **state) {
    (void)state;
    RULE(24);
    begin(false);
    for (uint32_t i = 1; i <= RS_RANGES_MAX; i++)
        hear_at(i * 20, 10);
    expect_ack(0);
    forget_reasons(&e);
    hear_at((RS_RANGES_MAX + 1) * 20, 10);
    expect_ack(0);
    expect_reasons(&e, RS_DROPPED_OUT_OF_ORDER, RS_SENT_DUPLICATE_ACK);
    for (uint32_t i = 0; i <= RS_RANGES_MAX; i++)
        hear_at(i * 20, 20);
    expect_ack(RS_RANGES_MAX * 20 + 20);
    expect_bytes(RS_RANGES_MAX * 20 + 20);
}

static void test_early_fin_waits(void **state) {
    (void)state;
    RULE(35);
    begin(false);
    hear_data(&e, RS_ACK | RS_FIN, e.them + 1 + 10, e.us + 1, bytes + 10, 10);
    expect_ack(0);
    expect_state(&e, RS_ESTABLISHED);
    hear_at(0, 10);
    expect_state(&e, RS_CLOSE_WAIT);
    expect_ack(21);
    expect_bytes(20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_early_bytes_are_kept_and_not_delivered),
        cmocka_unit_test(test_gaps_are_filled_from_behind),
        cmocka_unit_test(test_early_pieces_that_overlap),
        cmocka_unit_test(test_too_many_gaps),
        cmocka_unit_test(test_early_fin_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
