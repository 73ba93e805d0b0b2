// SPDX-License-Identifier: MIT
//
// ICMP errors about a connection (RFC 9293, section 3.9.2.2; RFC 5927; RFC 5461): which are believed, which are told,
// which end a connection, and that "fragmentation needed" makes segments smaller.
#include <errno.h>

#include "../help/engine.h"

static struct engine e;
static uint8_t bytes[ENGINE_BUFFER];

static void begin(enum rs_state state) {
    engine_init(&e, 1000, 5000);
    engine_reach(&e, state);
}

static struct rs_icmp about(uint32_t seq, uint8_t type, uint8_t code) {
    return (struct rs_icmp){.family = RS_IPV4,
                            .type = type,
                            .code = code,
                            .source = e.config.local,
                            .destination = e.config.remote,
                            .seq = seq};
}

static void hear_error(uint32_t seq, uint8_t type, uint8_t code) {
    struct rs_icmp icmp = about(seq, type, code);
    engine_icmp(&e, &icmp);
}

static const struct {
    uint8_t type, code;
    int number;
} soft[] =
    {
        {RS_ICMP_UNREACHABLE, 0, ENETUNREACH},    {RS_ICMP_UNREACHABLE, 1, EHOSTUNREACH},
        {RS_ICMP_UNREACHABLE, 5, EOPNOTSUPP},     {RS_ICMP_UNREACHABLE, 13, EHOSTUNREACH},
        {RS_ICMP_TIME_EXCEEDED, 0, EHOSTUNREACH}, {RS_ICMP_TIME_EXCEEDED, 1, 0},
        {RS_ICMP_PARAMETER, 0, EPROTO},
},
  hard[] = {
      {RS_ICMP_UNREACHABLE, 2, ENOPROTOOPT},
      {RS_ICMP_UNREACHABLE, 3, ECONNREFUSED},
};

static void test_soft_errors_are_told_and_end_nothing(void **state) {
    (void)state;
    RULE(41);
    for (size_t i = 0; i < sizeof soft / sizeof *soft; i++) {
        begin(RS_SYN_SENT);
        uint64_t deadline = rs_conn_deadline(&e.conn);
        hear_error(e.us, soft[i].type, soft[i].code);
        expect_reasons(&e, RS_ICMP_NOTED);
        expect_state(&e, RS_SYN_SENT);
        assert_int_equal(rs_conn_deadline(&e.conn), deadline);
        struct rs_conn_facts facts;
        rs_conn_facts(&e.conn, &facts);
        assert_int_equal(facts.soft_errno, soft[i].number);
        assert_int_equal(rs_conn_errno(&e.conn), 0);
        hear(&e, RS_SYN | RS_ACK, e.them, e.us + 1); // it gets through all the same
        expect_state(&e, RS_ESTABLISHED);
    }
}

static void test_hard_errors_end_what_is_opening(void **state) {
    (void)state;
    RULE(40);
    RULE(41);
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        begin(RS_SYN_SENT);
        hear_error(e.us, hard[i].type, hard[i].code);
        expect_state(&e, RS_CLOSED);
        expect_nothing(&e);
        expect_reasons(&e, RS_ICMP_REFUSED);
        assert_int_equal(e.conn.end, RS_END_ICMP);
        assert_int_equal(rs_conn_errno(&e.conn), hard[i].number);
    }
}

static void test_hard_errors_are_soft_once_connected(void **state) {
    (void)state;
    RULE(41);
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        begin(RS_ESTABLISHED);
        engine_send(&e, "x", 1);
        expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1);
        forget_reasons(&e);
        hear_error(e.us + 1, hard[i].type, hard[i].code);
        expect_reasons(&e, RS_ICMP_NOTED);
        expect_state(&e, RS_ESTABLISHED);
    }
}

// Linux's way, if the caller wants it: the first error ends the attempt.
static void test_the_switch_that_lets_soft_errors_end(void **state) {
    (void)state;
    engine_init(&e, 1000, 5000);
    e.config.icmp_ends_opening = true;
    engine_start(&e);
    engine_reach(&e, RS_SYN_SENT);
    hear_error(e.us, RS_ICMP_UNREACHABLE, 1);
    expect_state(&e, RS_CLOSED);
    expect_reasons(&e, RS_ICMP_GAVE_UP);
    assert_int_equal(rs_conn_errno(&e.conn), EHOSTUNREACH);
}

