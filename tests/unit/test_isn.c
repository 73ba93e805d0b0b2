// SPDX-License-Identifier: MIT
//
// The keyed hash against its published vectors, and the initial sequence number made of it (RFC 6528).
#include <stdio.h>

#include "../help/cm.h"
#include "rawshake/isn.h"
#include "tcp/siphash.h"

static const uint8_t secret[RS_SECRET_BYTES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// From the reference implementation of SipHash-2-4: the hash of the n bytes 00 01 02 ... under the key 00 01 .. 0f, for
// n = 0 to 63, each as the eight bytes that it puts out.
static const char *const vectors[64] = {
    "310e0edd47db6f72", "fd67dc93c539f874", "5a4fa9d909806c0d", "2d7efbd796666785", "b7877127e09427cf",
    "8da699cd64557618", "cee3fe586e46c9cb", "37d1018bf50002ab", "6224939a79f5f593", "b0e4a90bdf82009e",
    "f3b9dd94c5bb5d7a", "a7ad6b22462fb3f4", "fbe50e86bc8f1e75", "903d84c02756ea14", "eef27a8e90ca23f7",
    "e545be4961ca29a1", "db9bc2577fcc2a3f", "9447be2cf5e99a69", "9cd38d96f0b3c14b", "bd6179a71dc96dbb",
    "98eea21af25cd6be", "c7673b2eb0cbf2d0", "883ea3e395675393", "c8ce5ccd8c030ca8", "94af49f6c650adb8",
    "eab8858ade92e1bc", "f315bb5bb835d817", "adcf6b0763612e2f", "a5c91da7acaa4dde", "716595876650a2a6",
    "28ef495c53a387ad", "42c341d8fa92d832", "ce7cf2722f512771", "e37859f94623f3a7", "381205bb1ab0e012",
    "ae97a10fd434e015", "b4a31508beff4d31", "81396229f0907902", "4d0cf49ee5d4dcca", "5c73336a76d8bf9a",
    "d0a704536ba93e0e", "925958fcd6420cad", "a915c29bc8067318", "952b79f3bc0aa6d4", "f21df2e41d4535f9",
    "87577519048f53a9", "10a56cf5dfcd9adb", "eb75095ccd986cd0", "51a9cb9ecba312e6", "96afadfc2ce666c7",
    "72fe52975a4364ee", "5a1645b276d592a1", "b274cb8ebf87870a", "6f9bb4203de7b381", "eaecb2a30b22a87f",
    "9924a43cc1315724", "bd838d3aafbf8db7", "0b1a2a3265d51aea", "135079a3231ce660", "932b2846e4d70666",
    "e1915f5cb1eca46c", "f325965ca16d629f", "575ff28e60381be5", "724506eb4c328a95",
};

static void test_hash_vectors(void **state) {
    (void)state;
    RULE(2);
    uint8_t input[64];
    for (size_t n = 0; n < 64; n++) {
        uint64_t hash = siphash(secret, input, n);
        char text[17];
        for (size_t i = 0; i < 8; i++) // the lowest byte first
            snprintf(text + 2 * i, 3, "%02x", (unsigned)(hash >> (8 * i) & 0xff));
        assert_string_equal(text, vectors[n]);
        input[n] = (uint8_t)n;
    }
}

static struct rs_endpoint v6(uint8_t last, uint16_t port) {
    return (struct rs_endpoint){.family = RS_IPV6, .addr = {0x20, 0x01, 0x0d, 0xb8, [15] = last}, .port = port};
}

// What stands between the two ends decides, each part of it; nothing else does.
static void test_each_part_counts(void **state) {
    (void)state;
    RULE(2);
    const struct rs_endpoint a = rs_endpoint_ipv4(192, 0, 2, 1, 40000), b = rs_endpoint_ipv4(192, 0, 2, 2, 80);
    const struct rs_endpoint pairs[][2] = {
        {a, b},
        {b, a},
        {rs_endpoint_ipv4(192, 0, 2, 3, 40000), b},
        {rs_endpoint_ipv4(192, 0, 2, 1, 40001), b},
        {rs_endpoint_ipv4(192, 0, 2, 1, 40256), b},
        {a, rs_endpoint_ipv4(192, 0, 3, 2, 80)},
        {a, rs_endpoint_ipv4(192, 0, 2, 2, 81)},
        {a, rs_endpoint_ipv4(192, 0, 2, 2, 80 + 256)},
        {v6(1, 40000), v6(2, 80)},
        {v6(2, 40000), v6(1, 80)},
        {v6(1, 40000), v6(3, 80)},
        {v6(1, 40000), v6(2, 81)},
    };
    enum { PAIRS = sizeof pairs / sizeof pairs[0] };
    for (size_t i = 0; i < PAIRS; i++) {
        uint32_t isn = rs_isn(secret, &pairs[i][0], &pairs[i][1], 0);
        uint32_t offset = rs_ts_offset(secret, &pairs[i][0], &pairs[i][1]);
        assert_int_equal(isn, rs_isn(secret, &pairs[i][0], &pairs[i][1], 0));
        assert_int_not_equal(isn, offset);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(isn, rs_isn(secret, &pairs[j][0], &pairs[j][1], 0));
            assert_int_not_equal(offset, rs_ts_offset(secret, &pairs[j][0], &pairs[j][1]));
        }
    }
}

