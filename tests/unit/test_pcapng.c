// SPDX-License-Identifier: MIT
//
// pcapng files: known bytes, either order of bytes, sections, interfaces and their clocks, each kind of block, and what
// is said where they make no sense.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "../help/feed.h"
#include "capture/intake.h"

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, OLD = 2, SIMPLE = 3, NAMES = 4, ENHANCED = 6 };

// Of a little-endian machine: a section, an interface of raw IP with nanoseconds, a packet of 5 bytes that came in.
static const uint8_t known[] = {
    0x0a, 0x0d, 0x0d, 0x0a, 0x1c, 0,    0,    0,    0x4d, 0x3c, 0x2b, 0x1a, 1,    0, 0, 0, // section
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1c, 0,    0,    0,                   //
    1,    0,    0,    0,    0x20, 0,    0,    0,    101,  0,    0,    0,    0,    0, 4, 0, // interface
    9,    0,    1,    0,    9,    0,    0,    0,    0,    0,    0,    0,    0x20, 0, 0, 0, // if_tsresol: 10^-9
    6,    0,    0,    0,    0x30, 0,    0,    0,    0,    0,    0,    0,                   // packet
    0x5a, 0x86, 0xae, 0x18, 0x40, 0xa2, 0x25, 0x94,                                        // its time
    5,    0,    0,    0,    60,   0,    0,    0,    'h',  'e',  'l',  'l',  'o',  0, 0, 0, //
    2,    0,    4,    0,    1,    0,    0,    0,    0x30, 0,    0,    0};                  // epb_flags: inbound

static void test_known_bytes(void **state) {
    FILE *file = feed_file(known, sizeof known);
    struct capture *capture = capture_open(fileno(file));
    struct capture_frame frame;
    (void)state;
    assert_int_equal(capture_next(capture, &frame), CAPTURE_FRAME);
    assert_int_equal(frame.wall_ns, 0x18ae865a9425a240);
    assert_int_equal(frame.size, 5);
    assert_int_equal(frame.wire_size, 60);
    assert_memory_equal(frame.bytes, "hello", 5);
    assert_int_equal(frame.link, 101);
    assert_int_equal(frame.number, 1);
    assert_int_equal(frame.direction, TRACE_INBOUND);
    assert_int_equal(capture_next(capture, &frame), CAPTURE_END);
    capture_free(capture);
    fclose(file);
}

// ---- building

static size_t block(struct feed *f, uint32_t kind) {
    feed_32(f, kind);
    feed_32(f, 0);
    return f->size - 8;
}

static void finish(struct feed *f, size_t from) {
    uint32_t length = (uint32_t)(f->size - from + 4);
    size_t end = f->size;
    f->size = from + 4;
    feed_32(f, length);
    f->size = end;
    feed_32(f, length);
}

static void section(struct feed *f, bool big) {
    f->big = big;
    size_t from = block(f, SECTION);
    feed_32(f, 0x1a2b3c4d);
    feed_16(f, 1);
    feed_16(f, 0);
    feed_number(f, UINT64_MAX, 8);
    finish(f, from);
}

static void option(struct feed *f, unsigned code, uint64_t value, unsigned bytes) {
    feed_16(f, code);
    feed_16(f, bytes);
    feed_number(f, value, bytes);
    while (f->size % 4 != 0) // every block begins at a multiple of four
        feed_number(f, 0, 1);
}

static void interface(struct feed *f, unsigned link, uint32_t snap, int resolution, uint64_t offset) {
    size_t from = block(f, INTERFACE);
    feed_16(f, link);
    feed_16(f, 0);
    feed_32(f, snap);
    if (resolution >= 0) {
        option(f, 2, 0x65746830, 4); // if_name
        option(f, 9, (uint64_t)resolution, 1);
        option(f, 14, offset, 8);
        option(f, 0, 0, 0);
    }
    finish(f, from);
}

static void data(struct feed *f, uint32_t kept) {
    for (uint32_t i = 0; i < kept; i++)
        feed_number(f, i, 1);
    while (f->size % 4 != 0)
        feed_number(f, 0, 1);
}

