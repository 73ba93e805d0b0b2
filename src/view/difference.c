// SPDX-License-Identifier: MIT
//
// Finding and judging differences (see difference.h): walks the one table of fields, and the options. A judgement is
// kept to what can be held against the numbers: sequence numbers differ by their beginnings alone, or it is no matter
// of chance; a checksum follows only where something that it covers differs. Called by side.c.
#include "view/difference.h"

#include <stdio.h>
#include <string.h>

#include "view/explain.h"
#include "view/words.h"

// Both segments, and what is known of them.
struct pair {
    const struct trace_segment *kernel, *hand;
    const struct rs_segment *k, *h; // the same, TCP's part
    const struct trace_choices *choices;
    bool server_spoke, long_message, sent_again;
    bool ours, options_differ, data_differ; // ours: the client's; data: how much of it
};

enum difference_kind difference_kind(enum difference_why why) {
    if (why == DIFFERENCE_NONE)
        return DIFFERENCE_IS_NONE;
    if (why <= DIFFERENCE_SACK)
        return DIFFERENCE_IS_RANDOM;
    if (why <= DIFFERENCE_TS_ECHO)
        return DIFFERENCE_IS_CLOCK;
    if (why <= DIFFERENCE_UNCUT)
        return DIFFERENCE_IS_CONSEQUENCE;
    if (why <= DIFFERENCE_LOST)
        return DIFFERENCE_IS_MOMENT;
    if (why == DIFFERENCE_UNSEEN)
        return DIFFERENCE_IS_UNSEEN;
    if (why <= DIFFERENCE_STREAM)
        return DIFFERENCE_IS_DECISION;
    return why <= DIFFERENCE_ASKED_WITHOUT ? DIFFERENCE_IS_ASKED : DIFFERENCE_IS_UNEXPLAINED;
}

// A number counted from the first of the direction that it belongs to.
static uint32_t relative(const struct trace_segment *s, uint32_t number, bool of_client) {
    return number - (of_client ? s->iss : s->irs);
}

static bool same_relative(const struct pair *p, uint32_t kernel, uint32_t hand, bool of_client) {
    return relative(p->kernel, kernel, of_client) == relative(p->hand, hand, of_client);
}

// What had come by then of the other end's bytes may differ; that its SYN has come may not.
static enum difference_why judge_progress(const struct pair *p) {
    bool syn = (p->k->flags | p->h->flags) & (RS_SYN | RS_RST);
    return !syn && (!p->ours || p->server_spoke) ? DIFFERENCE_PROGRESS : DIFFERENCE_UNEXPLAINED;
}

static enum difference_why judge_number(const struct pair *p, bool is_ack) {
    bool of_client = p->ours != is_ack;
    bool same =
        is_ack ? same_relative(p, p->k->ack, p->h->ack, of_client) : same_relative(p, p->k->seq, p->h->seq, of_client);
    if (!same)
        return is_ack ? judge_progress(p) : DIFFERENCE_UNEXPLAINED;
    if (of_client && p->choices->isn)
        return DIFFERENCE_ASKED_ISN;
    return is_ack ? DIFFERENCE_ACK : DIFFERENCE_SEQ;
}

// The client's port is another for each connection. The server's is not.
static enum difference_why judge_port(const struct pair *p, bool source) {
    return source == p->ours ? DIFFERENCE_PORT : DIFFERENCE_UNEXPLAINED;
}

static enum difference_why judge_tcp_checksum(const struct pair *p) {
    enum rs_checksum k = p->kernel->packet->tcp_checksum, h = p->hand->packet->tcp_checksum;
    if (k == RS_CHECKSUM_BAD || h == RS_CHECKSUM_BAD)
        return DIFFERENCE_UNEXPLAINED;
    if (k != h)
        return DIFFERENCE_UNFINISHED;
    if (k == RS_CHECKSUM_GOOD) // it covers ports, numbers and clocks: hardly ever the same
        return DIFFERENCE_TCP_CHECKSUM;
    return p->options_differ || p->data_differ ? DIFFERENCE_TCP_CHECKSUM : DIFFERENCE_UNEXPLAINED;
}

