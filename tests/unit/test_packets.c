// SPDX-License-Identifier: MIT
//
// The engine's other face: whole IP packets of both families in and out, ICMP among them. What goes out is compared
// with known bytes, and has what the caller chooses of the IP header; what comes in may be anything, and nothing
// damaged and nothing of somebody else's gets in.
#include <errno.h>

#include "../help/bytes.h"
#include "../help/engine.h"

enum { ROOM = 2000, IP4_FRAGMENT = 6, IP4_TTL = 8, IP4_CHECKSUM = 10, TCP4 = 20, TCP6 = 40, TCP_CHECKSUM = 16 };

static struct engine e;
static uint8_t packet[ROOM], bytes[ENGINE_BUFFER];

// SYN from 192.0.2.1:40000 to 192.0.2.2:80, number 1000, MSS 1460; TTL 17, type of service 16, id abcd.
static const uint8_t known_4[44] = {0x45, 0x10, 0x00, 0x2c, 0xab, 0xcd, 0x40, 0x00, 0x11, 0x06, 0x39,
                                    0xeb, 0xc0, 0x00, 0x02, 0x01, 0xc0, 0x00, 0x02, 0x02, 0x9c, 0x40,
                                    0x00, 0x50, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x00, 0x00, 0x60,
                                    0x02, 0x20, 0x00, 0x53, 0xaa, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4};

// The same from 2001:db8::1 to 2001:db8::2, flow 12345.
static const uint8_t known_6[64] = {0x61, 0x01, 0x23, 0x45, 0x00, 0x18, 0x06, 0x11, 0x20, 0x01, 0x0d, 0xb8, 0x00,
                                    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x20, 0x01,
                                    0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                    0x02, 0x9c, 0x40, 0x00, 0x50, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x00, 0x00,
                                    0x60, 0x02, 0x20, 0x00, 0x7c, 0x39, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4};

static void init(enum rs_family family) {
    engine_init(&e, 1000, 5000);
    if (family == RS_IPV6)
        engine_over_ipv6(&e);
    e.config.no_sack = e.config.no_timestamps = e.config.no_window_scale = true;
    e.config.ttl = 17;
    e.config.tos = 0x10;
    e.config.ip_id = 0xabcd;
    e.config.flow_label = 0x12345;
    engine_start(&e);
}

// Gives these bytes to the engine from memory of exactly that size.
static enum rs_wire_error input(const uint8_t *from, size_t size) {
    uint8_t *copy = exact_copy(from, size);
    enum rs_wire_error error = rs_conn_input_packet(&e.conn, copy, size, e.now);
    free(copy);
    engine_tick(&e, e.now); // for the invariants
    return error;
}

static size_t poll_packet(void) {
    size_t size = rs_conn_poll_packet(&e.conn, e.now, packet, sizeof packet);
    engine_tick(&e, e.now);
    return size;
}

// What the peer sends, as a packet; returns its bytes.
static size_t build(uint8_t flags, uint32_t seq, uint32_t ack, const void *data, size_t size) {
    struct rs_packet p = {.source = e.config.remote, .destination = e.config.local};
    p.ip.ttl = p.ip6.hop_limit = 64;
    p.segment = (struct rs_segment){
        .source_port = p.source.port,
        .destination_port = p.destination.port,
        .flags = flags,
        .seq = seq,
        .ack = ack,
        .window = PEER_WINDOW,
        .payload = {{data, size}},
    };
    size_t built = rs_packet_build(&p, packet, sizeof packet);
    assert_true(built > 0);
    return built;
}

static enum rs_wire_error hear_packet(uint8_t flags, uint32_t seq, uint32_t ack, const void *data, size_t size) {
    size_t built = build(flags, seq, ack, data, size);
    return input(packet, built);
}

static void establish(enum rs_family family) {
    init(family);
    assert_int_equal(rs_conn_open(&e.conn, e.now), RS_CALL_OK);
    assert_true(poll_packet() > 0);
    assert_int_equal(hear_packet(RS_SYN | RS_ACK, 5000, 1001, NULL, 0), RS_WIRE_OK);
    assert_true(poll_packet() > 0);
    assert_int_equal(poll_packet(), 0);
    expect_state(&e, RS_ESTABLISHED);
}

