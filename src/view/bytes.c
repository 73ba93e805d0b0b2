// SPDX-License-Identifier: MIT
//
// The bytes of a segment (-vv): the RFC's boxes with values in them, and the hexadecimal beside the fields it holds.
// Both walk the table of fields. Called by the narrator.
#include <stdio.h>
#include <string.h>

#include "rawshake/packet.h"
#include "view/escape.h"
#include "view/explain.h"

enum { INDENT = 5, BIT_COLUMNS = 2, ROW_BITS = 32, DATA_SHOWN = 64 };

enum { HEX_BYTES = 8, HEX_COLUMNS = 26 }; // in one line

// ---- boxes

static void ruler(struct text *text) {
    text_add(text, "%*s+", (int)INDENT, "");
    text_repeat(text, "-", ROW_BITS * BIT_COLUMNS - 1);
    text_add(text, "+\n");
}

static void boxed(struct text *text, const char *string, unsigned width) {
    int length = (int)strlen(string);
    if (length > (int)width)
        length = (int)width;
    int left = ((int)width - length) / 2;
    text_add(text, "%*s%.*s%*s|", left, "", length, string, (int)width - length - left, "");
}

// One row of 32 bits: the names above, the values below.
static void box_row(struct text *text, const struct rs_field *fields, size_t count, const uint8_t *header,
                    const struct trace_segment *segment, bool values) {
    text_add(text, "%*s|", (int)INDENT, "");
    for (size_t i = 0; i < count; i++) {
        char value[RS_ENDPOINT_TEXT_BYTES];
        unsigned bits = fields[i].bits < ROW_BITS ? fields[i].bits : ROW_BITS;
        explain_value(&fields[i], header, segment, value, sizeof value);
        boxed(text, values ? value : fields[i].label, bits * (unsigned)BIT_COLUMNS - 1);
    }
    text_add(text, "\n");
}

static void empty_row(struct text *text) {
    text_add(text, "%*s|", (int)INDENT, "");
    boxed(text, "", ROW_BITS * BIT_COLUMNS - 1);
    text_add(text, "\n");
}

static void boxes(struct text *text, const struct rs_field *fields, size_t count, const uint8_t *header,
                  const struct trace_segment *segment) {
    ruler(text);
    for (size_t first = 0, next; first < count; first = next) {
        bool tall = fields[first].bits > ROW_BITS; // an address of IPv6
        for (next = first; next < count && fields[next].bit_offset / ROW_BITS == fields[first].bit_offset / ROW_BITS;)
            next++;
        if (tall)
            empty_row(text);
        box_row(text, fields + first, next - first, header, segment, false);
        box_row(text, fields + first, next - first, header, segment, true);
        if (tall)
            empty_row(text);
        ruler(text);
    }
}

static void option_boxes(struct text *text, const char *what, const uint8_t *options, size_t size) {
    for (size_t at = 0; at < size; at += 4) {
        text_add(text, "%*s|", (int)INDENT, "");
        for (size_t i = 0; i < 4; i++) {
            char value[16];
            snprintf(value, sizeof value, "%s 0x%02x", what, options[at + i]);
            boxed(text, value, 8 * BIT_COLUMNS - 1);
        }
        text_add(text, "\n");
        ruler(text);
    }
}

void explain_boxes(struct text *text, const struct trace_segment *segment) {
    const struct rs_packet *p = segment->packet;
    struct explain_ip ip = explain_ip(segment);
    const uint8_t *tcp = segment->bytes + ip.header_bytes;
    bool ipv6 = p->source.family == RS_IPV6;
    text_add(text, "   The %s as %s draws it; one row is 32 bits, 4 bytes:\n", ip.name, ip.rfc);
    boxes(text, ip.fields, ip.count, segment->bytes, segment);
    if (segment->ip_rebuilt)
        text_add(text, "   Whether extension headers stood here, we cannot know.\n");
    else
        option_boxes(text, ipv6 ? "ext." : "option", segment->bytes + ip.fixed_bytes, ip.header_bytes - ip.fixed_bytes);
    text_add(text, "   The TCP header as RFC 9293 draws it:\n");
    boxes(text, rs_fields_tcp, rs_fields_tcp_count, tcp, segment);
    option_boxes(text, "option", tcp + RS_TCP_HEADER_MIN, (size_t)p->segment.header_bytes - RS_TCP_HEADER_MIN);
}

// ---- hexadecimal

