// SPDX-License-Identifier: MIT
//
// The ring of bytes: what goes in comes out in order, whatever the sizes and wherever the end lies.
#include "../help/engine.h"
#include "tcp/ring.h"

static void test_round_and_round(void **state) {
    (void)state;
    for (size_t size = 1; size <= 9; size++) {
        uint8_t memory[9], in[9], out[9];
        struct rs_ring ring = {.bytes = memory, .size = size};
        size_t put = 0, taken = 0;
        for (size_t step = 0; step < 500; step++) {
            for (size_t i = 0; i < sizeof in; i++)
                in[i] = pattern(put + i);
            put += ring_put(&ring, in, step * 5 % 9);
            assert_true(ring.used <= size);
            size_t got = ring_get(&ring, out, step * 7 % 9);
            for (size_t i = 0; i < got; i++)
                assert_int_equal(out[i], pattern(taken + i));
            taken += got;
            assert_int_equal(ring.used, put - taken);
            assert_int_equal(ring_room(&ring), size - ring.used);
        }
        assert_true(taken > 100);
    }
}

static void test_full_and_empty(void **state) {
    uint8_t memory[4], out[8];
    struct rs_ring ring = {.bytes = memory, .size = 4};
    (void)state;
    assert_int_equal(ring_get(&ring, out, 8), 0);
    assert_int_equal(ring_put(&ring, (const uint8_t *)"abcdef", 6), 4);
    assert_int_equal(ring_put(&ring, (const uint8_t *)"e", 1), 0);
    assert_int_equal(ring_get(&ring, out, 8), 4);
    assert_memory_equal(out, "abcd", 4);
}

static void test_no_memory_at_all(void **state) {
    struct rs_ring ring = {0};
    uint8_t out[1];
    (void)state;
    assert_int_equal(ring_put(&ring, (const uint8_t *)"a", 1), 0);
    assert_int_equal(ring_get(&ring, out, 1), 0);
    ring_drop(&ring, 0);
}

static void test_spans(void **state) {
    uint8_t memory[8];
    struct rs_ring ring = {.bytes = memory, .size = 8, .start = 6, .used = 5}; // at 6, 7, 0, 1, 2
    struct rs_span spans[2];
    (void)state;
    ring_spans(&ring, 0, 5, spans);
    assert_ptr_equal(spans[0].bytes, memory + 6);
    assert_int_equal(spans[0].size, 2);
    assert_ptr_equal(spans[1].bytes, memory);
    assert_int_equal(spans[1].size, 3);
    ring_spans(&ring, 2, 3, spans); // begins after the end
    assert_ptr_equal(spans[0].bytes, memory);
    assert_int_equal(spans[0].size, 3);
    assert_int_equal(spans[1].size, 0);
    ring_spans(&ring, 0, 2, spans); // ends at the end
    assert_int_equal(spans[0].size, 2);
    assert_int_equal(spans[1].size, 0);
    ring_spans(&ring, 5, 0, spans);
    assert_int_equal(spans[0].size + spans[1].size, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_and_round),
        cmocka_unit_test(test_full_and_empty),
        cmocka_unit_test(test_no_memory_at_all),
        cmocka_unit_test(test_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
