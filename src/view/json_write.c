// SPDX-License-Identifier: MIT
//
// Writing JSON (see json_write.h). Called by json.c and its parts.
#include "view/json_write.h"

#include <string.h>

#include "view/escape.h"

enum { CHUNK = 512, ESCAPED_MOST = 4 }; // "\xNN" for one byte

static const char digits[] = "0123456789abcdef";

struct json json_line(char *bytes, size_t size) {
    return (struct json){.bytes = bytes, .size = size, .first = true};
}

static void put(struct json *j, const void *bytes, size_t size) {
    if (size > j->size - j->used) {
        j->full = true;
        return;
    }
    memcpy(j->bytes + j->used, bytes, size);
    j->used += size;
}

static void put_text(struct json *j, const char *text) { put(j, text, strlen(text)); }

// What stands before a value: a comma behind another one, and its name.
static void lead(struct json *j, const char *key) {
    if (!j->first)
        put(j, ",", 1);
    j->first = false;
    if (!key)
        return;
    put(j, "\"", 1);
    put_text(j, key);
    put(j, "\":", 2);
}

static void open(struct json *j, const char *key, const char *bracket) {
    lead(j, key);
    put(j, bracket, 1);
    j->first = true;
}

static void end(struct json *j, const char *bracket) {
    put(j, bracket, 1);
    j->first = false;
}

void json_object(struct json *j, const char *key) { open(j, key, "{"); }

void json_object_end(struct json *j) { end(j, "}"); }

void json_array(struct json *j, const char *key) { open(j, key, "["); }

void json_array_end(struct json *j) { end(j, "]"); }

void json_null(struct json *j, const char *key) {
    lead(j, key);
    put(j, "null", 4);
}

void json_bool(struct json *j, const char *key, bool value) {
    lead(j, key);
    put_text(j, value ? "true" : "false");
}

void json_number(struct json *j, const char *key, uint64_t value) {
    char text[20];
    size_t at = sizeof text;
    value = value < JSON_NUMBER_MAX ? value : JSON_NUMBER_MAX;
    do
        text[--at] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    lead(j, key);
    put(j, text + at, sizeof text - at);
}

void json_number_or_null(struct json *j, const char *key, bool known, uint64_t value) {
    if (known)
        json_number(j, key, value);
    else
        json_null(j, key);
}

// \uNNNN; all that is written so lies below 2^16.
static void put_code(struct json *j, uint32_t code) {
    char text[6] = {'\\', 'u'};
    for (unsigned i = 0; i < 4; i++)
        text[2 + i] = digits[code >> (12 - 4 * i) & 15];
    put(j, text, sizeof text);
}

// One byte of ASCII; quotes, backslashes and controls have another way of being written (section 7).
static void put_ascii(struct json *j, char c) {
    static const char special[] = "\"\\\n\r\t", letters[] = "\"\\nrt";
    const char *found = c ? strchr(special, c) : NULL;
    if (found)
        put(j, (char[]){'\\', letters[found - special]}, 2);
    else if (escape_is_harmless((uint8_t)c))
        put(j, &c, 1);
    else
        put_code(j, (uint8_t)c);
}

// One character of several bytes, or the first byte of what is none; returns how many bytes that was.
static size_t put_character(struct json *j, const uint8_t *bytes, size_t size) {
    uint32_t code = 0;
    size_t length = escape_character(bytes, size, &code);
    if (length == 0)
        put_text(j, "\\ufffd");
    else if (escape_is_harmless(code))
        put(j, bytes, length);
    else
        put_code(j, code);
    return length > 0 ? length : 1;
}

static void put_string(struct json *j, const char *text, size_t size) {
    for (size_t i = 0; i < size && !j->full;) {
        if ((uint8_t)text[i] < 0x80)
            put_ascii(j, text[i++]);
        else
            i += put_character(j, (const uint8_t *)text + i, size - i);
    }
}

void json_string(struct json *j, const char *key, const char *value) {
    if (!value) {
        json_null(j, key);
        return;
    }
    lead(j, key);
    put(j, "\"", 1);
    put_string(j, value, strlen(value));
    put(j, "\"", 1);
}

void json_hex(struct json *j, const char *key, const uint8_t *bytes, size_t size) {
    lead(j, key);
    put(j, "\"", 1);
    for (size_t i = 0; i < size && !j->full; i++)
        put(j, (char[]){digits[bytes[i] >> 4], digits[bytes[i] & 15]}, 2);
    put(j, "\"", 1);
}

void json_escaped(struct json *j, const char *key, const uint8_t *bytes, size_t size) {
    lead(j, key);
    put(j, "\"", 1);
    for (size_t i = 0; i < size && !j->full; i += CHUNK) {
        char chunk[CHUNK * ESCAPED_MOST + 1];
        escape_bytes(bytes + i, size - i < CHUNK ? size - i : CHUNK, chunk, sizeof chunk);
        put_string(j, chunk, strlen(chunk));
    }
    put(j, "\"", 1);
}