// Where neither the value nor anything beside it differs, no sum does.
static enum difference_why judge_ip_checksum(const struct pair *p) {
    const struct rs_ipv4 *k = &p->kernel->packet->ip, *h = &p->hand->packet->ip;
    bool same = k->id == h->id && k->tos == h->tos && k->ttl == h->ttl && k->total_bytes == h->total_bytes &&
                k->dont_fragment == h->dont_fragment && k->more_fragments == h->more_fragments &&
                k->fragment_offset == h->fragment_offset && memcmp(k->source, h->source, sizeof k->source) == 0 &&
                memcmp(k->destination, h->destination, sizeof k->destination) == 0;
    return same ? DIFFERENCE_UNEXPLAINED : DIFFERENCE_IP_CHECKSUM;
}

static enum difference_why judge_window(const struct pair *p) {
    bool syn = (p->h->flags | p->k->flags) & RS_SYN;
    if (p->ours && p->choices->window)
        return DIFFERENCE_ASKED_WINDOW;
    if (syn && p->choices->mss) // the SYN's window is a number of whole segments; and the server's follows from ours
        return DIFFERENCE_ASKED_MSS;
    if (syn)
        return p->choices->without ? DIFFERENCE_ASKED_WITHOUT : DIFFERENCE_UNEXPLAINED;
    return p->ours ? DIFFERENCE_WINDOW : DIFFERENCE_SERVER_WINDOW;
}

// A flow label of 0 is no label: that is a habit, not chance.
static enum difference_why judge_flow_label(const struct pair *p) {
    uint32_t k = p->kernel->packet->ip6.flow_label, h = p->hand->packet->ip6.flow_label;
    return k != 0 && h != 0 ? DIFFERENCE_FLOW_LABEL : DIFFERENCE_UNEXPLAINED;
}

// An IPv6 raw socket does not hand over extension headers; so they are missing in the one that was received by hand.
static enum difference_why judge_extensions(const struct pair *p) {
    bool hidden = p->hand->ip_rebuilt && p->kernel->packet->ip6.extension_bytes > 0;
    return hidden ? DIFFERENCE_UNSEEN : DIFFERENCE_UNEXPLAINED;
}

static enum difference_why judge_length(const struct pair *p) {
    return p->options_differ || p->data_differ ? DIFFERENCE_LENGTH : judge_extensions(p);
}

// The kernel's is larger than any segment on the wire: a network card cuts it.
static bool is_uncut(const struct pair *p) { return p->ours && p->kernel->marks & TRACE_MARK_MERGED && p->data_differ; }

// Bits of the header that say what the segment is for.
static enum difference_why judge_flag(const struct pair *p, uint8_t flag) {
    if (!p->ours && p->server_spoke) // PSH: nothing more waits there; FIN: it goes with the last of its data, or alone
        return DIFFERENCE_SERVER_DATA;
    if (is_uncut(p) && flag == RS_PSH)
        return DIFFERENCE_UNCUT;
    if (p->ours && p->long_message && flag == RS_PSH)
        return DIFFERENCE_LONG;
    if (flag != RS_FIN || !p->ours || rs_segment_data_bytes(p->h) + rs_segment_data_bytes(p->k) == 0)
        return DIFFERENCE_UNEXPLAINED;
    enum rs_reason why = p->hand->why;
    return why == RS_RESENT_DATA || why == RS_RESENT_FAST || why == RS_RESENT_FIN ? DIFFERENCE_CUT : DIFFERENCE_FIN;
}

// Any number will do, but 0 where others count is a habit of Linux, not chance: what it answers for a connection in
// TIME-WAIT has no number.
static enum difference_why judge_ip_id(const struct pair *p) {
    bool habit = p->ours && p->kernel->packet->ip.id == 0 && p->kernel->packet->ip.dont_fragment;
    return habit ? DIFFERENCE_IP_ID_ZERO : DIFFERENCE_IP_ID;
}

