// SPDX-License-Identifier: MIT
//
// TCP options: each one both ways, what Linux really sends, and all that a stranger can do to break the walk. Options
// are read and written through whole segments, in memory that ends where they end.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "rawshake/segment.h"

static const struct rs_endpoint ten_1 = {.family = RS_IPV4, .addr = {10, 0, 0, 1}};
static const struct rs_endpoint ten_2 = {.family = RS_IPV4, .addr = {10, 0, 0, 2}};

// MSS 1460, SACK permitted, timestamps, NOP, window scale 7: the SYN-ACK of a Linux server.
static const uint8_t linux_options[20] = {0x02, 0x04, 0x05, 0xb4, 0x04, 0x02, 0x08, 0x0a, 0x01, 0x02,
                                          0x03, 0x04, 0xf0, 0xe0, 0xd0, 0xc0, 0x01, 0x03, 0x03, 0x07};
static const struct rs_options linux_fields = {.has_mss = true,
                                               .mss = 1460,
                                               .sack_permitted = true,
                                               .has_timestamps = true,
                                               .ts_value = 0x01020304,
                                               .ts_echo = 0xf0e0d0c0,
                                               .has_window_scale = true,
                                               .window_scale = 7};

// Reads options, a multiple of four bytes, out of a segment that has nothing after them.
static struct rs_options read_options(const uint8_t *options, size_t size) {
    uint8_t bytes[RS_TCP_HEADER_MAX] = {0};
    struct rs_segment segment;
    assert_true(size % 4 == 0 && size <= RS_TCP_OPTIONS_MAX);
    bytes[12] = (uint8_t)((5 + size / 4) << 4);
    memcpy(bytes + 20, options, size);
    uint8_t *copy = exact_copy(bytes, 20 + size);
    assert_int_equal(rs_segment_parse(copy, 20 + size, &segment), RS_WIRE_OK);
    free(copy);
    return segment.options;
}

#define READ(...) read_options((const uint8_t[]){__VA_ARGS__}, sizeof(uint8_t[]){__VA_ARGS__})

static bool has_nothing(const struct rs_options *o) {
    return !o->has_mss && !o->has_window_scale && !o->sack_permitted && !o->has_timestamps && o->sack_blocks == 0;
}

// Writes a segment with these options into a room filled with 0xa5; checks that nothing else was touched.
static void assert_written(const struct rs_options *options, const uint8_t *expected, size_t size) {
    struct rs_segment segment = {.flags = RS_SYN, .options = *options};
    uint8_t out[80];
    memset(out, UNTOUCHED, sizeof out);
    assert_int_equal(rs_segment_header_bytes(&segment), 20 + size);
    assert_int_equal(rs_segment_build(&segment, &ten_1, &ten_2, out, sizeof out), 20 + size);
    assert_int_equal(out[12], (5 + size / 4) << 4);
    assert_memory_equal(out + 20, expected, size);
    assert_int_equal(untouched_bytes(out + 20 + size, sizeof out - 20 - size), sizeof out - 20 - size);
}

static void assert_same(const struct rs_options *a, const struct rs_options *b) {
    assert_int_equal(a->malformed, b->malformed);
    assert_int_equal(a->has_mss, b->has_mss);
    assert_int_equal(a->mss, b->mss);
    assert_int_equal(a->has_window_scale, b->has_window_scale);
    assert_int_equal(a->window_scale, b->window_scale);
    assert_int_equal(a->sack_permitted, b->sack_permitted);
    assert_int_equal(a->has_timestamps, b->has_timestamps);
    assert_int_equal(a->ts_value, b->ts_value);
    assert_int_equal(a->ts_echo, b->ts_echo);
    assert_int_equal(a->sack_blocks, b->sack_blocks);
    for (size_t i = 0; i < a->sack_blocks; i++) {
        assert_int_equal(a->sack[i].left, b->sack[i].left);
        assert_int_equal(a->sack[i].right, b->sack[i].right);
    }
}

