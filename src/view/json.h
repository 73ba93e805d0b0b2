// SPDX-License-Identifier: MIT
//
// JSON Lines: one object an event, one event a line, made for jq. docs/json.md tells what each name means, and
// docs/events.schema.json says it to a machine. Numbers are numbers, bytes are hexadecimal, names are stable.
#ifndef VIEW_JSON_H
#define VIEW_JSON_H

#include "trace/trace.h"
#include "view/text.h"

enum {
    JSON_DATA_MAX = RS_IPV6_PACKET_MAX, // of longer data than any packet's, only so much is shown; its size is told
    // A byte takes two digits and at most five characters of text, and everything besides is not that long.
    JSON_LINE_MAX = 7 * JSON_DATA_MAX + (48 << 10)
};

struct json_view {
    struct text *text;
    struct trace_about about;   // of the connection that began last; its strings are gone
    const char *whose_counters; // of that one (words_counters_who)
    char line[JSON_LINE_MAX];
};

// Prepares a view that writes into text, which must outlive it, and has room for JSON_LINE_MAX bytes or drains itself
// to get it. A line goes in whole or not at all. Allocates nothing, then or later.
void json_init(struct json_view *view, struct text *text);

struct trace_sink json_sink(struct json_view *view);

#endif
