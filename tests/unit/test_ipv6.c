// SPDX-License-Identifier: MIT
//
// The IPv6 header and its extension headers: known bytes both ways, cut at every byte, chains of every kind, and whole
// packets that hold TCP.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "rawshake/packet.h"

enum { PAYLOAD = 4, NEXT = 6, HEADER = 40, HELLO = 65 };
enum { HOP_BY_HOP = 0, TCP = 6, ROUTING = 43, FRAGMENT = 44, DESTINATION = 60 };

// [2001:db8::1]:7 to [2001:db8::2]:1712, flow label abcde, PSH and ACK, "hello".
static const uint8_t hello[HELLO] = {0x60, 0x0a, 0xbc, 0xde, 0x00, 0x19, 0x06, 0x40, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00,
                                     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x20, 0x01, 0x0d, 0xb8,
                                     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, // TCP
                                     0x00, 0x07, 0x06, 0xb0, 0x11, 0x22, 0x33, 0x44, 0x9a, 0xbc, 0xde, 0xf1, 0x50, 0x18,
                                     0x01, 0xf6, 0x49, 0xbf, 0x00, 0x00, 'h',  'e',  'l',  'l',  'o'};

static const struct rs_packet hello_fields = {
    .source = {.family = RS_IPV6, .addr = {0x20, 1, 0x0d, 0xb8, [15] = 1}, .port = 7},
    .destination = {.family = RS_IPV6, .addr = {0x20, 1, 0x0d, 0xb8, [15] = 2}, .port = 1712},
    .ip6 = {.flow_label = 0xabcde, .hop_limit = 64},
    .segment = {.seq = 0x11223344,
                .ack = 0x9abcdef1,
                .flags = RS_PSH | RS_ACK,
                .window = 502,
                .payload = {{(const uint8_t *)"hello", 5}, {NULL, 0}}},
};

static void put_word(uint8_t *bytes, size_t at, size_t value) {
    bytes[at] = (uint8_t)(value >> 8);
    bytes[at + 1] = (uint8_t)value;
}

// From memory of exactly that size, filled beforehand: whatever is not written shows.
static enum rs_wire_error parse(const uint8_t *bytes, size_t size, struct rs_ipv6 *out) {
    uint8_t *copy = exact_copy(bytes, size);
    memset(out, UNTOUCHED, sizeof *out);
    enum rs_wire_error error = rs_ipv6_parse(copy, size, out);
    free(copy);
    return error;
}

static enum rs_wire_error parse_packet(const uint8_t *bytes, size_t size, struct rs_packet *out) {
    uint8_t *copy = exact_copy(bytes, size);
    memset(out, UNTOUCHED, sizeof *out);
    enum rs_wire_error error = rs_packet_parse(copy, size, out);
    free(copy);
    return error;
}

static void test_known_bytes_to_fields(void **state) {
    struct rs_packet p;
    (void)state;
    memset(&p, UNTOUCHED, sizeof p);
    assert_int_equal(rs_packet_parse(hello, sizeof hello, &p), RS_WIRE_OK);
    assert_true(rs_endpoint_equal(&p.source, &hello_fields.source));
    assert_true(rs_endpoint_equal(&p.destination, &hello_fields.destination));
    assert_int_equal(p.ip6.traffic_class, 0);
    assert_int_equal(p.ip6.flow_label, 0xabcde);
    assert_int_equal(p.ip6.payload_bytes, 25);
    assert_int_equal(p.ip6.next_header, RS_PROTOCOL_TCP);
    assert_int_equal(p.ip6.hop_limit, 64);
    assert_int_equal(p.ip6.extension_bytes, 0);
    assert_false(p.ip6.fragment);
    assert_int_equal(p.ip.header_bytes, 0); // the other family's header is zero
    assert_int_equal(p.ip.total_bytes, 0);
    assert_int_equal(rs_packet_ip_bytes(&p), HEADER);
    assert_int_equal(p.segment.seq, 0x11223344);
    assert_int_equal(p.segment.window, 502);
    assert_ptr_equal(p.segment.payload[0].bytes, hello + 60);
    assert_int_equal(p.segment.payload[0].size, 5);
    assert_int_equal(p.tcp_checksum, RS_CHECKSUM_GOOD);
}

