// SPDX-License-Identifier: MIT
//
// The Internet checksum: the examples of RFC 1071, odd lengths, carries, and what a received field turns out to be.
// The arithmetic is held against another way of doing it: the sum of 16-bit words is a number modulo 65535.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "rawshake/checksum.h"

enum { CHECKSUM_AT = 16 };

// 10.0.0.2:7 to 10.0.0.1:1712, "hello". The pseudo-header's sum: 0a00 + 0002 + 0a00 + 0001 + 0006 + 0019 = 1422.
static const uint8_t hello[] = {
    0x00, 0x07, 0x06, 0xb0, 0x11, 0x22, 0x33, 0x44, 0x9a, 0xbc, 0xde, 0xf1, 0x50,
    0x18, 0x80, 0x00, 0x13, 0x27, 0x00, 0x00, 'h',  'e',  'l',  'l',  'o',
};
static const struct rs_endpoint ten_1 = {.family = RS_IPV4, .addr = {10, 0, 0, 1}, .port = 1712};
static const struct rs_endpoint ten_2 = {.family = RS_IPV4, .addr = {10, 0, 0, 2}, .port = 7};

static const struct rs_endpoint doc_1 = {.family = RS_IPV6, .addr = {0x20, 1, 0x0d, 0xb8, [15] = 1}, .port = 1712};
static const struct rs_endpoint doc_2 = {.family = RS_IPV6, .addr = {0x20, 1, 0x0d, 0xb8, [15] = 2}, .port = 7};

struct words {
    uint16_t seen[64];
    size_t count;
};

static void remember(void *self, uint16_t word) {
    struct words *words = self;
    assert_true(words->count < COUNT(words->seen));
    words->seen[words->count++] = word;
}

static uint64_t total(const struct words *words) {
    uint64_t sum = 0;
    for (size_t i = 0; i < words->count; i++)
        sum += words->seen[i];
    return sum;
}

static void put_checksum(uint8_t *segment, uint16_t value) {
    segment[CHECKSUM_AT] = (uint8_t)(value >> 8);
    segment[CHECKSUM_AT + 1] = (uint8_t)value;
}

static enum rs_checksum verdict(const uint8_t *segment, size_t size) {
    return rs_checksum_verify(&ten_2, &ten_1, segment, size);
}

static void test_the_example_of_rfc_1071(void **state) {
    static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    (void)state;
    uint64_t sum = rs_sum(0, bytes, sizeof bytes, NULL, NULL);
    assert_int_equal(sum, 0x2ddf0);
    assert_int_equal(rs_sum_fold(sum), 0xddf2);
    assert_int_equal((uint16_t)~rs_sum_fold(sum), 0x220d);
}

static void test_the_known_ipv4_header(void **state) {
    uint8_t header[] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                        0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
    (void)state;
    assert_int_equal((uint16_t)~rs_sum_fold(rs_sum(0, header, sizeof header, NULL, NULL)), 0xb861);
    header[10] = 0xb8;
    header[11] = 0x61;
    assert_int_equal(rs_sum_fold(rs_sum(0, header, sizeof header, NULL, NULL)), 0xffff);
}

static void test_an_odd_byte_is_a_high_half(void **state) {
    static const uint8_t bytes[] = {0x01, 0x02, 0x03};
    (void)state;
    RULE(11);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        static const uint64_t sums[] = {0, 0x0100, 0x0102, 0x0402};
        uint8_t *copy = exact_copy(bytes, size);
        assert_int_equal(rs_sum(0, copy, size, NULL, NULL), sums[size]);
        free(copy);
    }
}

static void test_carries_come_back_in(void **state) {
    (void)state;
    assert_int_equal(rs_sum_fold(0), 0);
    assert_int_equal(rs_sum_fold(0xffff), 0xffff);
    assert_int_equal(rs_sum_fold(0x10000), 1);
    assert_int_equal(rs_sum_fold(0x1fffe), 0xffff);
    assert_int_equal(rs_sum_fold(0x1ffff), 1); // the first fold makes 10000: it takes a second one
    assert_int_equal(rs_sum_fold(0xffff0001), 1);
    assert_int_equal(rs_sum_fold(UINT64_MAX), 0xffff);
}

static void test_64_kib_of_ones_stay_ones(void **state) {
    enum { SIZE = 65536 };
    (void)state;
    uint8_t *ones = malloc(SIZE);
    assert_non_null(ones);
    memset(ones, 0xff, SIZE);
    uint64_t sum = rs_sum(0, ones, SIZE, NULL, NULL);
    assert_int_equal(sum, 32768ull * 0xffff);
    assert_int_equal(rs_sum_fold(sum), 0xffff);
    assert_int_equal(rs_sum_fold(sum + 1), 1);
    free(ones);
}

