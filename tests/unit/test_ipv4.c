// SPDX-License-Identifier: MIT
//
// The IPv4 header: known bytes to fields and back, and every way in which it can be wrong.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "rawshake/ipv4.h"

// 192.168.0.1 to 192.168.0.199, UDP, 115 bytes in all: the header whose checksum is known to be b861.
static const uint8_t known[RS_IPV4_HEADER_MIN] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                                                  0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};

static void put_word(uint8_t *bytes, size_t at, unsigned value) {
    bytes[at] = (uint8_t)(value >> 8);
    bytes[at + 1] = (uint8_t)value;
}

static void put_checksum(uint8_t *bytes, size_t header_bytes) {
    uint32_t sum = 0;
    put_word(bytes, 10, 0);
    for (size_t i = 0; i < header_bytes; i++)
        sum += (i % 2 ? 1u : 256u) * bytes[i];
    put_word(bytes, 10, 65535 - sum % 65535);
}

// Parses from memory of exactly that size.
static enum rs_wire_error parse(const uint8_t *bytes, size_t size, struct rs_ipv4 *out) {
    uint8_t *copy = exact_copy(bytes, size);
    enum rs_wire_error error = rs_ipv4_parse(copy, size, out);
    free(copy);
    return error;
}

static void assert_known(const struct rs_ipv4 *ip) {
    assert_int_equal(ip->header_bytes, 20);
    assert_int_equal(ip->tos, 0);
    assert_int_equal(ip->total_bytes, 115);
    assert_int_equal(ip->id, 0);
    assert_true(ip->dont_fragment);
    assert_false(ip->more_fragments);
    assert_int_equal(ip->fragment_offset, 0);
    assert_int_equal(ip->ttl, 64);
    assert_int_equal(ip->protocol, 17);
    assert_int_equal(ip->checksum, 0xb861);
    assert_memory_equal(ip->source, "\xc0\xa8\x00\x01", 4);
    assert_memory_equal(ip->destination, "\xc0\xa8\x00\xc7", 4);
}

static void test_known_bytes_to_fields(void **state) {
    uint8_t packet[115] = {0};
    struct rs_ipv4 ip;
    (void)state;
    memcpy(packet, known, sizeof known);
    assert_int_equal(parse(packet, sizeof packet, &ip), RS_WIRE_OK);
    assert_known(&ip);
}

static void test_fields_to_known_bytes(void **state) {
    const struct rs_ipv4 ip = {.total_bytes = 115,
                               .dont_fragment = true,
                               .ttl = 64,
                               .protocol = 17,
                               .header_bytes = 60, // ignored, as is the next
                               .checksum = 0x1234,
                               .source = {192, 168, 0, 1},
                               .destination = {192, 168, 0, 199}};
    uint8_t out[64];
    (void)state;
    for (size_t at = 0; at < 4; at++) { // at odd addresses too
        memset(out, UNTOUCHED, sizeof out);
        rs_ipv4_build(&ip, out + at);
        assert_memory_equal(out + at, known, sizeof known);
        assert_int_equal(untouched_bytes(out, sizeof out), at);
        assert_int_equal(untouched_bytes(out + at + 20, sizeof out - at - 20), sizeof out - at - 20);
    }
}

