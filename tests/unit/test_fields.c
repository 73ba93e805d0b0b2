// SPDX-License-Identifier: MIT
//
// The tables of header fields: every bit belongs to exactly one field, and what a view reads by the table is what the
// parser read.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "rawshake/fields.h"
#include "rawshake/packet.h"

enum { HEADER_BITS = 160, HEADER_BYTES = 20, IPV6_BITS = 320, IPV6_BYTES = 40 };

static void assert_covers_all_bits(const struct rs_field *fields, size_t count, unsigned bits) {
    unsigned next = 0;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fields[i].bit_offset, next); // no gap, no overlap, in order
        next += fields[i].bits;
        if (fields[i].bits == 128) { // an address: whole rows
            assert_int_equal(fields[i].bit_offset % 32, 0);
            continue;
        }
        assert_in_range(fields[i].bits, 1, 32);
        assert_true(fields[i].bit_offset / 32 == (next - 1) / 32); // none goes over the edge of a row
    }
    assert_int_equal(next, bits);
}

static void test_all_bits_are_covered_once(void **state) {
    (void)state;
    assert_covers_all_bits(rs_fields_ipv4, rs_fields_ipv4_count, HEADER_BITS);
    assert_covers_all_bits(rs_fields_ipv6, rs_fields_ipv6_count, IPV6_BITS);
    assert_covers_all_bits(rs_fields_tcp, rs_fields_tcp_count, HEADER_BITS);
}

static const struct table {
    const struct rs_field *fields;
    const size_t *count;
    enum rs_field_id first, last;
} tables[] = {{rs_fields_ipv4, &rs_fields_ipv4_count, RS_FIELD_IP_VERSION, RS_FIELD_IP_DESTINATION},
              {rs_fields_ipv6, &rs_fields_ipv6_count, RS_FIELD_IP6_VERSION, RS_FIELD_IP6_DESTINATION},
              {rs_fields_tcp, &rs_fields_tcp_count, RS_FIELD_TCP_SOURCE_PORT, RS_FIELD_TCP_URGENT}};

static void test_each_field_stands_in_one_table_once(void **state) {
    bool seen[RS_FIELDS] = {false};
    size_t all = 0;
    (void)state;
    for (size_t t = 0; t < COUNT(tables); t++) {
        for (size_t i = 0; i < *tables[t].count; i++) {
            enum rs_field_id id = tables[t].fields[i].id;
            assert_in_range(id, tables[t].first, tables[t].last);
            assert_false(seen[id]);
            seen[id] = true;
            all++;
        }
    }
    assert_int_equal(all, RS_FIELDS);
}

// Drawn as the RFC draws it, a bit takes two columns; one of them is the line.
static void assert_can_be_drawn(const struct rs_field *fields, size_t count) {
    for (size_t i = 0; i < count; i++) {
        assert_true(strlen(fields[i].name) >= 2);
        assert_in_range(strlen(fields[i].label), 1, 2u * (fields[i].bits < 32 ? fields[i].bits : 32u) - 1);
        assert_memory_equal(fields[i].section, "RFC ", 4);
    }
}

static void test_labels_fit_their_boxes(void **state) {
    (void)state;
    assert_can_be_drawn(rs_fields_ipv4, rs_fields_ipv4_count);
    assert_can_be_drawn(rs_fields_ipv6, rs_fields_ipv6_count);
    assert_can_be_drawn(rs_fields_tcp, rs_fields_tcp_count);
}

static const struct rs_field *field(enum rs_field_id id) {
    for (size_t t = 0; t < COUNT(tables); t++)
        for (size_t i = 0; i < *tables[t].count; i++)
            if (tables[t].fields[i].id == id)
                return &tables[t].fields[i];
    fail_msg("no field %d", (int)id);
    return NULL;
}

static uint32_t value(enum rs_field_id id, const uint8_t *header) { return rs_field_value(field(id), header); }

