// SPDX-License-Identifier: MIT
//
// What a program that has only the headers may do: tick at any time, name ends that do not go together, have the first
// number worked out, bring too small a buffer.
#include <errno.h>

#include "../help/engine.h"

static struct engine e;

static void begin(void) {
    engine_init(&e, 1000, 5000);
    engine_start(&e);
}

// A tick at the deadline of a connection that has none changes nothing: neither how it ended, nor that it can begin.
static void test_a_tick_at_the_end_of_time(void **state) {
    (void)state;
    begin();
    engine_tick(&e, RS_NEVER);
    e.now = 5 * SECOND;
    assert_int_equal(engine_open(&e), RS_CALL_OK);
    expect_segment(&e, RS_SYN, e.us, 0, 0);
    hear(&e, RS_RST | RS_ACK, 0, e.us + 1);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    assert_int_equal(e.conn.end, RS_END_REFUSED);
    assert_int_equal(rs_conn_errno(&e.conn), ECONNREFUSED);
}

static void test_both_ends_are_of_one_family(void **state) {
    (void)state;
    RULE(3);
    for (int i = 0; i < 4; i++) {
        begin();
        e.config.local.family = i & 1 ? RS_IPV6 : (enum rs_family)0;
        e.config.remote.family = i & 2 ? e.config.local.family : RS_IPV4;
        engine_start(&e);
        assert_int_equal(engine_open(&e), i == 3 ? RS_CALL_OK : RS_CALL_BAD_REMOTE);
    }
}

// With a secret both roles begin with the number of RFC 6528 for just these two ends.
static void test_number_from_a_secret(void **state) {
    static const uint8_t secret[RS_SECRET_BYTES] = {1, 2, 3};
    struct rs_conn_facts facts;
    (void)state;
    RULE(2);
    for (int passive = 0; passive < 2; passive++) {
        begin();
        e.config.has_secret = true;
        memcpy(e.config.secret, secret, sizeof secret);
        engine_start(&e);
        uint32_t iss = rs_isn(secret, &e.config.local, &e.config.remote, e.now);
        if (passive) {
            engine_reach(&e, RS_LISTEN);
            hear(&e, RS_SYN, e.them, 0);
        } else {
            engine_open(&e);
        }
        expect_segment(&e, passive ? RS_SYN | RS_ACK : RS_SYN, iss, 0, 0);
        rs_conn_facts(&e.conn, &facts);
        assert_int_equal(facts.ts_offset, rs_ts_offset(secret, &e.config.local, &e.config.remote));
    }
}

static void test_packet_without_room_is_not_lost(void **state) {
    uint8_t packet[60];
    (void)state;
    begin();
    engine_open(&e);
    assert_int_equal(rs_conn_poll_packet(&e.conn, e.now, packet, 39), 0);
    assert_int_equal(rs_conn_poll_packet(&e.conn, e.now, packet, sizeof packet), 60);
    assert_int_equal(rs_conn_poll_packet(&e.conn, e.now, packet, sizeof packet), 0);
}

// More than an unsigned number of 32 bits can tell, and more than the sequence numbers may span: as much as fits is
// used, in both directions.
static void test_buffers_beyond_the_numbers(void **state) {
    static const size_t sizes[] = {(size_t)1 << 31, (size_t)UINT32_MAX, SIZE_MAX, (size_t)UINT32_MAX + 1};
    struct rs_conn_facts facts;
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (sizes[i] == 0) // where a size has 32 bits
            continue;
        begin();
        e.config.send_bytes = e.config.receive_bytes = sizes[i]; // what is really there is enough for this test
        engine_start(&e);
        peer_offers_all(&e);
        engine_establish(&e);
        rs_conn_facts(&e.conn, &facts);
        assert_int_equal(facts.receive_scale, 14);
        assert_int_equal(facts.rcv_wnd, (1u << 30) / 16 * 15); // and a part is kept, see conn.h
        assert_int_equal(rs_conn_send_room(&e.conn), 1u << 30);
        e.conn.send_ring.used = e.conn.send_ring.size - 1; // as if so much had been queued
        rs_conn_facts(&e.conn, &facts);
        assert_int_equal(facts.unsent_bytes, (1u << 30) - 1);
        assert_int_equal(rs_conn_send_room(&e.conn), 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tick_at_the_end_of_time),  cmocka_unit_test(test_both_ends_are_of_one_family),
        cmocka_unit_test(test_number_from_a_secret),       cmocka_unit_test(test_packet_without_room_is_not_lost),
        cmocka_unit_test(test_buffers_beyond_the_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