static size_t packet(struct feed *f, uint32_t on, uint64_t time, uint32_t kept) {
    size_t from = block(f, ENHANCED);
    feed_32(f, on);
    feed_32(f, (uint32_t)(time >> 32));
    feed_32(f, (uint32_t)time);
    feed_32(f, kept);
    feed_32(f, kept);
    data(f, kept);
    return from;
}

// ---- reading

// Reads the n-th packet; its bytes are of no use afterwards.
static struct capture_frame nth(const struct feed *f, unsigned n) {
    FILE *file = feed_file(f->bytes, f->size);
    struct capture *capture = capture_open(fileno(file));
    struct capture_frame frame;
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(capture_next(capture, &frame), CAPTURE_FRAME);
    assert_int_equal(frame.number, n);
    capture_free(capture);
    fclose(file);
    return frame;
}

static void expect_damage(const struct feed *f, unsigned packets_before, const char *expected) {
    char problem[200];
    unsigned packets;
    assert_int_equal(feed_read(f->bytes, f->size, &packets, problem), CAPTURE_DAMAGED);
    assert_int_equal(packets, packets_before);
    assert_string_equal(problem, expected);
}

static void test_clocks(void **state) {
    static const struct {
        int resolution;
        uint64_t offset, time, ns;
    } clocks[] = {
        {-1, 0, 1700000000123456, 1700000000123456000}, // microseconds unless told
        {6, 0, 1700000000123456, 1700000000123456000},
        {0, 0, 1700000000, 1700000000000000000},
        {3, 0, 1700000000123, 1700000000123000000},
        {9, 0, 1700000000123456789, 1700000000123456789},
        {10, 0, 17000000001234567891u, 1700000000123456789},
        {12, 5, 123456789012, 5123456789},
        {19, 0, UINT64_MAX, 1844674407},
        {28, 0, UINT64_MAX, 1},
        {29, 0, UINT64_MAX, 0},
        {127, 0, UINT64_MAX, 0},
        {0x80, 0, 1700000000, 1700000000000000000},
        {0x80 | 1, 0, 3, 1500000000},
        {0x80 | 10, 0, 1024 * 5 + 512, 5500000000},
        {0x80 | 32, 0, UINT64_C(7) << 32 | 0x80000000, 7500000000},
        {0x80 | 60, 0, UINT64_C(3) << 59, 1500000000},
        {0x80 | 63, 0, UINT64_C(3) << 62, 1500000000},
        {0x80 | 64, 0, UINT64_C(1) << 63, 500000000},
        {0x80 | 96, 0, UINT64_MAX, 0},
        {0xff, 0, UINT64_MAX, 0},
        {6, 1700000000, 5, 1700000000000005000},
        {6, UINT64_MAX, 3000000, 2000000000}, // one second less
    };
    (void)state;
    for (size_t i = 0; i < COUNT(clocks); i++)
        for (int big = 0; big < 2; big++) {
            struct feed f = {.size = 0};
            section(&f, big);
            interface(&f, 1, 0, clocks[i].resolution, clocks[i].offset);
            finish(&f, packet(&f, 0, clocks[i].time, 9));
            struct capture_frame frame = nth(&f, 1);
            assert_int_equal(frame.wall_ns, clocks[i].ns);
            assert_int_equal(frame.size, 9);
        }
}

static void simple(struct feed *f, uint32_t had, uint32_t kept) {
    size_t from = block(f, SIMPLE);
    feed_32(f, had);
    data(f, kept);
    finish(f, from);
}

static void old(struct feed *f, unsigned on, unsigned drops, uint32_t flags) {
    size_t from = block(f, OLD);
    feed_16(f, on);
    feed_16(f, drops);
    feed_32(f, 0);
    feed_32(f, 1000000);
    feed_32(f, 5);
    feed_32(f, 60);
    data(f, 5);
    option(f, 2, flags, 4);
    finish(f, from);
}

