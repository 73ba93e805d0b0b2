// SPDX-License-Identifier: MIT
//
// A connection as a line of JSON (see read_json.h). Called by read.c.
#include "cmd/read_json.h"

#include "view/json_names.h"
#include "view/json_parts.h"

enum { LINE_BYTES = 2048 };

static void both(struct json *line, const char *key, const uint64_t values[2]) {
    json_object(line, key);
    json_number(line, "client", values[0]);
    json_number(line, "server", values[1]);
    json_object_end(line);
}

static void moment(struct json *line, const char *key, uint64_t ns) {
    static const uint64_t second = 1000000000;
    json_object(line, key);
    json_number(line, "s", ns / second);
    json_number(line, "ns", ns % second);
    json_object_end(line);
}

void read_json_line(struct json_lines *lines, const struct tracker_summary *s) {
    char bytes[LINE_BYTES];
    struct json line = json_line(bytes, sizeof bytes);
    json_object(&line, NULL);
    json_number(&line, "connection", s->number);
    json_endpoint(&line, "client", &s->client);
    json_endpoint(&line, "server", &s->server);
    json_bool(&line, "roles_guessed", s->roles_guessed);
    json_bool(&line, "has_holes", s->has_holes);
    json_string(&line, "opening", json_opening_name(s->opening));
    json_string(&line, "ending", json_ending_name(s->ending));
    both(&line, "segments", s->segments);
    both(&line, "resent_segments", s->resent);
    both(&line, "data_bytes", s->bytes);
    if (s->handshake_timed)
        json_number(&line, "handshake_ns", s->handshake_ns);
    else
        json_null(&line, "handshake_ns");
    moment(&line, "first", s->first_ns);
    moment(&line, "last", s->last_ns);
    json_object_end(&line);
    json_lines_put(lines, &line);
}
