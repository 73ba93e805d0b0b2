// SPDX-License-Identifier: MIT
//
// The TCP header (RFC 9293, section 3.1): bytes to numbers and back. This is where a SYN becomes bytes.
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-------------------------------+-------------------------------+
//  0 |          Source Port          |       Destination Port        |
//    +-------------------------------+-------------------------------+
//  4 |                        Sequence Number                        |
//    +---------------------------------------------------------------+
//  8 |                    Acknowledgment Number                      |
//    +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
// 12 | Data  |       |C|E|U|A|P|R|S|F|                               |
//    | Offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |
//    |       |       |R|E|G|K|H|T|N|N|                               |
//    +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
// 16 |           Checksum            |         Urgent Pointer        |
//    +-------------------------------+-------------------------------+
// 20 |                     Options, then the data                    |
//
// Called by packet.c, and through it by the session for every segment that goes out or comes in.
#include "rawshake/segment.h"

#include <string.h>

#include "bytes.h"
#include "internal.h"
#include "options.h"

enum {
    SOURCE_PORT = 0,
    DESTINATION_PORT = 2,
    SEQ = 4,
    ACK = 8,
    DATA_OFFSET = 12, // high four bits, in units of four bytes
    FLAGS = 13,
    WINDOW = 14,
    CHECKSUM = 16,
    URGENT = 18,
    OPTIONS = 20
};

size_t rs_segment_data_bytes(const struct rs_segment *segment) {
    return segment->payload[0].size + segment->payload[1].size;
}

uint32_t rs_segment_length(const struct rs_segment *segment) {
    uint32_t length = (uint32_t)rs_segment_data_bytes(segment);
    if (segment->flags & RS_SYN)
        length++;
    if (segment->flags & RS_FIN)
        length++;
    return length;
}

const char *rs_wire_error_text(enum rs_wire_error error) {
    static const char *const texts[] = {
        [RS_WIRE_OK] = "nothing is wrong with it",
        [RS_WIRE_SHORT_IP] = "the IP header is cut short",
        [RS_WIRE_NOT_IPV4] = "it is not IPv4",
        [RS_WIRE_BAD_IHL] = "its IP header length cannot be",
        [RS_WIRE_BAD_TOTAL_LENGTH] = "its IP total length does not fit what arrived",
        [RS_WIRE_BAD_IP_CHECKSUM] = "its IP header checksum is wrong",
        [RS_WIRE_FRAGMENT] = "it is a fragment of a packet",
        [RS_WIRE_NOT_TCP] = "it does not carry TCP",
        [RS_WIRE_SHORT_TCP] = "the TCP header is cut short",
        [RS_WIRE_BAD_DATA_OFFSET] = "its TCP header length cannot be",
        [RS_WIRE_BAD_TCP_CHECKSUM] = "its TCP checksum is wrong",
        [RS_WIRE_NOT_IPV6] = "it is not IPv6",
        [RS_WIRE_BAD_EXTENSION] = "an extension header of it is cut short",
        [RS_WIRE_NOT_ICMP] = "it is no ICMP error about a TCP segment",
        [RS_WIRE_SHORT_ICMP] = "the ICMP message is cut short",
        [RS_WIRE_BAD_ICMP_CHECKSUM] = "its ICMP checksum is wrong",
        [RS_WIRE_BAD_QUOTE] = "the packet that it quotes cannot be read",
        [RS_WIRE_NOT_OURS] = "it belongs to another connection",
    };
    _Static_assert(sizeof texts / sizeof *texts == RS_WIRE_ERRORS, "a text for each error");
    return (unsigned)error < RS_WIRE_ERRORS ? texts[error] : "unknown";
}

