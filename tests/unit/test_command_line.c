// SPDX-License-Identifier: MIT
//
// The command line as it could be typed again: quoting, control characters, and what is too long.
#include "../help/cm.h"
#include "cmd/command_line.h"

#define QUOTED(words, room) quoted(words, sizeof(words), room)

static const char *quoted(const char *words, size_t size, size_t room) {
    static char out[256];
    memset(out, 'x', sizeof out);
    command_line_quote(words, size, out, room);
    return out;
}

static void test_plain_words_stay_as_they_are(void **state) {
    (void)state;
    assert_string_equal(QUOTED("./rawshake\0demo\0-w\0run.pcapng", 256), "./rawshake demo -w run.pcapng");
}

static void test_what_a_shell_would_read_is_quoted(void **state) {
    (void)state;
    assert_string_equal(QUOTED("-m\0a b", 256), "-m 'a b'");
    assert_string_equal(QUOTED("it's", 256), "'it'\\''s'");
    assert_string_equal(QUOTED("a\0\0b", 256), "a '' b");
    assert_string_equal(QUOTED("$(x);*", 256), "'$(x);*'");
}

static void test_what_could_act_on_a_terminal_is_not_repeated(void **state) {
    (void)state;
    assert_string_equal(QUOTED("a\033[2Jb\n\377", 256), "'a?[2Jb?"
                                                        "?'");
}

static void test_what_is_too_long_ends_with_dots(void **state) {
    (void)state;
    assert_string_equal(QUOTED("0123456789", 11), "0123456789");
    assert_string_equal(QUOTED("0123456789", 10), "012345...");
    assert_string_equal(QUOTED("0123456789", 1), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_words_stay_as_they_are),
        cmocka_unit_test(test_what_a_shell_would_read_is_quoted),
        cmocka_unit_test(test_what_could_act_on_a_terminal_is_not_repeated),
        cmocka_unit_test(test_what_is_too_long_ends_with_dots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
