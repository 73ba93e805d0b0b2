// SPDX-License-Identifier: MIT
//
// How an experiment is told and drawn: one that is made up, with everything in it that only experiments bring, compared
// with tests/golden/lab*.* to the byte.
#include <stdio.h>

#include "../help/cm.h"
#include "../help/experiment.h"
#include "../help/golden.h"
#include "trace/tape.h"
#include "view/diagram.h"
#include "view/narrator.h"

enum { ROOM = 400000 };

static const struct told {
    const char *file;
    unsigned columns, verbosity;
    bool ascii, color, control, step, two_at_once;
} told[] = {
    {.file = "lab-100.txt", .columns = 100},
    {.file = "lab-80.txt", .columns = 80},
    {.file = "lab-ascii.txt", .columns = 76, .ascii = true},
    {.file = "lab-color.txt", .columns = 100, .color = true},
    {.file = "lab-control.txt", .columns = 80, .control = true},
    {.file = "lab-step.txt", .columns = 100, .step = true},
    {.file = "lab-two.txt", .columns = 80, .two_at_once = true},
    {.file = "lab-two-step.txt", .columns = 100, .step = true, .two_at_once = true},
};

static struct events events;

static void expect_lines_to_fit(const struct text *text) {
    char line[512];
    for (size_t at = 0, length; at < text->used; at += length + 1) {
        const char *end = memchr(text->bytes + at, '\n', text->used - at);
        length = end ? (size_t)(end - (text->bytes + at)) : text->used - at;
        snprintf(line, sizeof line, "%.*s", (int)length, text->bytes + at);
        assert_true(text_width(line) <= text->style.columns);
        if (text->style.utf8)
            continue;
        for (const char *c = line; *c; c++)
            assert_true(*c >= ' ' && *c <= '~');
    }
}

// No sentence of an experiment names an option of the command line.
static void expect_no_options(const struct text *text) {
    char *copy = strndup(text->bytes, text->used);
    assert_non_null(copy);
    assert_null(strstr(copy, "(--"));
    free(copy);
}

static void test_narration(void **state) {
    static struct narrator narrator;
    const struct told *t = *state;
    struct text text = {.bytes = malloc(ROOM), .size = ROOM, .style = {!t->ascii, t->color, t->columns}};
    const struct narrator_settings settings = {.verbosity = t->verbosity, .step = t->step};
    assert_non_null(text.bytes);
    if (t->two_at_once)
        experiment_two_at_once(&events, t->step);
    else
        experiment_events(&events, t->control, t->step);
    narrator_init(&narrator, &text, &settings);
    const struct trace_sink sink = narrator_sink(&narrator);
    experiment_play(&events, &sink);
    assert_int_equal(text.lost, 0);
    if (!t->color)
        expect_lines_to_fit(&text);
    expect_no_options(&text);
    golden_compare(t->file, text.bytes, text.used);
    free(text.bytes);
}

static void test_drawings(void **state) {
    const bool mermaid = *state != NULL;
    struct diagram_view *view = diagram_new(mermaid);
    struct text text = {.bytes = malloc(ROOM), .size = ROOM, .style = {true, false, 100}};
    assert_true(view && text.bytes);
    experiment_events(&events, false, false);
    const struct trace_sink sink = diagram_sink(view);
    experiment_play(&events, &sink);
    diagram_write(view, &text);
    assert_int_equal(text.lost, 0);
    golden_compare(mermaid ? "lab.mmd" : "lab.svg", text.bytes, text.used);
    diagram_free(view);
    free(text.bytes);
}

int main(void) {
    enum { TOLD = sizeof told / sizeof *told };
    static int mermaid;
    struct CMUnitTest tests[TOLD + 2];
    for (size_t i = 0; i < TOLD; i++)
        tests[i] = (struct CMUnitTest){told[i].file, test_narration, NULL, NULL, (void *)(uintptr_t)&told[i]};
    tests[TOLD] = (struct CMUnitTest){"lab.svg", test_drawings, NULL, NULL, NULL};
    tests[TOLD + 1] = (struct CMUnitTest){"lab.mmd", test_drawings, NULL, NULL, &mermaid};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