static void test_fields_to_known_bytes(void **state) {
    uint8_t out[100];
    (void)state;
    for (size_t at = 0; at < 4; at++) {
        memset(out, UNTOUCHED, sizeof out);
        assert_int_equal(rs_packet_build(&hello_fields, out + at, sizeof out - at), sizeof hello);
        assert_memory_equal(out + at, hello, sizeof hello);
        assert_int_equal(untouched_bytes(out, sizeof out), at);
        assert_int_equal(untouched_bytes(out + at + HELLO, sizeof out - at - HELLO), sizeof out - at - HELLO);
    }
    assert_int_equal(rs_packet_ip_bytes(&hello_fields), HEADER);
}

static void test_the_first_word_both_ways(void **state) {
    static const uint8_t known[4] = {0x6b, 0x9f, 0xed, 0xcb}; // version 6, traffic class b9, flow label fedcb
    struct rs_ipv6 ip = {.traffic_class = 0xb9, .flow_label = 0xfffedcb}, back; // more than 20 bits are cut
    uint8_t out[HEADER];
    (void)state;
    rs_ipv6_build(&ip, out);
    assert_memory_equal(out, known, 4);
    assert_int_equal(parse(out, sizeof out, &back), RS_WIRE_BAD_EXTENSION); // next header 0, and nothing follows
    ip.next_header = TCP;
    rs_ipv6_build(&ip, out);
    assert_int_equal(parse(out, sizeof out, &back), RS_WIRE_OK);
    assert_int_equal(back.traffic_class, 0xb9);
    assert_int_equal(back.flow_label, 0xfedcb);
}

static void test_cut_at_every_byte(void **state) {
    struct rs_packet p;
    (void)state;
    for (size_t size = 1; size < HEADER; size++)
        assert_int_equal(parse_packet(hello, size, &p), RS_WIRE_SHORT_IP);
    for (size_t size = HEADER; size < sizeof hello; size++)
        assert_int_equal(parse_packet(hello, size, &p), RS_WIRE_BAD_TOTAL_LENGTH);
    assert_int_equal(parse_packet(hello, 0, &p), RS_WIRE_SHORT_IP);
    assert_int_equal(parse_packet(hello, sizeof hello, &p), RS_WIRE_OK);
}

static void test_cut_where_only_tcp_can_tell(void **state) {
    uint8_t bytes[HELLO];
    struct rs_packet p;
    (void)state;
    for (size_t payload = 0; payload <= HELLO - HEADER; payload++) {
        memcpy(bytes, hello, sizeof hello);
        put_word(bytes, PAYLOAD, payload);
        enum rs_wire_error expected = payload < 20   ? RS_WIRE_SHORT_TCP
                                      : payload < 25 ? RS_WIRE_BAD_TCP_CHECKSUM
                                                     : RS_WIRE_OK;
        assert_int_equal(parse_packet(bytes, HEADER + payload, &p), expected);
        assert_int_equal(parse_packet(bytes, sizeof bytes, &p), expected); // what follows is a frame's padding
    }
}

static void test_other_versions(void **state) {
    uint8_t bytes[HELLO];
    struct rs_ipv6 ip;
    (void)state;
    memcpy(bytes, hello, sizeof hello);
    for (unsigned version = 0; version < 16; version++) {
        bytes[0] = (uint8_t)(version << 4);
        assert_int_equal(parse(bytes, sizeof bytes, &ip), version == 6 ? RS_WIRE_OK : RS_WIRE_NOT_IPV6);
    }
}

static void test_other_next_headers(void **state) {
    uint8_t bytes[HELLO];
    struct rs_packet p;
    (void)state;
    for (unsigned next = 0; next < 256; next++) {
        if (next == HOP_BY_HOP || next == ROUTING || next == FRAGMENT || next == DESTINATION)
            continue;
        memcpy(bytes, hello, sizeof hello);
        bytes[NEXT] = (uint8_t)next;
        assert_int_equal(parse_packet(bytes, sizeof bytes, &p), next == TCP ? RS_WIRE_OK : RS_WIRE_NOT_TCP);
        assert_int_equal(p.ip6.next_header, next);
        assert_int_equal(p.source.port, next == TCP ? 7 : 0);
    }
}

