// SPDX-License-Identifier: MIT
//
// read --list --json: a line of JSON for each connection. The names are those of docs/json.md.
#ifndef CMD_READ_JSON_H
#define CMD_READ_JSON_H

#include "capture/tracker.h"
#include "cmd/json_lines.h"

void read_json_line(struct json_lines *lines, const struct tracker_summary *summary);

#endif