// At most eight bytes in a line; the meaning stands beside the first.
static void hex_lines(struct text *text, size_t offset, const uint8_t *bytes, size_t size, const char *meaning) {
    unsigned column = INDENT + 6 + HEX_COLUMNS;
    for (size_t at = 0; at < size; at += HEX_BYTES) {
        char hex[3 * HEX_BYTES + 1] = "";
        for (size_t i = 0; i < HEX_BYTES && at + i < size; i++)
            snprintf(hex + 3 * i, sizeof hex - 3 * i, "%02x ", bytes[at + i]);
        text_add(text, "%*s%04zx  ", (int)INDENT, "", offset + at);
        if (at > 0) {
            text_add(text, "%.*s\n", (int)strlen(hex) - 1, hex);
            continue;
        }
        text_add(text, "%-*s", (int)HEX_COLUMNS, hex);
        text_wrap(text, column, true, column, meaning);
    }
}

// The fields that share bytes stand on one line: version and header length are halves of the first byte.
static void hex_fields(struct text *text, const struct rs_field *fields, size_t count, size_t start,
                       const struct trace_segment *segment) {
    const uint8_t *header = segment->bytes + start;
    for (size_t i = 0; i < count;) {
        char meaning[200] = "";
        size_t used = 0, first = fields[i].bit_offset / 8u, end;
        do {
            char value[RS_ENDPOINT_TEXT_BYTES];
            explain_value(&fields[i], header, segment, value, sizeof value);
            used += (size_t)snprintf(meaning + used, sizeof meaning - used, "%s%s %s", used ? ", " : "", fields[i].name,
                                     value);
            end = (size_t)fields[i].bit_offset + fields[i].bits;
            i++;
        } while (end % 8 != 0 && i < count && used < sizeof meaning);
        hex_lines(text, start + first, header + first, end / 8 - first, meaning);
    }
}

// What stands between the fixed part of the IP header and TCP.
static void hex_between(struct text *text, const struct trace_segment *segment, const struct explain_ip *ip) {
    const uint8_t *first = segment->bytes + ip->fixed_bytes;
    size_t size = ip->header_bytes - ip->fixed_bytes, offset = 0;
    if (segment->packet->source.family == RS_IPV4) {
        hex_lines(text, ip->fixed_bytes, first, size, "IP options");
        return;
    }
    struct rs_extension extension;
    uint8_t next = ip->first_kind;
    bool malformed = false;
    while (rs_extension_next(first, size, &next, &offset, &extension, &malformed))
        hex_lines(text, ip->fixed_bytes + extension.offset, first + extension.offset, extension.size,
                  rs_extension_name(extension.kind));
}

static void hex_options(struct text *text, const uint8_t *packet, size_t start, size_t size) {
    struct rs_option option;
    size_t offset = 0;
    bool malformed = false;
    while (rs_option_next(packet + start, size, &offset, &option, &malformed)) {
        const uint8_t *bytes = packet + start + option.offset;
        char value[24], meaning[64];
        words_option_value(&option, bytes, value, sizeof value);
        snprintf(meaning, sizeof meaning, "%s%s%s", words_option_name(option.kind), value[0] ? " " : "", value);
        hex_lines(text, start + option.offset, bytes, option.size, meaning);
    }
}

static void hex_data(struct text *text, const uint8_t *packet, size_t start, size_t size) {
    size_t shown = size < DATA_SHOWN ? size : DATA_SHOWN;
    for (size_t at = 0; at < shown; at += 8) {
        size_t part = shown - at < 8 ? shown - at : 8;
        char escaped[40], meaning[64];
        escape_bytes(packet + start + at, part, escaped, sizeof escaped);
        snprintf(meaning, sizeof meaning, "data: %s", escaped);
        hex_lines(text, start + at, packet + start + at, part, meaning);
    }
    if (shown < size)
        text_add(text, "%*s...   and %zu bytes of data more\n", (int)INDENT, "", size - shown);
}

void explain_bytes(struct text *text, const struct trace_segment *segment) {
    struct explain_ip ip = explain_ip(segment);
    size_t tcp = ip.header_bytes, options = tcp + RS_TCP_HEADER_MIN, data = tcp + segment->packet->segment.header_bytes;
    text_add(text, "   The packet's %zu bytes%s:\n", ip.packet_bytes,
             segment->ip_rebuilt ? "; the first 40 were put together by us" : "");
    hex_fields(text, ip.fields, ip.count, 0, segment);
    hex_between(text, segment, &ip);
    hex_fields(text, rs_fields_tcp, rs_fields_tcp_count, tcp, segment);
    hex_options(text, segment->bytes, options, data - options);
    hex_data(text, segment->bytes, data, ip.packet_bytes - data);
}