static void test_order_does_not_matter(void **state) {
    uint8_t bytes[64], swapped[64];
    uint32_t seed = 1071;
    (void)state;
    fill_with_numbers(bytes, sizeof bytes, &seed);
    for (size_t i = 0; i < sizeof bytes; i++)
        swapped[i] = bytes[i ^ 1];
    uint16_t whole = rs_sum_fold(rs_sum(0, bytes, sizeof bytes, NULL, NULL));
    for (size_t cut = 0; cut <= sizeof bytes; cut += 2) {
        uint64_t back = rs_sum(0, bytes + cut, sizeof bytes - cut, NULL, NULL);
        assert_int_equal(rs_sum_fold(rs_sum(back, bytes, cut, NULL, NULL)), whole);
    }
    // RFC 1071, section 2 (B): with the bytes of every word swapped the sum is swapped, and nothing else.
    uint16_t other = rs_sum_fold(rs_sum(0, swapped, sizeof swapped, NULL, NULL));
    assert_int_equal((uint16_t)(other << 8 | other >> 8), whole);
}

static void test_the_visitor_sees_the_words_in_order(void **state) {
    static const uint16_t expected[] = {
        0x0a00, 0x0002, 0x0a00, 0x0001, 0x0006, 0x0019, // the pseudo-header
        0x0007, 0x06b0, 0x1122, 0x3344, 0x9abc, 0xdef1, 0x5018, 0x8000,
        0x0000, // the checksum's own place
        0x0000, 0x6865, 0x6c6c, 0x6f00,
    };
    struct words words = {{0}, 0};
    (void)state;
    uint64_t sum = rs_sum_pseudo_header(&ten_2, &ten_1, sizeof hello, remember, &words);
    assert_int_equal(words.count, 6);
    assert_int_equal(sum, 0x1422);
    sum = rs_sum_segment(sum, hello, sizeof hello, remember, &words);
    assert_int_equal(words.count, COUNT(expected));
    assert_memory_equal(words.seen, expected, sizeof expected);
    assert_int_equal(total(&words), sum);
    assert_int_equal((uint16_t)~rs_sum_fold(sum), 0x1327);
}

static void test_the_visitor_changes_no_sum(void **state) {
    uint8_t bytes[60];
    uint32_t seed = 7;
    (void)state;
    fill_with_numbers(bytes, sizeof bytes, &seed);
    for (size_t size = 20; size <= sizeof bytes; size++) {
        struct words words = {{0}, 0};
        uint64_t sum = rs_sum_segment(0, bytes, size, remember, &words);
        assert_int_equal(sum, rs_sum_segment(0, bytes, size, NULL, NULL));
        assert_int_equal(sum, total(&words));
        assert_int_equal(words.count, (size + 1) / 2);
    }
}

static void test_the_ipv6_pseudo_header(void **state) {
    // Two addresses, a length of 32 bits and the protocol with 24 zero bits before it: 20 words (RFC 8200,
    // section 8.1).
    static const uint16_t expected[20] = {0x2001, 0x0db8, [7] = 1, [8] = 0x2001, [9] = 0x0db8, [15] = 2, 0, 20, 0, 6};
    struct words words = {{0}, 0};
    uint64_t addresses = 2 * 0x2001 + 2 * 0x0db8 + 1 + 2;
    (void)state;
    assert_int_equal(rs_sum_pseudo_header(&doc_1, &doc_2, 20, remember, &words), addresses + 6 + 20);
    assert_int_equal(words.count, COUNT(expected));
    assert_memory_equal(words.seen, expected, sizeof expected);
    assert_int_equal(rs_sum_pseudo_header(&doc_1, &doc_2, 65538, NULL, NULL), addresses + 6 + 1 + 2);
}

static void test_an_ipv6_segment_verifies(void **state) {
    uint8_t syn[] = {0x06, 0xb0, 0x00, 0x07, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
                     0x00, 0x00, 0x50, 0x02, 0xff, 0xff, 0x4d, 0xb6, 0x00, 0x00};
    struct rs_endpoint other = doc_2;
    (void)state;
    assert_int_equal(rs_checksum_verify(&doc_1, &doc_2, syn, sizeof syn), RS_CHECKSUM_GOOD);
    other.addr[9] = 1;
    assert_int_equal(rs_checksum_verify(&doc_1, &other, syn, sizeof syn), RS_CHECKSUM_BAD);
}

