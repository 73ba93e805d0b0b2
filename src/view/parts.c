// SPDX-License-Identifier: MIT
//
// Taking a packet apart (see parts.h). Called by the page.
#include "view/parts.h"

#include <stdio.h>
#include <string.h>

#include "rawshake/packet.h"
#include "view/explain.h"
#include "view/words.h"

enum { BYTE = 8 };

// Adds a part if any of it is there; what is there of the packet may end within it.
static struct part *add(struct parts *parts, enum part_kind kind, size_t bit, size_t bits) {
    size_t end = parts->size * BYTE;
    if (bit >= end || bits == 0 || parts->count == PARTS_MAX)
        return NULL;
    struct part *part = &parts->list[parts->count++];
    *part = (struct part){.kind = kind,
                          .tcp = bit >= parts->tcp_at * BYTE,
                          .bit = bit,
                          .bits = bits < end - bit ? bits : end - bit,
                          .section = ""};
    return part;
}

static void add_fields(struct parts *parts, const struct rs_field *fields, size_t count, size_t start) {
    for (size_t i = 0; i < count; i++) {
        struct part *part = add(parts, PART_FIELD, start * BYTE + fields[i].bit_offset, fields[i].bits);
        if (!part)
            return;
        part->name = fields[i].name;
        part->label = fields[i].label;
        part->section = fields[i].section;
        part->u.field = &fields[i];
    }
}

static void name(struct part *part, const char *text, const char *section) {
    if (!part)
        return;
    part->name = part->label = text;
    part->section = section;
}

// What stands between IP's fixed header and TCP. More extension headers than anybody sends count as one.
static void add_between(struct parts *parts, const struct explain_ip *ip) {
    const struct trace_segment *segment = parts->segment;
    size_t at = ip->fixed_bytes, end = parts->tcp_at < parts->size ? parts->tcp_at : parts->size, offset = 0;
    struct rs_extension extension;
    uint8_t next = ip->first_kind;
    bool malformed = false;
    if (segment->packet->source.family != RS_IPV6) {
        name(add(parts, PART_IP_OPTIONS, at * BYTE, (parts->tcp_at - at) * BYTE), "IP options", "RFC 791 3.1");
        return;
    }
    for (unsigned i = 0; at < end && i < PARTS_EXTENSIONS_MAX; i++) {
        if (!rs_extension_next(segment->bytes + ip->fixed_bytes, end - ip->fixed_bytes, &next, &offset, &extension,
                               &malformed))
            break;
        struct part *part = add(parts, PART_EXTENSION, at * BYTE, extension.size * BYTE);
        name(part, rs_extension_name(extension.kind), "RFC 8200 4");
        if (part)
            part->u.extension = extension;
        at += extension.size;
    }
    if (at < parts->tcp_at)
        name(add(parts, PART_IP_OPTIONS, at * BYTE, (parts->tcp_at - at) * BYTE), "Extension headers", "RFC 8200 4");
}

static const char *option_label(enum rs_option_kind kind) {
    switch (kind) {
    case RS_OPTION_NOP:
        return "NOP";
    case RS_OPTION_END:
        return "End";
    case RS_OPTION_MSS:
        return "MSS";
    case RS_OPTION_SACK_PERMITTED:
        return "SACK ok";
    default:
        return words_option_name(kind);
    }
}

static const char *option_section(enum rs_option_kind kind) {
    switch (kind) {
    case RS_OPTION_END:
    case RS_OPTION_NOP:
    case RS_OPTION_MSS:
        return "RFC 9293 3.2";
    case RS_OPTION_WINDOW_SCALE:
        return "RFC 7323 2";
    case RS_OPTION_TIMESTAMPS:
        return "RFC 7323 3";
    case RS_OPTION_SACK_PERMITTED:
        return "RFC 2018 2";
    case RS_OPTION_SACK:
        return "RFC 2018 3";
    default:
        return "";
    }
}

