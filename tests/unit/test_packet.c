// SPDX-License-Identifier: MIT
//
// A whole packet, IP and TCP: known bytes both ways, cut at every byte, and everything that a stranger may send
// instead.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "rawshake/packet.h"

enum { IP_TOTAL = 2, IP_FRAGMENT = 6, IP_PROTOCOL = 9, IP_CHECKSUM = 10, TCP = 20, TCP_CHECKSUM = TCP + 16 };

// 10.0.0.2:7 to 10.0.0.1:1712, PSH and ACK, "hello".
static const uint8_t hello[45] = {
    0x45, 0x10, 0x00, 0x2d, 0xbe, 0xef, 0x40, 0x00, 0x40, 0x06, 0x67, 0xc9, 0x0a, 0x00, 0x00, 0x02, // IP
    0x0a, 0x00, 0x00, 0x01,                                                                         //
    0x00, 0x07, 0x06, 0xb0, 0x11, 0x22, 0x33, 0x44, 0x9a, 0xbc, 0xde, 0xf1, 0x50, 0x18, 0x01, 0xf6, // TCP
    0x91, 0x31, 0x00, 0x00,                                                                         //
    'h',  'e',  'l',  'l',  'o'};

static const struct rs_packet hello_fields = {
    .source = {.family = RS_IPV4, .addr = {10, 0, 0, 2}, .port = 7},
    .destination = {.family = RS_IPV4, .addr = {10, 0, 0, 1}, .port = 1712},
    .ip = {.tos = 0x10, .id = 0xbeef, .dont_fragment = true, .ttl = 64},
    .segment = {.seq = 0x11223344,
                .ack = 0x9abcdef1,
                .flags = RS_PSH | RS_ACK,
                .window = 502,
                .payload = {{(const uint8_t *)"hello", 5}, {NULL, 0}}},
};

static void put_word(uint8_t *bytes, size_t at, unsigned value) {
    bytes[at] = (uint8_t)(value >> 8);
    bytes[at + 1] = (uint8_t)value;
}

static void mend_ip_checksum(uint8_t *packet) {
    size_t header_bytes = (packet[0] & 0x0fu) * 4;
    uint32_t sum = 0;
    put_word(packet, IP_CHECKSUM, 0);
    for (size_t i = 0; i < header_bytes; i++)
        sum += (i % 2 ? 1u : 256u) * packet[i];
    put_word(packet, IP_CHECKSUM, 65535 - sum % 65535);
}

// Parses from memory of exactly that size. The payload's address is of no use afterwards.
static enum rs_wire_error parse(const uint8_t *bytes, size_t size, struct rs_packet *out) {
    uint8_t *copy = exact_copy(bytes, size);
    enum rs_wire_error error = rs_packet_parse(copy, size, out);
    free(copy);
    return error;
}

static void assert_endpoints(const struct rs_packet *packet) {
    assert_true(rs_endpoint_equal(&packet->source, &hello_fields.source));
    assert_true(rs_endpoint_equal(&packet->destination, &hello_fields.destination));
}

static void test_known_bytes_to_fields(void **state) {
    struct rs_packet p;
    (void)state;
    assert_int_equal(rs_packet_parse(hello, sizeof hello, &p), RS_WIRE_OK);
    assert_endpoints(&p);
    assert_int_equal(p.ip.tos, 0x10);
    assert_int_equal(p.ip.total_bytes, 45);
    assert_int_equal(p.ip.id, 0xbeef);
    assert_true(p.ip.dont_fragment);
    assert_int_equal(p.ip.ttl, 64);
    assert_int_equal(p.ip.protocol, RS_PROTOCOL_TCP);
    assert_int_equal(p.segment.source_port, 7);
    assert_int_equal(p.segment.destination_port, 1712);
    assert_int_equal(p.segment.seq, 0x11223344);
    assert_int_equal(p.segment.ack, 0x9abcdef1);
    assert_int_equal(p.segment.flags, RS_PSH | RS_ACK);
    assert_int_equal(p.segment.window, 502);
    assert_ptr_equal(p.segment.payload[0].bytes, hello + 40);
    assert_int_equal(p.segment.payload[0].size, 5);
    assert_int_equal(p.tcp_checksum, RS_CHECKSUM_GOOD);
}