static struct rs_packet parse_out(void) {
    struct rs_packet p;
    size_t size = poll_packet();
    assert_true(size > 0);
    assert_int_equal(rs_packet_parse(packet, size, &p), RS_WIRE_OK);
    assert_int_equal(p.tcp_checksum, RS_CHECKSUM_GOOD);
    return p;
}

// ---- out

static void test_known_syn(void **state) {
    (void)state;
    RULE(1);
    RULE(11);
    RULE(15);
    init(RS_IPV4);
    engine_open(&e);
    assert_int_equal(poll_packet(), sizeof known_4);
    assert_memory_equal(packet, known_4, sizeof known_4);
    assert_int_equal(poll_packet(), 0);
    init(RS_IPV6);
    engine_open(&e);
    assert_int_equal(poll_packet(), sizeof known_6);
    assert_memory_equal(packet, known_6, sizeof known_6);
    assert_int_equal(poll_packet(), 0);
}

static void test_ip_header_unless_told(void **state) {
    (void)state;
    RULE(15);
    for (int six = 0; six < 2; six++) {
        init(six ? RS_IPV6 : RS_IPV4);
        e.config.ttl = e.config.tos = 0;
        e.config.flow_label = 0;
        engine_start(&e);
        engine_open(&e);
        struct rs_packet p = parse_out();
        assert_int_equal(six ? p.ip6.hop_limit : p.ip.ttl, 64);
        assert_int_equal(six ? p.ip6.traffic_class : p.ip.tos, 0);
        assert_int_equal(p.ip6.flow_label, 0);
    }
}

static void test_ip_id_counts_up(void **state) {
    (void)state;
    init(RS_IPV4);
    e.config.ip_id = 0xffff;
    engine_start(&e);
    engine_open(&e);
    assert_int_equal(parse_out().ip.id, 0xffff);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    assert_int_equal(parse_out().ip.id, 0);
}

static void test_data_in_full_packets(void **state) {
    (void)state;
    for (int six = 0; six < 2; six++) {
        establish(six ? RS_IPV6 : RS_IPV4);
        fill_with_pattern(bytes, sizeof bytes);
        engine_send(&e, bytes, 600);
        size_t size = rs_conn_poll_packet(&e.conn, e.now, packet, RS_CONN_PACKET_ROOM(six ? 1220 : 536));
        size_t headers = six ? 60 : 40, first = six ? 600 : 536; // the peer's SYN,ACK named no MSS
        assert_int_equal(size, headers + first);
        assert_memory_equal(packet + headers, bytes, first);
        assert_int_equal(poll_packet(), six ? 0 : headers + 64);
        if (!six)
            assert_memory_equal(packet + headers, bytes + 536, 64);
    }
}

// ---- in

static void test_a_whole_connection(void **state) {
    (void)state;
    for (int six = 0; six < 2; six++) {
        uint8_t got[10];
        establish(six ? RS_IPV6 : RS_IPV4);
        assert_int_equal(hear_packet(RS_ACK, 5001, 1001, "hello", 5), RS_WIRE_OK);
        assert_int_equal(parse_out().segment.ack, 5006);
        assert_int_equal(engine_receive(&e, got, sizeof got), 5);
        assert_memory_equal(got, "hello", 5);
        assert_int_equal(hear_packet(RS_ACK | RS_FIN, 5006, 1001, NULL, 0), RS_WIRE_OK);
        assert_int_equal(parse_out().segment.ack, 5007);
        engine_close(&e);
        struct rs_packet fin = parse_out();
        assert_int_equal(fin.segment.flags, RS_FIN | RS_ACK);
        assert_true(rs_endpoint_equal(&fin.source, &e.config.local));
        assert_true(rs_endpoint_equal(&fin.destination, &e.config.remote));
        assert_int_equal(hear_packet(RS_ACK, 5007, 1002, NULL, 0), RS_WIRE_OK);
        expect_state(&e, RS_CLOSED);
        assert_int_equal(e.conn.end, RS_END_CLOSED);
    }
}

