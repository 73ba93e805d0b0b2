// SPDX-License-Identifier: MIT
//
// The words of a command line: numbers and seconds within their limits and nothing else, the guess at a mistyped name,
// and the walk through options and arguments.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "cmd/options.h"

enum { UNSET = 424242 };

static void assert_number(const char *text, uint64_t least, uint64_t most, uint64_t expected) {
    uint64_t value = UNSET;
    assert_true(parse_number("--number", text, least, most, &value));
    assert_int_equal(value, expected);
}

static void assert_no_number(const char *text, uint64_t least, uint64_t most) {
    uint64_t value = UNSET;
    if (parse_number("--number", text, least, most, &value))
        fail_msg("'%s' was taken for %llu", text, (unsigned long long)value);
    assert_int_equal(value, UNSET); // a wrong word changes nothing
}

static void test_numbers(void **state) {
    (void)state;
    assert_number("0", 0, 65535, 0);
    assert_number("1712", 1, 65535, 1712);
    assert_number("65535", 1, 65535, 65535);
    assert_number("007", 0, 65535, 7);
    assert_number("010", 0, 65535, 10); // not octal: nobody means that
    assert_number("0xff", 0, 65535, 255);
    assert_number("0XfF", 0, 65535, 255);
    assert_number("18446744073709551615", 0, UINT64_MAX, UINT64_MAX);
    assert_number("0xffffffffffffffff", 0, UINT64_MAX, UINT64_MAX);
}

static void test_numbers_out_of_range(void **state) {
    (void)state;
    assert_no_number("0", 1, 65535);
    assert_no_number("65536", 1, 65535);
    assert_no_number("0x10000", 1, 65535);
    assert_no_number("18446744073709551616", 0, UINT64_MAX); // 2^64: not 0, and not the largest either
    assert_no_number("99999999999999999999999", 0, UINT64_MAX);
    assert_no_number("9", 10, 10);
    assert_no_number("11", 10, 10);
}

static void test_what_is_no_number(void **state) {
    static const char *const words[] = {"",   " ",   "x",    "-1",  "+1",  " 1",    "1 ",  "1x",  "1.0",      "1e3",
                                        "0x", "0xg", "0x-1", "0x ", "--1", "1,000", "\n1", "1\n", "\xd9\xa1", "five"};
    (void)state;
    for (size_t i = 0; i < COUNT(words); i++)
        assert_no_number(words[i], 0, UINT64_MAX);
}

static void assert_seconds(const char *text, uint64_t expected_us) {
    uint64_t value = UNSET;
    assert_true(parse_seconds("--seconds", text, &value));
    assert_int_equal(value, expected_us);
}

static void test_seconds(void **state) {
    (void)state;
    assert_seconds("0", 0);
    assert_seconds("1", 1000000);
    assert_seconds("0.5", 500000);
    assert_seconds(".25", 250000);
    assert_seconds("3.", 3000000);
    assert_seconds("183", 183000000);
    assert_seconds("86400", UINT64_C(86400000000));
}

static void test_every_microsecond_can_be_asked_for(void **state) {
    (void)state;
    assert_seconds("0.000001", 1);
    assert_seconds("0.000249", 249); // a fraction that no double has: just below it when multiplied
    assert_seconds("1.000507", 1000507);
    assert_seconds("86399.999999", UINT64_C(86399999999));
    for (unsigned us = 0; us < 100000; us += 7) {
        char text[32];
        snprintf(text, sizeof text, "%u.%06u", us % 60, us);
        assert_seconds(text, us % 60 * UINT64_C(1000000) + us);
    }
}

static void test_what_is_no_time(void **state) {
    static const char *const words[] = {"",        "x",     "-1",       "+1",  " 1",    "1 ",   "1s",
                                        "-0",      ".",     "..5",      "1,5", "nan",   "inf",  "1e9",
                                        "86400.1", "86401", "infinity", ".x",  "1e400", "1.5.5"};
    (void)state;
    for (size_t i = 0; i < COUNT(words); i++) {
        uint64_t value = UNSET;
        if (parse_seconds("--seconds", words[i], &value))
            fail_msg("'%s' was taken for %llu us", words[i], (unsigned long long)value);
        assert_int_equal(value, UNSET);
    }
}

static const char *const names[] = {"connect", "demo", "serve", "timeout", "time-wait", "verbose"};

static void assert_guess(const char *typed, const char *expected) {
    const char *guess = nearest_name(typed, names, COUNT(names));
    if (expected) {
        assert_non_null(guess);
        assert_string_equal(guess, expected);
    } else if (guess) {
        fail_msg("'%s' was taken for '%s'", typed, guess);
    }
}

static void test_mistyped_names(void **state) {
    (void)state;
    assert_guess("connect", "connect");
    assert_guess("conect", "connect");   // a letter left out
    assert_guess("connnect", "connect"); // one too many
    assert_guess("conmect", "connect");  // a wrong one
    assert_guess("cnonect", "connect");  // two exchanged
    assert_guess("sevre", "serve");      //
    assert_guess("dem", "demo");         // the beginning of it
    assert_guess("v", "verbose");        //
    assert_guess("time-", "time-wait");  // the beginning counts more than a letter or two
    assert_guess("timewait", "time-wait");
}

