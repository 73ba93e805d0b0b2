// SPDX-License-Identifier: MIT
//
// The bounded buffer of all narration: what does not fit is left out whole and counted, lines keep within the screen,
// and wrapping neither loses nor changes a word.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "view/text.h"

enum { ROOM = 4096 };

static struct text buffer(char *bytes, size_t size, unsigned columns) {
    memset(bytes, UNTOUCHED, size);
    return (struct text){.bytes = bytes, .size = size, .style = {.utf8 = true, .columns = columns}};
}

static void assert_holds(const struct text *text, const char *expected) {
    assert_int_equal(text->used, strlen(expected));
    assert_memory_equal(text->bytes, expected, text->used);
}

static void test_adding(void **state) {
    char bytes[ROOM];
    struct text text = buffer(bytes, sizeof bytes, 80);
    (void)state;
    text_add(&text, "%s %d", "port", 1712);
    text_add(&text, "%s", "");
    text_add(&text, "%c%%", '!');
    assert_holds(&text, "port 1712!%");
    assert_int_equal(text.lost, 0);
}

static void test_what_does_not_fit_is_left_out_and_counted(void **state) {
    char *bytes = malloc(8); // exactly: seven characters and the end
    (void)state;
    assert_non_null(bytes);
    struct text text = buffer(bytes, 8, 80);
    text_add(&text, "abcd");
    text_add(&text, "efgh"); // one too many
    assert_holds(&text, "abcd");
    assert_int_equal(text.lost, 4);
    text_add(&text, "efg"); // a shorter one still finds room
    assert_holds(&text, "abcdefg");
    text_add(&text, "h");
    text_add(&text, "%s", "ijklmnopqrstuvwxyz");
    assert_holds(&text, "abcdefg");
    assert_int_equal(text.lost, 4 + 1 + 18);
    free(bytes);
}

static void test_no_room_at_all(void **state) {
    struct text text = {.bytes = NULL, .size = 0};
    (void)state;
    text_add(&text, "%s", "lost");
    assert_int_equal(text.used, 0);
    assert_int_equal(text.lost, 4);
}

static void test_widths(void **state) {
    (void)state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("SYN"), 3);
    assert_int_equal(text_width("\xe2\x86\x92"), 1);                 // an arrow
    assert_int_equal(text_width("a \xe2\x94\x80\xe2\x94\x80 b"), 6); // two lines between
    assert_int_equal(text_width("\xc3\xa9t\xc3\xa9"), 3);
    assert_int_equal(text_width("\xf0\x9f\x98\x80"), 1);
}

static void test_repeating(void **state) {
    char bytes[ROOM];
    struct text text = buffer(bytes, sizeof bytes, 80);
    (void)state;
    text_repeat(&text, "\xe2\x94\x80", 3);
    text_repeat(&text, "-", 0);
    text_repeat(&text, "=", 2);
    assert_holds(&text, "\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80==");
}

static void test_colours_only_where_wanted(void **state) {
    char bytes[ROOM];
    struct text text = buffer(bytes, sizeof bytes, 80);
    (void)state;
    for (int color = TEXT_PLAIN; color <= TEXT_FAINT; color++)
        text_color(&text, (enum text_color)color);
    assert_int_equal(text.used, 0);
    text.style.color = true;
    text_color(&text, TEXT_OURS);
    text_add(&text, "SYN");
    text_color(&text, TEXT_PLAIN);
    assert_holds(&text, "\033[36mSYN\033[0m");
}

static void test_each_colour_is_another(void **state) {
    char codes[TEXT_FAINT + 1][16] = {{0}};
    (void)state;
    for (int color = TEXT_PLAIN; color <= TEXT_FAINT; color++) {
        struct text text = {.bytes = codes[color], .size = sizeof codes[color], .style = {.color = true}};
        text_color(&text, (enum text_color)color);
        assert_memory_equal(codes[color], "\033[", 2);
        assert_int_equal(codes[color][text.used - 1], 'm');
        for (int other = TEXT_PLAIN; other < color; other++)
            assert_string_not_equal(codes[color], codes[other]);
    }
}

static void test_wrapping_between_words(void **state) {
    char bytes[ROOM];
    struct text text = buffer(bytes, sizeof bytes, 10);
    (void)state;
    text_wrap(&text, 2, false, 4, "one two three");
    assert_holds(&text, "  one two\n    three\n");
}

static void test_a_line_may_be_full_but_no_more(void **state) {
    char bytes[ROOM];
    struct text text = buffer(bytes, sizeof bytes, 7);
    (void)state;
    text_wrap(&text, 0, false, 0, "abc def"); // seven columns
    assert_holds(&text, "abc def\n");
    text = buffer(bytes, sizeof bytes, 6);
    text_wrap(&text, 0, false, 0, "abc def");
    assert_holds(&text, "abc\ndef\n");
}

