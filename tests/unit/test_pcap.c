// SPDX-License-Identifier: MIT
//
// pcap files: known bytes, either order of bytes, each kind of head, and what is said where they make no sense.
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../help/bytes.h"
#include "../help/cm.h"
#include "../help/feed.h"

enum { MICRO = 0, NANO = 1, LONGER = 2, HEAD = 24, RECORD = 16 };

// Of a little-endian machine: microseconds, Ethernet, one packet of which 6 of 60 bytes were kept.
static const uint8_t known[] = {0xd4, 0xc3, 0xb2, 0xa1, 0x02, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x01, 0x00, 0x00, 0x00, // the file's head
                                0x40, 0xe2, 0x01, 0x6a, 0x40, 0xe2, 0x01, 0x00, // 1778508352 s, 123456 us
                                0x06, 0x00, 0x00, 0x00, 0x3c, 0x00, 0x00, 0x00, // 6 of 60 bytes
                                'a',  'b',  'c',  'd',  'e',  'f'};

static void test_known_bytes(void **state) {
    FILE *file = feed_file(known, sizeof known);
    struct capture *capture = capture_open(fileno(file));
    struct capture_frame frame;
    (void)state;
    assert_int_equal(capture_next(capture, &frame), CAPTURE_FRAME);
    assert_int_equal(frame.wall_ns, UINT64_C(1778508352123456000));
    assert_int_equal(frame.size, 6);
    assert_int_equal(frame.wire_size, 60);
    assert_memory_equal(frame.bytes, "abcdef", 6);
    assert_int_equal(frame.link, 1);
    assert_int_equal(frame.number, 1);
    assert_int_equal(frame.lost, 0);
    assert_int_equal(frame.direction, TRACE_DIRECTION_UNKNOWN);
    assert_int_equal(capture_next(capture, &frame), CAPTURE_END);
    assert_int_equal(capture_next(capture, &frame), CAPTURE_END);
    assert_string_equal(capture_problem(capture), "");
    capture_free(capture);
    fclose(file);
}

static void head(struct feed *f, bool big, int kind, unsigned minor, uint32_t snap, uint32_t link) {
    static const uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34};
    *f = (struct feed){.big = big};
    feed_32(f, magics[kind]);
    feed_16(f, 2);
    feed_16(f, minor);
    feed_32(f, 0);
    feed_32(f, 0);
    feed_32(f, snap);
    feed_32(f, link);
}

static void record(struct feed *f, int kind, uint32_t seconds, uint32_t fraction, uint32_t kept, uint32_t had) {
    feed_32(f, seconds);
    feed_32(f, fraction);
    feed_32(f, kept);
    feed_32(f, had);
    if (kind == LONGER)
        feed_bytes(f, "\0\0\0\1\x08\0\4", 8); // interface, protocol, outgoing, nothing
    for (uint32_t i = 0; i < kept && i < 100; i++)
        feed_number(f, i, 1);
}

static void test_every_head_in_either_order(void **state) {
    (void)state;
    for (int big = 0; big < 2; big++)
        for (int kind = MICRO; kind <= LONGER; kind++) {
            struct feed f;
            struct capture_frame frame;
            head(&f, big, kind, 4, 65535, 101);
            record(&f, kind, 1000, 999999, 10, 10);
            record(&f, kind, 0xffffffff, 0, 0, 20);
            FILE *file = feed_file(f.bytes, f.size);
            struct capture *capture = capture_open(fileno(file));
            assert_int_equal(capture_next(capture, &frame), CAPTURE_FRAME);
            assert_int_equal(frame.wall_ns, kind == NANO ? UINT64_C(1000000999999) : UINT64_C(1000999999000));
            assert_int_equal(frame.size, 10);
            assert_int_equal(frame.bytes[9], 9);
            assert_int_equal(frame.link, 101);
            assert_int_equal(frame.direction, kind == LONGER ? TRACE_OUTBOUND : TRACE_DIRECTION_UNKNOWN);
            assert_int_equal(capture_next(capture, &frame), CAPTURE_FRAME);
            assert_int_equal(frame.wall_ns, UINT64_C(4294967295000000000)); // after 2038
            assert_int_equal(frame.size, 0);
            assert_int_equal(frame.wire_size, 20);
            assert_int_equal(frame.number, 2);
            assert_int_equal(capture_next(capture, &frame), CAPTURE_END);
            capture_free(capture);
            fclose(file);
        }
}

