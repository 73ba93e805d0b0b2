// SPDX-License-Identifier: MIT
//
// The lab's two tables: the course, and what came of all of it. Used by the command lab.
#ifndef CMD_LAB_TABLE_H
#define CMD_LAB_TABLE_H

#include "lab/run.h"
#include "view/text.h"

// A chapter's name: "Opening".
const char *lab_table_chapter(enum lab_chapter chapter);

// The list of all experiments: name and question, a line each.
void lab_table_course(struct text *text);

// True if it came out as it should: as the RFC says; in a control, with all evidence missing that depends on the
// deviation.
bool lab_outcome_is_good(const struct lab_outcome *outcome, bool control);

// The table of results: its head, one experiment's row (name, expected, seen, verdict), or the row of one that gave no
// result, and why; and the sum below it. A text too long for its column goes on in the next line.
void lab_table_head(struct text *text);
void lab_table_row(struct text *text, const struct experiment *experiment, const struct lab_outcome *outcome,
                   bool control);
void lab_table_row_without(struct text *text, const struct experiment *experiment, const char *why);
// differing: how many of the good ones came out as Linux has it, and not the RFC.
void lab_table_sum(struct text *text, size_t good, size_t differing, bool control);

#endif