static void test_no_flipped_bit_passes(void **state) {
    uint8_t bytes[HELLO];
    struct rs_packet p;
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof hello; bit++) {
        if ((bit >= 4 && bit < 32) || (bit >= 56 && bit < 64)) // class, label and hop limit: nothing covers them
            continue;
        memcpy(bytes, hello, sizeof hello);
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ (0x80 >> bit % 8));
        assert_int_not_equal(parse_packet(bytes, sizeof bytes, &p), RS_WIRE_OK);
    }
}

static void test_an_unfinished_checksum_is_accepted_and_told(void **state) {
    uint8_t bytes[HELLO];
    struct rs_packet p;
    (void)state;
    memcpy(bytes, hello, sizeof hello);
    put_word(bytes, HEADER + 16, 0x5b94); // 2001 + 0db8 + 1 + 2001 + 0db8 + 2 + 19 + 6
    assert_int_equal(parse_packet(bytes, sizeof bytes, &p), RS_WIRE_OK);
    assert_int_equal(p.tcp_checksum, RS_CHECKSUM_UNFINISHED);
    put_word(bytes, HEADER + 16, 0x5b95);
    assert_int_equal(parse_packet(bytes, sizeof bytes, &p), RS_WIRE_BAD_TCP_CHECKSUM);
    assert_int_equal(p.segment.payload[0].size, 5);
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

// The length does not count the header, so the largest packet has 40 bytes more than IPv4's.
static void test_the_largest_packet(void **state) {
    enum { MOST = 65535 - 20, ROOM = 66000 };
    struct rs_packet p = hello_fields, back;
    uint8_t *data = calloc(1, MOST + 1), *out = malloc(ROOM);
    (void)state;
    assert_non_null(data);
    assert_non_null(out);
    p.segment.payload[0] = (struct rs_span){data, MOST + 1};
    assert_int_equal(rs_packet_build(&p, out, ROOM), 0);
    p.segment.payload[0].size = MOST;
    assert_int_equal(rs_packet_build(&p, out, ROOM), 65575);
    assert_int_equal(rs_packet_parse(out, 65575, &back), RS_WIRE_OK);
    assert_int_equal(back.segment.payload[0].size, MOST);
    free(data);
    free(out);
}

// ---- extension headers

struct chain {
    uint8_t bytes[600];
    size_t size;
    uint8_t *last_next; // where the next header's kind goes
};

static void begin(struct chain *c) {
    memset(c->bytes, 0xee, sizeof c->bytes);
    memcpy(c->bytes, hello, HEADER);
    c->size = HEADER;
    c->last_next = c->bytes + NEXT;
}

static void extend(struct chain *c, uint8_t kind, uint8_t units, uint16_t fragment) {
    size_t size = kind == FRAGMENT ? 8 : 8 + 8u * units;
    *c->last_next = kind;
    c->last_next = c->bytes + c->size;
    c->bytes[c->size + 1] = units;
    put_word(c->bytes, c->size + 2, fragment);
    c->size += size;
    assert_true(c->size <= sizeof c->bytes - 25);
}

static void finish(struct chain *c, uint8_t next) {
    *c->last_next = next;
    memcpy(c->bytes + c->size, hello + HEADER, HELLO - HEADER);
    c->size += HELLO - HEADER;
    put_word(c->bytes, PAYLOAD, c->size - HEADER);
}

static void test_each_extension_header_is_stepped_over(void **state) {
    static const uint8_t kinds[] = {HOP_BY_HOP, ROUTING, DESTINATION};
    struct chain c;
    struct rs_packet p;
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        for (uint8_t units = 0; units < 60; units++) {
            begin(&c);
            extend(&c, kinds[i], units, 0);
            finish(&c, TCP);
            assert_int_equal(parse_packet(c.bytes, c.size, &p), RS_WIRE_OK);
            assert_int_equal(p.ip6.extension_bytes, 8 + 8 * units);
            assert_int_equal(rs_packet_ip_bytes(&p), 48 + 8 * units);
            assert_int_equal(p.ip6.next_header, TCP);
            assert_int_equal(p.segment.payload[0].size, 5);
        }
    }
}

