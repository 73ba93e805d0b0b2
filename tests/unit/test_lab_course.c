// SPDX-License-Identifier: MIT
//
// The course as data: what each experiment's entry must hold to, so that every view can print it, a learner can answer
// it, and a teacher who adds one is told what is missing.
#include <ctype.h>
#include <stdio.h>

#include "../help/cm.h"
#include "lab/lab.h"

enum { QUESTION_MOST = 60, CHOICE_MOST = 90, NAME_MOST = 20, RUNNING_MOST = 5, SHORT_COURSE = 12 };

static unsigned wrong;

static void expect(bool holds, const struct experiment *e, const char *what, const char *text) {
    if (holds)
        return;
    print_error("%s: %s: \"%s\"\n", e->name, what, text);
    wrong++;
}

static bool is_ascii(const char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static char last_of(const char *text) { return text[0] ? text[strlen(text) - 1] : '\0'; }

static void each(void (*look)(const struct experiment *e)) {
    wrong = 0;
    for (size_t i = 0; i < lab_course_count; i++)
        look(lab_course[i]);
    assert_int_equal(wrong, 0);
}

static void look_at_texts(const struct experiment *e) {
    const char *texts[] = {e->name, e->question, e->situation, e->deviation, e->answer, e->section};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = texts[i] ? texts[i] : "";
        expect(text[0], e, "a text is missing", text);
        expect(is_ascii(text), e, "not ASCII", text);
        expect(!strstr(text, "  "), e, "two blanks", text);
        expect(text[0] != ' ' && last_of(text) != ' ', e, "a blank at its edge", text);
    }
}

static void test_texts(void **state) {
    (void)state;
    each(look_at_texts);
}

static void look_at_ends(const struct experiment *e) {
    expect(strlen(e->question) <= QUESTION_MOST, e, "the question does not fit in its line", e->question);
    expect(last_of(e->question) == '?', e, "the question ends with '?'", e->question);
    expect(isupper((unsigned char)e->question[0]), e, "the question begins with a capital", e->question);
    expect(last_of(e->situation) == '.', e, "the situation ends with a full stop", e->situation);
    expect(last_of(e->answer) == '.', e, "the answer ends with a full stop", e->answer);
    expect(last_of(e->deviation) != '.', e, "the deviation is a clause, without a full stop", e->deviation);
    expect(last_of(e->section) != '.', e, "the sections have no full stop", e->section);
    expect(strncmp(e->section, "RFC ", 4) == 0 && strstr(e->section, "section"), e, "an RFC's section", e->section);
}

static void test_questions_sentences_and_sections(void **state) {
    (void)state;
    each(look_at_ends);
}

static void look_at_choices(const struct experiment *e) {
    unsigned count = 0;
    for (; count < LAB_CHOICES_MAX && e->choices[count]; count++) {
        const char *choice = e->choices[count];
        expect(choice[0] && strlen(choice) <= CHOICE_MOST, e, "a choice of at most 90 characters", choice);
        expect(is_ascii(choice), e, "not ASCII", choice);
        expect(last_of(choice) != '.', e, "a choice has no full stop", choice);
        for (unsigned other = 0; other < count; other++)
            expect(strcmp(choice, e->choices[other]) != 0, e, "the same choice twice", choice);
    }
    expect(count >= 2, e, "at least two choices", e->name);
    expect(e->right < count, e, "the right choice is one of them", e->name);
}

static void test_choices(void **state) {
    (void)state;
    each(look_at_choices);
}

// Whoever always says the same letter must not do well.
static void test_the_right_letter_varies(void **state) {
    size_t how_often[LAB_CHOICES_MAX] = {0}, row = 0;
    (void)state;
    if (lab_course_count < SHORT_COURSE) // chance decides
        skip();
    for (size_t i = 0; i < lab_course_count; i++) {
        how_often[lab_course[i]->right]++;
        row = i > 0 && lab_course[i]->right == lab_course[i - 1]->right ? row + 1 : 1;
        if (row > RUNNING_MOST)
            fail_msg("%s: the same letter for the %zuth time running", lab_course[i]->name, row);
    }
    for (unsigned i = 0; i < LAB_CHOICES_MAX; i++)
        if (how_often[i] * 2 > lab_course_count)
            fail_msg("%c is right in %zu of %zu experiments", 'a' + (int)i, how_often[i], lab_course_count);
}

static void look_at_name(const struct experiment *e) {
    expect(strlen(e->name) <= NAME_MOST, e, "the table has 20 columns for it", e->name);
    expect(strspn(e->name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(e->name), e,
           "small letters, digits, dashes", e->name);
    for (size_t i = 0; i < lab_course_count && lab_course[i] != e; i++) {
        expect(strcmp(lab_course[i]->name, e->name) != 0, e, "two have this name", e->name);
        expect(strcmp(lab_course[i]->question, e->question) != 0, e, "two have this question", e->question);
    }
}

static void test_names_and_questions_are_there_once(void **state) {
    (void)state;
    each(look_at_name);
}

static void look_at_setting(const struct experiment *e, const struct lab_setting *s) {
    expect(strncmp(s->name, "net.", 4) == 0, e, "only settings of the network", s->name);
    if (!s->value || !s->effect)
        fail_msg("%s: %s: its value or its effect is missing", e->name, s->name);
    expect(s->value[0] && is_ascii(s->value), e, "a setting's value", s->value);
    expect(s->effect[0] && is_ascii(s->effect), e, "a setting's effect", s->effect);
    expect(last_of(s->effect) != '.', e, "its effect is a clause", s->effect);
}

static void look_at_stage(const struct experiment *e) {
    expect(e->run != NULL, e, "a script", e->name);
    expect(e->stage.ends <= LAB_ENDS_MAX, e, "too many ends", e->name);
    for (size_t i = 0; i < LAB_SETTINGS_MAX && e->stage.settings[i].name; i++)
        look_at_setting(e, &e->stage.settings[i]);
}

static void test_stages(void **state) {
    (void)state;
    each(look_at_stage);
}

static void test_chapters_come_in_order(void **state) {
    (void)state;
    assert_true(lab_course_count > 0);
    for (size_t i = 0; i < lab_course_count; i++) {
        assert_true(lab_course[i]->chapter < LAB_CHAPTERS);
        if (i > 0 && lab_course[i]->chapter < lab_course[i - 1]->chapter)
            fail_msg("%s: stands behind a later chapter", lab_course[i]->name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_questions_sentences_and_sections),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_the_right_letter_varies),
        cmocka_unit_test(test_names_and_questions_are_there_once),
        cmocka_unit_test(test_stages),
        cmocka_unit_test(test_chapters_come_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
