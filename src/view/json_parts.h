// SPDX-License-Identifier: MIT
//
// What the files of the JSON view share, and nobody else includes: json.c is the sink and tells of everything but
// packets, json_segment.c tells of those, json_header.c of their headers, json_parts.c has what several need.
#ifndef VIEW_JSON_PARTS_H
#define VIEW_JSON_PARTS_H

#include "trace/trace.h"
#include "view/json_write.h"

enum { JSON_SENTENCE_BYTES = 1600 };

// {"family":"ipv4","address":"127.0.0.1","port":1712}; an address alone has no port.
void json_endpoint(struct json *json, const char *key, const struct rs_endpoint *endpoint);
void json_address(struct json *json, const char *key, const struct rs_endpoint *endpoint);

// {"number":111,"text":"Connection refused"}; null for 0.
void json_errno(struct json *json, const char *key, int number);

// {"name":...,"section":...,"sentence":...}
void json_reason(struct json *json, const char *key, enum rs_reason reason);

// "SYN-SENT"; null for a state that is not known.
void json_state(struct json *json, const char *key, enum rs_state state);

// Some data: {"bytes":13,"hex":...,"text":...,"cut":false}. bytes is how many there were in all, of which `there` are
// here; cut: not all of them are shown.
void json_data(struct json *json, const char *key, const uint8_t *data, size_t there, size_t bytes);

// ["SYN","ACK"]
void json_flags(struct json *json, const char *key, uint8_t flags);

// A sentence, null if it is empty.
void json_sentence(struct json *json, const char *sentence);

// Everything about the packet of an event that has one (keep_is_segment).
void json_segment(struct json *json, const struct trace_event *event);

// "ip":{...}, "tcp":{...}, "options":[...]
void json_headers(struct json *json, const struct trace_segment *segment);

#endif
