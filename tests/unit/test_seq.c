// SPDX-License-Identifier: MIT
//
// Comparing sequence numbers, across the wrap above all.
#include "../help/cm.h"
#include "rawshake/seq.h"

static void test_order_near_the_wrap(void **state) {
    (void)state;
    RULE(P11);
    assert_true(rs_seq_lt(0xfffffff0, 0x10));
    assert_true(rs_seq_gt(0x10, 0xfffffff0));
    assert_false(rs_seq_lt(0x10, 0xfffffff0));
    assert_true(rs_seq_leq(0xffffffff, 0));
    assert_true(rs_seq_geq(0, 0xffffffff));
}

static void test_equal_is_neither_before_nor_after(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 40; i++) {
        uint32_t n = (uint32_t)(i * 0x10000001u);
        assert_false(rs_seq_lt(n, n));
        assert_false(rs_seq_gt(n, n));
        assert_true(rs_seq_leq(n, n));
        assert_true(rs_seq_geq(n, n));
    }
}

static void test_each_number_and_its_successor(void **state) {
    static const uint32_t starts[] = {0, 1, 0x7ffffffe, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    (void)state;
    RULE(P11);
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        uint32_t n = starts[i];
        assert_true(rs_seq_lt(n, n + 1));
        assert_false(rs_seq_lt(n + 1, n));
        assert_true(rs_seq_lt(n, n + 0x7fffffff));
        assert_true(rs_seq_gt(n + 0x7fffffff, n));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_near_the_wrap),
        cmocka_unit_test(test_equal_is_neither_before_nor_after),
        cmocka_unit_test(test_each_number_and_its_successor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
