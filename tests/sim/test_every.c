// SPDX-License-Identifier: MIT
//
// Every choice of {deliver, drop, deliver twice} for the first 12 packets of a short connection with all options on,
// and for the first 9 of three others (fewer under sanitizers). `make soak` runs the first 12 of all.
//
// With a variant and choices as its arguments the program runs that one and tells it packet by packet: 1 DDLT.

#include "../help/cm.h"
#include "share.h"
#include "slow.h"

enum { DEPTH = SLOW ? 9 : 12, DEPTH_OF_OTHERS = SLOW ? 7 : 9 };

static void try_all(int variant, size_t depth) {
    struct share_result result;
    share_every(variant, depth, &result);
    if (!result.good)
        fail_msg("%s (test_every VARIANT CHOICES tells it packet by packet)", result.text);
    uint64_t expected = 1;
    for (size_t i = 0; i < depth; i++)
        expected *= 3;
    assert_int_equal(result.choices, expected); // none was left out
}

static void test_all_options(void **state) {
    (void)state;
    try_all(1, DEPTH);
}

static void test_no_options(void **state) {
    (void)state;
    try_all(0, DEPTH_OF_OTHERS);
}

static void test_simultaneous_open(void **state) {
    (void)state;
    try_all(2, DEPTH_OF_OTHERS);
}

static void test_small_window(void **state) {
    (void)state;
    try_all(3, DEPTH_OF_OTHERS);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_options),
        cmocka_unit_test(test_no_options),
        cmocka_unit_test(test_simultaneous_open),
        cmocka_unit_test(test_small_window),
    };
    if (argc == 3)
        return every_replay(atoi(argv[1]), argv[2]) != NULL;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
