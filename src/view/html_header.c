// SPDX-License-Identifier: MIT
//
// The headers as the RFCs draw them: rows of 32 bits, each field in its place, with its value. Called by
// html_segment.c.
#include "view/markup.h"
#include "view/page.h"

enum { ROW_BITS = 32 };

static const char *flag_or_field(const struct rs_field *field) {
    switch (field->id) {
    case RS_FIELD_IP_SOURCE:
    case RS_FIELD_IP6_SOURCE:
    case RS_FIELD_IP_DESTINATION:
    case RS_FIELD_IP6_DESTINATION:
        return "address";
    case RS_FIELD_IP_TOTAL_LENGTH:
    case RS_FIELD_IP6_PAYLOAD_LENGTH:
        return "length";
    case RS_FIELD_IP_CHECKSUM:
    case RS_FIELD_TCP_CHECKSUM:
        return "sum";
    case RS_FIELD_TCP_SOURCE_PORT:
    case RS_FIELD_TCP_DESTINATION_PORT:
        return "port";
    case RS_FIELD_TCP_SEQ:
        return "seq";
    case RS_FIELD_TCP_ACK:
        return "ack";
    case RS_FIELD_TCP_WINDOW:
        return "window";
    default:
        return field->bits == 1 ? "flag" : "plain";
    }
}

const char *page_hue(const struct part *part) {
    switch (part->kind) {
    case PART_FIELD:
        return flag_or_field(part->u.field);
    case PART_OPTION:
        return part->u.option.kind == RS_OPTION_NOP || part->u.option.kind == RS_OPTION_END ? "plain" : "option";
    case PART_DATA:
        return "data";
    default:
        return "plain";
    }
}

static void cell_begin(struct text *text, const struct part *part, size_t number, size_t bits, const char *more) {
    text_add(text, "<span class=\"cell h-%s w%zu%s\" data-f=\"p%zu\">", page_hue(part), bits, more, number);
}

// The cell of a part that lies within a row, or that has whole rows for itself.
static void cell(struct page *page, const struct parts *parts, size_t number, size_t bits, size_t rows) {
    const struct part *part = &parts->list[number];
    char value[64];
    parts_value(parts, part, value, sizeof value);
    cell_begin(page->text, part, number, bits, rows == 4 ? " r4" : bits == 1 && value[0] == '1' ? " on" : "");
    text_add(page->text, "<span class=\"l\">");
    markup_string(page->text, part->label);
    text_add(page->text, "</span><span class=\"v\">");
    markup_string(page->text, value);
    text_add(page->text, "</span></span>");
}

// A part that goes over the ends of rows is drawn in pieces; its name stands in the largest of them.
static void pieces(struct page *page, const struct parts *parts, size_t number) {
    const struct part *part = &parts->list[number];
    size_t left = part->bits, column = part->bit % ROW_BITS, largest = 0;
    bool named = false;
    for (size_t rest = left, at = column; rest > 0; at = 0) {
        size_t bits = rest < ROW_BITS - at ? rest : ROW_BITS - at;
        largest = bits > largest ? bits : largest;
        rest -= bits;
    }
    while (left > 0) {
        size_t bits = left < ROW_BITS - column ? left : ROW_BITS - column;
        if (!named && bits == largest) {
            cell(page, parts, number, bits, 1);
            named = true;
        } else {
            cell_begin(page->text, part, number, bits, "");
            text_add(page->text, "<span class=\"v\">&#8943;</span></span>");
        }
        left -= bits;
        column = 0;
    }
}

// How many bits of a part are drawn: of many rows only the first few.
static bool is_long(const struct part *part) {
    return part->kind == PART_DATA || part->kind == PART_EXTENSION || part->kind == PART_IP_OPTIONS;
}

static void draw(struct page *page, const struct parts *parts, size_t number) {
    const struct part *part = &parts->list[number];
    if (is_long(part))
        cell(page, parts, number, ROW_BITS, 1);
    else if (part->bits == 128 && part->bit % ROW_BITS == 0)
        cell(page, parts, number, ROW_BITS, 4);
    else
        pieces(page, parts, number);
    text_add(page->text, "\n");
}

static void grid(struct page *page, const struct parts *parts, bool tcp, const char *name, const char *rfc) {
    text_add(page->text, "<h3>%s, as %s draws it</h3>\n<div class=\"rfc\" role=\"group\" aria-label=\"%s\">", name, rfc,
             name);
    for (unsigned bit = 0; bit < ROW_BITS; bit++)
        text_add(page->text, "<i aria-hidden=\"true\">%u</i>", bit);
    text_add(page->text, "\n");
    for (size_t i = 0; i < parts->count; i++)
        if (parts->list[i].tcp == tcp)
            draw(page, parts, i);
    text_add(page->text, "</div>\n");
}

void page_header(struct page *page, const struct parts *parts) {
    bool ipv6 = parts->segment->packet->source.family == RS_IPV6;
    grid(page, parts, false, ipv6 ? "IPv6 header" : "IP header", ipv6 ? "RFC 8200" : "RFC 791");
    if (parts->segment->ip_rebuilt)
        text_add(page->text, "<p class=\"note\">Put together by us of what the kernel told beside the segment: an IPv6 "
                             "raw socket hands over no IP header. Whether extension headers stood between it and TCP, "
                             "we cannot know.</p>\n");
    grid(page, parts, true, "TCP header", "RFC 9293");
}
