// SPDX-License-Identifier: MIT
//
// A packet's bytes in hexadecimal, each tied to the fields that have bits of it. Called by html_segment.c.
#include <inttypes.h>

#include "view/markup.h"
#include "view/page.h"

enum { IN_ROW = 16 };

// The tokens of all parts that a byte has bits of; `from` is the first part that may be one, and is moved on.
static void tokens(struct text *text, const struct parts *parts, size_t byte, size_t from) {
    const char *between = "";
    for (size_t i = from; i < parts->count && part_has(&parts->list[i], byte); i++) {
        text_add(text, "%sp%zu", between, i);
        between = " ";
    }
}

// What shows without any script when the pointer rests on a byte: its number, and its fields.
static void hint(struct text *text, const struct parts *parts, size_t byte, size_t from) {
    text_add(text, "byte %zu: ", byte);
    for (size_t i = from; i < parts->count && part_has(&parts->list[i], byte); i++) {
        char value[64];
        parts_value(parts, &parts->list[i], value, sizeof value);
        markup_add(text, "%s%s%s%s", i > from ? ", " : "", parts->list[i].name, value[0] ? " " : "", value);
    }
}

static void hex(struct text *text, const struct parts *parts, size_t byte, size_t from) {
    text_add(text, "<b class=\"h-%s%s\" data-f=\"", page_hue(&parts->list[from]), byte % 8 == 7 ? " half" : "");
    tokens(text, parts, byte, from);
    text_add(text, "\" title=\"");
    hint(text, parts, byte, from);
    text_add(text, "\">%02x</b>", parts->segment->bytes[byte]);
}

// The same bytes as characters, where they are printable ASCII.
static void characters(struct text *text, const uint8_t *bytes, size_t count) {
    char shown[IN_ROW];
    for (size_t i = 0; i < count; i++)
        shown[i] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.';
    text_add(text, "<code aria-hidden=\"true\">");
    markup_bytes(text, shown, count);
    text_add(text, "</code>");
}

// Bytes that are shown: all headers, and the beginning of the data.
static size_t shown_bytes(const struct parts *parts) {
    size_t most = parts->data_at + PAGE_DATA_SHOWN;
    return parts->size < most ? parts->size : most;
}

void page_bytes(struct page *page, const struct parts *parts) {
    struct text *text = page->text;
    size_t shown = shown_bytes(parts), part = 0;
    text_add(text, "<h3>The packet's %zu bytes</h3>\n<div class=\"hex\" role=\"group\" aria-label=\"The bytes\">\n",
             parts->segment->wire_size > parts->size ? parts->segment->wire_size : parts->size);
    for (size_t at = 0; at < shown; at += IN_ROW) {
        size_t count = shown - at < IN_ROW ? shown - at : IN_ROW;
        text_add(text, "<div><i>%04zx</i>", at);
        for (size_t byte = at; byte < at + count; byte++) {
            while (!part_has(&parts->list[part], byte))
                part++;
            hex(text, parts, byte, part);
        }
        characters(text, parts->segment->bytes + at, count);
        text_add(text, "</div>\n");
    }
    text_add(text, "</div>\n");
    if (shown < parts->size)
        text_add(text, "<p class=\"note\">And %zu bytes of data more.</p>\n", parts->size - shown);
    if (parts->segment->wire_size > parts->size)
        text_add(text, "<p class=\"note\">The capture kept only the first %zu bytes of it.</p>\n", parts->size);
    text_add(text, "<p class=\"readout\" aria-live=\"polite\">Point at a byte or a field, tap it, or reach it with Tab "
                   "and the arrow keys.</p>\n");
}
