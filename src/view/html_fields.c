// SPDX-License-Identifier: MIT
//
// Every field of a packet with its value and what it means here: the words of -v. Called by html_segment.c.
#include <stdio.h>

#include "view/markup.h"
#include "view/page.h"

static void size_of(const struct part *part, char *out, size_t room) {
    bool bits = part->kind == PART_FIELD;
    size_t count = bits ? part->bits : part->bits / 8;
    snprintf(out, room, "%zu %s%s", count, bits ? "bit" : "byte", count == 1 ? "" : "s");
}

static void row(struct page *page, const struct parts *parts, size_t number) {
    struct text *text = page->text;
    const struct part *part = &parts->list[number];
    char value[64], size[32], meaning[PAGE_MEANING];
    parts_value(parts, part, value, sizeof value);
    parts_meaning(parts, part, &page->about, meaning, sizeof meaning);
    size_of(part, size, sizeof size);
    text_add(text, "<tr data-f=\"p%zu\"><th scope=\"row\" class=\"h-%s\">", number, page_hue(part));
    markup_string(text, part->name);
    text_add(text, "</th><td class=\"v\">");
    markup_string(text, value);
    text_add(text, "</td><td class=\"bits\">%s</td><td class=\"means\">", size);
    markup_string(text, meaning);
    page_reference(text, part->section);
    text_add(text, "</td></tr>\n");
}

static void table(struct page *page, const struct parts *parts, bool tcp, const char *name, bool open) {
    text_add(page->text,
             "<details class=\"more\"%s><summary>%s, field by field</summary>\n<table class=\"fields\"><thead><tr><th "
             "scope=\"col\">field</th><th scope=\"col\">value</th><th scope=\"col\">size</th><th scope=\"col\">what it "
             "means here</th></tr></thead><tbody>\n",
             open ? " open" : "", name);
    for (size_t i = 0; i < parts->count; i++)
        if (parts->list[i].tcp == tcp)
            row(page, parts, i);
    text_add(page->text, "</tbody></table></details>\n");
}

void page_fields(struct page *page, const struct parts *parts) {
    table(page, parts, true, "TCP header", true);
    table(page, parts, false, parts->segment->packet->source.family == RS_IPV6 ? "IPv6 header" : "IP header", false);
}