static void test_a_chain_of_all(void **state) {
    struct chain c;
    struct rs_packet p;
    (void)state;
    begin(&c);
    extend(&c, HOP_BY_HOP, 0, 0);
    extend(&c, DESTINATION, 1, 0);
    extend(&c, ROUTING, 2, 0);
    extend(&c, FRAGMENT, 0xff, 0); // this one's second byte is reserved, not a length
    extend(&c, DESTINATION, 0, 0);
    finish(&c, TCP);
    assert_int_equal(parse_packet(c.bytes, c.size, &p), RS_WIRE_OK);
    assert_int_equal(p.ip6.extension_bytes, 8 + 16 + 24 + 8 + 8);
    assert_false(p.ip6.fragment);
}

// Cut behind each byte, with a payload length that agrees: no byte behind the cut is read (the sanitizer sees it).
static void test_a_chain_cut_at_every_byte(void **state) {
    struct chain c;
    struct rs_ipv6 ip;
    (void)state;
    begin(&c);
    extend(&c, HOP_BY_HOP, 0, 0);
    extend(&c, ROUTING, 2, 0);
    extend(&c, FRAGMENT, 0, 0);
    extend(&c, DESTINATION, 1, 0);
    size_t headers = c.size - HEADER;
    finish(&c, TCP);
    for (size_t payload = 0; payload < c.size - HEADER; payload++) {
        put_word(c.bytes, PAYLOAD, payload);
        enum rs_wire_error error = parse(c.bytes, HEADER + payload, &ip);
        assert_int_equal(error, payload < headers ? RS_WIRE_BAD_EXTENSION : RS_WIRE_OK);
        assert_true(ip.extension_bytes <= payload);
    }
}

static void test_walking_tells_where_headers_stand(void **state) {
    static const struct rs_extension expected[] = {{HOP_BY_HOP, 0, 8}, {ROUTING, 8, 24}, {DESTINATION, 32, 16}};
    struct chain c;
    struct rs_extension found;
    uint8_t next = HOP_BY_HOP;
    size_t offset = 0;
    bool malformed = false;
    (void)state;
    begin(&c);
    extend(&c, HOP_BY_HOP, 0, 0);
    extend(&c, ROUTING, 2, 0);
    extend(&c, DESTINATION, 1, 0);
    finish(&c, TCP);
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_true(rs_extension_next(c.bytes + HEADER, c.size - HEADER, &next, &offset, &found, &malformed));
        assert_int_equal(found.kind, expected[i].kind);
        assert_int_equal(found.offset, expected[i].offset);
        assert_int_equal(found.size, expected[i].size);
    }
    assert_false(rs_extension_next(c.bytes + HEADER, c.size - HEADER, &next, &offset, &found, &malformed));
    assert_false(malformed);
    assert_int_equal(next, TCP);
    assert_int_equal(offset, 48);
    for (unsigned kind = 0; kind < 256; kind++)
        assert_true(strlen(rs_extension_name((uint8_t)kind)) > 5);
}

static void test_lengths_past_the_packet(void **state) {
    struct chain c;
    struct rs_ipv6 ip;
    (void)state;
    for (unsigned units = 0; units < 256; units++) {
        begin(&c);
        extend(&c, DESTINATION, 0, 0);
        finish(&c, TCP);
        c.bytes[HEADER + 1] = (uint8_t)units;
        bool fits = 8 + 8 * units <= c.size - HEADER;
        assert_int_equal(parse(c.bytes, c.size, &ip), fits ? RS_WIRE_OK : RS_WIRE_BAD_EXTENSION);
    }
}

static enum rs_wire_error parse_fragment(uint16_t word, struct rs_packet *out) {
    struct chain c;
    begin(&c);
    extend(&c, FRAGMENT, 0, word);
    finish(&c, TCP);
    return parse_packet(c.bytes, c.size, out);
}

static void test_fragments(void **state) {
    struct rs_packet p;
    (void)state;
    assert_int_equal(parse_fragment(0x0000, &p), RS_WIRE_OK); // atomic: offset 0, and no more to come
    assert_int_equal(parse_fragment(0x0006, &p), RS_WIRE_OK); // the reserved bits say nothing
    assert_int_equal(parse_fragment(0x0001, &p), RS_WIRE_FRAGMENT);
    assert_int_equal(p.ip6.next_header, TCP);
    assert_int_equal(p.source.port, 0);
    assert_int_equal(parse_fragment(0x0008, &p), RS_WIRE_FRAGMENT);
    assert_int_equal(p.ip6.next_header, FRAGMENT); // what follows is no header
    assert_int_equal(parse_fragment(0xfff9, &p), RS_WIRE_FRAGMENT);
}