static void add_options(struct parts *parts) {
    size_t start = parts->tcp_at + RS_TCP_HEADER_MIN, end = parts->data_at < parts->size ? parts->data_at : parts->size;
    size_t offset = 0, seen = 0;
    struct rs_option option;
    if (start >= end)
        return;
    const uint8_t *options = parts->segment->bytes + start;
    while (rs_option_next(options, end - start, &offset, &option, &parts->malformed)) {
        struct part *part = add(parts, PART_OPTION, (start + option.offset) * BYTE, option.size * BYTE);
        if (!part)
            return;
        name(part, words_option_name(option.kind), option_section(option.kind));
        part->label = option_label(option.kind);
        part->u.option = option;
        seen = option.offset + option.size;
    }
    name(add(parts, PART_PADDING, (start + seen) * BYTE, (end - start - seen) * BYTE),
         parts->malformed ? "(malformed)" : "Padding", "RFC 9293 3.1");
}

void parts_list(const struct trace_segment *segment, struct parts *parts) {
    struct explain_ip ip = explain_ip(segment);
    size_t whole = ip.packet_bytes < segment->size ? ip.packet_bytes : segment->size;
    *parts = (struct parts){.segment = segment, .size = whole, .tcp_at = ip.header_bytes};
    parts->data_at = ip.header_bytes + segment->packet->segment.header_bytes;
    add_fields(parts, ip.fields, ip.count, 0);
    if (ip.header_bytes > ip.fixed_bytes)
        add_between(parts, &ip);
    add_fields(parts, rs_fields_tcp, rs_fields_tcp_count, parts->tcp_at);
    add_options(parts);
    if (parts->size > parts->data_at)
        name(add(parts, PART_DATA, parts->data_at * BYTE, (parts->size - parts->data_at) * BYTE), "Data",
             "RFC 9293 3.1");
}

bool part_has(const struct part *part, size_t byte) {
    return part->bit < (byte + 1) * BYTE && byte * BYTE < part->bit + part->bits;
}

// A field's value is read out of the row of 32 bits that it stands in.
static bool is_readable(const struct parts *parts, const struct part *part) {
    size_t header = part->tcp ? parts->tcp_at : 0, row = part->u.field->bit_offset / 32u * 4u;
    return header + row + 4 <= parts->size && part->bits == part->u.field->bits;
}

static const uint8_t *header_of(const struct parts *parts, const struct part *part) {
    return parts->segment->bytes + (part->tcp ? parts->tcp_at : 0);
}

void parts_value(const struct parts *parts, const struct part *part, char *out, size_t room) {
    out[0] = '\0';
    switch (part->kind) {
    case PART_FIELD:
        if (is_readable(parts, part))
            explain_value(part->u.field, header_of(parts, part), parts->segment, out, room);
        break;
    case PART_OPTION:
        words_option_value(&part->u.option, parts->segment->bytes + part->bit / BYTE, out, room);
        break;
    case PART_DATA:
        words_bytes(part->bits / BYTE, out, room);
        break;
    default:
        break;
    }
}

void parts_meaning(const struct parts *parts, const struct part *part, const struct trace_about *about, char *out,
                   size_t room) {
    uint32_t number = 0;
    switch (part->kind) {
    case PART_FIELD:
        if (part->bits <= 32 && is_readable(parts, part))
            number = rs_field_value(part->u.field, header_of(parts, part));
        words_field(part->u.field->id, number, parts->segment, about, out, room);
        break;
    case PART_OPTION:
        words_option(&part->u.option, parts->segment->bytes + part->bit / BYTE, parts->segment, out, room);
        break;
    case PART_PADDING:
        snprintf(out, room, "%s",
                 parts->malformed ? "the next option's length cannot be; the rest is not read"
                                  : "fills the header up to a multiple of four bytes");
        break;
    case PART_DATA:
        snprintf(out, room, "%s", "what the program sent; TCP does not look at it");
        break;
    default:
        snprintf(out, room, "%s", "IP's own affair: TCP knows nothing of it");
        break;
    }
}