static void test_each_kind_of_packet(void **state) {
    (void)state;
    for (int big = 0; big < 2; big++) {
        struct feed f = {.size = 0};
        section(&f, big);
        interface(&f, 101, 7, -1, 0);
        interface(&f, 1, 0, -1, 0);
        simple(&f, 60, 7); // of the first interface, which kept 7 bytes
        simple(&f, 5, 5);
        old(&f, 1, 3, 2);
        old(&f, 1, 0xffff, 0);
        size_t from = packet(&f, 1, 2000000, 6);
        option(&f, 1, 0x68656c6c6f, 5); // a comment
        option(&f, 2, 0x00000002, 4);
        option(&f, 4, 70000, 8);
        finish(&f, from);
        struct capture_frame one = nth(&f, 1), two = nth(&f, 2), three = nth(&f, 3), four = nth(&f, 4),
                             five = nth(&f, 5);
        assert_int_equal(one.size, 7);
        assert_int_equal(one.wire_size, 60);
        assert_int_equal(one.wall_ns, 0);
        assert_int_equal(one.link, 101);
        assert_int_equal(two.size, 5);
        assert_int_equal(two.wire_size, 5);
        assert_int_equal(three.size, 5);
        assert_int_equal(three.wire_size, 60);
        assert_int_equal(three.wall_ns, 1000000000);
        assert_int_equal(three.lost, 3);
        assert_int_equal(three.link, 1);
        assert_int_equal(three.interface, 1);
        assert_int_equal(three.direction, TRACE_OUTBOUND);
        assert_int_equal(four.lost, 0);
        assert_int_equal(four.direction, TRACE_DIRECTION_UNKNOWN);
        assert_int_equal(five.lost, 70000);
        assert_int_equal(five.direction, TRACE_OUTBOUND);
    }
}

static void test_sections_and_interfaces(void **state) {
    struct feed f = {.size = 0};
    (void)state;
    section(&f, true);
    interface(&f, 1, 0, 9, 0);
    interface(&f, 113, 0, 6, 0);
    finish(&f, packet(&f, 1, 5, 4));
    finish(&f, packet(&f, 0, 5, 4));
    section(&f, false); // another order of bytes, and other interfaces
    interface(&f, 276, 0, 3, 0);
    size_t from = block(&f, NAMES);
    data(&f, 40);
    finish(&f, from);
    from = block(&f, 0x80000bad); // nobody knows it
    finish(&f, from);
    finish(&f, packet(&f, 0, 5, 4));
    struct capture_frame one = nth(&f, 1), two = nth(&f, 2), three = nth(&f, 3);
    assert_int_equal(one.link, 113);
    assert_int_equal(one.wall_ns, 5000);
    assert_int_equal(two.link, 1);
    assert_int_equal(two.wall_ns, 5);
    assert_int_equal(three.link, 276);
    assert_int_equal(three.wall_ns, 5000000);
    finish(&f, packet(&f, 1, 5, 4)); // of the section before
    expect_damage(&f, 3, "packet 4, which begins at byte 384: it names interface 1, and the file has told of 1 so far");
}

static void test_a_block_of_any_size_is_stepped_over(void **state) {
    enum { LENGTH = 3 * INTAKE_MOST };
    struct feed f = {.size = 0};
    struct capture_frame frame;
    FILE *file = tmpfile();
    uint8_t *nothing = calloc(1, LENGTH - 12);
    (void)state;
    assert_non_null(file);
    assert_non_null(nothing);
    section(&f, true);
    feed_32(&f, 77);
    feed_32(&f, LENGTH);
    fwrite(f.bytes, 1, f.size, file);
    fwrite(nothing, 1, LENGTH - 12, file);
    f.size = 0;
    feed_32(&f, LENGTH);
    interface(&f, 1, 0, -1, 0);
    finish(&f, packet(&f, 0, 5, 4));
    fwrite(f.bytes, 1, f.size, file);
    rewind(file);
    struct capture *capture = capture_open(fileno(file));
    assert_int_equal(capture_next(capture, &frame), CAPTURE_FRAME);
    assert_int_equal(frame.size, 4);
    assert_int_equal(capture_next(capture, &frame), CAPTURE_END);
    capture_free(capture);
    fclose(file);
    free(nothing);
}

