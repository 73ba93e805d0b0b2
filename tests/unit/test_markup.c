// SPDX-License-Identifier: MIT
//
// Strange text in HTML, SVG and Mermaid (view/markup.h): it shows as text, whatever it is, and no byte of it can end
// the element, the attribute or the line that it stands in.
#include <stdio.h>

#include "../help/bytes.h"
#include "../help/cm.h"
#include "view/markup.h"

enum { ROOM = 4000 };

struct sheet {
    char bytes[ROOM];
    struct text text;
};

static struct text *fresh(struct sheet *s) {
    memset(s->bytes, 0, sizeof s->bytes);
    s->text = (struct text){.bytes = s->bytes, .size = sizeof s->bytes - 1};
    return &s->text;
}

static void test_markup_becomes_text(void **state) {
    (void)state;
    struct sheet s;
    markup_string(fresh(&s), "<script>alert(1)</script>");
    assert_string_equal(s.bytes, "&lt;script&gt;alert(1)&lt;/script&gt;");
    markup_string(fresh(&s), "\" onload='x' & &amp; \\");
    assert_string_equal(s.bytes, "&quot; onload=&#39;x&#39; &amp; &amp;amp; \\");
    markup_add(fresh(&s), "%s and %d", "<b>", 7);
    assert_string_equal(s.bytes, "&lt;b&gt; and 7");
}

static void test_what_is_no_character_is_written_as_a_byte(void **state) {
    (void)state;
    struct sheet s;
    markup_bytes(fresh(&s), "a\0b\n\033[1m\x7f", 9);
    assert_string_equal(s.bytes, "a\\x00b\\n\\x1b[1m\\x7f");
    markup_string(fresh(&s), "\xff\xc3 \xe2\x82 \xc0\xaf \xed\xa0\x80");
    assert_string_equal(s.bytes, "\\xff\\xc3 \\xe2\\x82 \\xc0\\xaf \\xed\\xa0\\x80");
    markup_string(fresh(&s), "\xe2\x80\xae reversed");
    assert_string_equal(s.bytes, "\\xe2\\x80\\xae reversed");
    markup_string(fresh(&s), "gr\xc3\xbc\xc3\x9f\x65 \xe2\x86\x92 \xf0\x9f\x99\x82");
    assert_string_equal(s.bytes, "gr\xc3\xbc\xc3\x9f\x65 \xe2\x86\x92 \xf0\x9f\x99\x82");
}

// Whatever bytes come, what is written has none of the five signs of markup but in references, and no control.
static void test_any_bytes_are_safe(void **state) {
    (void)state;
    uint32_t seed = 4711;
    for (int i = 0; i < 2000; i++) {
        struct sheet s;
        uint8_t bytes[60];
        for (size_t at = 0; at < sizeof bytes; at++)
            bytes[at] = (uint8_t)next_number(&seed);
        uint8_t *exact = exact_copy(bytes, (size_t)i % sizeof bytes);
        markup_bytes(fresh(&s), exact, (size_t)i % sizeof bytes);
        free(exact);
        assert_int_equal(s.text.lost, 0);
        for (const char *c = s.bytes; *c; c++) {
            assert_false((uint8_t)*c < 0x20 || *c == 0x7f || strchr("<>\"'", *c));
            if (*c == '&')
                assert_true(strncmp(c, "&amp;", 5) == 0 || strncmp(c, "&lt;", 4) == 0 || strncmp(c, "&gt;", 4) == 0 ||
                            strncmp(c, "&quot;", 6) == 0 || strncmp(c, "&#39;", 5) == 0);
        }
    }
}

static void test_data_is_shown_as_python_writes_it(void **state) {
    (void)state;
    struct sheet s;
    assert_int_equal(markup_data(fresh(&s), (const uint8_t *)"a\"<\n\\", 5, 256), 5);
    assert_string_equal(s.bytes, "a\\&quot;&lt;\\n\\\\");
    assert_int_equal(markup_data(fresh(&s), (const uint8_t *)"abcdef", 6, 3), 3);
    assert_string_equal(s.bytes, "abc");
    uint8_t zeros[300] = {0};
    assert_int_equal(markup_data(fresh(&s), zeros, sizeof zeros, 256), 256);
    assert_int_equal(strlen(s.bytes), 4 * 256);
}

static void test_mermaid_reads_no_sign_of_its_own(void **state) {
    (void)state;
    struct sheet s;
    markup_mermaid(fresh(&s), "SYN,ACK seq=0 ack=1");
    assert_string_equal(s.bytes, "SYN,ACK seq=0 ack=1");
    markup_mermaid(fresh(&s), "a;b#c\nd%%{e}<f>\"\\");
    assert_string_equal(s.bytes, "a#59;b#35;c#92;nd#37;#37;#123;e#125;#60;f#62;#34;#92;");
    markup_mermaid(fresh(&s), "\xc3\xbc");
    assert_string_equal(s.bytes, "#92;xc3#92;xbc");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markup_becomes_text),
        cmocka_unit_test(test_what_is_no_character_is_written_as_a_byte),
        cmocka_unit_test(test_any_bytes_are_safe),
        cmocka_unit_test(test_data_is_shown_as_python_writes_it),
        cmocka_unit_test(test_mermaid_reads_no_sign_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