static void test_every_field_has_its_own_bits(void **state) {
    static const uint8_t expected[RS_IPV4_HEADER_MIN] = {0x45, 0xb9, 0x12, 0x34, 0xab, 0xcd, 0x35, 0x67, 0xfe, 0x06,
                                                         0xb8, 0xc2, 1,    2,    3,    4,    5,    6,    7,    8};
    const struct rs_ipv4 ip = {.tos = 0xb9,
                               .total_bytes = 0x1234,
                               .id = 0xabcd,
                               .more_fragments = true,
                               .fragment_offset = 0x1567,
                               .ttl = 254,
                               .protocol = 6,
                               .source = {1, 2, 3, 4},
                               .destination = {5, 6, 7, 8}};
    uint8_t packet[0x1234];
    struct rs_ipv4 back;
    (void)state;
    memset(packet, UNTOUCHED, sizeof packet);
    rs_ipv4_build(&ip, packet);
    assert_memory_equal(packet, expected, sizeof expected);
    assert_int_equal(parse(packet, sizeof packet, &back), RS_WIRE_OK);
    assert_false(back.dont_fragment);
    assert_true(back.more_fragments);
    assert_int_equal(back.fragment_offset, 0x1567);
    assert_int_equal(back.tos, 0xb9);
    assert_int_equal(back.id, 0xabcd);
    assert_int_equal(back.ttl, 254);
}

static void test_an_offset_too_large_does_not_reach_the_flags(void **state) {
    const struct rs_ipv4 ip = {.fragment_offset = 0xffff};
    uint8_t out[RS_IPV4_HEADER_MIN];
    (void)state;
    rs_ipv4_build(&ip, out);
    assert_int_equal(out[6], 0x1f);
    assert_int_equal(out[7], 0xff);
}

static void test_cut_at_every_byte(void **state) {
    uint8_t packet[115] = {0};
    struct rs_ipv4 ip;
    (void)state;
    memcpy(packet, known, sizeof known);
    for (size_t size = 0; size < 20; size++)
        assert_int_equal(parse(packet, size, &ip), RS_WIRE_SHORT_IP);
    for (size_t size = 20; size < 115; size++) {
        assert_int_equal(parse(packet, size, &ip), RS_WIRE_BAD_TOTAL_LENGTH);
        assert_known(&ip); // what could be read was read
    }
    assert_int_equal(parse(packet, 115, &ip), RS_WIRE_OK);
}

static void test_a_short_header_leaves_nothing_of_what_was_there(void **state) {
    struct rs_ipv4 ip, zero = {0};
    (void)state;
    memset(&ip, UNTOUCHED, sizeof ip);
    assert_int_equal(parse(known, 19, &ip), RS_WIRE_SHORT_IP);
    assert_int_equal(ip.header_bytes, zero.header_bytes);
    assert_int_equal(ip.total_bytes, 0);
    assert_memory_equal(ip.source, zero.source, 4);
}

static void test_only_version_4(void **state) {
    (void)state;
    for (unsigned version = 0; version < 16; version++) {
        uint8_t packet[115] = {0};
        struct rs_ipv4 ip;
        memcpy(packet, known, sizeof known);
        packet[0] = (uint8_t)(version << 4 | 5);
        put_checksum(packet, 20);
        assert_int_equal(parse(packet, sizeof packet, &ip), version == 4 ? RS_WIRE_OK : RS_WIRE_NOT_IPV4);
    }
}

// A packet of size bytes whose header says that it has ihl words; its checksum is right where that can be.
static enum rs_wire_error parse_with_ihl(unsigned ihl, size_t size, struct rs_ipv4 *out) {
    uint8_t packet[80] = {0};
    memcpy(packet, known, sizeof known);
    packet[0] = (uint8_t)(0x40 | ihl);
    put_word(packet, 2, (unsigned)size);
    packet[59] = 0x77; // the last byte of the longest options: it is summed with the rest
    put_checksum(packet, ihl < 5 ? 20 : ihl * 4);
    return parse(packet, size, out);
}

static void test_header_lengths(void **state) {
    struct rs_ipv4 ip;
    (void)state;
    for (unsigned ihl = 0; ihl < 5; ihl++)
        assert_int_equal(parse_with_ihl(ihl, 80, &ip), RS_WIRE_BAD_IHL);
    for (unsigned ihl = 5; ihl < 16; ihl++) {
        assert_int_equal(parse_with_ihl(ihl, 80, &ip), RS_WIRE_OK);
        assert_int_equal(ip.header_bytes, ihl * 4);
        assert_int_equal(parse_with_ihl(ihl, ihl * 4, &ip), RS_WIRE_OK);
        for (size_t size = 20; size < ihl * 4; size++)
            assert_int_equal(parse_with_ihl(ihl, size, &ip), RS_WIRE_BAD_IHL);
    }
}