static void test_known_ipv4_values(void **state) {
    static const uint8_t header[HEADER_BYTES] = {0x45, 0xb9, 0x12, 0x34, 0xab, 0xcd, 0x35, 0x67, 0xfe, 0x06,
                                                 0xb8, 0xc2, 1,    2,    3,    4,    5,    6,    7,    8};
    (void)state;
    assert_int_equal(value(RS_FIELD_IP_VERSION, header), 4);
    assert_int_equal(value(RS_FIELD_IP_IHL, header), 5);
    assert_int_equal(value(RS_FIELD_IP_DSCP, header), 0x2e);
    assert_int_equal(value(RS_FIELD_IP_ECN, header), 1);
    assert_int_equal(value(RS_FIELD_IP_TOTAL_LENGTH, header), 0x1234);
    assert_int_equal(value(RS_FIELD_IP_ID, header), 0xabcd);
    assert_int_equal(value(RS_FIELD_IP_RESERVED, header), 0);
    assert_int_equal(value(RS_FIELD_IP_DF, header), 0);
    assert_int_equal(value(RS_FIELD_IP_MF, header), 1);
    assert_int_equal(value(RS_FIELD_IP_FRAGMENT_OFFSET, header), 0x1567);
    assert_int_equal(value(RS_FIELD_IP_TTL, header), 254);
    assert_int_equal(value(RS_FIELD_IP_PROTOCOL, header), 6);
    assert_int_equal(value(RS_FIELD_IP_CHECKSUM, header), 0xb8c2);
    assert_int_equal(value(RS_FIELD_IP_SOURCE, header), 0x01020304);
    assert_int_equal(value(RS_FIELD_IP_DESTINATION, header), 0x05060708);
}

static void test_ipv4_parser_and_table_agree(void **state) {
    uint32_t seed = 791;
    (void)state;
    for (int round = 0; round < 5000; round++) {
        uint8_t h[HEADER_BYTES];
        struct rs_ipv4 ip;
        fill_with_numbers(h, sizeof h, &seed);
        rs_ipv4_parse(h, sizeof h, &ip); // most are refused, but all of them are read
        assert_int_equal(value(RS_FIELD_IP_IHL, h) * 4, ip.header_bytes);
        assert_int_equal(value(RS_FIELD_IP_DSCP, h) << 2 | value(RS_FIELD_IP_ECN, h), ip.tos);
        assert_int_equal(value(RS_FIELD_IP_TOTAL_LENGTH, h), ip.total_bytes);
        assert_int_equal(value(RS_FIELD_IP_ID, h), ip.id);
        assert_int_equal(value(RS_FIELD_IP_DF, h), ip.dont_fragment);
        assert_int_equal(value(RS_FIELD_IP_MF, h), ip.more_fragments);
        assert_int_equal(value(RS_FIELD_IP_FRAGMENT_OFFSET, h), ip.fragment_offset);
        assert_int_equal(value(RS_FIELD_IP_TTL, h), ip.ttl);
        assert_int_equal(value(RS_FIELD_IP_PROTOCOL, h), ip.protocol);
        assert_int_equal(value(RS_FIELD_IP_CHECKSUM, h), ip.checksum);
        for (unsigned i = 0; i < 4; i++) {
            assert_int_equal((value(RS_FIELD_IP_SOURCE, h) >> (24 - 8 * i)) & 0xff, ip.source[i]);
            assert_int_equal((value(RS_FIELD_IP_DESTINATION, h) >> (24 - 8 * i)) & 0xff, ip.destination[i]);
        }
    }
}

static void test_ipv6_parser_and_table_agree(void **state) {
    uint32_t seed = 8200;
    (void)state;
    for (int round = 0; round < 5000; round++) {
        uint8_t h[IPV6_BYTES];
        struct rs_ipv6 ip;
        fill_with_numbers(h, sizeof h, &seed);
        h[6] = RS_PROTOCOL_TCP; // an extension header would be stepped over
        rs_ipv6_parse(h, sizeof h, &ip);
        assert_int_equal(value(RS_FIELD_IP6_VERSION, h), h[0] >> 4);
        assert_int_equal(value(RS_FIELD_IP6_DSCP, h) << 2 | value(RS_FIELD_IP6_ECN, h), ip.traffic_class);
        assert_int_equal(value(RS_FIELD_IP6_FLOW_LABEL, h), ip.flow_label);
        assert_int_equal(value(RS_FIELD_IP6_PAYLOAD_LENGTH, h), ip.payload_bytes);
        assert_int_equal(value(RS_FIELD_IP6_NEXT_HEADER, h), ip.next_header);
        assert_int_equal(value(RS_FIELD_IP6_HOP_LIMIT, h), ip.hop_limit);
        assert_memory_equal(h + field(RS_FIELD_IP6_SOURCE)->bit_offset / 8, ip.source, 16);
        assert_memory_equal(h + field(RS_FIELD_IP6_DESTINATION)->bit_offset / 8, ip.destination, 16);
    }
}

