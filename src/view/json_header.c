// SPDX-License-Identifier: MIT
//
// The headers of a packet as JSON: every field of the one table of fields, and every option. Called by json_segment.c.
#include "view/json_names.h"
#include "view/json_parts.h"
#include "view/words.h"

enum { IPV6_NEXT_HEADER = 6 }; // where an IPv6 header says what follows it

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

// Where the headers are, as far as they are there: a capture may have kept only a part of them.
struct layout {
    const uint8_t *ip, *tcp;
    size_t ip_there, tcp_there;
};

static struct layout lay_out(const struct trace_segment *segment) {
    struct layout l = {.ip = segment->bytes, .ip_there = least(rs_packet_ip_bytes(segment->packet), segment->size)};
    l.tcp = l.ip + l.ip_there;
    l.tcp_there = least(segment->packet->segment.header_bytes, segment->size - l.ip_there);
    return l;
}

static void field(struct json *j, const struct rs_field *f, const uint8_t *header, const struct rs_packet *packet) {
    char text[RS_ENDPOINT_TEXT_BYTES];
    const char *key = json_field_key(f->id);
    switch (f->id) {
    case RS_FIELD_IP_SOURCE:
    case RS_FIELD_IP6_SOURCE:
        json_string(j, key, rs_address_text(&packet->source, text, sizeof text));
        break;
    case RS_FIELD_IP_DESTINATION:
    case RS_FIELD_IP6_DESTINATION:
        json_string(j, key, rs_address_text(&packet->destination, text, sizeof text));
        break;
    default:
        json_number(j, key, rs_field_value(f, header));
        break;
    }
}

// What lies beyond the bytes that are there is left out.
static void fields(struct json *j, const struct rs_field *list, size_t count, const uint8_t *header, size_t there,
                   const struct rs_packet *packet) {
    for (size_t i = 0; i < count; i++) {
        size_t last_row = (size_t)(list[i].bit_offset + list[i].bits - 1u) / 32;
        if ((last_row + 1) * 4 <= there)
            field(j, &list[i], header, packet);
    }
}

static void extensions(struct json *j, const struct layout *l) {
    struct rs_extension extension;
    size_t offset = 0;
    bool malformed = false;
    json_array(j, "extension_headers");
    if (l->ip_there > RS_IPV6_HEADER_BYTES) {
        const uint8_t *first = l->ip + RS_IPV6_HEADER_BYTES;
        uint8_t next = l->ip[IPV6_NEXT_HEADER];
        while (rs_extension_next(first, l->ip_there - RS_IPV6_HEADER_BYTES, &next, &offset, &extension, &malformed)) {
            json_object(j, NULL);
            json_number(j, "kind", extension.kind);
            json_string(j, "name", rs_extension_name(extension.kind));
            json_number(j, "length", extension.size);
            json_object_end(j);
        }
    }
    json_array_end(j);
}

static void ip_header(struct json *j, const struct trace_segment *segment, const struct layout *l) {
    bool ipv6 = segment->packet->source.family == RS_IPV6;
    json_object(j, "ip");
    fields(j, ipv6 ? rs_fields_ipv6 : rs_fields_ipv4, ipv6 ? rs_fields_ipv6_count : rs_fields_ipv4_count, l->ip,
           l->ip_there, segment->packet);
    if (ipv6)
        extensions(j, l);
    json_bool(j, "rebuilt", segment->ip_rebuilt);
    json_hex(j, "hex", l->ip, l->ip_there);
    json_object_end(j);
}

static uint32_t number(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// Blocks are counted from the beginning of the direction that is acknowledged.
static void sack_blocks(struct json *j, const uint8_t *block, size_t count, const struct trace_segment *segment) {
    bool known = !segment->ours || segment->irs_known;
    uint32_t base = segment->ours ? segment->irs : segment->iss;
    json_array(j, "blocks");
    for (; count > 0; count--, block += 8) {
        json_object(j, NULL);
        json_number(j, "left", number(block));
        json_number(j, "right", number(block + 4));
        json_number_or_null(j, "left_relative", known, (uint32_t)(number(block) - base));
        json_number_or_null(j, "right_relative", known, (uint32_t)(number(block + 4) - base));
        json_object_end(j);
    }
    json_array_end(j);
}

static void option_value(struct json *j, const struct rs_option *option, const uint8_t *bytes,
                         const struct trace_segment *segment) {
    switch (option->kind) {
    case RS_OPTION_MSS:
        json_number(j, "mss", (uint32_t)bytes[2] << 8 | bytes[3]);
        break;
    case RS_OPTION_WINDOW_SCALE:
        json_number(j, "shift", bytes[2]);
        break;
    case RS_OPTION_SACK:
        sack_blocks(j, bytes + 2, option->size / 8, segment);
        break;
    case RS_OPTION_TIMESTAMPS:
        json_number(j, "value", number(bytes + 2));
        json_number(j, "echo", number(bytes + 6));
        break;
    default:
        break;
    }
}

static void options(struct json *j, const struct trace_segment *segment, const struct layout *l) {
    size_t size = l->tcp_there > RS_TCP_HEADER_MIN ? l->tcp_there - RS_TCP_HEADER_MIN : 0, offset = 0;
    const uint8_t *area = l->tcp + (size > 0 ? RS_TCP_HEADER_MIN : 0);
    struct rs_option option;
    bool malformed = false;
    json_array(j, "options");
    while (rs_option_next(area, size, &offset, &option, &malformed)) {
        const uint8_t *bytes = area + option.offset;
        bool misshapen = words_option_is_misshapen(&option);
        json_object(j, NULL);
        json_number(j, "kind", bytes[0]);
        json_string(j, "name", json_option_name(option.kind));
        json_number(j, "length", option.size);
        json_bool(j, "misshapen", misshapen);
        if (!misshapen)
            option_value(j, &option, bytes, segment);
        json_hex(j, "hex", bytes, option.size);
        json_object_end(j);
    }
    json_array_end(j);
    json_bool(j, "options_malformed", malformed);
}

void json_headers(struct json *j, const struct trace_segment *segment) {
    const struct layout l = lay_out(segment);
    ip_header(j, segment, &l);
    json_object(j, "tcp");
    fields(j, rs_fields_tcp, rs_fields_tcp_count, l.tcp, l.tcp_there, segment->packet);
    json_hex(j, "hex", l.tcp, l.tcp_there);
    json_object_end(j);
    options(j, segment, &l);
}