static void test_fields_to_known_bytes(void **state) {
    uint8_t out[80];
    (void)state;
    RULE(11);
    for (size_t at = 0; at < 4; at++) {
        memset(out, UNTOUCHED, sizeof out);
        assert_int_equal(rs_packet_build(&hello_fields, out + at, sizeof out - at), sizeof hello);
        assert_memory_equal(out + at, hello, sizeof hello);
        assert_int_equal(untouched_bytes(out, sizeof out), at);
        assert_int_equal(untouched_bytes(out + at + 45, sizeof out - at - 45), sizeof out - at - 45);
    }
}

static void test_the_endpoints_name_the_ports(void **state) {
    struct rs_packet p = hello_fields;
    uint8_t out[45];
    (void)state;
    p.segment.source_port = 1; // the packet's endpoints count, and so with the addresses
    p.segment.destination_port = 2;
    p.ip.source[0] = p.ip.destination[0] = 99;
    p.ip.protocol = 17;
    p.ip.total_bytes = 9;
    assert_int_equal(rs_packet_build(&p, out, sizeof out), sizeof hello);
    assert_memory_equal(out, hello, sizeof hello);
}

static void test_building_into_exactly_enough(void **state) {
    (void)state;
    for (size_t room = 0; room <= sizeof hello; room++) {
        uint8_t *out = malloc(room > 0 ? room : 1);
        assert_non_null(out);
        assert_int_equal(rs_packet_build(&hello_fields, out, room), room < sizeof hello ? 0 : sizeof hello);
        free(out);
    }
}

static void test_no_packet_above_65535_bytes(void **state) {
    enum { ROOM = RS_PACKET_MAX + 100, MOST = RS_PACKET_MAX - 40 };
    struct rs_packet p = hello_fields, back;
    uint8_t *data = calloc(1, MOST + 50), *out = malloc(ROOM);
    (void)state;
    assert_non_null(data);
    assert_non_null(out);
    for (size_t size = MOST + 1; size <= MOST + 50; size++) { // not even where 16 bits would come round to 40
        p.segment.payload[0] = (struct rs_span){data, size};
        assert_int_equal(rs_packet_build(&p, out, ROOM), 0);
    }
    p.segment.payload[0].size = MOST;
    assert_int_equal(rs_packet_build(&p, out, ROOM), RS_PACKET_MAX);
    assert_int_equal(rs_packet_parse(out, RS_PACKET_MAX, &back), RS_WIRE_OK);
    assert_int_equal(back.segment.payload[0].size, MOST);
    free(data);
    free(out);
}

static void test_cut_at_every_byte(void **state) {
    struct rs_packet p;
    (void)state;
    for (size_t size = 0; size < 20; size++)
        assert_int_equal(parse(hello, size, &p), RS_WIRE_SHORT_IP);
    for (size_t size = 20; size < sizeof hello; size++)
        assert_int_equal(parse(hello, size, &p), RS_WIRE_BAD_TOTAL_LENGTH);
    assert_int_equal(parse(hello, sizeof hello, &p), RS_WIRE_OK);
}

// The cut is hidden from IP: its total length is what arrived, and its checksum is right.
static void test_cut_where_only_tcp_can_tell(void **state) {
    uint8_t bytes[sizeof hello];
    struct rs_packet p;
    (void)state;
    for (size_t size = 20; size <= sizeof hello; size++) {
        memcpy(bytes, hello, sizeof hello);
        put_word(bytes, IP_TOTAL, (unsigned)size);
        mend_ip_checksum(bytes);
        enum rs_wire_error expected = size < 40             ? RS_WIRE_SHORT_TCP
                                      : size < sizeof hello ? RS_WIRE_BAD_TCP_CHECKSUM
                                                            : RS_WIRE_OK;
        assert_int_equal(parse(bytes, size, &p), expected);
    }
}

static void test_bad_data_offsets(void **state) {
    uint8_t bytes[sizeof hello];
    struct rs_packet p;
    (void)state;
    for (unsigned words = 0; words < 16; words++) {
        memcpy(bytes, hello, sizeof hello);
        bytes[TCP + 12] = (uint8_t)(words << 4);
        bool impossible = words < 5 || words * 4 > sizeof hello - 20;
        assert_int_equal(parse(bytes, sizeof bytes, &p), impossible   ? RS_WIRE_BAD_DATA_OFFSET
                                                         : words == 5 ? RS_WIRE_OK
                                                                      : RS_WIRE_BAD_TCP_CHECKSUM);
        assert_endpoints(&p); // so that it can still be said whose packet was bad
    }
}

