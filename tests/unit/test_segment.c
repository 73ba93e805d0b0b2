// SPDX-License-Identifier: MIT
//
// The TCP header: known bytes to fields and back, cut at every byte, and the payload that follows it.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "rawshake/checksum.h"
#include "rawshake/segment.h"

static const struct rs_endpoint ten_1 = {.family = RS_IPV4, .addr = {10, 0, 0, 1}, .port = 1712};
static const struct rs_endpoint ten_2 = {.family = RS_IPV4, .addr = {10, 0, 0, 2}, .port = 7};

// 10.0.0.1:1712 to 10.0.0.2:7, SYN, with the five options that Linux sends. Its words and the pseudo-header's add up
// to 34b5a, which folds to 4b5d: the checksum is its complement, b4a2.
static const uint8_t syn[40] = {0x06, 0xb0, 0x00, 0x07, 0x9a, 0xbc, 0xde, 0xf0, 0x00, 0x00, 0x00, 0x00, 0xa0, 0x02,
                                0xfa, 0xf0, 0xb4, 0xa2, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 0x04, 0x02, 0x08, 0x0a,
                                0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x07};

// 10.0.0.2:7 to 10.0.0.1:1712, PSH and ACK, "hello".
static const uint8_t hello[25] = {0x00, 0x07, 0x06, 0xb0, 0x11, 0x22, 0x33, 0x44, 0x9a, 0xbc, 0xde, 0xf1, 0x50,
                                  0x18, 0x80, 0x00, 0x13, 0x27, 0x00, 0x00, 'h',  'e',  'l',  'l',  'o'};

static const struct rs_segment syn_fields = {
    .source_port = 1712,
    .destination_port = 7,
    .seq = 0x9abcdef0,
    .flags = RS_SYN,
    .window = 64240,
    .options = {.has_mss = true,
                .mss = 1460,
                .sack_permitted = true,
                .has_timestamps = true,
                .ts_value = 0x01020304,
                .has_window_scale = true,
                .window_scale = 7},
};

static const struct rs_segment hello_fields = {
    .source_port = 7,
    .destination_port = 1712,
    .seq = 0x11223344,
    .ack = 0x9abcdef1,
    .flags = RS_PSH | RS_ACK,
    .window = 0x8000,
    .payload = {{(const uint8_t *)"hello", 5}, {NULL, 0}},
};

static void test_syn_bytes_to_fields(void **state) {
    struct rs_segment s;
    (void)state;
    assert_int_equal(rs_segment_parse(syn, sizeof syn, &s), RS_WIRE_OK);
    assert_int_equal(s.source_port, 1712);
    assert_int_equal(s.destination_port, 7);
    assert_int_equal(s.seq, 0x9abcdef0);
    assert_int_equal(s.ack, 0);
    assert_int_equal(s.header_bytes, 40);
    assert_int_equal(s.reserved, 0);
    assert_int_equal(s.flags, RS_SYN);
    assert_int_equal(s.window, 64240);
    assert_int_equal(s.checksum, 0xb4a2);
    assert_int_equal(s.urgent, 0);
    assert_int_equal(s.options.mss, 1460);
    assert_int_equal(rs_segment_data_bytes(&s), 0);
}

static void test_data_bytes_to_fields(void **state) {
    struct rs_segment s;
    (void)state;
    assert_int_equal(rs_segment_parse(hello, sizeof hello, &s), RS_WIRE_OK);
    assert_int_equal(s.source_port, 7);
    assert_int_equal(s.destination_port, 1712);
    assert_int_equal(s.seq, 0x11223344);
    assert_int_equal(s.ack, 0x9abcdef1);
    assert_int_equal(s.header_bytes, 20);
    assert_int_equal(s.flags, 0x18);
    assert_int_equal(s.window, 32768);
    assert_int_equal(s.checksum, 0x1327);
    assert_false(s.options.has_mss);
    assert_ptr_equal(s.payload[0].bytes, hello + 20);
    assert_int_equal(s.payload[0].size, 5);
    assert_int_equal(s.payload[1].size, 0);
}

// Builds at each of four neighbouring addresses, and looks at what lies around.
static void assert_builds(const struct rs_segment *segment, const struct rs_endpoint *from,
                          const struct rs_endpoint *to, const uint8_t *expected, size_t size) {
    uint8_t out[80];
    for (size_t at = 0; at < 4; at++) {
        memset(out, UNTOUCHED, sizeof out);
        assert_int_equal(rs_segment_build(segment, from, to, out + at, sizeof out - at), size);
        assert_memory_equal(out + at, expected, size);
        assert_int_equal(untouched_bytes(out, sizeof out), at);
        assert_int_equal(untouched_bytes(out + at + size, sizeof out - at - size), sizeof out - at - size);
    }
}

static void test_fields_to_known_bytes(void **state) {
    (void)state;
    assert_builds(&syn_fields, &ten_1, &ten_2, syn, sizeof syn);
    assert_builds(&hello_fields, &ten_2, &ten_1, hello, sizeof hello);
}

