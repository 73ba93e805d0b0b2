// SPDX-License-Identifier: MIT
//
// Telling what an experiment says and what it finds (see narrate.h). The evidence is a table, a row a claim:
//
//      Evidence, from this run:
//                           expected                   seen
//      on the wire          RST,ACK                    RST,ACK                    yes
//
// Called by narrator.c.
#include <stdio.h>
#include <string.h>

#include "view/narrate.h"

enum { INDENT = 1, PLACE = 21, VERDICT = 4, GAP = 1, CELL = 64, CLAIM = 400 };

void narrate_note(struct narrator *n, const struct trace_event *event) {
    narrate_flush(n);
    n->noted = true;
    ladder_spill(&n->now.ladder);
    text_add(n->text, "\n");
    text_wrap(n->text, INDENT, false, INDENT, event->u.note.text);
}

// How many bytes of a cell's text stand on its next line. A word that is wider than the cell is cut.
static size_t take_line(const char *words, size_t width) {
    size_t fits = 0, at = strcspn(words, " ");
    while (at <= width) {
        fits = at;
        if (words[at] == '\0')
            break;
        at += 1 + strcspn(words + at + 1, " ");
    }
    return fits > 0 ? fits : width;
}

// The next line of a cell, at most `width` columns of it; moves the text on to what is left.
static const char *next_line(const char **words, size_t width, char out[static CELL]) {
    size_t takes = **words ? take_line(*words, width < CELL ? width : CELL - 1) : 0;
    snprintf(out, CELL, "%.*s", (int)takes, *words);
    *words += takes;
    *words += strspn(*words, " ");
    return out;
}

static void verdict(struct text *text, bool holds) {
    if (!holds)
        text_color(text, TEXT_BAD);
    text_add(text, "%*s", (int)VERDICT, holds ? "yes" : "NO");
    if (!holds)
        text_color(text, TEXT_PLAIN);
}

// holds: NULL for the titles, which are no claim. A claim that takes several lines is judged on the first.
static void row(struct text *text, const char *place, const char *expected, const char *seen, const bool *holds) {
    const unsigned both = text->style.columns - INDENT - PLACE - VERDICT, half = both / 2;
    char left[CELL], right[CELL];
    for (bool first = true; first || *expected || *seen; first = false) {
        bool judged = first && holds;
        next_line(&expected, half - GAP, left);
        next_line(&seen, both - half, right);
        text_add(text, "%*s%-*s", (int)INDENT, "", (int)PLACE, first ? place : "");
        text_add(text, "%-*s", right[0] || judged ? (int)half : 0, left);
        text_add(text, "%-*s", judged ? (int)(both - half) : 0, right);
        if (judged)
            verdict(text, *holds);
        text_add(text, "\n");
    }
}

static void heading(struct narrator *n) {
    if (n->found)
        return;
    n->found = true;
    text_add(n->text, "\n");
    text_color(n->text, TEXT_STRONG);
    text_wrap(n->text, INDENT, false, INDENT,
              n->now.about.control ? "Evidence, from this run, in which the deviation is left out:"
                                   : "Evidence, from this run:");
    text_color(n->text, TEXT_FAINT);
    row(n->text, "", "expected", "seen", NULL);
    text_color(n->text, TEXT_PLAIN);
}

void narrate_evidence(struct narrator *n, const struct trace_event *event) {
    char expected[CLAIM];
    narrate_flush(n);
    ladder_spill(&n->now.ladder);
    heading(n);
    snprintf(expected, sizeof expected, "%s%s", event->u.evidence.expected,
             event->u.evidence.of_linux ? " (as Linux does)" : "");
    row(n->text, words_place(event->u.evidence.place), expected, event->u.evidence.seen, &event->u.evidence.holds);
}
