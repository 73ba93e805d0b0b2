// SPDX-License-Identifier: MIT
//
// ICMP errors: which are believed (RFC 5927, section 4.1), which end a connection (RFC 9293, section 3.9.2.2; RFC
// 5461), which make segments smaller (RFC 1191, RFC 8201), and what errno the program gets at last.
#include <errno.h>

#include "../help/engine.h"

static struct engine e;
static uint8_t bytes[ENGINE_BUFFER];

enum { HARD = 1, SOFT = 0 };

struct row {
    uint8_t type, code;
    bool hard;
    int number;
};

// RFC 9293, section 3.9.2.2: hard are protocol and port unreachable. The numbers are those of Linux.
static const struct row rows_4[] = {
    {3, 0, SOFT, ENETUNREACH},
    {3, 1, SOFT, EHOSTUNREACH},
    {3, 2, HARD, ENOPROTOOPT},
    {3, 3, HARD, ECONNREFUSED},
    {3, 5, SOFT, EOPNOTSUPP},
    {3, 6, SOFT, ENETUNREACH},
    {3, 7, SOFT, EHOSTDOWN},
    {3, 8, SOFT, ENONET},
    {3, 9, SOFT, ENETUNREACH},
    {3, 10, SOFT, EHOSTUNREACH},
    {3, 11, SOFT, ENETUNREACH},
    {3, 12, SOFT, EHOSTUNREACH},
    {3, 13, SOFT, EHOSTUNREACH},
    {3, 14, SOFT, EHOSTUNREACH},
    {3, 15, SOFT, EHOSTUNREACH},
    {11, 0, SOFT, EHOSTUNREACH},
    {11, 1, SOFT, 0},
    {12, 0, SOFT, EPROTO},
    {12, 1, SOFT, EPROTO},
};

// For ICMPv6 a parameter problem, whatever its code, and time exceeded never end anything (the same section).
static const struct row rows_6[] = {
    {1, 0, SOFT, ENETUNREACH},  {1, 1, SOFT, EACCES},       {1, 2, SOFT, EHOSTUNREACH}, {1, 3, SOFT, EHOSTUNREACH},
    {1, 4, HARD, ECONNREFUSED}, {1, 5, SOFT, EACCES},       {1, 6, SOFT, EACCES},       {1, 7, SOFT, EPROTO},
    {3, 0, SOFT, EHOSTUNREACH}, {3, 1, SOFT, EHOSTUNREACH}, {4, 0, SOFT, EPROTO},       {4, 1, SOFT, EPROTO},
    {4, 2, SOFT, EPROTO},
};

static void init(enum rs_family family, uint32_t us) {
    engine_init(&e, us, 5000);
    if (family == RS_IPV6)
        engine_over_ipv6(&e);
    engine_start(&e);
}

static struct rs_icmp error_about(uint8_t type, uint8_t code, uint32_t seq) {
    return (struct rs_icmp){
        .family = e.config.local.family,
        .type = type,
        .code = code,
        .source = e.config.local,
        .destination = e.config.remote,
        .seq = seq,
    };
}

static void hear_error(struct row row, uint32_t seq) {
    struct rs_icmp icmp = error_about(row.type, row.code, seq);
    engine_icmp(&e, &icmp);
}

// Reaches the state, with something on its way; the number of that.
static uint32_t reach(enum rs_family family, enum rs_state state) {
    init(family, 0xffffffff);
    engine_reach(&e, state);
    if (state == RS_ESTABLISHED || state == RS_CLOSE_WAIT) {
        engine_send(&e, bytes, 10);
        expect_segment(&e, RS_ACK, e.us + 1, 0, 10);
        forget_reasons(&e);
    }
    return e.conn.snd.una;
}

// ---- what ends a connection, and what does not

