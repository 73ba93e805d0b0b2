// SPDX-License-Identifier: MIT
//
// Pairing the segments of two connections (see pair.h). Called by side.c and by tests.
#include "view/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE_MS = 50, ROUGHLY_MS = 750 };

static const char *option_name(uint8_t kind) {
    switch (kind) {
    case RS_OPTION_NOP:
        return "nop";
    case RS_OPTION_MSS:
        return "mss";
    case RS_OPTION_WINDOW_SCALE:
        return "scale";
    case RS_OPTION_SACK_PERMITTED:
        return "sack-ok";
    case RS_OPTION_SACK:
        return "sack";
    case RS_OPTION_TIMESTAMPS:
        return "ts";
    default:
        return "?";
    }
}

void pair_option_names(const struct rs_options *options, char out[PAIR_TEXT_BYTES]) {
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < options->order_count && used < PAIR_TEXT_BYTES; i++)
        used += (size_t)snprintf(out + used, PAIR_TEXT_BYTES - used, "%s%s", i > 0 ? " " : "",
                                 option_name(options->order[i]));
}

void pair_line_of(const struct rs_packet *packet, bool to_server, uint32_t first_ours, uint32_t first_theirs,
                  uint32_t data_bytes, struct pair_line *out) {
    const struct rs_segment *segment = &packet->segment;
    bool ipv6 = packet->source.family == RS_IPV6;
    *out = (struct pair_line){
        .to_server = to_server,
        .flags = segment->flags,
        .seq = segment->seq - first_ours,
        .ack = segment->flags & RS_ACK ? segment->ack - first_theirs : 0,
        .data_bytes = data_bytes,
        .window = segment->window,
        .tos = ipv6 ? packet->ip6.traffic_class : packet->ip.tos,
        .ttl = ipv6 ? packet->ip6.hop_limit : packet->ip.ttl,
        .dont_fragment = packet->ip.dont_fragment,
        .ts_value = segment->options.ts_value,
        .again_after_ms = -1,
    };
    pair_option_names(&segment->options, out->options);
}

static bool takes_numbers(const struct pair_line *line) {
    return line->data_bytes > 0 || line->flags & (RS_SYN | RS_FIN);
}

// The clock of the timestamps goes in milliseconds, here and in Linux.
void pair_find_repeats(struct pair_line *lines, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        lines[i].again_after_ms = -1;
        for (unsigned j = i; takes_numbers(&lines[i]) && j-- > 0;) {
            const struct pair_line *before = &lines[j];
            if (before->to_server != lines[i].to_server || before->seq != lines[i].seq || !takes_numbers(before))
                continue;
            lines[i].again_after_ms = (int)(lines[i].ts_value - before->ts_value);
            break;
        }
    }
}

// The same step of a conversation, whatever else IP and the options say.
static bool same_step(const struct pair_line *a, const struct pair_line *b) {
    return a->to_server == b->to_server && a->flags == b->flags && a->seq == b->seq && a->ack == b->ack &&
           a->data_bytes == b->data_bytes;
}

bool pair_alike(const struct pair_line *a, const struct pair_line *b) {
    return same_step(a, b) && strcmp(a->options, b->options) == 0 && a->tos == b->tos && a->ttl == b->ttl &&
           a->dont_fragment == b->dont_fragment;
}

bool pair_is_bare_ack(const struct pair_line *line) { return line->flags == RS_ACK && line->data_bytes == 0; }

bool pair_counterparts(const struct pair_line *a, const struct pair_line *b) {
    return a->to_server == b->to_server && a->seq == b->seq &&
           ((a->data_bytes > 0 && b->data_bytes > 0) || (a->flags & b->flags & (RS_SYN | RS_FIN)));
}

struct table {
    const struct pair_line *hand, *kernel;
    unsigned hand_count, kernel_count;
    uint16_t *longest; // [i][j]: how many steps can be the same from hand i and kernel j on
};

static uint16_t *at(const struct table *t, unsigned i, unsigned j) {
    return &t->longest[(size_t)i * (t->kernel_count + 1) + j];
}

// The longest common subsequence.
static void fill(const struct table *t) {
    for (unsigned i = t->hand_count; i-- > 0;)
        for (unsigned j = t->kernel_count; j-- > 0;) {
            uint16_t skip = *at(t, i + 1, j) > *at(t, i, j + 1) ? *at(t, i + 1, j) : *at(t, i, j + 1);
            bool same = same_step(&t->hand[i], &t->kernel[j]);
            *at(t, i, j) = same ? (uint16_t)(*at(t, i + 1, j + 1) + 1) : skip;
        }
}

static unsigned walk(const struct table *t, struct pair_row *rows) {
    unsigned count = 0, i = 0, j = 0;
    while (i < t->hand_count || j < t->kernel_count) {
        const struct pair_line *hand = i < t->hand_count ? &t->hand[i] : NULL;
        const struct pair_line *kernel = j < t->kernel_count ? &t->kernel[j] : NULL;
        bool both = hand && kernel, hand_waits = both && *at(t, i, j) == *at(t, i, j + 1);
        both = both &&
               (same_step(hand, kernel) || (pair_counterparts(hand, kernel) && *at(t, i, j) == *at(t, i + 1, j + 1)));
        bool take_kernel = both || !hand || (kernel && hand_waits), take_hand = both || !take_kernel;
        rows[count++] = (struct pair_row){take_hand ? hand : NULL, take_kernel ? kernel : NULL};
        i += take_hand;
        j += take_kernel;
    }
    return count;
}

unsigned pair_lay_out(const struct pair_line *hand, unsigned hand_count, const struct pair_line *kernel,
                      unsigned kernel_count, struct pair_row *rows) {
    struct table t = {.hand = hand,
                      .kernel = kernel,
                      .hand_count = hand_count < PAIR_MOST ? hand_count : PAIR_MOST,
                      .kernel_count = kernel_count < PAIR_MOST ? kernel_count : PAIR_MOST};
    t.longest = calloc((size_t)(t.hand_count + 1) * (t.kernel_count + 1), sizeof *t.longest);
    if (!t.longest)
        return 0;
    fill(&t);
    unsigned count = walk(&t, rows);
    free(t.longest);
    return count;
}

void pair_wait_text(int ms, char out[PAIR_TEXT_BYTES]) {
    if (ms < 0)
        out[0] = '\0';
    else if (ms < AT_ONCE_MS)
        snprintf(out, PAIR_TEXT_BYTES, "at once");
    else if (ms < ROUGHLY_MS)
        snprintf(out, PAIR_TEXT_BYTES, "after 0.%d s", (ms + 50) / 100);
    else
        snprintf(out, PAIR_TEXT_BYTES, "after %d s", ms > INT32_MAX - 500 ? ms / 1000 : (ms + 500) / 1000);
}

bool pair_same_wait(const struct pair_line *a, const struct pair_line *b) {
    char a_text[PAIR_TEXT_BYTES], b_text[PAIR_TEXT_BYTES];
    pair_wait_text(a->again_after_ms, a_text);
    pair_wait_text(b->again_after_ms, b_text);
    return strcmp(a_text, b_text) == 0;
}
