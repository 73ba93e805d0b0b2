// SPDX-License-Identifier: MIT
//
// read --list --json: a line of JSON for each connection. The names are those of docs/json.md.
#ifndef CMD_READ_JSON_H
#define CMD_READ_JSON_H

#include <stdbool.h>

#include "capture/tracker.h"

struct read_json;

// Opens the file of that name ("-": standard output). Returns NULL after a complaint.
struct read_json *read_json_open(const char *name);

void read_json_line(struct read_json *json, const struct tracker_summary *summary);

// Writes what there is.
void read_json_flush(struct read_json *json);

// Writes the rest, closes and frees; NULL is nothing. Returns EXIT_DONE, or EXIT_CONNECTION after a complaint.
int read_json_close(struct read_json *json);

#endif
