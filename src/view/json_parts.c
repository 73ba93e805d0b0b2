// SPDX-License-Identifier: MIT
//
// What stands in several kinds of events (see json_parts.h). Called by json.c and json_segment.c.
#include "view/json_parts.h"

#include <string.h>

#include "view/json.h"
#include "view/json_names.h"
#include "view/words.h"

static void begin_address(struct json *j, const char *key, const struct rs_endpoint *e) {
    char text[RS_ENDPOINT_TEXT_BYTES];
    json_object(j, key);
    json_string(j, "family", e->family == RS_IPV6 ? "ipv6" : "ipv4");
    json_string(j, "address", rs_address_text(e, text, sizeof text));
}

void json_endpoint(struct json *j, const char *key, const struct rs_endpoint *e) {
    begin_address(j, key, e);
    json_number(j, "port", e->port);
    json_object_end(j);
}

void json_address(struct json *j, const char *key, const struct rs_endpoint *e) {
    begin_address(j, key, e);
    json_object_end(j);
}

void json_errno(struct json *j, const char *key, int number) {
    if (number <= 0) {
        json_null(j, key);
        return;
    }
    json_object(j, key);
    json_number(j, "number", (uint64_t)number);
    json_string(j, "name", words_errno_name(number));
    json_string(j, "text", strerror(number));
    json_object_end(j);
}

void json_reason(struct json *j, const char *key, enum rs_reason reason) {
    json_object(j, key);
    json_string(j, "name", rs_reason_name(reason));
    json_string(j, "section", rs_reason_section(reason));
    json_string(j, "sentence", rs_reason_sentence(reason));
    json_object_end(j);
}

void json_state(struct json *j, const char *key, enum rs_state state) {
    json_string(j, key, state < RS_STATE_UNKNOWN ? rs_state_name(state) : NULL);
}

void json_data(struct json *j, const char *key, const uint8_t *data, size_t there, size_t bytes) {
    size_t shown = there < JSON_DATA_MAX ? there : JSON_DATA_MAX;
    json_object(j, key);
    json_number(j, "bytes", bytes);
    json_hex(j, "hex", data, shown);
    json_escaped(j, "text", data, shown);
    json_bool(j, "cut", shown < bytes);
    json_object_end(j);
}

void json_flags(struct json *j, const char *key, uint8_t flags) {
    const char *name;
    uint8_t flag;
    json_array(j, key);
    for (unsigned i = 0; (name = json_flag_name(i, &flag)) != NULL; i++)
        if (flags & flag)
            json_string(j, NULL, name);
    json_array_end(j);
}

void json_sentence(struct json *j, const char *sentence) { json_string(j, "sentence", sentence[0] ? sentence : NULL); }
