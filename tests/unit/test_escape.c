// SPDX-License-Identifier: MIT
//
// Bytes from strangers, made safe to show: nothing that a terminal acts on comes through, nothing is lost, and no
// character is cut in two.
#include <stdio.h>

#include "../help/bytes.h"
#include "../help/cm.h"
#include "view/escape.h"

enum { ROOM = 256 };

// A string that may hold NUL: all but the one that the compiler adds.
#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

static void assert_bytes(const uint8_t *bytes, size_t size, const char *expected) {
    char out[ROOM];
    assert_int_equal(escape_bytes(bytes, size, out, sizeof out), size);
    assert_string_equal(out, expected);
}

static void assert_text(bool utf8, const uint8_t *bytes, size_t size, const char *expected) {
    char out[ROOM];
    uint8_t *copy = exact_copy(bytes, size); // a character cut short must not be read to its end
    assert_int_equal(escape_text(copy, size, utf8, out, sizeof out), size);
    assert_string_equal(out, expected);
    free(copy);
}

static void test_printable_ascii_stays(void **state) {
    char all[0x7f - 0x20 + 1] = "";
    size_t size = 0;
    (void)state;
    for (int c = 0x20; c < 0x7f; c++)
        if (c != '"' && c != '\\')
            all[size++] = (char)c;
    all[size] = '\0';
    assert_bytes((const uint8_t *)all, size, all);
    assert_text(false, (const uint8_t *)all, size, all);
    assert_text(true, (const uint8_t *)all, size, all);
}

static void test_control_bytes(void **state) {
    (void)state;
    assert_bytes(BYTES("a\nb\rc\td"), "a\\nb\\rc\\td");
    assert_bytes(BYTES("\0\1\x1f\x7f"), "\\x00\\x01\\x1f\\x7f");
    assert_bytes(BYTES("\033[2J\a\b\v\f"), "\\x1b[2J\\x07\\x08\\x0b\\x0c");
    assert_text(true, BYTES("\033]0;title\a"), "\\x1b]0;title\\x07");
    assert_text(true, BYTES("a\nb\0c"), "a\\nb\\x00c");
}

static void test_quotes_and_backslashes(void **state) {
    (void)state;
    assert_bytes(BYTES("say \"hi\""), "say \\\"hi\\\"");
    assert_bytes(BYTES("it's"), "it's");
    assert_bytes(BYTES("\\n"), "\\\\n"); // so that it is not taken for a newline
    assert_text(false, BYTES("say \"hi\""), "say \"hi\"");
    assert_text(true, BYTES("\\x1b"), "\\\\x1b");
}

static void test_every_single_byte_is_harmless(void **state) {
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t one = (uint8_t)byte;
        char bytes[ROOM], text[ROOM], utf8[ROOM];
        assert_int_equal(escape_bytes(&one, 1, bytes, ROOM), 1);
        assert_int_equal(escape_text(&one, 1, false, text, ROOM), 1);
        assert_int_equal(escape_text(&one, 1, true, utf8, ROOM), 1);
        assert_string_equal(text, utf8); // no single byte is a character of UTF-8 that is not ASCII
        for (const char *p = bytes; *p; p++)
            assert_in_range((unsigned char)*p, 0x20, 0x7e);
        for (const char *p = text; *p; p++)
            assert_in_range((unsigned char)*p, 0x20, 0x7e);
        if (byte >= 0x7f)
            assert_memory_equal(bytes, "\\x", 2);
    }
}

static void test_utf8_stays_where_it_can_be_shown(void **state) {
    static const char *const harmless[] = {
        "\xc3\xa9",         // U+00E9
        "\xc2\xa0",         // U+00A0, the first after the controls
        "\xdf\xbf",         // U+07FF, the last of two bytes
        "\xe0\xa0\x80",     // U+0800, the first of three
        "\xe2\x82\xac",     // U+20AC
        "\xed\x9f\xbf",     // U+D7FF, before the surrogates
        "\xee\x80\x80",     // U+E000, after them
        "\xef\xbf\xbd",     // U+FFFD
        "\xf0\x90\x80\x80", // U+10000, the first of four
        "\xf0\x9f\x98\x80", // U+1F600
        "\xf4\x8f\xbf\xbf", // U+10FFFF, the last
    };
    (void)state;
    for (size_t i = 0; i < COUNT(harmless); i++)
        assert_text(true, (const uint8_t *)harmless[i], strlen(harmless[i]), harmless[i]);
    assert_text(true, BYTES("na\xc3\xafve \xe2\x82\xac"), "na\xc3\xafve \xe2\x82\xac");
    assert_text(false, BYTES("na\xc3\xafve"), "na\\xc3\\xafve");
    assert_bytes(BYTES("na\xc3\xafve"), "na\\xc3\\xafve");
}