static enum rs_wire_error parse_with_total(unsigned ihl, unsigned total, size_t size, struct rs_ipv4 *out) {
    uint8_t packet[64] = {0};
    memcpy(packet, known, sizeof known);
    packet[0] = (uint8_t)(0x40 | ihl);
    put_word(packet, 2, total);
    put_checksum(packet, ihl * 4);
    return parse(packet, size, out);
}

static void test_total_lengths(void **state) {
    struct rs_ipv4 ip;
    (void)state;
    assert_int_equal(parse_with_total(5, 0, 64, &ip), RS_WIRE_BAD_TOTAL_LENGTH);
    assert_int_equal(parse_with_total(5, 19, 64, &ip), RS_WIRE_BAD_TOTAL_LENGTH);
    assert_int_equal(parse_with_total(5, 20, 64, &ip), RS_WIRE_OK);
    assert_int_equal(parse_with_total(6, 23, 64, &ip), RS_WIRE_BAD_TOTAL_LENGTH);
    assert_int_equal(parse_with_total(6, 24, 64, &ip), RS_WIRE_OK);
    assert_int_equal(parse_with_total(5, 64, 64, &ip), RS_WIRE_OK);
    assert_int_equal(parse_with_total(5, 65, 64, &ip), RS_WIRE_BAD_TOTAL_LENGTH);
    assert_int_equal(parse_with_total(5, 65535, 64, &ip), RS_WIRE_BAD_TOTAL_LENGTH);
}

static void test_a_padded_frame_keeps_its_own_length(void **state) {
    struct rs_ipv4 ip;
    (void)state;
    assert_int_equal(parse_with_total(5, 40, 46, &ip), RS_WIRE_OK); // Ethernet carries 46 bytes at least
    assert_int_equal(ip.total_bytes, 40);
}

static void test_no_bit_can_flip_unseen(void **state) {
    uint8_t packet[115] = {0};
    struct rs_ipv4 ip;
    (void)state;
    for (size_t bit = 0; bit < 160; bit++) {
        memcpy(packet, known, sizeof known);
        packet[bit / 8] = (uint8_t)(packet[bit / 8] ^ (0x80 >> bit % 8));
        enum rs_wire_error error = parse(packet, sizeof packet, &ip);
        assert_int_not_equal(error, RS_WIRE_OK);
        if (bit >= 32) // past version and lengths only the checksum can tell
            assert_int_equal(error, RS_WIRE_BAD_IP_CHECKSUM);
    }
}

static void test_the_reserved_bit_is_ignored(void **state) {
    uint8_t packet[115] = {0};
    struct rs_ipv4 ip;
    (void)state;
    memcpy(packet, known, sizeof known);
    packet[6] |= 0x80;
    put_checksum(packet, 20);
    assert_int_equal(parse(packet, sizeof packet, &ip), RS_WIRE_OK);
    assert_true(ip.dont_fragment);
    assert_false(ip.more_fragments);
    assert_int_equal(ip.fragment_offset, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_bytes_to_fields),
        cmocka_unit_test(test_fields_to_known_bytes),
        cmocka_unit_test(test_every_field_has_its_own_bits),
        cmocka_unit_test(test_an_offset_too_large_does_not_reach_the_flags),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_a_short_header_leaves_nothing_of_what_was_there),
        cmocka_unit_test(test_only_version_4),
        cmocka_unit_test(test_header_lengths),
        cmocka_unit_test(test_total_lengths),
        cmocka_unit_test(test_a_padded_frame_keeps_its_own_length),
        cmocka_unit_test(test_no_bit_can_flip_unseen),
        cmocka_unit_test(test_the_reserved_bit_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
