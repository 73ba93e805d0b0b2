// SPDX-License-Identifier: MIT
//
// A packet taken apart (view/parts.h): every bit of it belongs to exactly one part, whatever its headers are and
// wherever it was cut off.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "view/parts.h"

static const struct rs_endpoint ends[2][2] = {
    {{.family = RS_IPV4, .addr = {10, 0, 0, 1}, .port = 7}, {.family = RS_IPV4, .addr = {10, 0, 0, 2}, .port = 1712}},
    {{.family = RS_IPV6, .addr = {0x20, 1, [15] = 1}, .port = 7},
     {.family = RS_IPV6, .addr = {0x20, 1, [15] = 2}, .port = 1712}},
};

struct sample {
    uint8_t bytes[200];
    size_t size;
    struct rs_packet packet;
    struct trace_segment segment;
    struct parts parts;
};

static void build(struct sample *s, bool ipv6, bool options, const char *data) {
    struct rs_packet packet = {.source = ends[ipv6][0],
                               .destination = ends[ipv6][1],
                               .ip = {.ttl = 64},
                               .ip6 = {.hop_limit = 64},
                               .segment = {.flags = RS_ACK, .window = 100}};
    packet.segment.payload[0] = (struct rs_span){(const uint8_t *)data, strlen(data)};
    if (options) {
        packet.segment.flags = RS_SYN;
        packet.segment.options = (struct rs_options){
            .has_mss = true, .mss = 1460, .has_timestamps = true, .has_window_scale = true, .sack_permitted = true};
    }
    s->size = rs_packet_build(&packet, s->bytes, sizeof s->bytes);
    assert_true(s->size > 0);
}

// Takes apart the first `size` bytes.
static void take_apart(struct sample *s, size_t size) {
    uint8_t *exact = exact_copy(s->bytes, size);
    size_t data;
    assert_int_equal(rs_packet_parse_headers(exact, size, &s->packet, &data), RS_WIRE_OK);
    s->segment = (struct trace_segment){.packet = &s->packet, .bytes = exact, .size = size, .wire_size = s->size};
    parts_list(&s->segment, &s->parts);
    for (size_t i = 0; i < s->parts.count; i++) { // read what can be read, for the sanitizer
        const struct trace_about none = {0};
        char value[64], meaning[400];
        parts_value(&s->parts, &s->parts.list[i], value, sizeof value);
        parts_meaning(&s->parts, &s->parts.list[i], &none, meaning, sizeof meaning);
        assert_non_null(s->parts.list[i].name);
        assert_non_null(s->parts.list[i].label);
        assert_true(meaning[0] != '\0');
    }
    free(exact);
}

// No gap, no overlap, and nothing behind the end.
static void expect_every_bit_once(const struct sample *s, size_t size) {
    size_t bit = 0;
    for (size_t i = 0; i < s->parts.count; i++) {
        assert_int_equal(s->parts.list[i].bit, bit);
        assert_true(s->parts.list[i].bits > 0);
        bit += s->parts.list[i].bits;
    }
    assert_int_equal(bit, size * 8);
    for (size_t byte = 0; byte < size; byte++) {
        size_t owners = 0;
        for (size_t i = 0; i < s->parts.count; i++)
            owners += part_has(&s->parts.list[i], byte) ? 1u : 0;
        assert_true(owners >= 1 && owners <= 8);
    }
}

static void test_every_bit_has_one_part_wherever_it_is_cut(void **state) {
    (void)state;
    for (unsigned kind = 0; kind < 8; kind++) {
        struct sample s;
        build(&s, kind & 1, kind & 2, kind & 4 ? "Hello server!" : "");
        size_t least = (kind & 1 ? RS_IPV6_HEADER_BYTES : RS_IPV4_HEADER_MIN) + RS_TCP_HEADER_MIN;
        for (size_t size = least; size <= s.size; size++) {
            take_apart(&s, size);
            expect_every_bit_once(&s, size);
        }
    }
}

static const struct part *find(const struct parts *parts, const char *name) {
    for (size_t i = 0; i < parts->count; i++)
        if (strcmp(parts->list[i].name, name) == 0)
            return &parts->list[i];
    fail_msg("no part is called %s", name);
    return NULL;
}

static void expect_at(const struct sample *s, const char *name, size_t first, size_t last) {
    const struct part *part = find(&s->parts, name);
    assert_true(part_has(part, first) && part_has(part, last));
    assert_false(part_has(part, last + 1));
    assert_false(first > 0 && part_has(part, first - 1));
}

static void test_parts_are_where_the_rfc_has_them(void **state) {
    (void)state;
    struct sample s;
    build(&s, false, true, "");
    take_apart(&s, s.size);
    expect_at(&s, "Version", 0, 0);
    expect_at(&s, "Source Address", 12, 15);
    expect_at(&s, "Sequence Number", 24, 27);
    expect_at(&s, "SYN", 33, 33);
    expect_at(&s, "Maximum Segment Size", 40, 43);
    expect_at(&s, "Window Scale", 57, 59);
    build(&s, true, false, "Hello");
    take_apart(&s, s.size);
    expect_at(&s, "Destination Address", 24, 39);
    expect_at(&s, "Data", 60, 64);
}

// Options that cannot be, and what is left of the header behind the last one.
static void test_broken_options_are_all_listed(void **state) {
    (void)state;
    struct sample s;
    build(&s, false, true, "");
    s.bytes[41] = 0; // the MSS option says that it has no length
    take_apart(&s, s.size);
    assert_true(s.parts.malformed);
    expect_every_bit_once(&s, s.size);
    expect_at(&s, "(malformed)", 40, 59);
    build(&s, false, true, "");
    s.bytes[40] = RS_OPTION_END;
    take_apart(&s, s.size);
    expect_every_bit_once(&s, s.size);
    expect_at(&s, "End of options", 40, 40);
    expect_at(&s, "Padding", 41, 59);
}

static void test_what_stands_between_ip_and_tcp_is_listed(void **state) {
    (void)state;
    struct sample s;
    build(&s, false, false, "x");
    memmove(s.bytes + 24, s.bytes + 20, s.size - 20); // four bytes of IPv4 options
    memset(s.bytes + 20, 1, 4);
    s.bytes[0] = 0x46;
    s.size += 4;
    s.bytes[3] = (uint8_t)s.size;
    take_apart(&s, s.size);
    expect_every_bit_once(&s, s.size);
    expect_at(&s, "IP options", 20, 23);
    build(&s, true, false, "x");
    memmove(s.bytes + 48, s.bytes + 40, s.size - 40); // an extension header of eight
    memset(s.bytes + 40, 0, 8);
    s.bytes[40] = s.bytes[6];
    s.bytes[6] = 60;
    s.size += 8;
    s.bytes[5] = (uint8_t)(s.size - 40);
    take_apart(&s, s.size);
    expect_every_bit_once(&s, s.size);
    expect_at(&s, "Destination Options", 40, 47);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_bit_has_one_part_wherever_it_is_cut),
        cmocka_unit_test(test_parts_are_where_the_rfc_has_them),
        cmocka_unit_test(test_broken_options_are_all_listed),
        cmocka_unit_test(test_what_stands_between_ip_and_tcp_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