enum rs_wire_error segment_read(const uint8_t *bytes, size_t there, size_t size, struct rs_segment *out) {
    if (there < RS_TCP_HEADER_MIN) {
        *out = (struct rs_segment){0};
        return RS_WIRE_SHORT_TCP;
    }
    size_t header_bytes = (size_t)(bytes[DATA_OFFSET] >> 4) * 4;
    out->source_port = get_be16(bytes + SOURCE_PORT);
    out->destination_port = get_be16(bytes + DESTINATION_PORT);
    out->seq = get_be32(bytes + SEQ);
    out->ack = get_be32(bytes + ACK);
    out->header_bytes = (uint8_t)header_bytes;
    out->reserved = bytes[DATA_OFFSET] & 0x0f;
    out->flags = bytes[FLAGS];
    out->window = get_be16(bytes + WINDOW);
    out->checksum = get_be16(bytes + CHECKSUM);
    out->urgent = get_be16(bytes + URGENT);
    bool possible = header_bytes >= RS_TCP_HEADER_MIN && header_bytes <= size;
    size_t header_there = header_bytes < there ? header_bytes : there;
    options_parse(bytes + OPTIONS, possible ? header_there - RS_TCP_HEADER_MIN : 0, &out->options);
    if (header_there < header_bytes)
        out->options.malformed = false; // where the bytes end, an option's length proves nothing
    out->payload[0] = possible ? (struct rs_span){bytes + header_there, there - header_there} : (struct rs_span){0};
    out->payload[1] = (struct rs_span){0};
    return possible ? RS_WIRE_OK : RS_WIRE_BAD_DATA_OFFSET;
}

enum rs_wire_error rs_segment_parse(const uint8_t *bytes, size_t size, struct rs_segment *out) {
    return segment_read(bytes, size, size, out);
}

size_t rs_segment_header_bytes(const struct rs_segment *segment) {
    struct options_plan plan;
    size_t size = options_plan(&segment->options, &plan);
    return RS_TCP_HEADER_MIN + (size == OPTIONS_TOO_LONG ? RS_TCP_OPTIONS_MAX : size);
}

static size_t put_span(uint8_t *out, const struct rs_span *span) {
    if (span->size > 0)
        memcpy(out, span->bytes, span->size);
    return span->size;
}

static size_t build(const struct rs_segment *segment, uint16_t source_port, uint16_t destination_port, uint8_t *out,
                    size_t room) {
    struct options_plan plan;
    size_t options_bytes = options_plan(&segment->options, &plan);
    size_t data_bytes = rs_segment_data_bytes(segment);
    if (options_bytes == OPTIONS_TOO_LONG || room < RS_TCP_HEADER_MIN + options_bytes ||
        room - RS_TCP_HEADER_MIN - options_bytes < data_bytes)
        return 0;
    size_t header_bytes = RS_TCP_HEADER_MIN + options_bytes;
    put_be16(out + SOURCE_PORT, source_port);
    put_be16(out + DESTINATION_PORT, destination_port);
    put_be32(out + SEQ, segment->seq);
    put_be32(out + ACK, segment->ack);
    out[DATA_OFFSET] = (uint8_t)((header_bytes / 4) << 4); // the reserved bits are sent as zero (section 3.1)
    out[FLAGS] = segment->flags;
    put_be16(out + WINDOW, segment->window);
    put_be16(out + CHECKSUM, 0);
    put_be16(out + URGENT, segment->urgent);
    options_build(&segment->options, &plan, out + OPTIONS);
    size_t size = header_bytes + put_span(out + header_bytes, &segment->payload[0]);
    return size + put_span(out + size, &segment->payload[1]);
}

// The checksum comes last, over everything (MUST-2).
static size_t seal(const struct rs_endpoint *source, const struct rs_endpoint *destination, uint8_t *out, size_t size) {
    if (size == 0)
        return 0;
    uint64_t sum = rs_sum_pseudo_header(source, destination, size, NULL, NULL);
    sum = rs_sum_segment(sum, out, size, NULL, NULL);
    put_be16(out + CHECKSUM, (uint16_t)~rs_sum_fold(sum));
    return size;
}

size_t rs_segment_build(const struct rs_segment *segment, const struct rs_endpoint *source,
                        const struct rs_endpoint *destination, uint8_t *out, size_t room) {
    size_t size = build(segment, segment->source_port, segment->destination_port, out, room);
    return seal(source, destination, out, size);
}

size_t segment_build(const struct rs_segment *segment, const struct rs_endpoint *source,
                     const struct rs_endpoint *destination, uint8_t *out, size_t room) {
    return seal(source, destination, out, build(segment, source->port, destination->port, out, room));
}