static void test_ip_errors_come_through(void **state) {
    uint8_t bytes[sizeof hello];
    struct rs_packet p;
    (void)state;
    memcpy(bytes, hello, sizeof hello);
    for (unsigned version = 0; version < 16; version++) {
        bytes[0] = (uint8_t)(version << 4 | 5);
        enum rs_wire_error error = parse(bytes, sizeof bytes, &p);
        if (version != 4 && version != 6)
            assert_int_equal(error, RS_WIRE_NOT_IPV4);
        assert_int_equal(p.source.family, version == 6 ? RS_IPV6 : RS_IPV4);
    }
    bytes[0] = 0x44;
    assert_int_equal(parse(bytes, sizeof bytes, &p), RS_WIRE_BAD_IHL);
    bytes[0] = 0x45;
    bytes[8]--; // as a router that forgot the checksum
    assert_int_equal(parse(bytes, sizeof bytes, &p), RS_WIRE_BAD_IP_CHECKSUM);
    assert_int_equal(p.ip.ttl, 63);
    assert_memory_equal(p.source.addr, hello + 12, 4);
}

static enum rs_wire_error parse_fragment(unsigned word, struct rs_packet *out) {
    uint8_t bytes[sizeof hello];
    memcpy(bytes, hello, sizeof hello);
    put_word(bytes, IP_FRAGMENT, word);
    mend_ip_checksum(bytes);
    return parse(bytes, sizeof bytes, out);
}

static void test_fragments(void **state) {
    struct rs_packet p;
    (void)state;
    assert_int_equal(parse_fragment(0x0000, &p), RS_WIRE_OK);
    assert_int_equal(parse_fragment(0x2000, &p), RS_WIRE_FRAGMENT); // the first of several
    assert_int_equal(parse_fragment(0x2001, &p), RS_WIRE_FRAGMENT);
    assert_int_equal(parse_fragment(0x0001, &p), RS_WIRE_FRAGMENT); // the last
    assert_int_equal(p.ip.fragment_offset, 1);
    assert_int_equal(p.source.port, 0); // what would be read as ports is somebody's data
    assert_int_equal(parse_fragment(0x1fff, &p), RS_WIRE_FRAGMENT);
    assert_int_equal(parse_fragment(0x8000, &p), RS_WIRE_OK); // the reserved bit
}

static void test_other_protocols(void **state) {
    uint8_t bytes[sizeof hello];
    struct rs_packet p;
    (void)state;
    for (unsigned protocol = 0; protocol < 256; protocol++) {
        memcpy(bytes, hello, sizeof hello);
        bytes[IP_PROTOCOL] = (uint8_t)protocol;
        mend_ip_checksum(bytes);
        assert_int_equal(parse(bytes, sizeof bytes, &p), protocol == 6 ? RS_WIRE_OK : RS_WIRE_NOT_TCP);
        assert_int_equal(p.ip.protocol, protocol);
    }
}

static void test_no_flipped_bit_passes(void **state) {
    uint8_t bytes[sizeof hello];
    struct rs_packet p;
    (void)state;
    RULE(11);
    for (size_t bit = 0; bit < 8 * sizeof hello; bit++) {
        memcpy(bytes, hello, sizeof hello);
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ (0x80 >> bit % 8));
        assert_int_not_equal(parse(bytes, sizeof bytes, &p), RS_WIRE_OK);
    }
}

static void test_a_bad_checksum_hides_nothing(void **state) {
    uint8_t bytes[sizeof hello];
    struct rs_packet p;
    (void)state;
    memcpy(bytes, hello, sizeof hello);
    bytes[44] = 'p';
    assert_int_equal(rs_packet_parse(bytes, sizeof bytes, &p), RS_WIRE_BAD_TCP_CHECKSUM);
    assert_int_equal(p.tcp_checksum, RS_CHECKSUM_BAD);
    assert_endpoints(&p);
    assert_int_equal(p.segment.checksum, 0x9131);
    assert_int_equal(p.segment.payload[0].size, 5);
    assert_memory_equal(p.segment.payload[0].bytes, "hellp", 5);
}

