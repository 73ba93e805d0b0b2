// SPDX-License-Identifier: MIT
//
// The row of an experiment (cmd/lab_table.h), where the kernel does not tell all: a counter that it does not have says
// nothing against what an RFC demands.
#include <stdio.h>

#include "../help/cm.h"
#include "cmd/lab_table.h"

static const struct experiment made_up = {.name = "made-up"};
static const struct lab_claim seen = {.holds = true, .expected = "an ACK", .seen = "ACK seq=1"},
                              lacking = {.unknown = true, .expected = "Counter +1", .seen = "not told"};
static char row[400];

static const char *row_of(const struct lab_outcome *outcome, bool control) {
    struct text text = {.bytes = row, .size = sizeof row, .style = {.columns = 100}};
    memset(row, 0, sizeof row);
    lab_table_row(&text, &made_up, outcome, control);
    return row;
}

static struct lab_outcome with(bool of_linux) {
    struct lab_outcome outcome = {.finished = true,
                                  .as_the_rfc = of_linux,
                                  .decisive = 1 + !of_linux,
                                  .unknown = 1,
                                  .count = 2,
                                  .claims = {lacking, seen}};
    outcome.claims[0].of_linux = of_linux;
    return outcome;
}

static void test_a_counter_of_linux_that_is_not_there(void **state) {
    (void)state;
    struct lab_outcome outcome = with(true);
    assert_non_null(strstr(row_of(&outcome, false), "ACK seq=1"));
    assert_non_null(strstr(row, "as expected\n"));
    outcome.as_the_rfc = outcome.claims[1].holds = false;
    outcome.failed = outcome.missing = 1;
    assert_non_null(strstr(row_of(&outcome, false), "OTHERWISE\n"));
    assert_non_null(strstr(row_of(&outcome, true), "otherwise\n"));
}

static void test_what_an_rfc_demands_is_not_told(void **state) {
    (void)state;
    struct lab_outcome outcome = with(false);
    assert_non_null(strstr(row_of(&outcome, false), "not told"));
    assert_non_null(strstr(row, "NOT TOLD\n"));
    outcome.claims[1].holds = false;
    outcome.failed = outcome.missing = 1;
    assert_non_null(strstr(row_of(&outcome, true), "NOT TOLD\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_counter_of_linux_that_is_not_there),
        cmocka_unit_test(test_what_an_rfc_demands_is_not_told),
    };
    return cmocka_run_group_tests_name("lab_table", tests, NULL, NULL);
}