static enum difference_why judge_field(const struct pair *p, enum rs_field_id id) {
    switch (id) {
    case RS_FIELD_IP_ID:
        return judge_ip_id(p);
    case RS_FIELD_IP_TTL:
    case RS_FIELD_IP6_HOP_LIMIT:
        return p->ours && p->choices->ttl ? DIFFERENCE_ASKED_TTL : DIFFERENCE_UNEXPLAINED;
    case RS_FIELD_IP_CHECKSUM:
        return judge_ip_checksum(p);
    case RS_FIELD_IP_TOTAL_LENGTH:
    case RS_FIELD_IP6_PAYLOAD_LENGTH:
        return judge_length(p);
    case RS_FIELD_IP6_FLOW_LABEL:
        return judge_flow_label(p);
    case RS_FIELD_IP6_NEXT_HEADER:
        return judge_extensions(p);
    case RS_FIELD_TCP_SOURCE_PORT:
    case RS_FIELD_TCP_DESTINATION_PORT:
        return judge_port(p, id == RS_FIELD_TCP_SOURCE_PORT);
    case RS_FIELD_TCP_SEQ:
    case RS_FIELD_TCP_ACK:
        return judge_number(p, id == RS_FIELD_TCP_ACK);
    case RS_FIELD_TCP_DATA_OFFSET:
        return p->options_differ ? DIFFERENCE_LENGTH : DIFFERENCE_UNEXPLAINED;
    case RS_FIELD_TCP_PSH:
        return judge_flag(p, RS_PSH);
    case RS_FIELD_TCP_FIN:
        return judge_flag(p, RS_FIN);
    case RS_FIELD_TCP_WINDOW:
        return judge_window(p);
    case RS_FIELD_TCP_CHECKSUM:
        return judge_tcp_checksum(p);
    default:
        return DIFFERENCE_UNEXPLAINED;
    }
}

static void add(struct difference *out, size_t *count, const struct difference *one) {
    if (*count < DIFFERENCES_MOST)
        out[(*count)++] = *one;
}

static void add_header(const struct pair *p, const struct rs_field *fields, size_t fields_count, size_t at_kernel,
                       size_t at_hand, struct difference *out, size_t *count) {
    const uint8_t *k = p->kernel->bytes + at_kernel, *h = p->hand->bytes + at_hand;
    for (size_t i = 0; i < fields_count; i++) {
        struct difference one = {.name = fields[i].name};
        explain_value(&fields[i], k, p->kernel, one.kernel, sizeof one.kernel);
        explain_value(&fields[i], h, p->hand, one.hand, sizeof one.hand);
        one.why = strcmp(one.kernel, one.hand) == 0 ? DIFFERENCE_NONE : judge_field(p, fields[i].id);
        add(out, count, &one);
    }
}

// ---- options

static void add_value(const char *name, uint32_t kernel, uint32_t hand, enum difference_why why, struct difference *out,
                      size_t *count) {
    struct difference one = {.name = name, .why = kernel == hand ? DIFFERENCE_NONE : why};
    snprintf(one.kernel, sizeof one.kernel, "%u", kernel);
    snprintf(one.hand, sizeof one.hand, "%u", hand);
    add(out, count, &one);
}

// The one that was sent again to is told so in a SACK block (RFC 2883).
static bool one_has_blocks(const struct pair *p) {
    return (p->k->options.sack_blocks == 0) != (p->h->options.sack_blocks == 0);
}

// Which options there are, in their order: "mss sack-ok ts nop scale".
static void add_kinds(const struct pair *p, struct difference *out, size_t *count) {
    struct difference one = {.name = "Options"};
    pair_option_names(&p->k->options, one.kernel);
    pair_option_names(&p->h->options, one.hand);
    if (p->options_differ)
        one.why = p->choices->without                              ? DIFFERENCE_ASKED_WITHOUT
                  : !p->ours && p->sent_again && one_has_blocks(p) ? DIFFERENCE_LOST
                                                                   : DIFFERENCE_UNEXPLAINED;
    add(out, count, &one);
}

static bool same_blocks(const struct pair *p) {
    const struct rs_options *k = &p->k->options, *h = &p->h->options;
    for (unsigned i = 0; i < k->sack_blocks && i < h->sack_blocks; i++)
        if (!same_relative(p, k->sack[i].left, h->sack[i].left, !p->ours) ||
            !same_relative(p, k->sack[i].right, h->sack[i].right, !p->ours))
            return false;
    return k->sack_blocks == h->sack_blocks;
}