static void each_error(enum rs_family family, const struct row *rows, size_t count, enum rs_state state) {
    bool opening = state == RS_SYN_SENT || state == RS_SYN_RECEIVED;
    for (size_t i = 0; i < count; i++) {
        uint32_t seq = reach(family, state);
        uint64_t deadline = rs_conn_deadline(&e.conn);
        hear_error(rows[i], seq);
        if (opening && rows[i].hard) {
            expect_reasons(&e, RS_ICMP_REFUSED);
            expect_state(&e, RS_CLOSED);
            assert_int_equal(e.conn.end, RS_END_ICMP);
            assert_int_equal(rs_conn_errno(&e.conn), rows[i].number);
        } else {
            struct rs_conn_facts facts;
            expect_reasons(&e, RS_ICMP_NOTED);
            expect_state(&e, state);
            rs_conn_facts(&e.conn, &facts);
            assert_int_equal(facts.soft_errno, rows[i].number);
            assert_int_equal(rs_conn_errno(&e.conn), 0);
            assert_int_equal(rs_conn_deadline(&e.conn), deadline);
        }
        expect_nothing(&e);
    }
}

static void test_each_error_in_each_state(void **state) {
    static const enum rs_state states[] = {RS_SYN_SENT,   RS_SYN_RECEIVED, RS_ESTABLISHED, RS_CLOSE_WAIT,
                                           RS_FIN_WAIT_1, RS_CLOSING,      RS_LAST_ACK};
    (void)state;
    RULE(40);
    RULE(41);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        each_error(RS_IPV4, rows_4, sizeof rows_4 / sizeof *rows_4, states[i]);
        each_error(RS_IPV6, rows_6, sizeof rows_6 / sizeof *rows_6, states[i]);
    }
}

// Whether the SYN was sent for the first or the second time (MUST-56).
static void test_opening_goes_on_after_soft_errors(void **state) {
    (void)state;
    RULE(41);
    for (size_t i = 0; i < sizeof rows_4 / sizeof *rows_4; i++) {
        if (rows_4[i].hard)
            continue;
        init(RS_IPV4, 1000);
        engine_reach(&e, RS_SYN_SENT);
        for (int times = 0; times < 2; times++) {
            hear_error(rows_4[i], 1000);
            expect_state(&e, RS_SYN_SENT);
            engine_tick(&e, rs_conn_deadline(&e.conn));
            expect_segment(&e, RS_SYN, 1000, 0, 0);
        }
        hear(&e, RS_SYN | RS_ACK, 5000, 1001);
        expect_state(&e, RS_ESTABLISHED);
    }
}

static void test_what_means_nothing(void **state) {
    static const struct row strange_4[] = {{4, 0, SOFT, 0}, {3, 16, SOFT, 0}, {0, 0, SOFT, 0}, {5, 1, SOFT, 0}};
    static const struct row strange_6[] = {{5, 0, SOFT, 0}, {128, 0, SOFT, 0}, {0, 0, SOFT, 0}};
    (void)state;
    RULE(40);
    for (size_t i = 0; i < sizeof strange_4 / sizeof *strange_4; i++) { // source quench first (MUST-55)
        hear_error(strange_4[i], reach(RS_IPV4, RS_SYN_SENT));
        expect_reasons(&e, RS_ICMP_IGNORED);
    }
    for (size_t i = 0; i < sizeof strange_6 / sizeof *strange_6; i++) {
        hear_error(strange_6[i], reach(RS_IPV6, RS_SYN_SENT));
        expect_reasons(&e, RS_ICMP_IGNORED);
    }
    uint32_t seq = reach(RS_IPV4, RS_ESTABLISHED), cwnd = e.conn.snd.cwnd;
    hear_error(strange_4[0], seq);
    expect_reasons(&e, RS_ICMP_IGNORED);
    assert_int_equal(e.conn.snd.cwnd, cwnd); // once it asked for smaller flights
}

static void linux_way(enum rs_family family, enum rs_state state) {
    init(family, 1000);
    e.config.icmp_ends_opening = true;
    engine_start(&e);
    engine_reach(&e, state);
}

static void each_may_end(enum rs_family family, const struct row *rows, size_t count, enum rs_state opening) {
    for (size_t i = 0; i < count; i++) {
        linux_way(family, opening);
        hear_error(rows[i], 1000);
        expect_reasons(&e, rows[i].hard ? RS_ICMP_REFUSED : rows[i].number == 0 ? RS_ICMP_NOTED : RS_ICMP_GAVE_UP);
        expect_state(&e, rows[i].number == 0 ? opening : RS_CLOSED);
        expect_nothing(&e);
        assert_int_equal(rs_conn_errno(&e.conn), rows[i].number);
    }
}