static void test_names_that_are_near_to_none(void **state) {
    (void)state;
    assert_guess("xyzzy", NULL);
    assert_guess("q", NULL);
    assert_guess("quux-frobnicate", NULL);
    assert_null(nearest_name("connect", names, 0));
}

static void test_an_empty_word_is_near_to_none(void **state) {
    (void)state;
    assert_guess("", NULL);
}

static void test_an_endless_word_is_near_to_none(void **state) {
    char word[4097];
    (void)state;
    for (size_t size = 20; size < sizeof word; size++) {
        memset(word, 'x', size);
        word[size] = '\0';
        assert_guess(word, NULL);
    }
}

enum { ID_COUNT = 1, ID_FLAG, ID_VERBOSE };

static const struct option_spec specs[] = {
    {'c', "count", "N", "how many", ID_COUNT},
    {'f', "flag", NULL, "a flag", ID_FLAG},
    {0, "flags", "F", "several flags", 4},
    {'v', "verbose", NULL, "say more", ID_VERBOSE},
};
static const struct command command = {
    .name = "test", .arguments = "[HOST]", .summary = "A test.", .options = specs, .options_count = COUNT(specs)};

// What a walk is expected to find, in order; an id of PARSE_END or PARSE_ERROR is the last.
struct step {
    int id;
    const char *argument;
};

static void assert_walk(const char *const *words, int count, const struct step *expected) {
    char copies[8][32], *argv[8];
    assert_true(count <= 8);
    for (int i = 0; i < count; i++) {
        snprintf(copies[i], sizeof copies[i], "%s", words[i]);
        argv[i] = copies[i];
    }
    struct parse parse = {.command = &command, .argc = count, .argv = argv};
    for (;; expected++) {
        int id = parse_next(&parse);
        assert_int_equal(id, expected->id);
        if (expected->argument)
            assert_string_equal(parse.argument, expected->argument);
        if (id == PARSE_END || id == PARSE_ERROR)
            break;
    }
}

#define WORDS(...) (const char *const[]){__VA_ARGS__}, (int)COUNT(((const char *const[]){__VA_ARGS__}))
#define STEPS(...)                                                                                                     \
    (const struct step[]) { __VA_ARGS__ }

static void test_options_in_all_their_forms(void **state) {
    (void)state;
    assert_walk(
        WORDS("-c", "3", "-c4", "--count", "5", "--count=6", "--count="),
        STEPS({ID_COUNT, "3"}, {ID_COUNT, "4"}, {ID_COUNT, "5"}, {ID_COUNT, "6"}, {ID_COUNT, ""}, {PARSE_END, NULL}));
    assert_walk(WORDS("-fv", "-vc9", "-vfc", "-1"),
                STEPS({ID_FLAG, NULL}, {ID_VERBOSE, NULL}, {ID_VERBOSE, NULL}, {ID_COUNT, "9"}, {ID_VERBOSE, NULL},
                      {ID_FLAG, NULL}, {ID_COUNT, "-1"}, {PARSE_END, NULL}));
}

static void test_arguments_among_options(void **state) {
    (void)state;
    assert_walk(WORDS("host", "-f", "-", "--", "-f", "--count", "--"),
                STEPS({PARSE_ARGUMENT, "host"}, {ID_FLAG, NULL}, {PARSE_ARGUMENT, "-"}, {PARSE_ARGUMENT, "-f"},
                      {PARSE_ARGUMENT, "--count"}, {PARSE_ARGUMENT, "--"}, {PARSE_END, NULL}));
}

static void test_misused_options(void **state) {
    static const char *const wrong[] = {"--cuont", "--coun", "--", "-x", "-fx", "--flag=1", "--count", "-c", "--=1"};
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char word[16], *argv[] = {word};
        struct parse parse = {.command = &command, .argc = 1, .argv = argv};
        snprintf(word, sizeof word, "%s", wrong[i]);
        int id = parse_next(&parse);
        if (strcmp(word, "-fx") == 0) { // the first letter is good
            assert_int_equal(id, ID_FLAG);
            id = parse_next(&parse);
        }
        assert_int_equal(id, strcmp(word, "--") == 0 ? PARSE_END : PARSE_ERROR);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_numbers_out_of_range),
        cmocka_unit_test(test_what_is_no_number),
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_every_microsecond_can_be_asked_for),
        cmocka_unit_test(test_what_is_no_time),
        cmocka_unit_test(test_mistyped_names),
        cmocka_unit_test(test_names_that_are_near_to_none),
        cmocka_unit_test(test_an_empty_word_is_near_to_none),
        cmocka_unit_test(test_an_endless_word_is_near_to_none),
        cmocka_unit_test(test_options_in_all_their_forms),
        cmocka_unit_test(test_arguments_among_options),
        cmocka_unit_test(test_misused_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
