// SPDX-License-Identifier: MIT
//
// The tables of words: every reason has a name of its own, a section and a sentence; every state has a name.
#include <ctype.h>

#include "../help/cm.h"
#include "rawshake/reason.h"
#include "rawshake/state.h"

static void test_every_reason_is_explained(void **state) {
    (void)state;
    rule_all_reasons();
    for (unsigned i = 0; i < RS_REASON_COUNT; i++) {
        enum rs_reason reason = (enum rs_reason)i;
        assert_true(strlen(rs_reason_name(reason)) > 0);
        assert_int_equal(strncmp(rs_reason_section(reason), "RFC ", 4), 0);
        const char *sentence = rs_reason_sentence(reason);
        assert_int_equal(sentence[strlen(sentence) - 1], '.');
    }
}

static void test_names_are_unique(void **state) {
    (void)state;
    for (unsigned i = 0; i < RS_REASON_COUNT; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(rs_reason_name((enum rs_reason)i), rs_reason_name((enum rs_reason)j));
}

static void test_names_are_plain(void **state) {
    (void)state;
    for (unsigned i = 0; i < RS_REASON_COUNT; i++)
        for (const char *p = rs_reason_name((enum rs_reason)i); *p; p++)
            assert_true(islower((unsigned char)*p) || *p == '-');
}

static void test_unknown_values_have_words_too(void **state) {
    (void)state;
    assert_non_null(rs_reason_name(RS_REASON_COUNT));
    assert_non_null(rs_reason_sentence(RS_REASON_COUNT));
    assert_non_null(rs_reason_section(RS_REASON_COUNT));
    assert_string_equal(rs_state_name(RS_STATES), "?");
    assert_string_equal(rs_state_name(RS_STATE_UNKNOWN), "?");
}

static void test_state_names(void **state) {
    static const char *const names[] = {"CLOSED",      "LISTEN",     "SYN-SENT",   "SYN-RECEIVED",
                                        "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
                                        "CLOSING",     "LAST-ACK",   "TIME-WAIT"};
    (void)state;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(rs_state_name((enum rs_state)i), names[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_reason_is_explained),
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_names_are_plain),
        cmocka_unit_test(test_unknown_values_have_words_too),
        cmocka_unit_test(test_state_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
