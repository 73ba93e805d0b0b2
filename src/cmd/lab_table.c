// SPDX-License-Identifier: MIT
//
// The lab's tables (see lab_table.h). Called by lab.c and lab_all.c.
#include "cmd/lab_table.h"

#include <stdio.h>
#include <string.h>

enum { NAME_COLUMNS = 22, EXPECTED_COLUMNS = 26, SEEN_COLUMNS = 26 };

const char *lab_table_chapter(enum lab_chapter chapter) {
    static const char *const names[LAB_CHAPTERS] = {"Opening", "Talking", "Closing"};
    return names[chapter];
}

void lab_table_course(struct text *text) {
    for (size_t i = 0; i < lab_course_count; i++) {
        const struct experiment *e = lab_course[i];
        if (i == 0 || e->chapter != lab_course[i - 1]->chapter) {
            text_color(text, TEXT_STRONG);
            text_add(text, "%s%s\n", i > 0 ? "\n" : "", lab_table_chapter(e->chapter));
            text_color(text, TEXT_PLAIN);
        }
        text_add(text, "  %-*s  ", NAME_COLUMNS - 2, e->name);
        text_wrap(text, NAME_COLUMNS + 2, true, NAME_COLUMNS + 2, e->question);
    }
}

void lab_table_head(struct text *text) {
    text_color(text, TEXT_STRONG);
    text_add(text, "%-*s%-*s%-*s%s\n", NAME_COLUMNS, "name", EXPECTED_COLUMNS, "expected", SEEN_COLUMNS, "seen",
             "verdict");
    text_color(text, TEXT_PLAIN);
}

const char *lab_table_verdict(const struct lab_outcome *outcome) {
    return !outcome->finished     ? "not finished"
           : !outcome->as_the_rfc ? "OTHERWISE"
           : !outcome->as_known   ? "RFC kept; NEW"
                                  : "as expected";
}

// The piece of evidence that stands for all: the first that is otherwise, or the first.
static const struct lab_claim *headline(const struct lab_outcome *outcome) {
    for (size_t i = 0; i < outcome->count; i++)
        if (!outcome->claims[i].holds)
            return &outcome->claims[i];
    return outcome->count > 0 ? &outcome->claims[0] : NULL;
}

// As much of a text as a column takes, cut with "..".
static void cell(struct text *text, unsigned columns, const char *string) {
    const size_t size = strlen(string), most = columns - 2;
    if (size <= most)
        text_add(text, "%-*s", (int)columns, string);
    else
        text_add(text, "%-*.*s..  ", (int)most - 2, (int)most - 2, string);
}

void lab_table_row(struct text *text, const struct experiment *experiment, const struct lab_outcome *outcome) {
    const struct lab_claim *claim = headline(outcome);
    cell(text, NAME_COLUMNS, experiment->name);
    cell(text, EXPECTED_COLUMNS, claim ? claim->expected : "");
    cell(text, SEEN_COLUMNS, claim ? claim->seen : "");
    text_color(text, outcome->as_the_rfc ? TEXT_PLAIN : TEXT_BAD);
    text_add(text, "%s\n", lab_table_verdict(outcome));
    text_color(text, TEXT_PLAIN);
}
