// SPDX-License-Identifier: MIT
//
// Lines of JSON that are no events: one for each connection of a capture (read_json.h), one for each experiment
// (lab_json.h). They go to a file, or to standard output.
#ifndef CMD_JSON_LINES_H
#define CMD_JSON_LINES_H

#include "view/json_write.h"

struct json_lines;

// Opens the file of that name ("-": standard output). Returns NULL after a complaint.
struct json_lines *json_lines_open(const char *name);

// A line, which is whole.
void json_lines_put(struct json_lines *lines, const struct json *line);

// Writes what there is. NULL is nothing.
void json_lines_flush(struct json_lines *lines);

// Writes the rest, closes and frees; NULL is nothing. Returns EXIT_DONE, or EXIT_CONNECTION after a complaint.
int json_lines_close(struct json_lines *lines);

#endif