// Known bytes and the fields that they are: read and written, each alone.
static const struct {
    const char *name;
    size_t size;
    uint8_t bytes[RS_TCP_OPTIONS_MAX];
    struct rs_options fields;
} known[] = {
    {"none", 0, {0}, {0}},
    {"mss", 4, {2, 4, 0x05, 0xb4}, {.has_mss = true, .mss = 1460}},
    {"mss, largest", 4, {2, 4, 0xff, 0xff}, {.has_mss = true, .mss = 65535}},
    {"mss, zero", 4, {2, 4, 0, 0}, {.has_mss = true}},
    {"window scale", 4, {1, 3, 3, 14}, {.has_window_scale = true, .window_scale = 14}},
    {"window scale, zero", 4, {1, 3, 3, 0}, {.has_window_scale = true}},
    {"sack permitted", 4, {1, 1, 4, 2}, {.sack_permitted = true}},
    {"timestamps",
     12,
     {1, 1, 8, 10, 0xff, 0xee, 0xdd, 0xcc, 0x80, 0, 0, 1},
     {.has_timestamps = true, .ts_value = 0xffeeddcc, .ts_echo = 0x80000001}},
    {"sack permitted and timestamps",
     12,
     {4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2},
     {.sack_permitted = true, .has_timestamps = true, .ts_value = 1, .ts_echo = 2}},
    {"mss and window scale",
     8,
     {2, 4, 0x05, 0xb4, 1, 3, 3, 7},
     {.has_mss = true, .mss = 1460, .has_window_scale = true, .window_scale = 7}},
    {"one sack block",
     12,
     {1, 1, 5, 10, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 1},
     {.sack_blocks = 1, .sack = {{0xfffffffe, 1}}}},
    {"four sack blocks",
     36,
     {1, 1, 5, 34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8},
     {.sack_blocks = 4, .sack = {{1, 2}, {3, 4}, {5, 6}, {7, 8}}}},
    {"full: mss and four sack blocks",
     40,
     {2, 4, 2, 24, 1, 1, 5, 34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3,
      0, 0, 0, 4,  0, 0, 0, 5,  0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8},
     {.has_mss = true, .mss = 536, .sack_blocks = 4, .sack = {{1, 2}, {3, 4}, {5, 6}, {7, 8}}}},
    {"full: timestamps and three sack blocks",
     40,
     {1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8, 1, 1, 5, 26, 0, 0, 0, 1,
      0, 0, 0, 2,  0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5,  0, 0, 0, 6},
     {.has_timestamps = true, .ts_value = 9, .ts_echo = 8, .sack_blocks = 3, .sack = {{1, 2}, {3, 4}, {5, 6}}}},
};

static void test_each_option_is_read(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        struct rs_options read = read_options(known[i].bytes, known[i].size);
        assert_same(&read, &known[i].fields);
    }
}

static void test_each_option_is_written(void **state) {
    (void)state;
    RULE(13);
    for (size_t i = 0; i < COUNT(known); i++)
        assert_written(&known[i].fields, known[i].bytes, known[i].size);
}

static void test_the_twenty_bytes_of_linux(void **state) {
    (void)state;
    RULE(P10);
    struct rs_options read = read_options(linux_options, sizeof linux_options);
    assert_same(&read, &linux_fields);
    assert_written(&linux_fields, linux_options, sizeof linux_options);
}

static void test_linux_options_cut_at_every_word(void **state) {
    (void)state;
    for (size_t size = 0; size < sizeof linux_options; size += 4) {
        struct rs_options read = read_options(linux_options, size);
        assert_int_equal(read.has_mss, size >= 4);
        assert_int_equal(read.sack_permitted, size >= 8);
        assert_int_equal(read.has_timestamps, size >= 16);
        assert_false(read.has_window_scale);
        assert_int_equal(read.malformed, size == 8 || size == 12); // within the timestamps
    }
}

static void test_unknown_kinds_are_stepped_over_by_length(void **state) {
    (void)state;
    RULE(13);
    for (unsigned kind = 0; kind < 256; kind++) {
        if (kind <= 5 || kind == 8)
            continue;
        for (unsigned size = 2; size <= 36; size++) {
            uint8_t options[RS_TCP_OPTIONS_MAX];
            memset(options, 1, sizeof options);
            memset(options, 2, size); // within it stands what looks like MSS options
            options[0] = (uint8_t)kind;
            options[1] = (uint8_t)size;
            memcpy(options + size, "\2\4\5\xb4", 4);
            struct rs_options read = read_options(options, sizeof options);
            assert_false(read.malformed);
            assert_true(read.has_mss);
            assert_int_equal(read.mss, 1460);
        }
    }
}

static void test_impossible_lengths_end_the_walk(void **state) {
    (void)state;
    RULE(13);
    for (unsigned kind = 2; kind < 256; kind++) {
        for (unsigned length = 0; length < 256; length++) {
            struct rs_options read = READ(2, 4, 5, 0xb4, (uint8_t)kind, (uint8_t)length, 1, 1, 1, 1, 1, 1);
            assert_true(read.has_mss); // what came before counts
            assert_int_equal(read.malformed, length < 2 || length > 8);
        }
    }
}