static void test_an_unfinished_checksum_is_accepted_and_told(void **state) {
    uint8_t bytes[sizeof hello];
    struct rs_packet p;
    (void)state;
    RULE(P1);
    memcpy(bytes, hello, sizeof hello);
    put_word(bytes, TCP_CHECKSUM, 0x1422); // 0a00 + 0002 + 0a00 + 0001 + 0006 + 0019
    assert_int_equal(parse(bytes, sizeof bytes, &p), RS_WIRE_OK);
    assert_int_equal(p.tcp_checksum, RS_CHECKSUM_UNFINISHED);
}

static void test_the_padding_of_a_frame_is_no_data(void **state) {
    uint8_t frame[46];
    struct rs_packet bare = hello_fields, p;
    (void)state;
    memset(frame, 'x', sizeof frame); // Ethernet fills up to 46 bytes, not always with zeros
    bare.segment.payload[0].size = 0;
    assert_int_equal(rs_packet_build(&bare, frame, 40), 40);
    assert_int_equal(parse(frame, sizeof frame, &p), RS_WIRE_OK);
    assert_int_equal(rs_segment_data_bytes(&p.segment), 0);
    assert_int_equal(p.ip.total_bytes, 40);
}

static void test_ip_options_are_stepped_over(void **state) {
    uint8_t bytes[sizeof hello + 40];
    struct rs_packet p;
    (void)state;
    for (unsigned extra = 4; extra <= 40; extra += 4) {
        memcpy(bytes, hello, 20);
        memset(bytes + 20, 1, extra); // NOP of IP
        memcpy(bytes + 20 + extra, hello + 20, 25);
        bytes[0] = (uint8_t)(0x45 + extra / 4);
        put_word(bytes, IP_TOTAL, 45 + extra);
        mend_ip_checksum(bytes);
        assert_int_equal(parse(bytes, 45 + extra, &p), RS_WIRE_OK);
        assert_endpoints(&p);
        assert_int_equal(p.ip.header_bytes, 20 + extra);
        assert_int_equal(p.segment.payload[0].size, 5);
    }
}

static void test_no_bytes_at_random_are_read_too_far(void **state) {
    uint32_t seed = 4711;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[120];
        struct rs_packet p;
        size_t size = 40 + next_number(&seed) % 80;
        fill_with_numbers(bytes, size, &seed);
        bytes[0] = (uint8_t)(0x45 + next_number(&seed) % 3); // far enough to reach TCP and its options
        bytes[IP_PROTOCOL] = RS_PROTOCOL_TCP;
        put_word(bytes, IP_TOTAL, (unsigned)size);
        put_word(bytes, IP_FRAGMENT, 0);
        mend_ip_checksum(bytes);
        enum rs_wire_error error = parse(bytes, size, &p);
        if (error == RS_WIRE_OK || error == RS_WIRE_BAD_TCP_CHECKSUM)
            assert_int_equal(p.ip.header_bytes + p.segment.header_bytes + p.segment.payload[0].size, size);
        else
            assert_true(error == RS_WIRE_SHORT_TCP || error == RS_WIRE_BAD_DATA_OFFSET);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_bytes_to_fields),
        cmocka_unit_test(test_fields_to_known_bytes),
        cmocka_unit_test(test_the_endpoints_name_the_ports),
        cmocka_unit_test(test_building_into_exactly_enough),
        cmocka_unit_test(test_no_packet_above_65535_bytes),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_cut_where_only_tcp_can_tell),
        cmocka_unit_test(test_bad_data_offsets),
        cmocka_unit_test(test_ip_errors_come_through),
        cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_other_protocols),
        cmocka_unit_test(test_no_flipped_bit_passes),
        cmocka_unit_test(test_a_bad_checksum_hides_nothing),
        cmocka_unit_test(test_an_unfinished_checksum_is_accepted_and_told),
        cmocka_unit_test(test_the_padding_of_a_frame_is_no_data),
        cmocka_unit_test(test_ip_options_are_stepped_over),
        cmocka_unit_test(test_no_bytes_at_random_are_read_too_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
