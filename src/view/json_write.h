// SPDX-License-Identifier: MIT
//
// One line of JSON (RFC 8259), written into room that the caller gives. Whatever the bytes are that go in, what comes
// out is one line of well-formed JSON in UTF-8. Used by the files that make up the view, json*.c.
#ifndef VIEW_JSON_WRITE_H
#define VIEW_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The largest whole number that everybody who reads JSON keeps exactly: 2^53 - 1 (RFC 8259, section 6).
#define JSON_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

struct json {
    char *bytes;
    size_t size, used;
    bool full;  // something found no room: the line is not whole
    bool first; // nothing stands yet in the innermost object or array
};

struct json json_line(char *bytes, size_t size);

// Each of these writes one value; key is its name in an object, plain ASCII without quotes, or NULL in an array.
void json_object(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *key);
void json_array_end(struct json *json);
void json_null(struct json *json, const char *key);
void json_bool(struct json *json, const char *key, bool value);

// A number above JSON_NUMBER_MAX is written as that.
void json_number(struct json *json, const char *key, uint64_t value);
void json_number_or_null(struct json *json, const char *key, bool known, uint64_t value);

// A sentence or a name. Bytes that are no UTF-8 become U+FFFD; characters that a terminal acts on are written as
// \uNNNN. NULL is null.
void json_string(struct json *json, const char *key, const char *value);

// Two digits a byte.
void json_hex(struct json *json, const char *key, const uint8_t *bytes, size_t size);

// Bytes as Python writes them between b" and " (view/escape.h).
void json_escaped(struct json *json, const char *key, const uint8_t *bytes, size_t size);

#endif
