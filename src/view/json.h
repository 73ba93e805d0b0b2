// SPDX-License-Identifier: MIT
//
// JSON Lines: one object an event, one event a line, made for jq. docs/json.md tells what each name means, and
// docs/events.schema.json says it to a machine. Numbers are numbers, bytes are hexadecimal, names are stable.
#ifndef VIEW_JSON_H
#define VIEW_JSON_H

#include "trace/trace.h"
#include "view/text.h"

struct json_view {
    struct text *text;
};

// Prepares a view that writes into text, which must outlive it. A line goes in whole or not at all.
void json_init(struct json_view *view, struct text *text);

struct trace_sink json_sink(struct json_view *view);

#endif
