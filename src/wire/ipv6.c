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

enum rs_wire_error ipv6_walk(const uint8_t *bytes, size_t size, struct rs_ipv6 *ip) {
    size_t at = 0;
    for (bool first = true;; first = false) {
        uint8_t kind = ip->next_header;
        bool known = kind == ROUTING || kind == FRAGMENT || kind == DESTINATION_OPTIONS ||
                     (kind == HOP_BY_HOP && first); // anywhere else it is no header (section 4)
        if (!known)
            return RS_WIRE_OK;
        if (size - at < EXTENSION_MIN)
            return RS_WIRE_BAD_EXTENSION;
        size_t length = EXTENSION_MIN; // a fragment header's (section 4.5)
        if (kind != FRAGMENT)
            length += (size_t)bytes[at + EXTENSION_LENGTH] * 8;
        if (length > size - at)
            return RS_WIRE_BAD_EXTENSION;
        uint16_t word = kind == FRAGMENT ? get_be16(bytes + at + FRAGMENT_WORD) : 0;
        ip->fragment = ip->fragment || word & (OFFSET_BITS | MORE_FRAGMENTS); // neither: a whole packet (RFC 6946)
        if (word & OFFSET_BITS)
            return RS_WIRE_OK; // what follows is the middle of something
        ip->next_header = bytes[at + EXTENSION_NEXT];
        at += length;
        ip->extension_bytes = (uint16_t)at;
    }
}

enum rs_wire_error rs_ipv6_parse(const uint8_t *bytes, size_t size, struct rs_ipv6 *out) {
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
    if (first >> 28 != 6)
        return RS_WIRE_NOT_IPV6;
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