static void test_only_what_quotes_us_is_believed(void **state) {
    (void)state;
    RULE(40);
    begin(RS_ESTABLISHED);
    engine_send(&e, bytes, 100);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 100);
    forget_reasons(&e);
    static const uint32_t strangers[] = {0, 101, 0x80000001, 0xffffffff}; // counted from our first number
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        hear_error(e.us + strangers[i], RS_ICMP_UNREACHABLE, 1);
        expect_reasons(&e, RS_ICMP_IGNORED);
    }
    for (int part = 0; part < 4; part++) {
        struct rs_icmp icmp = about(e.us + 1, RS_ICMP_UNREACHABLE, 1);
        icmp.source.port = (uint16_t)(icmp.source.port + (part == 0));
        icmp.destination.port = (uint16_t)(icmp.destination.port + (part == 1));
        icmp.source.addr[3] = (uint8_t)(icmp.source.addr[3] + (part == 2));
        icmp.destination.addr[3] = (uint8_t)(icmp.destination.addr[3] + (part == 3));
        engine_icmp(&e, &icmp);
        expect_reasons(&e, RS_ICMP_IGNORED);
    }
    hear_error(e.us + 1, RS_ICMP_UNREACHABLE, 1); // the first and the last of what is on its way
    hear_error(e.us + 100, RS_ICMP_UNREACHABLE, 1);
    expect_reasons(&e, RS_ICMP_NOTED, RS_ICMP_NOTED);
}

static void test_source_quench_is_ignored(void **state) {
    (void)state;
    RULE(40);
    begin(RS_ESTABLISHED);
    engine_send(&e, bytes, 100);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 100);
    forget_reasons(&e);
    uint32_t cwnd = e.conn.snd.cwnd;
    hear_error(e.us + 1, RS_ICMP_SOURCE_QUENCH, 0);
    expect_reasons(&e, RS_ICMP_IGNORED);
    assert_int_equal(e.conn.snd.cwnd, cwnd);
}

static void test_fragmentation_needed_makes_segments_smaller(void **state) {
    (void)state;
    RULE(41);
    begin(RS_ESTABLISHED);
    engine_send(&e, bytes, 2000);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1460);
    expect_segment(&e, RS_ACK, e.us + 1461, e.them + 1, 540);
    forget_reasons(&e);
    struct rs_icmp icmp = about(e.us + 1, RS_ICMP_UNREACHABLE, 4);
    icmp.mtu = 1000;
    engine_icmp(&e, &icmp);
    expect_state(&e, RS_ESTABLISHED);
    expect_reasons(&e, RS_PATH_MTU_LOWERED);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 960); // again at once, and less than the timer would wait
    expect_segment(&e, RS_ACK, e.us + 961, e.them + 1, 960);
    icmp.mtu = 1400; // larger than what is known: no reason to grow
    engine_icmp(&e, &icmp);
    assert_int_equal(e.conn.snd.mss, 960);
}

static void test_fragmentation_needed_never_ends(void **state) {
    (void)state;
    RULE(41);
    static const uint32_t sizes[] = {0, 1, 67, 68, 576, 65535};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        begin(RS_SYN_SENT);
        struct rs_icmp icmp = about(e.us, RS_ICMP_UNREACHABLE, 4);
        icmp.mtu = sizes[i];
        engine_icmp(&e, &icmp);
        expect_state(&e, RS_SYN_SENT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_soft_errors_are_told_and_end_nothing),
        cmocka_unit_test(test_hard_errors_end_what_is_opening),
        cmocka_unit_test(test_hard_errors_are_soft_once_connected),
        cmocka_unit_test(test_the_switch_that_lets_soft_errors_end),
        cmocka_unit_test(test_only_what_quotes_us_is_believed),
        cmocka_unit_test(test_source_quench_is_ignored),
        cmocka_unit_test(test_fragmentation_needed_makes_segments_smaller),
        cmocka_unit_test(test_fragmentation_needed_never_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
