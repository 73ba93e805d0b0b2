// SPDX-License-Identifier: MIT
//
// The engine's face of whole IP packets: what the caller chooses of the IP header, that nothing damaged and nothing
// of somebody else's gets in, and the same over both families.
#include "../help/engine.h"

enum { ROOM = RS_CONN_PACKET_ROOM(1460), IPV4_BYTES = 20 };

static struct engine a, b;
static uint8_t bytes[ROOM];
static size_t size;

static struct rs_endpoint v6(uint8_t last, uint16_t port) {
    return (struct rs_endpoint){.family = RS_IPV6, .addr = {0x20, 0x01, 0x0d, 0xb8, [15] = last}, .port = port};
}

// A that will open, and B that listens.
static void begin(struct rs_endpoint here, struct rs_endpoint there) {
    engine_init(&a, 1000, 5000);
    engine_init(&b, 5000, 1000);
    a.config.local = b.config.remote = here;
    a.config.remote = b.config.local = there;
    a.config.no_timestamps = b.config.no_timestamps = true; // so that a SYN without them is judged by its numbers
    engine_start(&a);
    engine_start(&b);
    assert_int_equal(rs_conn_listen(&b.conn), RS_CALL_OK);
    assert_int_equal(engine_open(&a), RS_CALL_OK);
}

static void begin_ipv4(void) { begin(rs_endpoint_ipv4(192, 0, 2, 1, 40000), rs_endpoint_ipv4(192, 0, 2, 2, 80)); }

static void poll(struct engine *e) {
    size = rs_conn_poll_packet(&e->conn, e->now, bytes, sizeof bytes);
    assert_true(size > 0);
}

static enum rs_wire_error input(struct engine *e) { return rs_conn_input_packet(&e->conn, bytes, size, e->now); }

static void carry(struct engine *from, struct engine *to) {
    while ((size = rs_conn_poll_packet(&from->conn, from->now, bytes, sizeof bytes)) > 0)
        assert_int_equal(input(to), RS_WIRE_OK);
}

static void test_a_connection_over_each_family(void **state) {
    (void)state;
    for (int family = 0; family < 2; family++) {
        if (family == 0)
            begin_ipv4();
        else
            begin(v6(1, 40000), v6(2, 80));
        carry(&a, &b);
        carry(&b, &a);
        carry(&a, &b);
        expect_state(&a, RS_ESTABLISHED);
        expect_state(&b, RS_ESTABLISHED);
        engine_send(&a, "hello", 5);
        carry(&a, &b);
        char text[8];
        assert_int_equal(engine_receive(&b, text, sizeof text), 5);
        assert_memory_equal(text, "hello", 5);
        struct rs_endpoint known = rs_conn_remote(&b.conn);
        assert_true(rs_endpoint_equal(&known, &a.config.local));
    }
}

static void test_the_caller_chooses_ttl_and_dscp(void **state) {
    (void)state;
    RULE(15);
    for (int chosen = 0; chosen < 2; chosen++) {
        struct rs_packet p;
        begin_ipv4();
        a.config.ttl = chosen ? 7 : 0;
        a.config.tos = chosen ? 0x28 : 0;
        engine_start(&a);
        engine_open(&a);
        poll(&a);
        assert_int_equal(rs_packet_parse(bytes, size, &p), RS_WIRE_OK);
        assert_int_equal(p.ip.ttl, chosen ? 7 : 64);
        assert_int_equal(p.ip.tos, chosen ? 0x28 : 0);
        begin(v6(1, 40000), v6(2, 80));
        a.config.ttl = chosen ? 7 : 0;
        a.config.tos = chosen ? 0x28 : 0;
        a.config.flow_label = chosen ? 0xabcde : 0;
        engine_start(&a);
        engine_open(&a);
        poll(&a);
        assert_int_equal(rs_packet_parse(bytes, size, &p), RS_WIRE_OK);
        assert_int_equal(p.ip6.hop_limit, chosen ? 7 : 64);
        assert_int_equal(p.ip6.traffic_class, chosen ? 0x28 : 0);
        assert_int_equal(p.ip6.flow_label, chosen ? 0xabcde : 0);
    }
}

// Each bit of the TCP segment in turn: the checksum finds it, and the connection is as it was.
static void test_no_damaged_segment_gets_in(void **state) {
    (void)state;
    RULE(11);
    begin_ipv4();
    poll(&a);
    struct rs_conn before = b.conn;
    for (size_t bit = 8 * IPV4_BYTES; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        assert_int_not_equal(input(&b), RS_WIRE_OK);
        assert_memory_equal(&b.conn, &before, sizeof before);
        bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    }
    assert_int_equal(input(&b), RS_WIRE_OK);
    expect_state(&b, RS_SYN_RECEIVED);
}

// A packet whose TCP checksum holds the pseudo-header's sum only.
static void leave_checksum_unfinished(void) {
    uint16_t sum = rs_sum_fold(rs_sum_pseudo_header(&a.config.local, &a.config.remote, size - IPV4_BYTES, NULL, NULL));
    bytes[IPV4_BYTES + 16] = (uint8_t)(sum >> 8);
    bytes[IPV4_BYTES + 17] = (uint8_t)sum;
}

