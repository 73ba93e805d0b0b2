// SPDX-License-Identifier: MIT
//
// The arithmetic of a segment's checksum (-vv), word by word: shown by the very function that sums. Called by the
// narrator.
#include <stdio.h>

#include "rawshake/checksum.h"
#include "rawshake/packet.h"
#include "view/explain.h"

enum { INDENT = 5, WORDS_SHOWN = 256 };

// Writes each word in the moment in which it is added.
struct words_shown {
    struct text *text;
    size_t count;
};

static void show_word(void *self, uint16_t word) {
    struct words_shown *shown = self;
    size_t at = shown->count++;
    if (at == WORDS_SHOWN)
        text_add(shown->text, "\n%*s...", (int)INDENT + 2, "");
    if (at >= WORDS_SHOWN)
        return;
    if (at % 12 == 0 && at > 0)
        text_add(shown->text, "\n%*s", (int)INDENT + 2, "");
    text_add(shown->text, at % 12 == 0 ? "%04x" : " %04x", word);
}

static void begin_words(struct text *text, const char *what) {
    text_add(text, "%*s%s\n%*s", (int)INDENT, "", what, (int)INDENT + 2, "");
}

void explain_verdict(const struct trace_segment *segment, uint16_t pseudo, uint16_t folded, char *out, size_t room) {
    uint16_t field = segment->packet->segment.checksum;
    if (segment->packet->tcp_checksum == RS_CHECKSUM_UNFINISHED)
        snprintf(out, room,
                 "the field holds %04x, which is the pseudo-header's words folded (%04x), not complemented: an "
                 "unfinished checksum. %s",
                 field, pseudo,
                 segment->of_others ? "The rest was left to a network card, or lost its use when packets were merged."
                                    : "The kernel leaves the rest to a network card, and on this way there is none.");
    else if (segment->packet->tcp_checksum == RS_CHECKSUM_BAD)
        snprintf(out, room, "with the field's %04x added: %04x. Not all ones: %s.", field,
                 rs_sum_fold((uint64_t)folded + field),
                 segment->doubted ? "a network card was to write it, or the segment is damaged"
                                  : "the segment is damaged, whoever gets it drops it");
    else if (segment->ours && !segment->of_others)
        snprintf(out, room, "complement  %04x: this goes into the field", (unsigned)(uint16_t)~folded);
    else
        snprintf(out, room, "with the field's %04x added: %04x. All ones, so the segment is whole.", field,
                 rs_sum_fold((uint64_t)folded + field));
}

void explain_checksum(struct text *text, const struct trace_segment *segment) {
    const struct rs_packet *p = segment->packet;
    const struct explain_ip ip = explain_ip(segment);
    const uint8_t *tcp = segment->bytes + ip.header_bytes;
    size_t size = ip.tcp_bytes;
    struct words_shown shown = {.text = text};
    char prose[300];
    text_wrap(text, 3, false, 3,
              "The TCP checksum: 16-bit words added up, carries brought back, all bits turned round:");
    begin_words(text, p->source.family == RS_IPV6
                          ? "pseudo-header: both addresses, segment length in 32 bits, next header 6"
                          : "pseudo-header: both addresses, protocol 6, length of the segment");
    uint64_t pseudo = rs_sum_pseudo_header(&p->source, &p->destination, size, show_word, &shown);
    shown.count = 0;
    text_add(text, "\n");
    begin_words(text, "segment: header with the checksum field as 0000, options, data");
    uint64_t sum = rs_sum_segment(pseudo, tcp, size, show_word, &shown);
    if (shown.count > WORDS_SHOWN)
        text_add(text, " and %zu words more, summed in the same way", shown.count - WORDS_SHOWN);
    uint16_t folded = rs_sum_fold(sum);
    text_add(text, "\n%*ssum         %llx\n%*sfold        %llx + %llx = %04x%s\n", (int)INDENT, "",
             (unsigned long long)sum, (int)INDENT, "", (unsigned long long)(sum >> 16),
             (unsigned long long)(sum & 0xffff), folded,
             (sum >> 16) + (sum & 0xffff) > 0xffff ? " (its own carry brought back too)" : "");
    explain_verdict(segment, rs_sum_fold(pseudo), folded, prose, sizeof prose);
    text_wrap(text, INDENT, false, INDENT, prose);
}