static void test_nothing_is_read_after_an_impossible_length(void **state) {
    static const uint8_t lengths[] = {0, 1, 9, 255};
    (void)state;
    RULE(13);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct rs_options read = READ(2, 4, 5, 0xb4, 99, lengths[i], 2, 4, 2, 24, 4, 2);
        assert_true(read.malformed);
        assert_int_equal(read.mss, 1460);
        assert_false(read.sack_permitted);
    }
}

static void test_a_kind_without_its_length(void **state) {
    (void)state;
    RULE(13);
    for (unsigned kind = 2; kind < 256; kind++) {
        struct rs_options read = READ(1, 1, 1, (uint8_t)kind);
        assert_true(read.malformed);
        assert_true(has_nothing(&read));
    }
}

static void test_nothing_counts_after_end(void **state) {
    (void)state;
    RULE(13);
    struct rs_options read = READ(0, 2, 4, 5, 0xb4, 99, 0, 0);
    assert_true(has_nothing(&read));
    assert_false(read.malformed); // not even what would be malformed
    read = READ(3, 3, 7, 0, 8, 0, 2, 200);
    assert_true(read.has_window_scale);
    assert_false(read.malformed);
}

static void test_nop_anywhere_and_odd_places(void **state) {
    (void)state;
    RULE(13);
    RULE(P10);
    struct rs_options read = READ(1, 2, 4, 5, 0xb4, 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 7, 4, 2, 1);
    assert_int_equal(read.mss, 1460);
    assert_int_equal(read.ts_value, 0x01020304);
    assert_int_equal(read.ts_echo, 0x05060708);
    assert_int_equal(read.window_scale, 7);
    assert_true(read.sack_permitted);
    assert_false(read.malformed);
}

static void test_a_later_one_replaces_an_earlier(void **state) {
    (void)state;
    struct rs_options read = READ(2, 4, 5, 0xb4, 3, 3, 7, 3, 3, 2, 2, 4, 2, 24, 0, 0);
    assert_int_equal(read.mss, 536);
    assert_int_equal(read.window_scale, 2);
}

static void test_a_wrong_length_is_not_believed(void **state) {
    (void)state;
    struct rs_options read = READ(2, 3, 5, 2, 5, 1, 2, 3); // MSS of 3 and of 5 bytes
    assert_true(has_nothing(&read));
    assert_false(read.malformed);
    read = READ(3, 2, 3, 4, 7, 7, 4, 3, 1, 1, 1, 1); // window scale of 2 and 4, SACK permitted of 3
    assert_true(has_nothing(&read));
    read = READ(8, 9, 1, 2, 3, 4, 5, 6, 7, 1, 1, 1);
    assert_true(has_nothing(&read));
    read = READ(8, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2, 4, 5, 0xb4, 0);
    assert_false(read.has_timestamps);
    assert_true(read.has_mss); // and the walk goes on behind it
}

static void test_sack_of_no_whole_blocks_is_not_believed(void **state) {
    (void)state;
    for (unsigned length = 2; length <= 38; length++) {
        uint8_t options[RS_TCP_OPTIONS_MAX];
        memset(options, 1, sizeof options);
        options[0] = RS_OPTION_SACK;
        options[1] = (uint8_t)length;
        struct rs_options read = read_options(options, sizeof options);
        assert_false(read.malformed);
        assert_int_equal(read.sack_blocks, (length - 2) % 8 == 0 ? (length - 2) / 8 : 0);
    }
}

static void test_as_much_as_fits_is_written(void **state) {
    struct rs_segment s = {.options = linux_fields}, back;
    uint8_t out[80];
    (void)state;
    s.options.sack_blocks = 2; // 20 bytes of Linux, 2 of padding and 18 of SACK: 40
    s.options.sack[1] = (struct rs_sack_block){5, 6};
    assert_int_equal(rs_segment_build(&s, &ten_1, &ten_2, out, sizeof out), 60);
    assert_int_equal(rs_segment_parse(out, 60, &back), RS_WIRE_OK);
    assert_same(&s.options, &back.options);
}