// The switch: as Linux has it, an opening connection ends by the first error that has an errno.
static void test_soft_errors_may_end_the_opening(void **state) {
    (void)state;
    RULE(41);
    each_may_end(RS_IPV4, rows_4, sizeof rows_4 / sizeof *rows_4, RS_SYN_SENT);
    each_may_end(RS_IPV6, rows_6, sizeof rows_6 / sizeof *rows_6, RS_SYN_SENT);
    each_may_end(RS_IPV4, rows_4, sizeof rows_4 / sizeof *rows_4, RS_SYN_RECEIVED);
}

// What has no errno leaves the last one that had, and the end of our patience its own.
static void test_no_errno_is_none(void **state) {
    struct rs_conn_facts facts;
    (void)state;
    uint32_t seq = reach(RS_IPV4, RS_ESTABLISHED);
    hear_error((struct row){3, 1, SOFT, EHOSTUNREACH}, seq);
    hear_error((struct row){11, 1, SOFT, 0}, seq);
    rs_conn_facts(&e.conn, &facts);
    assert_int_equal(facts.soft_errno, EHOSTUNREACH);
}

static void test_the_switch_is_for_opening_only(void **state) {
    (void)state;
    uint32_t seq = reach(RS_IPV4, RS_ESTABLISHED);
    e.conn.config.icmp_ends_opening = true;
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_ACK, seq, 0, 10);
    forget_reasons(&e);
    hear_error(rows_4[1], seq);
    expect_reasons(&e, RS_ICMP_NOTED);
    expect_state(&e, RS_ESTABLISHED);
}

static void test_passive_opening_is_not_ended(void **state) {
    (void)state;
    init(RS_IPV4, 1000);
    assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
    hear(&e, RS_SYN, 5000, 0);
    expect_segment(&e, RS_SYN | RS_ACK, 1000, 5001, 0);
    forget_reasons(&e);
    hear_error(rows_4[3], 1000);
    expect_reasons(&e, RS_ICMP_NOTED);
    expect_state(&e, RS_SYN_RECEIVED);
}

// ---- which are believed

static void test_forged_quotes(void **state) {
    (void)state;
    RULE(40);
    for (int i = 0; i < 7; i++) {
        uint32_t seq = reach(RS_IPV4, RS_ESTABLISHED); // ten bytes from 0 on, round the wrap
        struct rs_icmp icmp = error_about(3, 1, seq);
        icmp.seq = i == 0 ? seq - 1 : i == 1 ? seq + 10 : i == 2 ? seq + 0x80000000 : seq;
        icmp.source.port ^= i == 3;
        icmp.destination.port ^= i == 4;
        icmp.source.addr[3] ^= i == 5;
        icmp.destination.addr[3] ^= i == 6;
        engine_icmp(&e, &icmp);
        expect_reasons(&e, RS_ICMP_IGNORED);
    }
    uint32_t seq = reach(RS_IPV4, RS_ESTABLISHED);
    hear_error(rows_4[1], seq);     // the first byte that is on its way
    hear_error(rows_4[1], seq + 9); // and the last
    expect_reasons(&e, RS_ICMP_NOTED, RS_ICMP_NOTED);
    seq = reach(RS_IPV4, RS_SYN_SENT);
    hear_error(rows_4[3], seq + 1);
    expect_reasons(&e, RS_ICMP_IGNORED);
}

static void test_nothing_on_its_way(void **state) {
    static const enum rs_state states[] = {RS_CLOSED, RS_LISTEN, RS_FIN_WAIT_2, RS_TIME_WAIT};
    (void)state;
    RULE(40);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        init(RS_IPV4, 1000);
        engine_reach(&e, states[i]);
        hear_error(rows_4[3], e.conn.snd.una);
        hear_error(rows_4[3], e.conn.snd.una - 1);
        expect_reasons(&e, RS_ICMP_IGNORED, RS_ICMP_IGNORED);
        expect_state(&e, states[i]);
    }
    init(RS_IPV4, 1000);
    engine_open(&e); // the SYN has not left yet
    hear_error(rows_4[3], 1000);
    expect_reasons(&e, RS_ICMP_IGNORED);
}