static void test_cut_at_every_byte(void **state) {
    (void)state;
    for (int big = 0; big < 2; big++)
        for (int kind = MICRO; kind <= LONGER; kind++) {
            struct feed f;
            char problem[200], expected[200];
            unsigned packets;
            head(&f, big, kind, 4, 65535, 1);
            record(&f, kind, 1, 2, 20, 20);
            size_t second = f.size;
            record(&f, kind, 1, 3, 30, 30);
            for (size_t size = 4; size < f.size; size++) {
                uint8_t *copy = exact_copy(f.bytes, size);
                enum capture_status status = feed_read(copy, size, &packets, problem);
                free(copy);
                assert_int_equal(packets, size < second ? 0 : 1);
                assert_int_equal(status, size == HEAD || size == second ? CAPTURE_END : CAPTURE_DAMAGED);
                if (size == HEAD || size == second)
                    continue;
                if (size < HEAD)
                    snprintf(expected, sizeof expected,
                             "the file's head at byte 0, after 0 packets: the file ends in the middle of it");
                else
                    snprintf(expected, sizeof expected,
                             "packet %u, which begins at byte %zu: the file ends in the middle of it", packets + 1,
                             size < second ? (size_t)HEAD : second);
                assert_string_equal(problem, expected);
            }
        }
}

static void test_a_length_that_cannot_be(void **state) {
    static const uint32_t lengths[] = {CAPTURE_FRAME_MAX + 1, 0x7fffffff, 0xffffffff};
    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct feed f;
        char problem[200], expected[200];
        unsigned packets;
        head(&f, true, MICRO, 4, 0, 1);
        record(&f, MICRO, 1, 2, 20, 20);
        record(&f, MICRO, 1, 3, lengths[i], lengths[i]);
        assert_int_equal(feed_read(f.bytes, f.size, &packets, problem), CAPTURE_DAMAGED);
        assert_int_equal(packets, 1);
        snprintf(expected, sizeof expected,
                 "packet 2, which begins at byte 60: it says that it has %u bytes here; no packet is so large",
                 lengths[i]);
        assert_string_equal(problem, expected);
    }
}

// What the head says of the snapshot length is not held against the packets, and what stands above the link layer's
// 16 bits (the length of a checksum at the end of each frame) is not of it.
static void test_what_is_not_believed(void **state) {
    static const uint32_t snaps[] = {0, 1, 65535, 0x7fffffff, 0xffffffff};
    (void)state;
    for (size_t i = 0; i < COUNT(snaps); i++) {
        struct feed f;
        struct capture_frame frame;
        head(&f, false, MICRO, 4, snaps[i], 0x14000001);
        record(&f, MICRO, 1, 2, 20, 10); // and more bytes than there were
        FILE *file = feed_file(f.bytes, f.size);
        struct capture *capture = capture_open(fileno(file));
        assert_int_equal(capture_next(capture, &frame), CAPTURE_FRAME);
        assert_int_equal(frame.size, 20);
        assert_int_equal(frame.wire_size, 20);
        assert_int_equal(frame.link, 1);
        capture_free(capture);
        fclose(file);
    }
}