static void test_unfinished_checksums_only_if_asked_for(void **state) {
    (void)state;
    RULE(P1);
    for (int asked = 0; asked < 2; asked++) {
        begin_ipv4();
        b.config.unfinished_checksum = asked;
        engine_start(&b);
        assert_int_equal(rs_conn_listen(&b.conn), RS_CALL_OK);
        poll(&a);
        leave_checksum_unfinished();
        assert_int_equal(input(&b), asked ? RS_WIRE_OK : RS_WIRE_BAD_TCP_CHECKSUM);
        expect_state(&b, asked ? RS_SYN_RECEIVED : RS_LISTEN);
    }
}

// A SYN from this address to that one, given to B as it listens.
static enum rs_wire_error syn_from(struct rs_endpoint from, struct rs_endpoint to) {
    struct rs_packet p = {.source = from, .destination = to, .ip = {.ttl = 64}, .ip6 = {.hop_limit = 64}};
    p.segment = (struct rs_segment){
        .source_port = from.port, .destination_port = to.port, .flags = RS_SYN, .seq = 1, .window = 1000};
    size = rs_packet_build(&p, bytes, sizeof bytes);
    assert_true(size > 0);
    return input(&b);
}

static void test_broadcast_and_multicast_are_dropped_silently(void **state) {
    (void)state;
    RULE(15);
    begin_ipv4();
    static const uint8_t groups[][4] = {{224, 0, 0, 1}, {239, 1, 2, 3}, {255, 255, 255, 255}, {0, 0, 0, 0}};
    for (size_t i = 0; i < 4; i++) {
        struct rs_endpoint group = rs_endpoint_ipv4(groups[i][0], groups[i][1], groups[i][2], groups[i][3], 80);
        syn_from(group, b.config.local);
        expect_state(&b, RS_LISTEN);
        assert_int_equal(syn_from(a.config.local, group), RS_WIRE_NOT_OURS);
        expect_nothing(&b);
        expect_state(&b, RS_LISTEN);
    }
    begin(v6(1, 40000), v6(2, 80));
    struct rs_endpoint all_nodes = {.family = RS_IPV6, .addr = {0xff, 2, [15] = 1}, .port = 80};
    syn_from(all_nodes, b.config.local);
    assert_int_equal(syn_from(a.config.local, all_nodes), RS_WIRE_NOT_OURS);
    expect_nothing(&b);
    expect_state(&b, RS_LISTEN);
    assert_int_equal(syn_from(a.config.local, b.config.local), RS_WIRE_OK); // such a SYN would have been heard
    expect_state(&b, RS_SYN_RECEIVED);
}

static void test_packets_of_others_are_not_ours(void **state) {
    (void)state;
    begin_ipv4();
    carry(&a, &b);
    carry(&b, &a);
    carry(&a, &b);
    expect_state(&b, RS_ESTABLISHED);
    struct rs_endpoint here = a.config.local, there = b.config.local, stranger = here, door = there;
    stranger.port++;
    door.port++;
    assert_int_equal(syn_from(stranger, there), RS_WIRE_NOT_OURS);
    assert_int_equal(syn_from(here, door), RS_WIRE_NOT_OURS);
    expect_nothing(&b);
    assert_int_equal(syn_from(here, there), RS_WIRE_OK); // the other end itself: a challenge ACK
    poll(&b);
}

static void test_icmp_reaches_the_connection_that_it_quotes(void **state) {
    (void)state;
    RULE(40);
    begin_ipv4();
    poll(&a);
    uint8_t error[ROOM] = {0};
    struct rs_ipv4 ip = {.total_bytes = (uint16_t)(20 + 8 + size), .ttl = 64, .protocol = RS_PROTOCOL_ICMP};
    memcpy(ip.source, a.config.remote.addr, 4);
    memcpy(ip.destination, a.config.local.addr, 4);
    rs_ipv4_build(&ip, error);
    error[20] = RS_ICMP_UNREACHABLE;
    error[21] = 3;
    memcpy(error + 28, bytes, size);
    uint16_t sum = (uint16_t)~rs_sum_fold(rs_sum(0, error + 20, 8 + size, NULL, NULL));
    error[22] = (uint8_t)(sum >> 8);
    error[23] = (uint8_t)sum;
    error[23] ^= 1; // damaged: dropped
    assert_int_equal(rs_conn_input_packet(&a.conn, error, 28 + size, a.now), RS_WIRE_BAD_ICMP_CHECKSUM);
    expect_state(&a, RS_SYN_SENT);
    error[23] ^= 1;
    assert_int_equal(rs_conn_input_packet(&b.conn, error, 28 + size, b.now), RS_WIRE_NOT_OURS);
    assert_int_equal(rs_conn_input_packet(&a.conn, error, 28 + size, a.now), RS_WIRE_OK);
    expect_state(&a, RS_CLOSED);
    assert_int_equal(a.conn.end, RS_END_ICMP);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_connection_over_each_family),
        cmocka_unit_test(test_the_caller_chooses_ttl_and_dscp),
        cmocka_unit_test(test_no_damaged_segment_gets_in),
        cmocka_unit_test(test_unfinished_checksums_only_if_asked_for),
        cmocka_unit_test(test_broadcast_and_multicast_are_dropped_silently),
        cmocka_unit_test(test_packets_of_others_are_not_ours),
        cmocka_unit_test(test_icmp_reaches_the_connection_that_it_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
