// SPDX-License-Identifier: MIT
//
// Headers of packets of which perhaps only the beginning was kept: the same as of the whole packet, as far as it goes,
// and no byte further.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "rawshake/packet.h"

enum { TCP = 20, TCP6 = 40, DATA = 100 };

// MSS, SACK permitted, timestamps, NOP and window scale: 20 bytes.
static const struct rs_options all_options = {.has_mss = true,
                                              .mss = 1460,
                                              .sack_permitted = true,
                                              .has_timestamps = true,
                                              .ts_value = 0x01020304,
                                              .ts_echo = 0x05060708,
                                              .has_window_scale = true,
                                              .window_scale = 7};

static size_t build(enum rs_family family, bool options, size_t data_bytes, uint8_t *out, size_t room) {
    static const uint8_t data[DATA] = "x";
    struct rs_packet packet = {
        .source = {.family = family, .addr = {10, 0, 0, 2}, .port = 7},
        .destination = {.family = family, .addr = {10, 0, 0, 1}, .port = 1712},
        .ip = {.ttl = 64},
        .ip6 = {.hop_limit = 64},
        .segment = {.seq = 0x11223344, .ack = 0x9abcdef1, .flags = RS_PSH | RS_ACK, .window = 502}};
    if (options)
        packet.segment.options = all_options;
    packet.segment.payload[0] = (struct rs_span){data, data_bytes};
    return rs_packet_build(&packet, out, room);
}

// What both must find. Compared field by field: padding, and the order beyond its count, are nobody's.
static void assert_same(const struct rs_packet *a, const struct rs_packet *b) {
    const struct rs_segment *s = &a->segment, *t = &b->segment;
    assert_true(rs_endpoint_equal(&a->source, &b->source));
    assert_true(rs_endpoint_equal(&a->destination, &b->destination));
    assert_int_equal(a->ip.header_bytes, b->ip.header_bytes);
    assert_int_equal(a->ip.total_bytes, b->ip.total_bytes);
    assert_int_equal(a->ip.ttl, b->ip.ttl);
    assert_int_equal(a->ip.checksum, b->ip.checksum);
    assert_int_equal(a->ip6.payload_bytes, b->ip6.payload_bytes);
    assert_int_equal(a->ip6.extension_bytes, b->ip6.extension_bytes);
    assert_int_equal(a->ip6.next_header, b->ip6.next_header);
    assert_int_equal(a->ip6.hop_limit, b->ip6.hop_limit);
    assert_int_equal(s->seq, t->seq);
    assert_int_equal(s->ack, t->ack);
    assert_int_equal(s->flags, t->flags);
    assert_int_equal(s->window, t->window);
    assert_int_equal(s->checksum, t->checksum);
    assert_int_equal(s->header_bytes, t->header_bytes);
    assert_int_equal(s->options.order_count, t->options.order_count);
    assert_memory_equal(s->options.order, t->options.order, s->options.order_count);
    assert_int_equal(s->options.malformed, t->options.malformed);
    assert_int_equal(s->options.mss, t->options.mss);
    assert_int_equal(s->options.ts_echo, t->options.ts_echo);
    assert_int_equal(s->options.window_scale, t->options.window_scale);
    assert_ptr_equal(s->payload[0].bytes, t->payload[0].bytes);
    assert_int_equal(s->payload[0].size, t->payload[0].size);
    assert_int_equal(s->payload[1].size, 0);
}

static void test_of_a_whole_packet_it_is_the_same(void **state) {
    (void)state;
    for (int family = RS_IPV4; family <= RS_IPV6; family += 2)
        for (int options = 0; options < 2; options++)
            for (size_t data = 0; data <= DATA; data += DATA) {
                uint8_t bytes[300];
                struct rs_packet a, b;
                size_t data_bytes = 9999, size = build((enum rs_family)family, options, data, bytes, sizeof bytes);
                assert_int_equal(rs_packet_parse(bytes, size, &a), RS_WIRE_OK);
                assert_int_equal(rs_packet_parse_headers(bytes, size, &b, &data_bytes), RS_WIRE_OK);
                assert_same(&a, &b);
                assert_int_equal(data_bytes, data);
            }
}

// Parses from memory of exactly that size. The payload's address is of no use afterwards.
static enum rs_wire_error parse(const uint8_t *bytes, size_t size, struct rs_packet *out, size_t *data_bytes) {
    uint8_t *copy = exact_copy(bytes, size);
    *data_bytes = 9999;
    enum rs_wire_error error = rs_packet_parse_headers(copy, size, out, data_bytes);
    free(copy);
    return error;
}

// An end of the options, and how many kinds are to be read up to there.
static size_t whole_options(size_t there) {
    static const size_t ends[] = {4, 6, 16, 17, 20};
    size_t n = 0;
    while (n < COUNT(ends) && ends[n] <= there)
        n++;
    return n;
}

static void cut_everywhere(enum rs_family family) {
    uint8_t bytes[300];
    size_t ip = family == RS_IPV4 ? TCP : TCP6, size = build(family, true, DATA, bytes, sizeof bytes);
    assert_int_equal(size, ip + 40 + DATA);
    for (size_t there = 0; there <= size; there++) {
        struct rs_packet p;
        size_t data_bytes;
        enum rs_wire_error error = parse(bytes, there, &p, &data_bytes);
        if (there < ip + 20) {
            assert_int_equal(error, there < ip ? RS_WIRE_SHORT_IP : RS_WIRE_SHORT_TCP);
            assert_int_equal(data_bytes, 0);
            continue;
        }
        assert_int_equal(error, RS_WIRE_OK);
        assert_int_equal(p.source.port, 7);
        assert_int_equal(p.segment.seq, 0x11223344);
        assert_int_equal(p.segment.header_bytes, 40);
        assert_int_equal(data_bytes, DATA);
        assert_int_equal(p.segment.payload[0].size, there < ip + 40 ? 0 : there - ip - 40);
        assert_int_equal(p.segment.options.order_count, whole_options(there - ip - 20));
        assert_int_equal(p.segment.options.has_timestamps, there >= ip + 20 + 16);
        assert_false(p.segment.options.malformed);
    }
}