static void test_hop_by_hop_stands_first_or_not_at_all(void **state) {
    struct chain c;
    struct rs_packet p;
    (void)state;
    begin(&c);
    extend(&c, DESTINATION, 0, 0);
    extend(&c, HOP_BY_HOP, 0, 0);
    finish(&c, TCP);
    assert_int_equal(parse_packet(c.bytes, c.size, &p), RS_WIRE_NOT_TCP);
    assert_int_equal(p.ip6.extension_bytes, 8);
}

static void test_thousands_of_headers(void **state) {
    enum { COUNT_OF = 8000, SIZE = HEADER + 8 * COUNT_OF };
    uint8_t *bytes = calloc(1, SIZE);
    struct rs_ipv6 ip;
    (void)state;
    assert_non_null(bytes);
    memcpy(bytes, hello, HEADER);
    put_word(bytes, PAYLOAD, SIZE - HEADER);
    bytes[NEXT] = DESTINATION;
    for (size_t i = 0; i < COUNT_OF; i++)
        bytes[HEADER + 8 * i] = DESTINATION;
    assert_int_equal(parse(bytes, SIZE, &ip), RS_WIRE_BAD_EXTENSION);
    bytes[SIZE - 8] = TCP;
    assert_int_equal(parse(bytes, SIZE, &ip), RS_WIRE_OK);
    assert_int_equal(ip.extension_bytes, 8 * COUNT_OF);
    free(bytes);
}

static void test_no_bytes_at_random_are_read_too_far(void **state) {
    static const uint8_t kinds[] = {HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION, DESTINATION, TCP};
    uint32_t seed = 8200;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[200];
        struct rs_packet p;
        size_t size = HEADER + next_number(&seed) % (sizeof bytes - HEADER);
        fill_with_numbers(bytes, size, &seed);
        bytes[0] = (uint8_t)(0x60 | (bytes[0] & 0x0f));
        put_word(bytes, PAYLOAD, size - HEADER - (round % 4 == 0 && size > HEADER));
        bytes[NEXT] = kinds[next_number(&seed) % COUNT(kinds)];
        for (size_t at = HEADER; at + 1 < size; at += 8) { // chains that go on for a while
            bytes[at] = kinds[next_number(&seed) % COUNT(kinds)];
            bytes[at + 1] = next_number(&seed) % 4 ? 0 : bytes[at + 1] % 8;
        }
        enum rs_wire_error error = parse_packet(bytes, size, &p);
        assert_true(p.ip6.extension_bytes <= p.ip6.payload_bytes && p.ip6.payload_bytes <= size - HEADER);
        if (error == RS_WIRE_BAD_TCP_CHECKSUM) {
            size_t parts = rs_packet_ip_bytes(&p) + p.segment.header_bytes + p.segment.payload[0].size;
            assert_int_equal(parts, (size_t)HEADER + p.ip6.payload_bytes);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_bytes_to_fields),
        cmocka_unit_test(test_fields_to_known_bytes),
        cmocka_unit_test(test_the_first_word_both_ways),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_cut_where_only_tcp_can_tell),
        cmocka_unit_test(test_other_versions),
        cmocka_unit_test(test_other_next_headers),
        cmocka_unit_test(test_no_flipped_bit_passes),
        cmocka_unit_test(test_an_unfinished_checksum_is_accepted_and_told),
        cmocka_unit_test(test_building_into_exactly_enough),
        cmocka_unit_test(test_the_largest_packet),
        cmocka_unit_test(test_each_extension_header_is_stepped_over),
        cmocka_unit_test(test_a_chain_of_all),
        cmocka_unit_test(test_a_chain_cut_at_every_byte),
        cmocka_unit_test(test_walking_tells_where_headers_stand),
        cmocka_unit_test(test_lengths_past_the_packet),
        cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_hop_by_hop_stands_first_or_not_at_all),
        cmocka_unit_test(test_thousands_of_headers),
        cmocka_unit_test(test_no_bytes_at_random_are_read_too_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