// The last twelve bytes of an IPv4 address are none: what a caller left there does not count.
static void test_unused_bytes_do_not_count(void **state) {
    (void)state;
    struct rs_endpoint a = rs_endpoint_ipv4(192, 0, 2, 1, 40000), b = rs_endpoint_ipv4(192, 0, 2, 2, 80), dirty = a;
    memset(dirty.addr + 4, 0xa5, sizeof dirty.addr - 4);
    assert_int_equal(rs_isn(secret, &dirty, &b, 0), rs_isn(secret, &a, &b, 0));
}

static void test_another_secret_gives_another_number(void **state) {
    (void)state;
    RULE(2);
    struct rs_endpoint a = rs_endpoint_ipv4(192, 0, 2, 1, 40000), b = rs_endpoint_ipv4(192, 0, 2, 2, 80);
    uint32_t isn = rs_isn(secret, &a, &b, 0), offset = rs_ts_offset(secret, &a, &b);
    for (size_t i = 0; i < RS_SECRET_BYTES; i++) {
        uint8_t other[RS_SECRET_BYTES];
        memcpy(other, secret, sizeof other);
        other[i] ^= 0x80;
        assert_int_not_equal(rs_isn(other, &a, &b, 0), isn);
        assert_int_not_equal(rs_ts_offset(other, &a, &b), offset);
    }
}

// The clock part is added and counts once in four microseconds, round the circle of 2^32 in 4.77 hours (MUST-8).
static void test_clock_is_added(void **state) {
    (void)state;
    RULE(2);
    struct rs_endpoint a = rs_endpoint_ipv4(192, 0, 2, 1, 40000), b = rs_endpoint_ipv4(192, 0, 2, 2, 80);
    const uint64_t circle = UINT64_C(4) << 32;
    uint32_t f = rs_isn(secret, &a, &b, 0);
    assert_int_equal(rs_isn(secret, &a, &b, 3), f);
    assert_int_equal(rs_isn(secret, &a, &b, 4), (uint32_t)(f + 1));
    assert_int_equal(rs_isn(secret, &a, &b, 1000000), (uint32_t)(f + 250000));
    assert_int_equal(rs_isn(secret, &a, &b, circle - 1), (uint32_t)(f - 1));
    assert_int_equal(rs_isn(secret, &a, &b, circle), f);
    assert_int_equal(rs_isn(secret, &a, &b, 7 * circle + 40), (uint32_t)(f + 10));
}

// Two known answers, worked out by another program: they hold the order and form of what is hashed in place.
static void test_known_answers(void **state) {
    (void)state;
    struct rs_endpoint a = rs_endpoint_ipv4(192, 0, 2, 1, 40000), b = rs_endpoint_ipv4(192, 0, 2, 2, 80);
    struct rs_endpoint c = v6(1, 40000), d = v6(2, 80);
    assert_int_equal(rs_isn(secret, &a, &b, 0), 0x5a805ca6);
    assert_int_equal(rs_isn(secret, &c, &d, 0), 0xf7a870f1);
    assert_int_equal(rs_ts_offset(secret, &a, &b), 0x8b083226);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_vectors),
        cmocka_unit_test(test_each_part_counts),
        cmocka_unit_test(test_unused_bytes_do_not_count),
        cmocka_unit_test(test_another_secret_gives_another_number),
        cmocka_unit_test(test_clock_is_added),
        cmocka_unit_test(test_known_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