// ---- the errno at last

static void test_soft_error_names_the_timeout(void **state) {
    (void)state;
    for (int opening = 0; opening < 2; opening++) {
        uint32_t seq = reach(RS_IPV4, opening ? RS_SYN_SENT : RS_ESTABLISHED);
        hear_error(rows_4[0], seq);
        hear_error(rows_4[1], seq); // the last one counts
        engine_wait_for_end(&e);
        assert_int_equal(e.conn.end, RS_END_TIMED_OUT);
        assert_int_equal(rs_conn_errno(&e.conn), EHOSTUNREACH);
    }
}

static void test_soft_error_is_forgotten_when_it_gets_through(void **state) {
    (void)state;
    uint32_t seq = reach(RS_IPV4, RS_ESTABLISHED);
    hear_error(rows_4[1], seq);
    hear(&e, RS_ACK, e.them + 1, seq + 5);
    engine_wait_for_end(&e);
    assert_int_equal(rs_conn_errno(&e.conn), ETIMEDOUT);
}

// ---- too big

static void hear_too_big(uint32_t seq, uint32_t mtu) {
    struct rs_icmp icmp = e.config.local.family == RS_IPV6 ? error_about(2, 0, seq) : error_about(3, 4, seq);
    icmp.mtu = mtu;
    engine_icmp(&e, &icmp);
}

// Three segments of 1460 bytes are on their way, all that the congestion window allows.
static void three_on_their_way(enum rs_family family) {
    init(family, 0xfffffffe - 1460);
    engine_establish(&e);
    engine_send(&e, bytes, 8000);
    for (uint32_t i = 0; i < 3; i++)
        expect_segment(&e, RS_ACK, e.us + 1 + i * 1460, e.them + 1, 1460);
    expect_nothing(&e);
    forget_reasons(&e);
}

static void test_too_big_lowers_and_sends_again(void **state) {
    (void)state;
    RULE(41);
    three_on_their_way(RS_IPV4);
    uint64_t deadline = rs_conn_deadline(&e.conn);
    e.now += 1000;
    hear_too_big(e.us + 1, 1300);
    expect_reasons(&e, RS_PATH_MTU_LOWERED);
    for (uint32_t i = 0; i < 3; i++) // at once, and within the same window
        expect_segment(&e, RS_ACK, e.us + 1 + i * 1260, e.them + 1, 1260);
    expect_nothing(&e);
    assert_int_equal(e.conn.snd.cwnd, 4380); // no sign of congestion (RFC 1191, section 6.4)
    assert_int_equal(e.conn.rtt.rto_us, SECOND);
    assert_int_equal(rs_conn_deadline(&e.conn), deadline);
    forget_reasons(&e);
    hear_too_big(e.us + 1 + 1460, 1300); // each segment of the flight brings an error: one is enough
    expect_reasons(&e, RS_ICMP_IGNORED);
    expect_nothing(&e);
    hear_too_big(e.us + 1, 9000); // never up
    expect_reasons(&e, RS_ICMP_IGNORED);
    hear_too_big(e.us + 1, 1299); // but further down
    expect_reasons(&e, RS_PATH_MTU_LOWERED);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1259);
}

static void test_smallest_segments(void **state) {
    static const struct {
        enum rs_family family;
        uint32_t mtu;
        uint16_t segment;
    } rows[] = {
        {RS_IPV4, 0, 536}, // an old router does not say (RFC 1191, section 5)
        {RS_IPV4, 1, 48},      {RS_IPV4, 68, 48},     {RS_IPV4, 88, 48},     {RS_IPV4, 89, 49},
        {RS_IPV4, 1499, 1459}, {RS_IPV6, 1280, 1220}, {RS_IPV6, 1281, 1221},
    };
    (void)state;
    RULE(41);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        three_on_their_way(rows[i].family);
        hear_too_big(e.us + 1, rows[i].mtu);
        expect_reasons(&e, RS_PATH_MTU_LOWERED);
        expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, rows[i].segment);
    }
}