static void test_versions(void **state) {
    struct feed f;
    char problem[200];
    unsigned packets;
    (void)state;
    head(&f, true, MICRO, 2, 0, 1); // the lengths stand the other way round
    record(&f, MICRO, 1, 2, 20, 10);
    assert_int_equal(feed_read(f.bytes, HEAD + RECORD + 10, &packets, problem), CAPTURE_END);
    assert_int_equal(packets, 1);
    f.bytes[5] = 3;
    assert_int_equal(feed_read(f.bytes, f.size, &packets, problem), CAPTURE_DAMAGED);
    assert_string_equal(problem, "the file's head at byte 0, after 0 packets: pcap of version 3.2; versions 2.0 to 2.4 "
                                 "are known");
}

static void expect_foreign(const char *bytes, size_t size, const char *problem, const char *decompressor) {
    FILE *file = feed_file((const uint8_t *)bytes, size);
    struct capture *capture = capture_open(fileno(file));
    struct capture_frame frame;
    assert_int_equal(capture_next(capture, &frame), CAPTURE_FOREIGN);
    assert_string_equal(capture_problem(capture), problem);
    if (decompressor)
        assert_string_equal(capture_decompressor(capture), decompressor);
    else
        assert_null(capture_decompressor(capture));
    capture_free(capture);
    fclose(file);
}

static void test_what_is_no_capture(void **state) {
    (void)state;
    expect_foreign("", 0, "it is empty: a capture has a header even where it has no packets", NULL);
    expect_foreign("\xd4\xc3\xb2", 3, "neither pcap nor pcapng: it begins with d4 c3 b2 (...)", NULL);
    expect_foreign("#!/bin/sh\n", 10, "neither pcap nor pcapng: it begins with 23 21 2f 62 69 6e 2f 73 (#!/bin/s)",
                   NULL);
    expect_foreign("\x1f\x8b\x08\0\0\0\0\0\0", 9, "it is compressed", "gzip -dc");
    expect_foreign("\x1f\x8b", 2, "it is compressed", "gzip -dc");
    expect_foreign("\x28\xb5\x2f\xfd\x04", 5, "it is compressed", "zstd -dc");
}

static void test_what_cannot_be_read(void **state) {
    int fd = open("/", O_RDONLY | O_DIRECTORY);
    struct capture *capture = capture_open(fd);
    struct capture_frame frame;
    (void)state;
    assert_int_equal(capture_next(capture, &frame), CAPTURE_UNREADABLE);
    assert_int_equal(capture_errno(capture), EISDIR);
    capture_free(capture);
    close(fd);
}

// More than the buffer holds, so packets lie across every border that there is.
static void test_a_long_file(void **state) {
    enum { PACKETS = 60000, SIZE = 100 };
    struct feed f;
    struct capture_frame frame;
    FILE *file = tmpfile();
    (void)state;
    assert_non_null(file);
    head(&f, false, MICRO, 4, 65535, 1);
    fwrite(f.bytes, 1, f.size, file);
    for (uint32_t i = 0; i < PACKETS; i++) {
        f.size = 0;
        record(&f, MICRO, i, 0, SIZE - i % 7, SIZE);
        fwrite(f.bytes, 1, f.size, file);
    }
    rewind(file);
    struct capture *capture = capture_open(fileno(file));
    for (uint32_t i = 0; i < PACKETS; i++) {
        assert_int_equal(capture_next(capture, &frame), CAPTURE_FRAME);
        assert_int_equal(frame.wall_ns, UINT64_C(1000000000) * i);
        assert_int_equal(frame.size, SIZE - i % 7);
        assert_int_equal(frame.bytes[frame.size - 1], frame.size - 1);
    }
    assert_int_equal(capture_next(capture, &frame), CAPTURE_END);
    capture_free(capture);
    fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_bytes),          cmocka_unit_test(test_every_head_in_either_order),
        cmocka_unit_test(test_cut_at_every_byte),    cmocka_unit_test(test_a_length_that_cannot_be),
        cmocka_unit_test(test_what_is_not_believed), cmocka_unit_test(test_versions),
        cmocka_unit_test(test_what_is_no_capture),   cmocka_unit_test(test_what_cannot_be_read),
        cmocka_unit_test(test_a_long_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