static void test_blanks_already_written(void **state) {
    char bytes[ROOM];
    struct text text = buffer(bytes, sizeof bytes, 10);
    (void)state;
    text_add(&text, "name:  ");
    text_wrap(&text, 7, true, 7, "a b c d");
    assert_holds(&text, "name:  a b\n       c d\n");
}

static void test_columns_are_glyphs_not_bytes(void **state) {
    char bytes[ROOM];
    struct text text = buffer(bytes, sizeof bytes, 7);
    (void)state;
    text_wrap(&text, 0, false, 0, "\xe2\x86\x92\xe2\x86\x92\xe2\x86\x92 def"); // three arrows
    assert_holds(&text, "\xe2\x86\x92\xe2\x86\x92\xe2\x86\x92 def\n");
}

static void test_nothing_to_wrap(void **state) {
    char bytes[ROOM];
    struct text text = buffer(bytes, sizeof bytes, 60);
    (void)state;
    text_wrap(&text, 0, false, 4, "");
    assert_holds(&text, "\n");
}

static void test_a_word_wider_than_the_screen_stays_whole(void **state) {
    char bytes[ROOM];
    struct text text = buffer(bytes, sizeof bytes, 8);
    (void)state;
    text_wrap(&text, 2, false, 2, "a abcdefghij b");
    assert_holds(&text, "  a\n  abcdefghij\n  b\n");
}

static void test_a_very_long_word_loses_nothing(void **state) {
    char bytes[ROOM], word[301], expected[303];
    struct text text = buffer(bytes, sizeof bytes, 60);
    (void)state;
    memset(word, 'x', sizeof word - 1);
    word[300] = '\0';
    memcpy(expected, word, 300);
    memcpy(expected + 300, "\n", 2);
    text_wrap(&text, 0, false, 0, word);
    assert_holds(&text, expected);
}

static const char prose[] = "A connection begins with a SYN: it tells the other end the number that our bytes will be "
                            "counted from. One segment does two jobs: it acknowledges their SYN and sends our own, and "
                            "after the third \xe2\x86\x92 both ends know both numbers, so that bytes may flow.";

// Checks one line of wrapped prose, without its newline; returns where the prose goes on.
static const char *assert_line(const char *line, size_t size, unsigned indent, unsigned columns, const char *next) {
    char copy[256];
    assert_true(size > indent && size < sizeof copy);
    memcpy(copy, line, size);
    copy[size] = '\0';
    assert_int_equal(strspn(copy, " "), indent);
    assert_true(copy[size - 1] != ' ');
    assert_true(text_width(copy) <= columns);
    assert_memory_equal(copy + indent, next, size - indent);
    next += size - indent;
    if (*next) { // and the first word of the next line would not have found room
        size_t word = strcspn(next + 1, " ");
        char following[64] = "";
        memcpy(following, next + 1, word);
        assert_int_equal(*next, ' ');
        assert_true(text_width(copy) + 1 + text_width(following) > columns);
        next++;
    }
    return next;
}

static void test_all_widths_keep_all_words(void **state) {
    (void)state;
    for (unsigned columns = 40; columns <= 200; columns++) {
        char bytes[ROOM];
        struct text text = buffer(bytes, sizeof bytes, columns);
        const char *next = prose, *line = bytes;
        text_wrap(&text, 4, false, 8, prose);
        assert_int_equal(text.lost, 0);
        assert_int_equal(bytes[text.used - 1], '\n');
        while (line < bytes + text.used) {
            const char *end = memchr(line, '\n', (size_t)(bytes + text.used - line));
            assert_non_null(end);
            next = assert_line(line, (size_t)(end - line), line == bytes ? 4 : 8, columns, next);
            line = end + 1;
        }
        assert_int_equal(*next, '\0');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adding),
        cmocka_unit_test(test_what_does_not_fit_is_left_out_and_counted),
        cmocka_unit_test(test_no_room_at_all),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_repeating),
        cmocka_unit_test(test_colours_only_where_wanted),
        cmocka_unit_test(test_each_colour_is_another),
        cmocka_unit_test(test_wrapping_between_words),
        cmocka_unit_test(test_a_line_may_be_full_but_no_more),
        cmocka_unit_test(test_blanks_already_written),
        cmocka_unit_test(test_columns_are_glyphs_not_bytes),
        cmocka_unit_test(test_nothing_to_wrap),
        cmocka_unit_test(test_a_word_wider_than_the_screen_stays_whole),
        cmocka_unit_test(test_a_very_long_word_loses_nothing),
        cmocka_unit_test(test_all_widths_keep_all_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
