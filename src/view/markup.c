// SPDX-License-Identifier: MIT
//
// Making text safe for markup (see markup.h). Called by the page and both diagrams.
#include "view/markup.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "view/escape.h"

enum { MOST = 1000, CHARACTER = 4, CHUNK = 64 };

// The reference for a character that means something in HTML or XML, or NULL.
static const char *reference(uint8_t byte) {
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

// How many bytes a character that begins so would take.
static size_t length_by_first(uint8_t byte) { return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1; }

void markup_bytes(struct text *text, const void *bytes, size_t size) {
    const uint8_t *p = bytes;
    for (size_t at = 0; at < size;) {
        const char *safe = reference(p[at]);
        size_t plain = 0, length = length_by_first(p[at]);
        while (at + plain < size && p[at + plain] >= 0x20 && p[at + plain] < 0x7f && !reference(p[at + plain]))
            plain++;
        if (safe) {
            text_put(text, safe, strlen(safe));
            at++;
        } else if (plain > 0) {
            text_put(text, p + at, plain);
            at += plain;
        } else { // one character, or one byte that is none
            char one[CHARACTER + 1];
            at += escape_text(p + at, length < size - at ? length : size - at, true, one, sizeof one);
            text_put(text, one, strlen(one));
        }
    }
}

void markup_string(struct text *text, const char *string) { markup_bytes(text, string, strlen(string)); }

void markup_add(struct text *text, const char *form, ...) {
    char string[MOST];
    va_list arguments;
    va_start(arguments, form);
    int size = vsnprintf(string, sizeof string, form, arguments);
    va_end(arguments);
    if (size > 0)
        markup_string(text, string);
}

size_t markup_data(struct text *text, const uint8_t *bytes, size_t size, size_t most) {
    size_t shown = 0, end = size < most ? size : most;
    while (shown < end) {
        char escaped[CHUNK];
        size_t taken = escape_bytes(bytes + shown, end - shown, escaped, sizeof escaped);
        markup_string(text, escaped);
        shown += taken;
    }
    return shown;
}

static bool is_plain_in_mermaid(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(" .,=()-+'/:", c) != NULL);
}

void markup_mermaid(struct text *text, const char *string) {
    const uint8_t *p = (const uint8_t *)string;
    for (; *p; p++) {
        char safe[CHARACTER + 1] = {(char)*p};
        if (*p < 0x20 || *p >= 0x7f)
            escape_text(p, 1, false, safe, sizeof safe);
        for (const char *c = safe; *c; c++)
            text_add(text, is_plain_in_mermaid(*c) ? "%c" : "#%d;", *c);
    }
}