// The pseudo-header's words alone: 2001 + 0db8 + 1 + 2001 + 0db8 + 2 + 14 + 6 = 5b8f.
static void test_an_unfinished_ipv6_segment(void **state) {
    uint8_t syn[20] = {0x06, 0xb0, 0x00, 0x07, [7] = 1, [12] = 0x50, 0x02, 0xff, 0xff, 0x5b, 0x8f};
    (void)state;
    assert_int_equal(rs_checksum_verify(&doc_1, &doc_2, syn, sizeof syn), RS_CHECKSUM_UNFINISHED);
    syn[17]++;
    assert_int_equal(rs_checksum_verify(&doc_1, &doc_2, syn, sizeof syn), RS_CHECKSUM_BAD);
}

static uint64_t sum_by_bytes(const uint8_t *bytes, size_t size) {
    uint64_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += (i % 2 ? 1u : 256u) * bytes[i];
    return sum;
}

// What is summed eight bytes at a time is what is summed one at a time, at every length and every address.
static void test_the_quick_sum_is_the_plain_one(void **state) {
    uint8_t bytes[160 + 8];
    uint32_t seed = 64;
    (void)state;
    fill_with_numbers(bytes, sizeof bytes, &seed);
    for (size_t at = 0; at < 8; at++) {
        for (size_t size = 0; size <= 160; size++) {
            uint8_t *copy = exact_copy(bytes + at, size);
            assert_int_equal(rs_sum(7, copy, size, NULL, NULL), 7 + sum_by_bytes(copy, size));
            assert_int_equal(rs_sum(7, bytes + at, size, NULL, NULL), 7 + sum_by_bytes(copy, size));
            free(copy);
        }
    }
}

// More ones than the quick sum can take in one run: no carry is lost between the runs, nor one byte before or after.
static void test_no_carry_is_lost_in_a_megabyte(void **state) {
    enum { SIZE = (1 << 20) + 13 };
    (void)state;
    uint8_t *ones = malloc(SIZE);
    assert_non_null(ones);
    memset(ones, 0xff, SIZE);
    for (size_t size = SIZE - 27; size <= SIZE; size++)
        assert_int_equal(rs_sum(0, ones, size, NULL, NULL), size / 2 * 0xffff + (size % 2 ? 0xff00 : 0));
    for (size_t size = (1 << 18) - 9; size <= (1 << 18) + 9; size++)
        assert_int_equal(rs_sum(0, ones, size, NULL, NULL), size / 2 * 0xffff + (size % 2 ? 0xff00 : 0));
    free(ones);
}

static void test_the_known_segment_verifies(void **state) {
    struct rs_endpoint ten_3 = ten_1;
    (void)state;
    RULE(11);
    uint8_t *copy = exact_copy(hello, sizeof hello);
    assert_int_equal(verdict(copy, sizeof hello), RS_CHECKSUM_GOOD);
    ten_3.addr[3] = 3; // sent to another address than it was summed for
    assert_int_equal(rs_checksum_verify(&ten_2, &ten_3, copy, sizeof hello), RS_CHECKSUM_BAD);
    free(copy);
}

static void test_no_bit_can_flip_unseen(void **state) {
    uint8_t bytes[sizeof hello];
    (void)state;
    RULE(11);
    for (size_t bit = 0; bit < 8 * sizeof hello; bit++) {
        memcpy(bytes, hello, sizeof hello);
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ (0x80 >> bit % 8));
        assert_int_equal(verdict(bytes, sizeof bytes), RS_CHECKSUM_BAD);
    }
}

static void test_the_pseudo_sum_alone_is_unfinished(void **state) {
    uint8_t bytes[sizeof hello];
    (void)state;
    RULE(P1);
    memcpy(bytes, hello, sizeof hello);
    put_checksum(bytes, 0x1422);
    assert_int_equal(verdict(bytes, sizeof bytes), RS_CHECKSUM_UNFINISHED);
    put_checksum(bytes, 0x1423);
    assert_int_equal(verdict(bytes, sizeof bytes), RS_CHECKSUM_BAD);
    put_checksum(bytes, (uint16_t)~0x1422u); // the complement is what a finished one would look like: not this
    assert_int_equal(verdict(bytes, sizeof bytes), RS_CHECKSUM_BAD);
    put_checksum(bytes, 0);
    assert_int_equal(verdict(bytes, sizeof bytes), RS_CHECKSUM_BAD);
}