static void test_too_long_to_build(void **state) {
    struct rs_segment s = {.options = linux_fields};
    uint8_t out[80];
    (void)state;
    for (unsigned blocks = 3; blocks <= 4; blocks++) {
        s.options.sack_blocks = (uint8_t)blocks; // 20 and 26 or 34
        memset(out, UNTOUCHED, sizeof out);
        assert_int_equal(rs_segment_build(&s, &ten_1, &ten_2, out, sizeof out), 0);
        assert_int_equal(untouched_bytes(out, sizeof out), sizeof out);
    }
    s.options = (struct rs_options){.has_mss = true, .has_window_scale = true, .sack_blocks = 4}; // 4 + 4 + 2 + 34
    assert_int_equal(rs_segment_build(&s, &ten_1, &ten_2, out, sizeof out), 0);
    s.options = (struct rs_options){.has_timestamps = true, .sack_blocks = 4}; // 2 + 10 + 2 + 34
    assert_int_equal(rs_segment_build(&s, &ten_1, &ten_2, out, sizeof out), 0);
    assert_int_equal(rs_segment_header_bytes(&s), 60);
    for (unsigned blocks = 5; blocks < 256; blocks++) { // more than there are
        s.options = (struct rs_options){.sack_blocks = (uint8_t)blocks};
        assert_int_equal(rs_segment_build(&s, &ten_1, &ten_2, out, sizeof out), 0);
    }
    s.options = (struct rs_options){.order_count = RS_OPTION_ORDER_MAX + 1};
    assert_int_equal(rs_segment_build(&s, &ten_1, &ten_2, out, sizeof out), 0);
}

static void assert_order(const struct rs_options *read, const uint8_t *expected, size_t count) {
    assert_int_equal(read->order_count, count);
    assert_memory_equal(read->order, expected, count);
}

static void test_the_order_is_read(void **state) {
    (void)state;
    struct rs_options read = read_options(linux_options, sizeof linux_options);
    assert_order(&read, (const uint8_t[]){2, 4, 8, 1, 3}, 5);
    read = READ(0, 0, 0, 0);
    assert_int_equal(read.order_count, 0);
    read = READ(1, 3, 3, 7, 99, 3, 1, 4, 2, 2, 3, 1); // unknown, and MSS with a wrong length: neither is in it
    assert_order(&read, (const uint8_t[]){1, 3, 4}, 3);
    read = READ(3, 3, 7, 3, 3, 8, 1, 0);
    assert_order(&read, (const uint8_t[]){3, 3, 1}, 3);
    read = READ(5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 5, 2); // SACK without a block, as if it were not there
    assert_order(&read, (const uint8_t[]){5}, 1);
    assert_int_equal(read.sack_blocks, 1);
    read = READ(1, 4, 2, 77, 0, 2, 4, 5); // nothing after a length that cannot be
    assert_order(&read, (const uint8_t[]){1, 4}, 2);
    uint8_t nops[RS_TCP_OPTIONS_MAX];
    memset(nops, 1, sizeof nops);
    read = read_options(nops, sizeof nops);
    assert_order(&read, nops, sizeof nops);
    assert_written(&read, nops, sizeof nops);
}

#define ORDER(...) .order_count = sizeof(uint8_t[]){__VA_ARGS__}, .order = {__VA_ARGS__}

static void test_an_order_of_ones_own(void **state) {
    static const uint8_t scale_first[] = {3, 3, 7, 1, 2, 4, 0x05, 0xb4};
    static const uint8_t twice[] = {4, 2, 3, 3, 7, 3, 3, 7};
    static const uint8_t padded[] = {3, 3, 7, 0};
    (void)state;
    struct rs_options o = {.has_mss = true, .mss = 1460, .has_window_scale = true, .window_scale = 7, ORDER(3, 1, 2)};
    assert_written(&o, scale_first, sizeof scale_first);
    o.has_timestamps = true; // set, but not asked for
    assert_written(&o, scale_first, sizeof scale_first);
    struct rs_options twin = {.sack_permitted = true, .has_window_scale = true, .window_scale = 7, ORDER(4, 3, 3)};
    assert_written(&twin, twice, sizeof twice);
    struct rs_options more = {.has_window_scale = true, .window_scale = 7, ORDER(8, 2, 0, 99, 3, 5)};
    assert_written(&more, padded, sizeof padded); // asked for, but not set, or not understood
}

static size_t put_random_options(uint8_t *bytes, uint32_t *seed) {
    static const uint8_t kinds[] = {2, 3, 4, 5, 8, 1, 1, 1};
    bool used[9] = {false};
    size_t n = 0;
    for (int tries = 0; tries < 12; tries++) {
        uint8_t kind = kinds[next_number(seed) % sizeof kinds];
        size_t blocks = 1 + next_number(seed) % 4;
        size_t size = kind == 1 ? 1 : kind == 2 ? 4 : kind == 3 ? 3 : kind == 4 ? 2 : kind == 8 ? 10 : 2 + 8 * blocks;
        if (used[kind] || n + size > RS_TCP_OPTIONS_MAX)
            continue;
        used[kind] = kind != 1;
        fill_with_numbers(bytes + n, size, seed);
        bytes[n] = kind;
        if (kind != 1)
            bytes[n + 1] = (uint8_t)size;
        n += size;
    }
    while (n % 4 != 0)
        bytes[n++] = 0;
    return n;
}