static void test_cut_at_every_byte(void **state) {
    (void)state;
    for (int six = 0; six < 2; six++) {
        establish(six ? RS_IPV6 : RS_IPV4);
        size_t built = build(RS_ACK, 5001, 1001, "hello", 5);
        uint8_t whole[ROOM];
        memcpy(whole, packet, built);
        for (size_t size = 0; size < built; size++)
            assert_int_not_equal(input(whole, size), RS_WIRE_OK);
        assert_int_equal(poll_packet(), 0);
        assert_int_equal(input(whole, built), RS_WIRE_OK);
        assert_true(poll_packet() > 0);
    }
}

static void test_each_wrong_bit(void **state) {
    (void)state;
    RULE(11);
    establish(RS_IPV4);
    size_t built = build(RS_ACK, 5001, 1001, "hello", 5);
    uint8_t whole[ROOM];
    memcpy(whole, packet, built);
    struct rs_conn before = e.conn;
    for (size_t bit = 0; bit < built * 8; bit++) { // the sum finds each single one (MUST-3)
        whole[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(input(whole, built), RS_WIRE_OK);
        whole[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_memory_equal(&e.conn, &before, sizeof before);
    assert_int_equal(poll_packet(), 0);
    expect_state(&e, RS_ESTABLISHED);
}

// The kernel leaves the sum to the network card, and over loopback there is none (P1).
static void test_unfinished_checksum(void **state) {
    (void)state;
    RULE(P1);
    for (int taken = 0; taken < 2; taken++) {
        establish(RS_IPV4);
        e.conn.config.unfinished_checksum = taken;
        size_t built = build(RS_ACK, 5001, 1001, "hello", 5);
        // c000 + 0201 + c000 + 0202 + 6 + 25, folded
        uint32_t sum = 0xc000 + 0x0201 + 0xc000 + 0x0202 + 6 + 25;
        sum = (sum & 0xffff) + (sum >> 16);
        packet[TCP4 + TCP_CHECKSUM] = (uint8_t)(sum >> 8);
        packet[TCP4 + TCP_CHECKSUM + 1] = (uint8_t)sum;
        assert_int_equal(input(packet, built), taken ? RS_WIRE_OK : RS_WIRE_BAD_TCP_CHECKSUM);
        assert_int_equal(e.conn.rcv.nxt, taken ? 5006 : 5001);
        packet[TCP4 + TCP_CHECKSUM + 1] ^= 1; // neither finished nor unfinished
        assert_int_equal(input(packet, built), RS_WIRE_BAD_TCP_CHECKSUM);
    }
}

static void test_other_endpoints_are_not_ours(void **state) {
    (void)state;
    for (int six = 0; six < 2; six++)
        for (int i = 0; i < 4; i++) {
            establish(six ? RS_IPV6 : RS_IPV4);
            struct rs_endpoint local = e.config.local, remote = e.config.remote;
            e.config.remote.port ^= i == 0;
            e.config.local.port ^= i == 1;
            e.config.remote.addr[3] ^= i == 2;
            e.config.local.addr[3] ^= i == 3;
            assert_int_equal(hear_packet(RS_RST, 5001, 0, NULL, 0), RS_WIRE_NOT_OURS);
            expect_state(&e, RS_ESTABLISHED);
            e.config.local = local;
            e.config.remote = remote;
            assert_int_equal(hear_packet(RS_RST, 5001, 0, NULL, 0), RS_WIRE_OK);
            expect_state(&e, RS_CLOSED);
        }
}

static void test_fragments_and_strangers(void **state) {
    static const uint8_t udp[28] = {0x45, 0, 0,   28, 0, 0, 0, 0,  64,   17, 0xf6, 0xcd, 192, 0,
                                    2,    2, 192, 0,  2, 1, 0, 80, 0x9c, 64, 0,    8,    0,   0};
    (void)state;
    establish(RS_IPV4);
    size_t built = build(RS_ACK, 5001, 1001, "hello", 5);
    packet[IP4_FRAGMENT] = 0x20; // more fragments follow
    uint32_t sum = (uint32_t)(packet[IP4_CHECKSUM] << 8 | packet[IP4_CHECKSUM + 1]);
    sum = 0xffff - ((0xffff - sum + 0x2000) % 0xffff); // the header's sum with the flag in it
    packet[IP4_CHECKSUM] = (uint8_t)(sum >> 8);
    packet[IP4_CHECKSUM + 1] = (uint8_t)sum;
    assert_int_equal(input(packet, built), RS_WIRE_FRAGMENT);
    assert_int_equal(input(udp, sizeof udp), RS_WIRE_NOT_ICMP);
    assert_int_equal(input(udp, 0), RS_WIRE_SHORT_IP);
    assert_int_equal(poll_packet(), 0);
    assert_int_equal(e.conn.rcv.nxt, 5001);
}

// ---- listening

static void test_listener_takes_from_anybody(void **state) {
    (void)state;
    for (int six = 0; six < 2; six++) {
        init(six ? RS_IPV6 : RS_IPV4);
        assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
        e.config.remote.port = 1712;
        assert_int_equal(hear_packet(RS_SYN, 5000, 0, NULL, 0), RS_WIRE_OK);
        struct rs_packet p = parse_out();
        assert_int_equal(p.segment.flags, RS_SYN | RS_ACK);
        assert_true(rs_endpoint_equal(&p.destination, &e.config.remote));
        e.config.remote.port = 1713; // now it is bound to the first
        assert_int_equal(hear_packet(RS_ACK, 5001, 1001, NULL, 0), RS_WIRE_NOT_OURS);
        e.config.remote.port = 1712;
        assert_int_equal(hear_packet(RS_ACK, 5001, 1001, NULL, 0), RS_WIRE_OK);
        expect_state(&e, RS_ESTABLISHED);
        struct rs_endpoint remote = rs_conn_remote(&e.conn), local = rs_conn_local(&e.conn);
        assert_true(rs_endpoint_equal(&remote, &e.config.remote));
        assert_true(rs_endpoint_equal(&local, &e.config.local));
    }
}

// A stray ACK is answered to its sender (section 3.10.7.2).
static void test_listener_answers_whoever_it_is(void **state) {
    (void)state;
    init(RS_IPV4);
    assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
    struct rs_endpoint nobody = {0}, remote = rs_conn_remote(&e.conn);
    assert_memory_equal(&remote, &nobody, sizeof nobody);
    assert_int_equal(hear_packet(RS_ACK, 300, 100, NULL, 0), RS_WIRE_OK);
    struct rs_packet p = parse_out();
    assert_int_equal(p.segment.flags, RS_RST);
    assert_int_equal(p.segment.seq, 100);
    assert_true(rs_endpoint_equal(&p.destination, &e.config.remote));
    assert_int_equal(p.segment.destination_port, e.config.remote.port);
    expect_state(&e, RS_LISTEN);
}

static void test_listener_ignores_other_families_and_ports(void **state) {
    (void)state;
    init(RS_IPV4);
    assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
    e.config.local.port++;
    assert_int_equal(hear_packet(RS_SYN, 5000, 0, NULL, 0), RS_WIRE_NOT_OURS);
    struct rs_conn_config mine = e.config;
    init(RS_IPV6);
    struct rs_conn_config six = e.config;
    e.config = mine;
    e.config.local.port--;
    engine_start(&e);
    assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
    e.config = six;
    assert_int_equal(hear_packet(RS_SYN, 5000, 0, NULL, 0), RS_WIRE_NOT_OURS);
    expect_state(&e, RS_LISTEN);
}

// A SYN from this address to that one.
static enum rs_wire_error syn_from(struct rs_endpoint from, struct rs_endpoint to) {
    struct rs_conn_config mine = e.config;
    e.config.remote = from;
    e.config.local = to;
    enum rs_wire_error error = hear_packet(RS_SYN, 5000, 0, NULL, 0);
    e.config = mine;
    return error;
}

static void nothing_but_unicast(struct rs_endpoint group) {
    syn_from(group, e.config.local);
    expect_state(&e, RS_LISTEN);
    group.port = e.config.local.port;
    assert_int_equal(syn_from(e.config.remote, group), RS_WIRE_NOT_OURS);
    expect_state(&e, RS_LISTEN);
    expect_nothing(&e);
}

static void test_broadcast_and_multicast_are_dropped_silently(void **state) {
    static const uint8_t groups[][4] = {{224, 0, 0, 1}, {239, 1, 2, 3}, {255, 255, 255, 255}, {0, 0, 0, 0}};
    (void)state;
    RULE(15);
    for (int six = 0; six < 2; six++) {
        init(six ? RS_IPV6 : RS_IPV4);
        assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
        if (six)
            nothing_but_unicast((struct rs_endpoint){.family = RS_IPV6, .addr = {0xff, 2, [15] = 1}, .port = 80});
        for (size_t i = 0; !six && i < sizeof groups / sizeof *groups; i++)
            nothing_but_unicast(rs_endpoint_ipv4(groups[i][0], groups[i][1], groups[i][2], groups[i][3], 80));
        assert_int_equal(syn_from(e.config.remote, e.config.local), RS_WIRE_OK); // such a SYN would have been heard
        expect_state(&e, RS_SYN_RECEIVED);
    }
}

// ---- ICMP

// 192.0.2.254 says "port unreachable" about known_4's first 28 bytes.
static size_t port_unreachable(uint8_t *out) {
    static const uint8_t head[28] = {0x45, 0,   0,   56, 0, 0, 0, 0, 64, 1, 0xf5, 0xc4, 192, 0,
                                     2,    254, 192, 0,  2, 1, 3, 3, 0,  0, 0,    0,    0,   0};
    memcpy(out, head, sizeof head);
    memcpy(out + 28, known_4, 28);
    for (int at = 0; at <= 20; at += 20) { // both headers' sums
        size_t from = (size_t)at, to = at ? 56 : 20, field = at ? 22 : 10;
        uint32_t sum = 0;
        out[field] = out[field + 1] = 0;
        for (size_t i = from; i < to; i++)
            sum = (sum + (i % 2 ? 1u : 256u) * out[i]) % 65535;
        out[field] = (uint8_t)((65535 - sum) >> 8);
        out[field + 1] = (uint8_t)(65535 - sum);
    }
    return 56;
}

static void test_icmp_reaches_the_connection(void **state) {
    uint8_t icmp[56];
    (void)state;
    RULE(40);
    size_t size = port_unreachable(icmp);
    init(RS_IPV4);
    engine_open(&e);
    assert_int_equal(input(icmp, size), RS_WIRE_OK); // about something that has not left yet: taken, not believed
    expect_state(&e, RS_SYN_SENT);
    assert_true(poll_packet() > 0);
    for (size_t cut = 0; cut < size; cut++)
        assert_int_not_equal(input(icmp, cut), RS_WIRE_OK);
    icmp[22] ^= 1;
    assert_int_equal(input(icmp, size), RS_WIRE_BAD_ICMP_CHECKSUM);
    expect_state(&e, RS_SYN_SENT);
    icmp[22] ^= 1;
    assert_int_equal(input(icmp, size), RS_WIRE_OK);
    expect_state(&e, RS_CLOSED);
    assert_int_equal(rs_conn_errno(&e.conn), ECONNREFUSED);
}

static void test_icmp_about_another_connection(void **state) {
    uint8_t icmp[56];
    (void)state;
    size_t size = port_unreachable(icmp);
    init(RS_IPV4);
    e.config.local.port++;
    engine_start(&e);
    engine_open(&e);
    assert_true(poll_packet() > 0);
    assert_int_equal(input(icmp, size), RS_WIRE_NOT_OURS);
    expect_state(&e, RS_SYN_SENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_syn),
        cmocka_unit_test(test_ip_header_unless_told),
        cmocka_unit_test(test_ip_id_counts_up),
        cmocka_unit_test(test_data_in_full_packets),
        cmocka_unit_test(test_a_whole_connection),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_each_wrong_bit),
        cmocka_unit_test(test_unfinished_checksum),
        cmocka_unit_test(test_other_endpoints_are_not_ours),
        cmocka_unit_test(test_fragments_and_strangers),
        cmocka_unit_test(test_listener_takes_from_anybody),
        cmocka_unit_test(test_listener_answers_whoever_it_is),
        cmocka_unit_test(test_listener_ignores_other_families_and_ports),
        cmocka_unit_test(test_broadcast_and_multicast_are_dropped_silently),
        cmocka_unit_test(test_icmp_reaches_the_connection),
        cmocka_unit_test(test_icmp_about_another_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