static void test_building_ignores_what_it_computes(void **state) {
    struct rs_segment s = hello_fields;
    (void)state;
    s.header_bytes = 60;
    s.checksum = 0xbeef;
    assert_builds(&s, &ten_2, &ten_1, hello, sizeof hello);
}

static void test_building_into_exactly_enough(void **state) {
    (void)state;
    for (size_t room = 0; room <= sizeof syn; room++) {
        uint8_t *out = malloc(room > 0 ? room : 1);
        assert_non_null(out);
        size_t built = rs_segment_build(&syn_fields, &ten_1, &ten_2, out, room);
        assert_int_equal(built, room < sizeof syn ? 0 : sizeof syn);
        free(out);
    }
    for (size_t room = 0; room <= sizeof hello; room++) {
        uint8_t *out = malloc(room > 0 ? room : 1);
        assert_non_null(out);
        size_t built = rs_segment_build(&hello_fields, &ten_2, &ten_1, out, room);
        assert_int_equal(built, room < sizeof hello ? 0 : sizeof hello);
        free(out);
    }
}

static void test_cut_at_every_byte(void **state) {
    uint8_t bytes[sizeof syn + 3];
    struct rs_segment s;
    (void)state;
    memcpy(bytes, syn, sizeof syn);
    memcpy(bytes + sizeof syn, "abc", 3);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        uint8_t *copy = exact_copy(bytes, size);
        enum rs_wire_error error = rs_segment_parse(copy, size, &s);
        assert_int_equal(error, size < 20 ? RS_WIRE_SHORT_TCP : size < 40 ? RS_WIRE_BAD_DATA_OFFSET : RS_WIRE_OK);
        assert_int_equal(s.source_port, size < 20 ? 0 : 1712); // what could be read was read
        assert_int_equal(rs_segment_data_bytes(&s), size < 40 ? 0 : size - 40);
        free(copy);
    }
}

static void test_data_offsets(void **state) {
    uint8_t bytes[80] = {0};
    struct rs_segment s;
    (void)state;
    for (unsigned words = 0; words < 16; words++) {
        bytes[12] = (uint8_t)(words << 4);
        for (size_t size = 20; size <= sizeof bytes; size++) {
            uint8_t *copy = exact_copy(bytes, size);
            bool good = words >= 5 && words * 4 <= size;
            assert_int_equal(rs_segment_parse(copy, size, &s), good ? RS_WIRE_OK : RS_WIRE_BAD_DATA_OFFSET);
            if (good)
                assert_int_equal(s.payload[0].size, size - words * 4);
            free(copy);
        }
    }
}

