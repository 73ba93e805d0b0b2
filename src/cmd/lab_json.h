// SPDX-License-Identifier: MIT
//
// lab --json: a line of JSON for each experiment of the course. The names are those of docs/json.md.
#ifndef CMD_LAB_JSON_H
#define CMD_LAB_JSON_H

#include "cmd/json_lines.h"

// The whole course, in order.
void lab_json_course(struct json_lines *lines);

#endif