static void assert_flags_agree(const uint8_t *header, uint8_t flags) {
    static const struct {
        enum rs_field_id id;
        uint8_t flag;
    } bits[] = {{RS_FIELD_TCP_CWR, RS_CWR},     {RS_FIELD_TCP_ECE, RS_ECE}, {RS_FIELD_TCP_URG, RS_URG},
                {RS_FIELD_TCP_ACK_BIT, RS_ACK}, {RS_FIELD_TCP_PSH, RS_PSH}, {RS_FIELD_TCP_RST, RS_RST},
                {RS_FIELD_TCP_SYN, RS_SYN},     {RS_FIELD_TCP_FIN, RS_FIN}};
    for (size_t i = 0; i < COUNT(bits); i++)
        assert_int_equal(value(bits[i].id, header), (flags & bits[i].flag) != 0);
}

static void test_tcp_parser_and_table_agree(void **state) {
    uint32_t seed = 9293;
    (void)state;
    for (int round = 0; round < 5000; round++) {
        uint8_t h[HEADER_BYTES];
        struct rs_segment s;
        fill_with_numbers(h, sizeof h, &seed);
        rs_segment_parse(h, sizeof h, &s);
        assert_int_equal(value(RS_FIELD_TCP_SOURCE_PORT, h), s.source_port);
        assert_int_equal(value(RS_FIELD_TCP_DESTINATION_PORT, h), s.destination_port);
        assert_int_equal(value(RS_FIELD_TCP_SEQ, h), s.seq);
        assert_int_equal(value(RS_FIELD_TCP_ACK, h), s.ack);
        assert_int_equal(value(RS_FIELD_TCP_DATA_OFFSET, h) * 4, s.header_bytes);
        assert_int_equal(value(RS_FIELD_TCP_RESERVED, h), s.reserved);
        assert_flags_agree(h, s.flags);
        assert_int_equal(value(RS_FIELD_TCP_WINDOW, h), s.window);
        assert_int_equal(value(RS_FIELD_TCP_CHECKSUM, h), s.checksum);
        assert_int_equal(value(RS_FIELD_TCP_URGENT, h), s.urgent);
    }
}

// One bit set at a time: the field that has it, and no other, sees it, with its right weight.
static void assert_each_bit_is_seen_once(const struct rs_field *fields, size_t count) {
    for (unsigned bit = 0; bit < IPV6_BITS; bit++) {
        uint8_t header[IPV6_BYTES] = {0};
        header[bit / 8] = (uint8_t)(0x80 >> bit % 8);
        for (size_t i = 0; i < count; i++) {
            unsigned first = fields[i].bit_offset, last = first + fields[i].bits - 1u;
            if (fields[i].bits > 32) // no number
                continue;
            uint32_t expected = bit < first || bit > last ? 0 : UINT32_C(1) << (last - bit);
            assert_int_equal(rs_field_value(&fields[i], header), expected);
        }
    }
}

static void test_each_bit_is_seen_once(void **state) {
    (void)state;
    assert_each_bit_is_seen_once(rs_fields_ipv4, rs_fields_ipv4_count);
    assert_each_bit_is_seen_once(rs_fields_ipv6, rs_fields_ipv6_count);
    assert_each_bit_is_seen_once(rs_fields_tcp, rs_fields_tcp_count);
}

static void test_values_are_read_at_odd_addresses_and_no_further(void **state) {
    uint8_t header[HEADER_BYTES], shifted[HEADER_BYTES + 1];
    uint32_t seed = 3;
    (void)state;
    fill_with_numbers(header, sizeof header, &seed);
    memcpy(shifted + 1, header, sizeof header);
    uint8_t *exact = exact_copy(shifted, sizeof shifted);
    for (size_t i = 0; i < rs_fields_tcp_count; i++)
        assert_int_equal(rs_field_value(&rs_fields_tcp[i], exact + 1), rs_field_value(&rs_fields_tcp[i], header));
    free(exact);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_bits_are_covered_once),
        cmocka_unit_test(test_each_field_stands_in_one_table_once),
        cmocka_unit_test(test_labels_fit_their_boxes),
        cmocka_unit_test(test_known_ipv4_values),
        cmocka_unit_test(test_ipv4_parser_and_table_agree),
        cmocka_unit_test(test_ipv6_parser_and_table_agree),
        cmocka_unit_test(test_tcp_parser_and_table_agree),
        cmocka_unit_test(test_each_bit_is_seen_once),
        cmocka_unit_test(test_values_are_read_at_odd_addresses_and_no_further),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