static void test_read_and_written_again_they_are_the_same(void **state) {
    uint32_t seed = 7323;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[RS_TCP_OPTIONS_MAX];
        size_t size = put_random_options(bytes, &seed);
        struct rs_options read = read_options(bytes, size);
        if (read.order_count > 0)
            assert_written(&read, bytes, size);
    }
}

static void test_walking_tells_where_options_stand(void **state) {
    static const struct rs_option expected[] = {{RS_OPTION_MSS, 0, 4},
                                                {RS_OPTION_SACK_PERMITTED, 4, 2},
                                                {RS_OPTION_TIMESTAMPS, 6, 10},
                                                {RS_OPTION_NOP, 16, 1},
                                                {RS_OPTION_WINDOW_SCALE, 17, 3}};
    struct rs_option option;
    size_t offset = 0, count = 0;
    bool malformed = false;
    (void)state;
    while (rs_option_next(linux_options, sizeof linux_options, &offset, &option, &malformed)) {
        assert_true(count < COUNT(expected));
        assert_int_equal(option.kind, expected[count].kind);
        assert_int_equal(option.offset, expected[count].offset);
        assert_int_equal(option.size, expected[count].size);
        count++;
        assert_int_equal(offset, option.offset + option.size);
    }
    assert_int_equal(count, COUNT(expected));
    assert_false(malformed);
    assert_int_equal(offset, 20);
}

static void test_walking_shows_end_once(void **state) {
    static const uint8_t options[] = {1, 0, 2, 4, 5, 0xb4, 0, 0};
    struct rs_option option;
    size_t offset = 0;
    bool malformed = false;
    (void)state;
    assert_true(rs_option_next(options, sizeof options, &offset, &option, &malformed));
    assert_int_equal(option.kind, RS_OPTION_NOP);
    assert_true(rs_option_next(options, sizeof options, &offset, &option, &malformed));
    assert_int_equal(option.kind, RS_OPTION_END);
    assert_int_equal(option.offset, 1);
    assert_int_equal(option.size, 1);
    assert_false(rs_option_next(options, sizeof options, &offset, &option, &malformed));
    assert_false(malformed);
}

// Any bytes, cut anywhere: the walk ends, each step is forward, and nothing is found outside.
static void test_walking_over_anything_ends(void **state) {
    uint32_t seed = 20182018;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[RS_TCP_OPTIONS_MAX];
        size_t size = next_number(&seed) % (sizeof bytes + 1), offset = 0, expected = 0;
        struct rs_option option;
        bool malformed = false;
        fill_with_numbers(bytes, size, &seed);
        for (size_t i = 1; i < size; i += 2)
            bytes[i] %= 12; // mostly lengths that can be
        uint8_t *copy = exact_copy(bytes, size);
        while (rs_option_next(copy, size, &offset, &option, &malformed)) {
            assert_int_equal(option.offset, expected);
            assert_true(option.size >= 1 && option.offset + option.size <= size);
            assert_int_equal(option.kind, copy[option.offset]);
            expected = option.kind == RS_OPTION_END ? size : option.offset + option.size;
            assert_int_equal(offset, expected);
        }
        assert_true(malformed || expected == size);
        free(copy);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_option_is_read),
        cmocka_unit_test(test_each_option_is_written),
        cmocka_unit_test(test_the_twenty_bytes_of_linux),
        cmocka_unit_test(test_linux_options_cut_at_every_word),
        cmocka_unit_test(test_unknown_kinds_are_stepped_over_by_length),
        cmocka_unit_test(test_impossible_lengths_end_the_walk),
        cmocka_unit_test(test_nothing_is_read_after_an_impossible_length),
        cmocka_unit_test(test_a_kind_without_its_length),
        cmocka_unit_test(test_nothing_counts_after_end),
        cmocka_unit_test(test_nop_anywhere_and_odd_places),
        cmocka_unit_test(test_a_later_one_replaces_an_earlier),
        cmocka_unit_test(test_a_wrong_length_is_not_believed),
        cmocka_unit_test(test_sack_of_no_whole_blocks_is_not_believed),
        cmocka_unit_test(test_as_much_as_fits_is_written),
        cmocka_unit_test(test_too_long_to_build),
        cmocka_unit_test(test_the_order_is_read),
        cmocka_unit_test(test_an_order_of_ones_own),
        cmocka_unit_test(test_read_and_written_again_they_are_the_same),
        cmocka_unit_test(test_walking_tells_where_options_stand),
        cmocka_unit_test(test_walking_shows_end_once),
        cmocka_unit_test(test_walking_over_anything_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
