// SPDX-License-Identifier: MIT
//
// Which ICMP error a session names as the cause when a connection has failed: only one that the engine has believed,
// for anybody can send one that quotes our ports.
#include <errno.h>

#include "../help/cm.h"
#include "live/session.h"
#include "rawshake/ipv4.h"

enum { ISS = 1000, BUFFER = 8192, QUOTED = 28, ICMP_HEADER = 8, HOST = 1, PROTOCOL_ICMP = 1 };

static struct session session;
static uint8_t buffers[2][BUFFER], arrival[100];
static size_t arrival_bytes;
static struct trace trace;

static int fake_send(void *self, const struct rs_endpoint *to, const uint8_t *packet, size_t size) {
    (void)self, (void)to, (void)packet, (void)size;
    return 0;
}

static ssize_t fake_receive(void *self, uint8_t *out, size_t room) {
    size_t size = arrival_bytes;
    (void)self;
    assert_true(size <= room);
    memcpy(out, arrival, size);
    arrival_bytes = 0;
    return (ssize_t)size;
}

static uint64_t fake_clock(void *self) {
    (void)self;
    return 1000000;
}

static void begin(void) {
    const struct session_config config = {
        .conn = {.local = rs_endpoint_ipv4(192, 0, 2, 1, 40000),
                 .remote = rs_endpoint_ipv4(192, 0, 2, 2, 80),
                 .iss = ISS,
                 .mss = 1000,
                 .send_buffer = buffers[0],
                 .send_bytes = BUFFER,
                 .receive_buffer = buffers[1],
                 .receive_bytes = BUFFER,
                 .ttl = 64},
        .link = {.send = fake_send, .receive = fake_receive, .fd = -1, .send_fd = -1},
        .clock = {NULL, fake_clock, fake_clock},
        .trace = &trace,
    };
    session_init(&session, &config);
    assert_int_equal(rs_conn_open(&session.conn, session_now(&session)), RS_CALL_OK);
    session_advance(&session);
}

// From 198.51.100.reporter, about the segment with this number.
static void router_says(uint8_t reporter, uint8_t type, uint8_t code, uint32_t seq) {
    const struct rs_packet quoted = {.source = session.conn.local,
                                     .destination = session.conn.remote,
                                     .ip = {.ttl = 64},
                                     .segment = {.flags = RS_SYN, .seq = seq}};
    const struct rs_ipv4 ip = {.ttl = 64,
                               .protocol = PROTOCOL_ICMP,
                               .total_bytes = RS_IPV4_HEADER_MIN + ICMP_HEADER + QUOTED,
                               .source = {198, 51, 100, reporter},
                               .destination = {192, 0, 2, 1}};
    uint8_t *icmp = arrival + RS_IPV4_HEADER_MIN, quote[60];
    assert_true(rs_packet_build(&quoted, quote, sizeof quote) >= QUOTED);
    memset(arrival, 0, sizeof arrival);
    rs_ipv4_build(&ip, arrival);
    icmp[0] = type;
    icmp[1] = code;
    memcpy(icmp + ICMP_HEADER, quote, QUOTED);
    uint16_t sum = (uint16_t)~rs_sum_fold(rs_sum(0, icmp, ICMP_HEADER + QUOTED, NULL, NULL));
    icmp[2] = (uint8_t)(sum >> 8);
    icmp[3] = (uint8_t)sum;
    arrival_bytes = ip.total_bytes;
    session_advance(&session);
}

static void expect_named(uint8_t reporter, uint8_t code) {
    assert_int_equal(session.icmp.family, RS_IPV4);
    assert_int_equal(session.icmp.reporter.addr[3], reporter);
    assert_int_equal(session.icmp.code, code);
}

static void test_what_is_believed_is_named(void **state) {
    (void)state;
    begin();
    assert_int_equal(session.icmp.family, 0);
    router_says(1, RS_ICMP_UNREACHABLE, HOST, ISS);
    assert_int_equal(session.conn.icmp.soft_errno, EHOSTUNREACH);
    expect_named(1, HOST);
}

// None of these is a reason for anything; so none of them takes the place of the one that is.
static void test_what_is_not_believed_is_not(void **state) {
    (void)state;
    begin();
    router_says(1, RS_ICMP_UNREACHABLE, HOST, ISS);
    router_says(2, RS_ICMP_UNREACHABLE, 0, ISS + 77); // a number that was never sent
    expect_named(1, HOST);
    router_says(3, RS_ICMP_SOURCE_QUENCH, 0, ISS);
    expect_named(1, HOST);
    router_says(4, RS_ICMP_TIME_EXCEEDED, 1, ISS); // pieces of it have arrived: no word about the way there
    expect_named(1, HOST);
    router_says(5, RS_ICMP_UNREACHABLE, 4, ISS); // "fragmentation needed" ends nothing
    expect_named(1, HOST);
    assert_int_equal(session.conn.icmp.soft_errno, EHOSTUNREACH);
    router_says(6, RS_ICMP_UNREACHABLE, 3, ISS);
    assert_int_equal(rs_conn_errno(&session.conn), ECONNREFUSED);
    expect_named(6, 3);
    router_says(7, RS_ICMP_UNREACHABLE, HOST, ISS); // it is over
    expect_named(6, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_believed_is_named),
        cmocka_unit_test(test_what_is_not_believed_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