// RFC 8201, section 4: what is below IPv6's least MTU must be discarded.
static void test_no_path_of_ipv6_is_below_1280(void **state) {
    static const uint32_t mtus[] = {0, 1, 68, 1000, 1279};
    (void)state;
    RULE(41);
    for (size_t i = 0; i < sizeof mtus / sizeof *mtus; i++) {
        three_on_their_way(RS_IPV6);
        hear_too_big(e.us + 1, mtus[i]);
        expect_reasons(&e, RS_ICMP_IGNORED);
        expect_nothing(&e);
    }
}

static void test_too_big_is_believed_of_what_is_on_its_way(void **state) {
    (void)state;
    RULE(40);
    three_on_their_way(RS_IPV4);
    hear_too_big(e.us, 1300);
    hear_too_big(e.us + 1 + 4380, 1300);
    expect_reasons(&e, RS_ICMP_IGNORED, RS_ICMP_IGNORED);
    expect_nothing(&e);
}

static void test_too_big_never_ends_anything(void **state) {
    static const uint32_t mtus[] = {0, 1, 67, 68, 576, 1300, 65535};
    (void)state;
    RULE(41);
    for (size_t i = 0; i < sizeof mtus / sizeof *mtus; i++) {
        linux_way(RS_IPV4, RS_SYN_SENT);
        hear_too_big(1000, mtus[i]);
        expect_state(&e, RS_SYN_SENT);
        engine_tick(&e, rs_conn_deadline(&e.conn));
        expect_segment(&e, RS_SYN, 1000, 0, 0);
        hear_too_big(1000, mtus[i]);
        expect_state(&e, RS_SYN_SENT);
        expect_nothing(&e);
        hear(&e, RS_SYN | RS_ACK, 5000, 1001);
        expect_state(&e, RS_ESTABLISHED);
    }
}

static void test_too_big_stops_a_recovery(void **state) {
    (void)state;
    three_on_their_way(RS_IPV4);
    for (int i = 0; i < 3; i++)
        hear(&e, RS_ACK, e.them + 1, e.us + 1);
    hear_too_big(e.us + 1, 1300);
    expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 1260);
    assert_false(e.conn.recovery.active);
}

// Where the peer's own MSS is smaller, a path that takes just as much is no news.
static void test_path_as_wide_as_their_segments(void **state) {
    (void)state;
    init(RS_IPV4, 1000);
    e.peer_mss = 1000;
    engine_establish(&e);
    engine_send(&e, bytes, 2000);
    expect_segment(&e, RS_ACK, 1001, 5001, 1000);
    expect_segment(&e, RS_ACK, 2001, 5001, 1000);
    forget_reasons(&e);
    hear_too_big(1001, 1040);
    expect_reasons(&e, RS_ICMP_IGNORED);
    expect_nothing(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_error_in_each_state),
        cmocka_unit_test(test_opening_goes_on_after_soft_errors),
        cmocka_unit_test(test_what_means_nothing),
        cmocka_unit_test(test_soft_errors_may_end_the_opening),
        cmocka_unit_test(test_no_errno_is_none),
        cmocka_unit_test(test_the_switch_is_for_opening_only),
        cmocka_unit_test(test_passive_opening_is_not_ended),
        cmocka_unit_test(test_forged_quotes),
        cmocka_unit_test(test_nothing_on_its_way),
        cmocka_unit_test(test_soft_error_names_the_timeout),
        cmocka_unit_test(test_soft_error_is_forgotten_when_it_gets_through),
        cmocka_unit_test(test_too_big_lowers_and_sends_again),
        cmocka_unit_test(test_smallest_segments),
        cmocka_unit_test(test_no_path_of_ipv6_is_below_1280),
        cmocka_unit_test(test_too_big_is_believed_of_what_is_on_its_way),
        cmocka_unit_test(test_too_big_never_ends_anything),
        cmocka_unit_test(test_too_big_stops_a_recovery),
        cmocka_unit_test(test_path_as_wide_as_their_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