static void test_the_unfinished_sum_is_folded(void **state) {
    static const struct rs_endpoint high_1 = {.family = RS_IPV4, .addr = {0xc0, 0xa8, 0xff, 0xfe}};
    static const struct rs_endpoint high_2 = {.family = RS_IPV4, .addr = {0xc0, 0xa8, 0xff, 0xff}};
    uint8_t bytes[20] = {0x06, 0xb0, 0x00, 0x07};
    (void)state;
    put_checksum(bytes, 0x816a); // c0a8 + fffe + c0a8 + ffff + 0006 + 0014 = 38167
    assert_int_equal(rs_checksum_verify(&high_1, &high_2, bytes, sizeof bytes), RS_CHECKSUM_UNFINISHED);
    put_checksum(bytes, 0x8167);
    assert_int_equal(rs_checksum_verify(&high_1, &high_2, bytes, sizeof bytes), RS_CHECKSUM_BAD);
}

static void test_both_zeros_verify(void **state) {
    // The urgent pointer is chosen so that all else sums to ffff: then the checksum is 0, and ffff is 0 as well.
    uint8_t bytes[20] = {0};
    (void)state;
    bytes[18] = 0xeb; // ffff less the pseudo-header's 0a00 + 0002 + 0a00 + 0001 + 0006 + 0014 = 141d
    bytes[19] = 0xe2;
    assert_int_equal(verdict(bytes, sizeof bytes), RS_CHECKSUM_GOOD);
    put_checksum(bytes, 0xffff);
    assert_int_equal(verdict(bytes, sizeof bytes), RS_CHECKSUM_GOOD);
    put_checksum(bytes, 1);
    assert_int_equal(verdict(bytes, sizeof bytes), RS_CHECKSUM_BAD);
}

// The checksum modulo 65535: with 2^16 = 1 each byte weighs 256 or 1, whatever came before it.
static uint16_t another_way(const uint8_t *segment, size_t size) {
    uint64_t rest = (0x0a00 + 0x0002 + 0x0a00 + 0x0001 + 6 + size) % 65535;
    for (size_t i = 0; i < size; i++)
        if (i / 2 != CHECKSUM_AT / 2)
            rest = (rest + (i % 2 ? 1u : 256u) * segment[i]) % 65535;
    return (uint16_t)(65535 - rest);
}

static void test_verify_to_zero_and_recompute_equals(void **state) {
    uint32_t seed = 9293;
    uint8_t bytes[1500];
    (void)state;
    for (size_t size = 20; size <= sizeof bytes; size += size < 70 ? 1 : 37) {
        fill_with_numbers(bytes, size, &seed);
        put_checksum(bytes, another_way(bytes, size));
        uint8_t *copy = exact_copy(bytes, size);
        uint64_t pseudo = rs_sum_pseudo_header(&ten_2, &ten_1, size, NULL, NULL);
        assert_int_equal((uint16_t)~rs_sum_fold(rs_sum(pseudo, copy, size, NULL, NULL)), 0);
        assert_int_equal((uint16_t)~rs_sum_fold(rs_sum_segment(pseudo, copy, size, NULL, NULL)),
                         copy[CHECKSUM_AT] << 8 | copy[CHECKSUM_AT + 1]);
        assert_int_equal(verdict(copy, size), RS_CHECKSUM_GOOD);
        free(copy);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_example_of_rfc_1071),
        cmocka_unit_test(test_the_known_ipv4_header),
        cmocka_unit_test(test_an_odd_byte_is_a_high_half),
        cmocka_unit_test(test_carries_come_back_in),
        cmocka_unit_test(test_64_kib_of_ones_stay_ones),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_the_visitor_sees_the_words_in_order),
        cmocka_unit_test(test_the_visitor_changes_no_sum),
        cmocka_unit_test(test_the_ipv6_pseudo_header),
        cmocka_unit_test(test_an_ipv6_segment_verifies),
        cmocka_unit_test(test_an_unfinished_ipv6_segment),
        cmocka_unit_test(test_the_quick_sum_is_the_plain_one),
        cmocka_unit_test(test_no_carry_is_lost_in_a_megabyte),
        cmocka_unit_test(test_the_known_segment_verifies),
        cmocka_unit_test(test_no_bit_can_flip_unseen),
        cmocka_unit_test(test_the_pseudo_sum_alone_is_unfinished),
        cmocka_unit_test(test_the_unfinished_sum_is_folded),
        cmocka_unit_test(test_both_zeros_verify),
        cmocka_unit_test(test_verify_to_zero_and_recompute_equals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
