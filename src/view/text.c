// SPDX-License-Identifier: MIT
//
// The bounded buffer that all narration goes through. Called by the views; emptied by cmd/screen.c.
#include "view/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int print(struct text *text, const char *form, va_list arguments) __attribute__((format(printf, 2, 0)));
static int print(struct text *text, const char *form, va_list arguments) {
    size_t room = text->size - text->used;
    int size = vsnprintf(room > 0 ? text->bytes + text->used : NULL, room, form, arguments);
    bool fits = size >= 0 && (size_t)size < room;
    if (fits)
        text->used += (size_t)size;
    return fits ? 0 : size;
}

void text_add(struct text *text, const char *form, ...) {
    va_list arguments;
    va_start(arguments, form);
    int missing = print(text, form, arguments);
    va_end(arguments);
    if (missing > 0 && text->drain) {
        text->drain(text->drain_self, text);
        va_start(arguments, form);
        missing = print(text, form, arguments);
        va_end(arguments);
    }
    if (missing > 0)
        text->lost += (size_t)missing;
}

void text_put(struct text *text, const void *bytes, size_t size) {
    if (size > text->size - text->used && text->drain)
        text->drain(text->drain_self, text);
    if (size > text->size - text->used) {
        text->lost += size;
        return;
    }
    if (size > 0)
        memcpy(text->bytes + text->used, bytes, size);
    text->used += size;
}

void text_color(struct text *text, enum text_color color) {
    static const char *const codes[] = {
        [TEXT_PLAIN] = "\033[0m", [TEXT_OURS] = "\033[36m",  [TEXT_THEIRS] = "\033[32m",
        [TEXT_BAD] = "\033[31m",  [TEXT_STRONG] = "\033[1m", [TEXT_FAINT] = "\033[2m",
    };
    if (text->style.color)
        text_add(text, "%s", codes[color]);
}

static unsigned width_of(const char *bytes, size_t size) {
    unsigned width = 0;
    for (size_t i = 0; i < size; i++)
        if (((unsigned char)bytes[i] & 0xc0) != 0x80) // all but the continuation bytes of UTF-8
            width++;
    return width;
}

unsigned text_width(const char *string) { return width_of(string, strlen(string)); }

void text_repeat(struct text *text, const char *glyph, unsigned count) {
    while (count-- > 0)
        text_add(text, "%s", glyph);
}

void text_wrap(struct text *text, unsigned first, bool written, unsigned rest, const char *prose) {
    unsigned column = first, width = text->style.columns;
    bool line_is_empty = true;
    if (!written)
        text_add(text, "%*s", (int)first, "");
    while (*prose) {
        size_t length = strcspn(prose, " ");
        unsigned takes = width_of(prose, length);
        if (!line_is_empty && column + 1 + takes > width) {
            text_add(text, "\n%*s", (int)rest, "");
            column = rest;
            line_is_empty = true;
        }
        text_add(text, "%s%.*s", line_is_empty ? "" : " ", (int)length, prose);
        column += takes + (line_is_empty ? 0 : 1);
        line_is_empty = false;
        prose += length;
        prose += strspn(prose, " ");
    }
    text_add(text, "\n");
}
