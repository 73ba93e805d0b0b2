// SPDX-License-Identifier: MIT
//
// Which test shows which rule. A test that would fail if a rule of tests/rules.txt were broken says so itself, with
// RULE(n); which reasons of the engine it has brought about is seen by engine.c. Both go into the file that RULES_LOG
// names (tests/run does), and tests/table makes docs/rfc9293.md of it. Only unit and sim tests count: they run
// everywhere. Included by cm.h.
#ifndef HELP_RULE_H
#define HELP_RULE_H

#include "rawshake/reason.h"

// This test shows rule n: a number, or P and a number.
#define RULE(n) rule_shown(#n)
void rule_shown(const char *rule);

// The engine has given this reason.
void rule_reason(enum rs_reason reason);

// Tells the table which reasons there are.
void rule_all_reasons(void);

// Runs before each test, to know its name.
int rule_test_begins(void **state);

#undef cmocka_unit_test
#define cmocka_unit_test(f)                                                                                            \
    { #f, f, rule_test_begins, NULL, (void *)#f }

#endif
