// SPDX-License-Identifier: MIT
//
// The fields of a segment, as a table (-v). Walks the one table of fields in wire. Called by the narrator.
#include "view/explain.h"

#include <stdio.h>

#include "rawshake/packet.h"

enum { INDENT = 5, NAME = 22, VALUE = 16, BITS = 9 };

static void row(struct text *text, const char *name, const char *value, const char *bits, const char *meaning) {
    text_add(text, "%*s%-*s%-*s%-*s", (int)INDENT, "", (int)NAME, name, (int)VALUE, value, (int)BITS, bits);
    text_wrap(text, INDENT + NAME + VALUE + BITS, true, INDENT + NAME + VALUE + BITS, meaning);
}

static void value_text(const struct rs_field *field, uint32_t value, char *out, size_t room) {
    bool address = field->id == RS_FIELD_IP_SOURCE || field->id == RS_FIELD_IP_DESTINATION;
    bool hex = field->id == RS_FIELD_IP_CHECKSUM || field->id == RS_FIELD_TCP_CHECKSUM;
    if (address)
        snprintf(out, room, "%u.%u.%u.%u", value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255);
    else
        snprintf(out, room, hex ? "0x%04x" : "%u", value);
}

static void field_rows(struct text *text, const struct rs_field *fields, size_t count, const uint8_t *header,
                       const struct trace_segment *segment, const struct words_choices *choices) {
    for (size_t i = 0; i < count; i++) {
        uint32_t value = rs_field_value(&fields[i], header);
        char number[24], bits[16], meaning[320];
        value_text(&fields[i], value, number, sizeof number);
        snprintf(bits, sizeof bits, "%u bit%s", (unsigned)fields[i].bits, fields[i].bits == 1 ? "" : "s");
        words_field(fields[i].id, value, segment, choices, meaning, sizeof meaning);
        row(text, fields[i].name, number, bits, meaning);
    }
}

static void option_value(const struct rs_option *option, const struct rs_options *o, char *out, size_t room) {
    out[0] = '\0';
    if (option->kind == RS_OPTION_MSS)
        snprintf(out, room, "%u", (unsigned)o->mss);
    else if (option->kind == RS_OPTION_WINDOW_SCALE)
        snprintf(out, room, "%u", (unsigned)o->window_scale);
}

static void option_rows(struct text *text, const uint8_t *options, size_t size, const struct trace_segment *segment) {
    struct rs_option option;
    size_t offset = 0;
    bool malformed = false;
    while (rs_option_next(options, size, &offset, &option, &malformed)) {
        char name[40], value[24], bytes[16], meaning[200];
        snprintf(name, sizeof name, "%s", words_option_name(option.kind));
        option_value(&option, &segment->packet->segment.options, value, sizeof value);
        snprintf(bytes, sizeof bytes, "%zu byte%s", option.size, option.size == 1 ? "" : "s");
        words_option(&option, options + option.offset, segment, meaning, sizeof meaning);
        row(text, name, value, bytes, meaning);
    }
    if (malformed)
        row(text, "(malformed)", "", "", "the next option's length cannot be; the rest is not read");
}

static void heading(struct text *text, const char *what, size_t bytes) {
    text_color(text, TEXT_STRONG);
    text_add(text, "   %s, %zu bytes\n", what, bytes);
    text_color(text, TEXT_PLAIN);
}

void explain_fields(struct text *text, const struct trace_segment *segment, const struct words_choices *choices) {
    const struct rs_packet *p = segment->packet;
    const uint8_t *tcp = segment->bytes + p->ip.header_bytes;
    heading(text, "IP header", p->ip.header_bytes);
    field_rows(text, rs_fields_ipv4, rs_fields_ipv4_count, segment->bytes, segment, choices);
    heading(text, "TCP header", p->segment.header_bytes);
    field_rows(text, rs_fields_tcp, rs_fields_tcp_count, tcp, segment, choices);
    if (p->segment.header_bytes > RS_TCP_HEADER_MIN) {
        size_t size = (size_t)p->segment.header_bytes - RS_TCP_HEADER_MIN;
        heading(text, "TCP options", size);
        option_rows(text, tcp + RS_TCP_HEADER_MIN, size, segment);
    }
}

static void flags_text(uint8_t flags, char *out, size_t room) {
    snprintf(out, room, "%s%s%s%s%s", flags & RS_SYN ? "SYN " : "", flags & RS_FIN ? "FIN " : "",
             flags & RS_RST ? "RST " : "", flags & RS_PSH ? "PSH " : "", flags & RS_ACK ? "ACK" : "");
}

static void compare(struct text *text, const char *name, const char *expected, const char *got, bool as_expected) {
    text_add(text, "%*s%-10s%-22s%-22s", (int)INDENT, "", name, expected, got);
    text_color(text, as_expected ? TEXT_PLAIN : TEXT_BAD);
    text_add(text, "%s\n", as_expected ? "as expected" : "not what we expected");
    text_color(text, TEXT_PLAIN);
}

void explain_arrival(struct text *text, const struct trace_segment *segment) {
    const struct trace_expected *e = &segment->expected;
    const struct rs_segment *s = &segment->packet->segment;
    uint8_t shown = (uint8_t)(s->flags & ~RS_PSH); // whether data is pushed is the sender's affair
    char expected[48], got[48];
    text_add(text, "%*s%-10s%-22s%s\n", (int)INDENT, "", "", "expected", "received");
    flags_text(e->flags, expected, sizeof expected);
    flags_text(s->flags, got, sizeof got);
    compare(text, "flags", expected, got, shown == e->flags);
    snprintf(expected, sizeof expected, e->any_seq ? "any: theirs to choose" : "%u", e->seq);
    snprintf(got, sizeof got, "%u", s->seq);
    compare(text, "seq", expected, got, e->any_seq || s->seq == e->seq);
    snprintf(expected, sizeof expected, "%u", e->ack);
    snprintf(got, sizeof got, s->flags & RS_ACK ? "%u" : "none", s->ack);
    compare(text, "ack", expected, got, (s->flags & RS_ACK) && s->ack == e->ack);
    const char *surprise = words_surprise(segment);
    if (surprise)
        text_wrap(text, INDENT, false, INDENT, surprise);
}
