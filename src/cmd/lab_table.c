// SPDX-License-Identifier: MIT
//
// The lab's tables (see lab_table.h). Called by lab.c and lab_all.c.
#include "cmd/lab_table.h"

#include <stdio.h>
#include <string.h>

enum { NAME_COLUMNS = 22, VERDICT_COLUMNS = 11, GAP = 2 };

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

// "expected" and "seen" share what name and verdict leave.
static unsigned half(const struct text *text) { return (text->style.columns - NAME_COLUMNS - VERDICT_COLUMNS) / 2; }

void lab_table_head(struct text *text) {
    const int columns = (int)half(text);
    text_color(text, TEXT_STRONG);
    text_add(text, "%-*s%-*s%-*s%s\n", NAME_COLUMNS, "name", columns, "expected", columns, "seen", "verdict");
    text_color(text, TEXT_PLAIN);
}

bool lab_outcome_is_good(const struct lab_outcome *outcome, bool control) {
    return control ? outcome->finished && outcome->decisive > 0 && outcome->missing == outcome->decisive
                   : outcome->as_the_rfc;
}

static const char *verdict(const struct experiment *e, const struct lab_outcome *o, bool control) {
    if (!o->finished)
        return "unfinished";
    if (control)
        return lab_outcome_is_good(o, control) ? "otherwise" : o->unknown > 0 ? "NOT TOLD" : "STILL SO";
    if (!o->as_the_rfc)
        return o->failed == 0 ? "NOT TOLD" : "OTHERWISE";
    return o->failed > 0 ? "other Linux" : e->differs ? "Linux's way" : "as expected";
}

// The piece of evidence that stands for all: the first that is not as it should be, or that an RFC demands and that
// could not be looked at, or the first that could be so.
static const struct lab_claim *headline(const struct lab_outcome *outcome, bool control) {
    const struct lab_claim *first = NULL, *unknown = NULL;
    for (size_t i = 0; i < outcome->count; i++) {
        const struct lab_claim *claim = &outcome->claims[i];
        if (control && claim->either_way)
            continue;
        if (claim->holds == control && !claim->unknown)
            return claim;
        if (claim->unknown && claim->of_linux)
            continue;
        if (claim->unknown && !unknown)
            unknown = claim;
        if (!first)
            first = claim;
    }
    return unknown ? unknown : first;
}

// How much of a text a line of its column takes, broken between words where there are any.
static size_t fits(const char *string, unsigned columns) {
    const size_t most = columns - GAP;
    size_t size = strlen(string);
    if (size <= most)
        return size;
    for (size = most; size > 0 && string[size] != ' ';)
        size--;
    return size > 0 ? size : most;
}

// One line of it; *rest becomes what is left. The last of a line is not filled up with blanks.
static void cell(struct text *text, unsigned columns, const char **rest, bool last) {
    const size_t size = fits(*rest, columns);
    text_add(text, "%-*.*s", last ? 0 : (int)columns, (int)size, *rest);
    *rest += size;
    *rest += strspn(*rest, " ");
}

// b NULL: a has the place of both.
static void put_row(struct text *text, const char *name, const char *a, const char *b, const char *verdict, bool bad) {
    const unsigned columns = b ? half(text) : 2 * half(text);
    text_add(text, "%-*s", NAME_COLUMNS, name);
    cell(text, columns, &a, false);
    if (b)
        cell(text, columns, &b, false);
    text_color(text, bad ? TEXT_BAD : TEXT_PLAIN);
    text_add(text, "%s", verdict);
    text_color(text, TEXT_PLAIN);
    text_add(text, "\n");
    while (*a || (b && *b)) {
        const bool more = b && *b;
        text_add(text, "%*s", NAME_COLUMNS, "");
        cell(text, columns, &a, !more);
        if (more)
            cell(text, columns, &b, true);
        text_add(text, "\n");
    }
}

void lab_table_row(struct text *text, const struct experiment *experiment, const struct lab_outcome *outcome,
                   bool control) {
    const struct lab_claim *claim = headline(outcome, control);
    put_row(text, experiment->name, claim ? claim->expected : "", claim ? claim->seen : "",
            verdict(experiment, outcome, control), !lab_outcome_is_good(outcome, control));
}

void lab_table_row_without(struct text *text, const struct experiment *experiment, const char *why) {
    put_row(text, experiment->name, why, NULL, "NO RESULT", true);
}

void lab_table_sum(struct text *text, size_t good, size_t differing, bool control) {
    char line[240];
    if (control)
        snprintf(line, sizeof line,
                 "Without their deviations, %zu of %zu experiments lose all the evidence that depends on them, as they "
                 "should.",
                 good, lab_course_count);
    else if (differing == 0)
        snprintf(line, sizeof line, "%zu of %zu experiments came out as the RFC says.", good, lab_course_count);
    else
        snprintf(line, sizeof line,
                 "%zu of %zu experiments came out as the RFC says, and %zu as Linux is known to do it otherwise.",
                 good - differing, lab_course_count, differing);
    text_wrap(text, 0, false, 0, line);
}