static void test_cut_at_every_byte(void **state) {
    (void)state;
    cut_everywhere(RS_IPV4);
    cut_everywhere(RS_IPV6);
}

static void test_padding_behind_the_packet_is_no_data(void **state) {
    uint8_t bytes[300];
    (void)state;
    for (int family = RS_IPV4; family <= RS_IPV6; family += 2) {
        struct rs_packet p;
        size_t data_bytes, size = build((enum rs_family)family, false, 5, bytes, sizeof bytes);
        assert_int_equal(parse(bytes, size + 6, &p, &data_bytes), RS_WIRE_OK);
        assert_int_equal(data_bytes, 5);
        assert_int_equal(p.segment.payload[0].size, 5);
    }
}

static void test_a_length_of_zero_is_all_that_is_there(void **state) {
    uint8_t bytes[300];
    (void)state;
    for (int family = RS_IPV4; family <= RS_IPV6; family += 2) {
        struct rs_packet p;
        size_t data_bytes, size = build((enum rs_family)family, false, 50, bytes, sizeof bytes);
        size_t at = family == RS_IPV4 ? 2 : 4;
        bytes[at] = bytes[at + 1] = 0;
        assert_int_equal(parse(bytes, size, &p, &data_bytes), RS_WIRE_OK);
        assert_int_equal(data_bytes, 50);
        assert_int_equal(p.segment.payload[0].size, 50);
    }
}

static void test_what_cannot_be(void **state) {
    uint8_t good[300], bytes[300];
    size_t data_bytes, size = build(RS_IPV4, false, 5, good, sizeof good);
    struct {
        size_t at;
        uint8_t value;
        enum rs_wire_error error;
    } cases[] = {{0, 0x55, RS_WIRE_NOT_IPV4},
                 {0, 0x44, RS_WIRE_BAD_IHL},
                 {3, 19, RS_WIRE_BAD_TOTAL_LENGTH},
                 {3, 39, RS_WIRE_SHORT_TCP},
                 {3, 30, RS_WIRE_SHORT_TCP},
                 {6, 0x20, RS_WIRE_FRAGMENT},
                 {7, 1, RS_WIRE_FRAGMENT},
                 {9, 17, RS_WIRE_NOT_TCP},
                 {32, 0x40, RS_WIRE_BAD_DATA_OFFSET},
                 {32, 0x70, RS_WIRE_BAD_DATA_OFFSET},
                 {10, 0xff, RS_WIRE_OK /* its sum */},
                 {36, 0xff, RS_WIRE_OK /* TCP's */}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rs_packet p;
        memcpy(bytes, good, size);
        bytes[cases[i].at] = cases[i].value;
        assert_int_equal(parse(bytes, size, &p, &data_bytes), cases[i].error);
        assert_int_equal(data_bytes, cases[i].error == RS_WIRE_OK ? 5 : 0);
        if (cases[i].at > 0)
            assert_memory_equal(p.source.addr, good + 12, 4);
    }
}

// Options of IP, and extension headers, some of which are no longer there.
static void test_cut_within_what_stands_before_tcp(void **state) {
    uint8_t four[60 + 20] = {0x4f, 0, 0, 80, 0, 0, 0, 0, 64, 6}, six[40 + 16 + 20] = {0x60, 0, 0, 0, 0, 36, 0, 64};
    (void)state;
    four[60 + 12] = six[56 + 12] = 0x50;
    six[40] = 60; // hop-by-hop, then destination options, then TCP
    six[48] = 6;
    for (size_t size = 20; size <= sizeof four; size++) {
        struct rs_packet p;
        size_t data_bytes;
        assert_int_equal(parse(four, size, &p, &data_bytes), size < 60   ? RS_WIRE_SHORT_IP
                                                             : size < 80 ? RS_WIRE_SHORT_TCP
                                                                         : RS_WIRE_OK);
    }
    for (size_t size = 40; size <= sizeof six; size++) {
        struct rs_packet p;
        size_t data_bytes;
        assert_int_equal(parse(six, size, &p, &data_bytes), size < 56   ? RS_WIRE_BAD_EXTENSION
                                                            : size < 76 ? RS_WIRE_SHORT_TCP
                                                                        : RS_WIRE_OK);
    }
}

static void test_a_bad_option_is_told_where_it_is_whole(void **state) {
    uint8_t bytes[300];
    struct rs_packet p;
    size_t data_bytes, size = build(RS_IPV4, true, 0, bytes, sizeof bytes);
    (void)state;
    bytes[TCP + 20 + 1] = 1; // the length of the first option
    assert_int_equal(parse(bytes, size, &p, &data_bytes), RS_WIRE_OK);
    assert_true(p.segment.options.malformed);
    assert_int_equal(p.segment.options.order_count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_a_whole_packet_it_is_the_same),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_padding_behind_the_packet_is_no_data),
        cmocka_unit_test(test_a_length_of_zero_is_all_that_is_there),
        cmocka_unit_test(test_what_cannot_be),
        cmocka_unit_test(test_cut_within_what_stands_before_tcp),
        cmocka_unit_test(test_a_bad_option_is_told_where_it_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
