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

// The table of results: its head, one experiment's row (expected, seen, verdict), and the sum below it.
void lab_table_head(struct text *text);
void lab_table_row(struct text *text, const struct experiment *experiment, const struct lab_outcome *outcome);

// One word or a few for an outcome: "as the RFC says".
const char *lab_table_verdict(const struct lab_outcome *outcome);

#endif