static void add_blocks(const struct pair *p, struct difference *out, size_t *count) {
    const struct rs_options *k = &p->k->options, *h = &p->h->options;
    struct difference one = {.name = words_option_name(RS_OPTION_SACK),
                             .why = same_blocks(p) ? DIFFERENCE_SACK : DIFFERENCE_UNEXPLAINED};
    if (k->sack_blocks == 0 || h->sack_blocks == 0)
        return;
    snprintf(one.kernel, sizeof one.kernel, "%u-%u", k->sack[0].left, k->sack[0].right);
    snprintf(one.hand, sizeof one.hand, "%u-%u", h->sack[0].left, h->sack[0].right);
    if (one.why == DIFFERENCE_SACK && strcmp(one.kernel, one.hand) == 0)
        one.why = DIFFERENCE_NONE;
    add(out, count, &one);
}

// The values of those that both have.
static void add_options(const struct pair *p, struct difference *out, size_t *count) {
    const struct rs_options *k = &p->k->options, *h = &p->h->options;
    add_kinds(p, out, count);
    if (k->has_mss && h->has_mss)
        add_value(words_option_name(RS_OPTION_MSS), k->mss, h->mss,
                  p->ours && p->choices->mss ? DIFFERENCE_ASKED_MSS : DIFFERENCE_UNEXPLAINED, out, count);
    if (k->has_window_scale && h->has_window_scale)
        add_value(words_option_name(RS_OPTION_WINDOW_SCALE), k->window_scale, h->window_scale,
                  p->ours && p->choices->window ? DIFFERENCE_ASKED_WINDOW : DIFFERENCE_UNEXPLAINED, out, count);
    if (k->has_timestamps && h->has_timestamps) {
        add_value("Timestamps: value", k->ts_value, h->ts_value, DIFFERENCE_TS_VALUE, out, count);
        bool both = k->ts_echo != 0 && h->ts_echo != 0;
        add_value("Timestamps: echo", k->ts_echo, h->ts_echo, both ? DIFFERENCE_TS_ECHO : DIFFERENCE_UNEXPLAINED, out,
                  count);
    }
    add_blocks(p, out, count);
}

// ---- data

static void add_data(const struct pair *p, struct difference *out, size_t *count) {
    const struct rs_span *k = &p->k->payload[0], *h = &p->h->payload[0];
    struct difference one = {.name = "Data"};
    if (k->size == 0 && h->size == 0)
        return;
    bool same = k->size == h->size && memcmp(k->bytes, h->bytes, k->size) == 0;
    words_bytes(k->size, one.kernel, sizeof one.kernel);
    words_bytes(h->size, one.hand, sizeof one.hand);
    if (!same)
        one.why = !p->ours          ? DIFFERENCE_SERVER_DATA
                  : is_uncut(p)     ? DIFFERENCE_UNCUT
                  : p->choices->mss ? DIFFERENCE_ASKED_MSS
                  : p->long_message ? DIFFERENCE_LONG
                                    : DIFFERENCE_UNEXPLAINED;
    add(out, count, &one);
}

size_t difference_fields(const struct trace_segment *kernel, const struct trace_segment *hand,
                         const struct difference_known *known, struct difference out[DIFFERENCES_MOST]) {
    const struct explain_ip ip = explain_ip(kernel);
    char kinds[2][PAIR_TEXT_BYTES];
    size_t count = 0;
    struct pair p = {.kernel = kernel,
                     .hand = hand,
                     .k = &kernel->packet->segment,
                     .h = &hand->packet->segment,
                     .choices = &known->choices,
                     .server_spoke = known->server_spoke,
                     .long_message = known->long_message,
                     .sent_again = known->sent_again,
                     .ours = hand->ours};
    if (kernel->packet->source.family != hand->packet->source.family) // there is no field that both have
        return 0;
    pair_option_names(&p.k->options, kinds[0]);
    pair_option_names(&p.h->options, kinds[1]);
    p.options_differ = strcmp(kinds[0], kinds[1]) != 0 || p.k->options.sack_blocks != p.h->options.sack_blocks;
    p.data_differ = rs_segment_data_bytes(p.k) != rs_segment_data_bytes(p.h);
    add_header(&p, ip.fields, ip.count, 0, 0, out, &count);
    add_header(&p, rs_fields_tcp, rs_fields_tcp_count, rs_packet_ip_bytes(kernel->packet),
               rs_packet_ip_bytes(hand->packet), out, &count);
    add_options(&p, out, &count);
    add_data(&p, out, &count);
    return count;
}