static void test_the_window_is_unsigned(void **state) {
    static const uint16_t windows[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
    (void)state;
    RULE(12);
    for (size_t i = 0; i < COUNT(windows); i++) {
        struct rs_segment s = hello_fields, back;
        uint8_t out[25];
        s.window = windows[i];
        assert_int_equal(rs_segment_build(&s, &ten_2, &ten_1, out, sizeof out), sizeof out);
        assert_int_equal(out[14] << 8 | out[15], windows[i]);
        assert_int_equal(rs_segment_parse(out, sizeof out, &back), RS_WIRE_OK);
        assert_int_equal((uint32_t)back.window, windows[i]);
    }
}

static void test_reserved_bits_change_nothing_else(void **state) {
    uint8_t bytes[sizeof hello];
    (void)state;
    RULE(12);
    for (unsigned reserved = 0; reserved < 16; reserved++) {
        struct rs_segment s;
        memcpy(bytes, hello, sizeof hello);
        bytes[12] = (uint8_t)(0x50 | reserved);
        assert_int_equal(rs_segment_parse(bytes, sizeof bytes, &s), RS_WIRE_OK);
        assert_int_equal(s.reserved, reserved);
        assert_int_equal(s.header_bytes, 20);
        assert_int_equal(s.flags, 0x18);
        assert_int_equal(s.payload[0].size, 5);
    }
}

static void test_reserved_bits_are_sent_as_zero(void **state) {
    struct rs_segment s = hello_fields;
    (void)state;
    RULE(12);
    s.reserved = 0x0f; // as a peer from the future may have sent them
    assert_builds(&s, &ten_2, &ten_1, hello, sizeof hello);
}

static void test_all_flags_both_ways(void **state) {
    (void)state;
    for (unsigned flags = 0; flags < 256; flags++) {
        struct rs_segment s = hello_fields, back;
        uint8_t out[25];
        s.flags = (uint8_t)flags;
        assert_int_equal(rs_segment_build(&s, &ten_2, &ten_1, out, sizeof out), sizeof out);
        assert_int_equal(out[13], flags);
        assert_int_equal(rs_segment_parse(out, sizeof out, &back), RS_WIRE_OK);
        assert_int_equal(back.flags, flags);
    }
}

static void test_the_urgent_pointer_both_ways(void **state) {
    struct rs_segment s = hello_fields, back;
    uint8_t out[25];
    (void)state;
    s.urgent = 0xfedc;
    assert_int_equal(rs_segment_build(&s, &ten_2, &ten_1, out, sizeof out), sizeof out);
    assert_int_equal(out[18] << 8 | out[19], 0xfedc);
    assert_int_equal(rs_segment_parse(out, sizeof out, &back), RS_WIRE_OK);
    assert_int_equal(back.urgent, 0xfedc);
    assert_int_equal(rs_checksum_verify(&ten_2, &ten_1, out, sizeof out), RS_CHECKSUM_GOOD);
}

static void test_payload_in_two_spans(void **state) {
    (void)state;
    for (size_t cut = 0; cut <= 5; cut++) { // odd cuts put the halves of a word into different spans
        struct rs_segment s = hello_fields;
        s.payload[0] = (struct rs_span){hello + 20, cut};
        s.payload[1] = (struct rs_span){hello + 20 + cut, 5 - cut};
        assert_int_equal(rs_segment_data_bytes(&s), 5);
        assert_builds(&s, &ten_2, &ten_1, hello, sizeof hello);
    }
}

static void test_no_payload_needs_no_address(void **state) {
    struct rs_segment s = hello_fields, back;
    uint8_t out[20];
    (void)state;
    s.payload[0] = (struct rs_span){NULL, 0};
    assert_int_equal(rs_segment_build(&s, &ten_2, &ten_1, out, sizeof out), 20);
    assert_int_equal(rs_segment_parse(out, 20, &back), RS_WIRE_OK);
    assert_int_equal(rs_segment_data_bytes(&back), 0);
    assert_int_equal(rs_checksum_verify(&ten_2, &ten_1, out, 20), RS_CHECKSUM_GOOD);
}

static void test_parsing_at_every_address(void **state) {
    uint8_t room[sizeof hello + 8];
    (void)state;
    for (size_t at = 0; at < 8; at++) {
        struct rs_segment s;
        memcpy(room + at, hello, sizeof hello);
        assert_int_equal(rs_segment_parse(room + at, sizeof hello, &s), RS_WIRE_OK);
        assert_int_equal(s.seq, 0x11223344);
        assert_int_equal(s.ack, 0x9abcdef1);
        assert_ptr_equal(s.payload[0].bytes, room + at + 20);
    }
}

static void test_sequence_numbers_taken(void **state) {
    struct rs_segment s = {.flags = RS_ACK | RS_PSH | RS_URG};
    (void)state;
    assert_int_equal(rs_segment_length(&s), 0);
    s.flags = RS_SYN;
    assert_int_equal(rs_segment_length(&s), 1);
    s.flags = RS_FIN | RS_ACK;
    assert_int_equal(rs_segment_length(&s), 1);
    s.payload[0].size = 1000;
    s.payload[1].size = 460;
    assert_int_equal(rs_segment_length(&s), 1461);
    s.flags = RS_SYN | RS_FIN;
    assert_int_equal(rs_segment_length(&s), 1462);
    s.flags = RS_RST;
    assert_int_equal(rs_segment_length(&s), 1460);
}

static void test_header_bytes_before_building(void **state) {
    struct rs_segment s = {.flags = RS_SYN};
    (void)state;
    assert_int_equal(rs_segment_header_bytes(&s), 20);
    assert_int_equal(rs_segment_header_bytes(&syn_fields), 40);
    s.options.has_mss = true;
    assert_int_equal(rs_segment_header_bytes(&s), 24);
    s.options.sack_permitted = true; // 4 + 2 + 2, padded
    assert_int_equal(rs_segment_header_bytes(&s), 28);
}

static void test_each_error_has_a_text_of_its_own(void **state) {
    (void)state;
    for (int i = 0; i < RS_WIRE_ERRORS; i++) {
        const char *text = rs_wire_error_text((enum rs_wire_error)i);
        assert_non_null(text);
        assert_true(strlen(text) > 5);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(text, rs_wire_error_text((enum rs_wire_error)j));
    }
    assert_non_null(rs_wire_error_text(RS_WIRE_ERRORS));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syn_bytes_to_fields),
        cmocka_unit_test(test_data_bytes_to_fields),
        cmocka_unit_test(test_fields_to_known_bytes),
        cmocka_unit_test(test_building_ignores_what_it_computes),
        cmocka_unit_test(test_building_into_exactly_enough),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_data_offsets),
        cmocka_unit_test(test_the_window_is_unsigned),
        cmocka_unit_test(test_reserved_bits_change_nothing_else),
        cmocka_unit_test(test_reserved_bits_are_sent_as_zero),
        cmocka_unit_test(test_all_flags_both_ways),
        cmocka_unit_test(test_the_urgent_pointer_both_ways),
        cmocka_unit_test(test_payload_in_two_spans),
        cmocka_unit_test(test_no_payload_needs_no_address),
        cmocka_unit_test(test_parsing_at_every_address),
        cmocka_unit_test(test_sequence_numbers_taken),
        cmocka_unit_test(test_header_bytes_before_building),
        cmocka_unit_test(test_each_error_has_a_text_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
