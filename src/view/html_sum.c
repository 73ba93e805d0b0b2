// SPDX-License-Identifier: MIT
//
// The arithmetic of a segment's checksum: the words shown are the words summed, by the function that sums them. Called
// by html_segment.c.
#include "rawshake/checksum.h"
#include "view/explain.h"
#include "view/markup.h"
#include "view/page.h"

enum { WORDS_SHOWN = 256 };

struct words_shown {
    struct text *text;
    size_t count;
};

static void show_word(void *self, uint16_t word) {
    struct words_shown *shown = self;
    if (shown->count++ < WORDS_SHOWN)
        text_add(shown->text, "<code>%04x</code> ", word);
}

static void begin_words(struct text *text, const char *what) {
    text_add(text, "<p>%s</p>\n<div class=\"words\">", what);
}

static void arithmetic(struct page *page, const struct parts *parts) {
    struct text *text = page->text;
    const struct rs_packet *p = parts->segment->packet;
    size_t size = parts->size - parts->tcp_at;
    struct words_shown shown = {.text = text};
    char verdict[PAGE_MEANING];
    begin_words(text, p->source.family == RS_IPV6
                          ? "The pseudo-header: both addresses, segment length in 32 bits, next header 6."
                          : "The pseudo-header: both addresses, protocol 6, length of the segment.");
    uint64_t pseudo = rs_sum_pseudo_header(&p->source, &p->destination, size, show_word, &shown);
    shown.count = 0;
    text_add(text, "</div>\n");
    begin_words(text, "The segment: header with the checksum field as 0000, options, data.");
    uint64_t sum = rs_sum_segment(pseudo, parts->segment->bytes + parts->tcp_at, size, show_word, &shown);
    if (shown.count > WORDS_SHOWN)
        text_add(text, "and %zu words more, summed in the same way", shown.count - WORDS_SHOWN);
    uint16_t folded = rs_sum_fold(sum);
    explain_verdict(parts->segment, rs_sum_fold(pseudo), folded, verdict, sizeof verdict);
    text_add(text,
             "</div>\n<p class=\"steps\">Their sum is <code>%llx</code>. The carries come back: <code>%llx</code> + "
             "<code>%llx</code> = <code>%04x</code>%s.</p>\n<p class=\"steps\">",
             (unsigned long long)sum, (unsigned long long)(sum >> 16), (unsigned long long)(sum & 0xffff), folded,
             (sum >> 16) + (sum & 0xffff) > 0xffff ? " (its own carry brought back too)" : "");
    markup_string(text, verdict);
    text_add(text, "</p>\n");
}

void page_sum(struct page *page, const struct parts *parts) {
    const struct explain_ip ip = explain_ip(parts->segment);
    text_add(page->text, "<details class=\"more\"><summary>The checksum's arithmetic</summary>\n<p>16-bit words added "
                         "up, carries brought back, all bits turned round.");
    page_reference(page->text, "RFC 1071 1");
    text_add(page->text, "</p>\n");
    if (parts->size < ip.packet_bytes || parts->size < parts->data_at)
        text_add(page->text, "<p>It cannot be worked out here: not all of the segment was kept.</p>\n");
    else
        arithmetic(page, parts);
    text_add(page->text, "</details>\n");
}