static void test_ill_formed_utf8_is_escaped(void **state) {
    (void)state;
    assert_text(true, BYTES("\x80"), "\\x80");                                  // a continuation alone
    assert_text(true, BYTES("\xc3"), "\\xc3");                                  // cut short by the end
    assert_text(true, BYTES("\xe2\x82"), "\\xe2\\x82");                         //
    assert_text(true, BYTES("\xf0\x9f\x98"), "\\xf0\\x9f\\x98");                //
    assert_text(true, BYTES("\xc3(x"), "\\xc3(x");                              // cut short by another character
    assert_text(true, BYTES("\xe2\x82(x"), "\\xe2\\x82(x");                     //
    assert_text(true, BYTES("\xe2\x82\xe2\x82\xac"), "\\xe2\\x82\xe2\x82\xac"); // and the next one is found again
    assert_text(true, BYTES("\xf8\x88\x80\x80\x80"), "\\xf8\\x88\\x80\\x80\\x80");
    assert_text(true, BYTES("\xff\xfe"), "\\xff\\xfe");
    assert_text(true, BYTES("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"); // U+110000
    assert_text(true, BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80");          // U+D800, a surrogate
    assert_text(true, BYTES("\xed\xbf\xbf"), "\\xed\\xbf\\xbf");          // U+DFFF
}

static void test_overlong_forms_are_escaped(void **state) {
    (void)state;
    assert_text(true, BYTES("\xc0\x80"), "\\xc0\\x80"); // NUL
    assert_text(true, BYTES("\xc0\x9b"), "\\xc0\\x9b"); // ESC
    assert_text(true, BYTES("\xc1\xbf"), "\\xc1\\xbf");
    assert_text(true, BYTES("\xe0\x80\x9b"), "\\xe0\\x80\\x9b");
    assert_text(true, BYTES("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf");
    assert_text(true, BYTES("\xf0\x80\x80\x9b"), "\\xf0\\x80\\x80\\x9b");
    assert_text(true, BYTES("\xf0\x8f\xbf\xbf"), "\\xf0\\x8f\\xbf\\xbf");
}

static void test_c1_controls_are_escaped(void **state) {
    (void)state;
    for (unsigned c = 0x80; c < 0xa0; c++) { // U+009B is ESC [ in one character
        const uint8_t bytes[] = {0xc2, (uint8_t)c};
        char expected[16];
        snprintf(expected, sizeof expected, "\\xc2\\x%02x", c);
        assert_text(true, bytes, sizeof bytes, expected);
    }
}

// Writes a code point of three bytes.
static void put_utf8(uint32_t code, uint8_t out[3]) {
    out[0] = (uint8_t)(0xe0 | code >> 12);
    out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    out[2] = (uint8_t)(0x80 | (code & 0x3f));
}

static void test_marks_of_direction_and_lines_are_escaped(void **state) {
    static const uint32_t marks[] = {0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c,
                                     0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0xfeff};
    static const uint32_t neighbours[] = {0x2010, 0x2027, 0x202f, 0x206f + 1, 0xfefe};
    (void)state;
    for (size_t i = 0; i < COUNT(marks); i++) {
        uint8_t bytes[3];
        char expected[16];
        put_utf8(marks[i], bytes);
        snprintf(expected, sizeof expected, "\\x%02x\\x%02x\\x%02x", bytes[0], bytes[1], bytes[2]);
        assert_text(true, bytes, sizeof bytes, expected);
    }
    for (size_t i = 0; i < COUNT(neighbours); i++) {
        char expected[4] = "";
        put_utf8(neighbours[i], (uint8_t *)expected);
        assert_text(true, (const uint8_t *)expected, 3, expected);
    }
    assert_text(true, BYTES("\xd8\x9c"), "\\xd8\\x9c"); // U+061C, the Arabic letter mark
}

static void test_nothing_is_cut_in_two(void **state) {
    static const struct {
        size_t room, taken;
        const char *shown;
    } cases[] = {
        {0, 0, NULL},
        {1, 0, ""},
        {2, 1, "a"},
        {3, 1, "a"},
        {4, 2, "a\\n"},
        {7, 2, "a\\n"},
        {8, 3, "a\\n\\x00"},
        {10, 3, "a\\n\\x00"},
        {11, 6, "a\\n\\x00\xe2\x82\xac"},
        {12, 7, "a\\n\\x00\xe2\x82\xacz"},
        {13, 7, "a\\n\\x00\xe2\x82\xacz"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *out = malloc(cases[i].room > 0 ? cases[i].room : 1);
        assert_non_null(out);
        size_t taken = escape_text(BYTES("a\n\0\xe2\x82\xacz"), true, out, cases[i].room);
        assert_int_equal(taken, cases[i].taken);
        if (cases[i].shown)
            assert_string_equal(out, cases[i].shown);
        free(out);
    }
}

static void test_the_rest_can_be_shown_next(void **state) {
    uint8_t bytes[200];
    char whole[ROOM * 4], parts[ROOM * 4] = "";
    uint32_t seed = 99;
    (void)state;
    fill_with_numbers(bytes, sizeof bytes, &seed);
    assert_int_equal(escape_bytes(bytes, sizeof bytes, whole, sizeof whole), sizeof bytes);
    for (size_t done = 0; done < sizeof bytes;) {
        char part[9];
        size_t taken = escape_bytes(bytes + done, sizeof bytes - done, part, sizeof part);
        assert_true(taken >= 2); // room for eight: two of the longest
        strcat(parts, part);
        done += taken;
    }
    assert_string_equal(parts, whole);
}

static void test_no_bytes_give_no_text(void **state) {
    char out[4] = "???";
    (void)state;
    assert_int_equal(escape_bytes((const uint8_t *)"", 0, out, sizeof out), 0);
    assert_string_equal(out, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_printable_ascii_stays),
        cmocka_unit_test(test_control_bytes),
        cmocka_unit_test(test_quotes_and_backslashes),
        cmocka_unit_test(test_every_single_byte_is_harmless),
        cmocka_unit_test(test_utf8_stays_where_it_can_be_shown),
        cmocka_unit_test(test_ill_formed_utf8_is_escaped),
        cmocka_unit_test(test_overlong_forms_are_escaped),
        cmocka_unit_test(test_c1_controls_are_escaped),
        cmocka_unit_test(test_marks_of_direction_and_lines_are_escaped),
        cmocka_unit_test(test_nothing_is_cut_in_two),
        cmocka_unit_test(test_the_rest_can_be_shown_next),
        cmocka_unit_test(test_no_bytes_give_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
