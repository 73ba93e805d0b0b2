// SPDX-License-Identifier: MIT
//
// The fields of a segment, as a table (-v). Walks the one table of fields in wire. Called by the narrator.
#include "view/explain.h"

#include <stdio.h>

#include "rawshake/packet.h"

enum { INDENT = 5, NAME = 22, VALUE = 16, BITS = 9 };

enum { IPV6_NEXT_HEADER = 6 }; // where an IPv6 header says what follows it

struct explain_ip explain_ip(const struct trace_segment *segment) {
    const struct rs_packet *p = segment->packet;
    bool ipv6 = p->source.family == RS_IPV6;
    struct explain_ip ip = {
        .fields = ipv6 ? rs_fields_ipv6 : rs_fields_ipv4,
        .count = ipv6 ? rs_fields_ipv6_count : rs_fields_ipv4_count,
        .name = ipv6 ? "IPv6 header" : "IP header",
        .rfc = ipv6 ? "RFC 8200" : "RFC 791",
        .fixed_bytes = ipv6 ? RS_IPV6_HEADER_BYTES : RS_IPV4_HEADER_MIN,
        .header_bytes = rs_packet_ip_bytes(p),
        .first_kind = ipv6 ? segment->bytes[IPV6_NEXT_HEADER] : 0,
        .packet_bytes = ipv6 ? (size_t)RS_IPV6_HEADER_BYTES + p->ip6.payload_bytes : p->ip.total_bytes,
    };
    if (ip.packet_bytes <= ip.header_bytes || ip.packet_bytes > segment->size) // cut, or its length not told yet
        ip.packet_bytes = segment->size;
    ip.tcp_bytes = ip.packet_bytes - ip.header_bytes;
    return ip;
}

void explain_value(const struct rs_field *field, const uint8_t *header, const struct trace_segment *segment, char *out,
                   size_t room) {
    switch (field->id) {
    case RS_FIELD_IP_SOURCE:
    case RS_FIELD_IP6_SOURCE:
        rs_address_text(&segment->packet->source, out, room);
        break;
    case RS_FIELD_IP_DESTINATION:
    case RS_FIELD_IP6_DESTINATION:
        rs_address_text(&segment->packet->destination, out, room);
        break;
    case RS_FIELD_IP_CHECKSUM:
    case RS_FIELD_TCP_CHECKSUM:
        snprintf(out, room, "0x%04x", rs_field_value(field, header));
        break;
    case RS_FIELD_IP6_FLOW_LABEL:
        snprintf(out, room, "0x%05x", rs_field_value(field, header));
        break;
    default:
        snprintf(out, room, "%u", rs_field_value(field, header));
        break;
    }
}

// A value that is too long for its column, an address of IPv6, stands on a line with the name alone.
static void row(struct text *text, const char *name, const char *value, const char *bits, const char *meaning) {
    text_add(text, "%*s%-*s%-*s", (int)INDENT, "", (int)NAME, name, (int)VALUE, value);
    if (text_width(value) >= VALUE)
        text_add(text, "\n%*s", (int)(INDENT + NAME + VALUE), "");
    text_add(text, "%-*s", (int)BITS, bits);
    text_wrap(text, INDENT + NAME + VALUE + BITS, true, INDENT + NAME + VALUE + BITS, meaning);
}

static void field_rows(struct text *text, const struct rs_field *fields, size_t count, const uint8_t *header,
                       const struct trace_segment *segment, const struct trace_about *about) {
    for (size_t i = 0; i < count; i++) {
        uint32_t number = fields[i].bits <= 32 ? rs_field_value(&fields[i], header) : 0;
        char value[RS_ENDPOINT_TEXT_BYTES], bits[16], meaning[320];
        explain_value(&fields[i], header, segment, value, sizeof value);
        snprintf(bits, sizeof bits, "%u bit%s", (unsigned)fields[i].bits, fields[i].bits == 1 ? "" : "s");
        words_field(fields[i].id, number, segment, about, meaning, sizeof meaning);
        row(text, fields[i].name, value, bits, meaning);
    }
}

