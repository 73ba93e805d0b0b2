// SPDX-License-Identifier: MIT
//
// The IPv6 header (RFC 8200, section 3): bytes to numbers and back, and the walk over extension headers. It has no
// checksum: the ones above it cover the addresses. Called by packet.c and icmp.c.
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-------+---------------+---------------------------------------+
//  0 |Version| DSCP and ECN  |              Flow Label               |
//    +-------+---------------+-------+---------------+---------------+
//  4 |        Payload Length         |  Next Header  |   Hop Limit   |
//    +-------------------------------+---------------+---------------+
//  8 |                                                               |
//    |                        Source Address                         |
//    |                           (16 bytes)                          |
//    |                                                               |
//    +---------------------------------------------------------------+
// 24 |                                                               |
//    |                      Destination Address                      |
//    |                           (16 bytes)                          |
//    |                                                               |
//    +---------------------------------------------------------------+
#include "rawshake/ipv6.h"

#include <string.h>

#include "bytes.h"
#include "internal.h"

enum { VERSION_CLASS_FLOW = 0, PAYLOAD_LENGTH = 4, NEXT_HEADER = 6, HOP_LIMIT = 7, SOURCE = 8, DESTINATION = 24 };

// An extension header begins with what follows it, and its length in units of 8 bytes, the first 8 not counted.
enum { EXTENSION_NEXT = 0, EXTENSION_LENGTH = 1, EXTENSION_MIN = 8, FRAGMENT_WORD = 2 };

enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION_OPTIONS = 60 };

enum { OFFSET_BITS = 0xfff8, MORE_FRAGMENTS = 0x0001 };

bool rs_extension_next(const uint8_t *bytes, size_t size, uint8_t *next_header, size_t *offset,
                       struct rs_extension *out, bool *malformed) {
    uint8_t kind = *next_header;
    size_t at = *offset, length = EXTENSION_MIN; // a fragment header's (section 4.5)
    if (kind != ROUTING && kind != FRAGMENT && kind != DESTINATION_OPTIONS &&
        !(kind == HOP_BY_HOP && at == 0)) // which is no header anywhere else (section 4)
        return false;
    bool whole = size - at >= EXTENSION_MIN;
    if (whole && kind != FRAGMENT)
        length += (size_t)bytes[at + EXTENSION_LENGTH] * 8;
    if (!whole || length > size - at) {
        *malformed = true;
        return false;
    }
    *out = (struct rs_extension){kind, at, length};
    *next_header = bytes[at + EXTENSION_NEXT];
    *offset = at + length;
    return true;
}

const char *rs_extension_name(uint8_t kind) {
    switch (kind) {
    case HOP_BY_HOP:
        return "Hop-by-Hop Options";
    case ROUTING:
        return "Routing Header";
    case FRAGMENT:
        return "Fragment Header";
    case DESTINATION_OPTIONS:
        return "Destination Options";
    default:
        return "unknown header";
    }
}

enum rs_wire_error ipv6_walk(const uint8_t *bytes, size_t size, struct rs_ipv6 *ip) {
    struct rs_extension extension;
    uint8_t next = ip->next_header;
    size_t offset = 0;
    bool malformed = false;
    while (rs_extension_next(bytes, size, &next, &offset, &extension, &malformed)) {
        uint16_t word = extension.kind == FRAGMENT ? get_be16(bytes + extension.offset + FRAGMENT_WORD) : 0;
        // An offset, or more to come: a piece. Neither: a whole packet, whatever stands there (RFC 6946).
        ip->fragment = ip->fragment || word & (OFFSET_BITS | MORE_FRAGMENTS);
        if (word & OFFSET_BITS)
            break; // what follows is the middle of something, not what this header calls it
        ip->next_header = next;
        ip->extension_bytes = (uint16_t)offset;
    }
    if (malformed)
        return RS_WIRE_BAD_EXTENSION;
    return RS_WIRE_OK;
}

enum rs_wire_error ipv6_read(const uint8_t *bytes, size_t size, struct rs_ipv6 *out) {
    *out = (struct rs_ipv6){0};
    if (size < RS_IPV6_HEADER_BYTES)
        return RS_WIRE_SHORT_IP;
    uint32_t first = get_be32(bytes + VERSION_CLASS_FLOW);
    out->traffic_class = (uint8_t)(first >> 20);
    out->flow_label = first & 0xfffff;
    out->payload_bytes = get_be16(bytes + PAYLOAD_LENGTH);
    out->next_header = bytes[NEXT_HEADER];
    out->hop_limit = bytes[HOP_LIMIT];
    memcpy(out->source, bytes + SOURCE, 16);
    memcpy(out->destination, bytes + DESTINATION, 16);
    return first >> 28 != 6 ? RS_WIRE_NOT_IPV6 : RS_WIRE_OK;
}

enum rs_wire_error rs_ipv6_parse(const uint8_t *bytes, size_t size, struct rs_ipv6 *out) {
    enum rs_wire_error error = ipv6_read(bytes, size, out);
    if (error != RS_WIRE_OK)
        return error;
    if (out->payload_bytes > size - RS_IPV6_HEADER_BYTES)
        return RS_WIRE_BAD_TOTAL_LENGTH;
    return ipv6_walk(bytes + RS_IPV6_HEADER_BYTES, out->payload_bytes, out);
}

void rs_ipv6_build(const struct rs_ipv6 *ip, uint8_t *out) {
    put_be32(out + VERSION_CLASS_FLOW,
             UINT32_C(6) << 28 | (uint32_t)ip->traffic_class << 20 | (ip->flow_label & 0xfffff));
    put_be16(out + PAYLOAD_LENGTH, ip->payload_bytes);
    out[NEXT_HEADER] = ip->next_header;
    out[HOP_LIMIT] = ip->hop_limit;
    memcpy(out + SOURCE, ip->source, 16);
    memcpy(out + DESTINATION, ip->destination, 16);
}