static void test_cut_at_every_byte(void **state) {
    (void)state;
    for (int big = 0; big < 2; big++) {
        struct feed f = {.size = 0};
        size_t ends[5];
        section(&f, big);
        ends[0] = f.size;
        interface(&f, 1, 0, 9, 1);
        ends[1] = f.size;
        finish(&f, packet(&f, 0, 5, 5));
        ends[2] = f.size;
        finish(&f, block(&f, 77));
        ends[3] = f.size;
        old(&f, 0, 0, 1);
        ends[4] = f.size;
        for (size_t size = 4, end = 0; size <= f.size; size++) {
            char problem[200];
            unsigned packets;
            uint8_t *copy = exact_copy(f.bytes, size);
            enum capture_status status = feed_read(copy, size, &packets, problem);
            free(copy);
            while (end < 4 && ends[end] < size)
                end++;
            assert_int_equal(packets, (size >= ends[2]) + (size >= ends[4]));
            assert_int_equal(status, size == ends[end] ? CAPTURE_END : CAPTURE_DAMAGED);
            if (status == CAPTURE_DAMAGED)
                assert_non_null(strstr(problem, ": the file ends in the middle of it"));
        }
    }
}

static void begin(struct feed *f) {
    *f = (struct feed){.size = 0};
    section(f, true);
    interface(f, 1, 0, -1, 0);
    finish(f, packet(f, 0, 5, 4));
}

// Puts a number into the last block, whose first byte is at `from`.
static void patch(struct feed *f, size_t from, size_t at, uint32_t value) {
    size_t end = f->size;
    f->size = from + at;
    feed_32(f, value);
    f->size = end;
}

static void test_lengths_that_cannot_be(void **state) {
    static const uint32_t lengths[] = {0, 4, 11, 13, 0xfffffffe};
    struct feed f;
    char expected[200];
    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        begin(&f);
        size_t from = packet(&f, 0, 6, 4);
        finish(&f, from);
        patch(&f, from, 4, lengths[i]);
        snprintf(expected, sizeof expected, "the block at byte 84, after 1 packet: its length of %u cannot be",
                 lengths[i]);
        expect_damage(&f, 1, expected);
    }
    begin(&f);
    size_t from = packet(&f, 0, 6, 4);
    finish(&f, from);
    patch(&f, from, 4, 0xfffffffc);
    expect_damage(&f, 1,
                  "the block at byte 84, after 1 packet: its length of 4294967292 is larger than what is read "
                  "here");
    patch(&f, from, 4, 36);
    patch(&f, from, 32, 40);
    expect_damage(&f, 1, "the block at byte 84, after 1 packet: before it stands a length of 36, behind it one of 40");
    patch(&f, from, 32, 36);
    patch(&f, from, 20, 5);
    expect_damage(&f, 1,
                  "packet 2, which begins at byte 84: it says that it has 5 bytes here, and its block has room "
                  "for 4");
    patch(&f, from, 20, 0xffffffff);
    expect_damage(&f, 1,
                  "packet 2, which begins at byte 84: it says that it has 4294967295 bytes here, and its block "
                  "has room for 4");
}

static void test_sections_that_cannot_be(void **state) {
    struct feed f;
    (void)state;
    begin(&f);
    patch(&f, 0, 8, 0x1a2b3c4e);
    expect_damage(&f, 0, "the section at byte 0, after 0 packets: it tells no order of bytes");
    begin(&f);
    patch(&f, 0, 12, 0x00020000);
    expect_damage(&f, 0, "the section at byte 0, after 0 packets: pcapng of version 2; only version 1 is known");
    f = (struct feed){.size = 0};
    section(&f, true);
    finish(&f, packet(&f, 0, 5, 4));
    expect_damage(&f, 0, "packet 1, which begins at byte 28: it names interface 0, and the file has told of 0 so far");
}

// Options whose lengths go beyond the block end the options, and nothing else.
static void test_options_that_lie(void **state) {
    (void)state;
    for (unsigned length = 5; length < 0x10000; length += 997) {
        struct feed f;
        begin(&f);
        size_t from = packet(&f, 0, 6, 4);
        feed_16(&f, 2);
        feed_16(&f, length);
        feed_32(&f, 1);
        finish(&f, from);
        assert_int_equal(nth(&f, 2).direction, TRACE_DIRECTION_UNKNOWN);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_bytes),
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_each_kind_of_packet),
        cmocka_unit_test(test_sections_and_interfaces),
        cmocka_unit_test(test_a_block_of_any_size_is_stepped_over),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_lengths_that_cannot_be),
        cmocka_unit_test(test_sections_that_cannot_be),
        cmocka_unit_test(test_options_that_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