static void option_rows(struct text *text, const uint8_t *options, size_t size, const struct trace_segment *segment) {
    struct rs_option option;
    size_t offset = 0;
    bool malformed = false;
    while (rs_option_next(options, size, &offset, &option, &malformed)) {
        char value[24], bytes[16], meaning[320];
        words_option_value(&option, options + option.offset, value, sizeof value);
        snprintf(bytes, sizeof bytes, "%zu byte%s", option.size, option.size == 1 ? "" : "s");
        words_option(&option, options + option.offset, segment, meaning, sizeof meaning);
        row(text, words_option_name(option.kind), value, bytes, meaning);
    }
    if (malformed)
        row(text, "(malformed)", "", "", "the next option's length cannot be; the rest is not read");
}

static void heading(struct text *text, const char *what, size_t bytes) {
    text_color(text, TEXT_STRONG);
    text_add(text, "   %s, %zu bytes\n", what, bytes);
    text_color(text, TEXT_PLAIN);
}

static void extension_rows(struct text *text, const struct trace_segment *segment, const struct explain_ip *ip) {
    const uint8_t *first = segment->bytes + RS_IPV6_HEADER_BYTES;
    struct rs_extension extension;
    uint8_t next = ip->first_kind;
    size_t offset = 0, size = ip->header_bytes - ip->fixed_bytes;
    bool malformed = false;
    heading(text, "Extension headers", size);
    while (rs_extension_next(first, size, &next, &offset, &extension, &malformed)) {
        char bytes[24];
        snprintf(bytes, sizeof bytes, "%zu bytes", extension.size);
        row(text, rs_extension_name(extension.kind), "", bytes, "IPv6's own affair: TCP knows nothing of it");
    }
}

static void ip_rows(struct text *text, const struct trace_segment *segment, const struct trace_about *about) {
    struct explain_ip ip = explain_ip(segment);
    bool ipv6 = segment->packet->source.family == RS_IPV6;
    heading(text, ip.name, ipv6 ? ip.fixed_bytes : ip.header_bytes);
    if (segment->ip_rebuilt)
        text_wrap(text, INDENT, false, INDENT,
                  "Put together by us of what the kernel told beside the segment: an IPv6 raw socket hands over no IP "
                  "header. Whether extension headers stood between it and TCP, we cannot know.");
    field_rows(text, ip.fields, ip.count, segment->bytes, segment, about);
    if (ipv6 && ip.header_bytes > ip.fixed_bytes)
        extension_rows(text, segment, &ip);
}

void explain_fields(struct text *text, const struct trace_segment *segment, const struct trace_about *about) {
    const struct rs_segment *s = &segment->packet->segment;
    const uint8_t *tcp = segment->bytes + rs_packet_ip_bytes(segment->packet);
    ip_rows(text, segment, about);
    heading(text, "TCP header", s->header_bytes);
    field_rows(text, rs_fields_tcp, rs_fields_tcp_count, tcp, segment, about);
    if (s->header_bytes > RS_TCP_HEADER_MIN) {
        size_t size = (size_t)s->header_bytes - RS_TCP_HEADER_MIN;
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
    char expected[48], got[48], surprise[160];
    text_add(text, "%*s%-10s%-22s%s\n", (int)INDENT, "", "", "expected", "received");
    flags_text(e->flags, expected, sizeof expected);
    flags_text(s->flags, got, sizeof got);
    compare(text, "flags", expected, got, shown == e->flags);
    snprintf(expected, sizeof expected, e->any_seq ? "any: theirs to choose" : "%u", e->seq);
    snprintf(got, sizeof got, "%u", s->seq);
    compare(text, "seq", expected, got, e->any_seq || s->seq == e->seq);
    snprintf(expected, sizeof expected, e->flags & RS_ACK ? "%u" : "none", e->ack);
    snprintf(got, sizeof got, s->flags & RS_ACK ? "%u" : "none", s->ack);
    compare(text, "ack", expected, got,
            (s->flags & RS_ACK) == (e->flags & RS_ACK) && (s->ack == e->ack || !(e->flags & RS_ACK)));
    words_surprise(segment, surprise, sizeof surprise);
    if (surprise[0])
        text_wrap(text, INDENT, false, INDENT, surprise);
}
