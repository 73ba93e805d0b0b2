// SPDX-License-Identifier: MIT
//
// The IPv4 header (RFC 791, section 3.1): bytes to numbers and back. Called by packet.c.
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-------+-------+---------------+-------------------------------+
//  0 |Version|  IHL  | DSCP and ECN  |         Total Length          |
//    +-------+-------+---------------+-----+-------------------------+
//  4 |        Identification         |Flags|     Fragment Offset     |
//    +---------------+---------------+-----+-------------------------+
//  8 |  Time to Live |    Protocol   |        Header Checksum        |
//    +---------------+---------------+-------------------------------+
// 12 |                        Source Address                         |
//    +---------------------------------------------------------------+
// 16 |                      Destination Address                      |
//    +---------------------------------------------------------------+
#include "rawshake/ipv4.h"

#include <string.h>

#include "bytes.h"
#include "internal.h"
#include "rawshake/checksum.h"

enum {
    VERSION_IHL = 0,
    TOS = 1,
    TOTAL_LENGTH = 2,
    ID = 4,
    FRAGMENT = 6, // three flags and thirteen bits of offset
    TTL = 8,
    PROTOCOL = 9,
    CHECKSUM = 10,
    SOURCE = 12,
    DESTINATION = 16
};

enum { DONT_FRAGMENT = 0x4000, MORE_FRAGMENTS = 0x2000, OFFSET_BITS = 0x1fff };

enum rs_wire_error ipv4_read(const uint8_t *bytes, size_t size, struct rs_ipv4 *out) {
    if (size < RS_IPV4_HEADER_MIN) {
        *out = (struct rs_ipv4){0};
        return RS_WIRE_SHORT_IP;
    }
    uint16_t fragment = get_be16(bytes + FRAGMENT);
    *out = (struct rs_ipv4){
        .header_bytes = (uint8_t)((bytes[VERSION_IHL] & 0x0f) * 4),
        .tos = bytes[TOS],
        .total_bytes = get_be16(bytes + TOTAL_LENGTH),
        .id = get_be16(bytes + ID),
        .dont_fragment = fragment & DONT_FRAGMENT,
        .more_fragments = fragment & MORE_FRAGMENTS,
        .fragment_offset = fragment & OFFSET_BITS,
        .ttl = bytes[TTL],
        .protocol = bytes[PROTOCOL],
        .checksum = get_be16(bytes + CHECKSUM),
    };
    memcpy(out->source, bytes + SOURCE, 4);
    memcpy(out->destination, bytes + DESTINATION, 4);
    if (bytes[VERSION_IHL] >> 4 != 4)
        return RS_WIRE_NOT_IPV4;
    return out->header_bytes < RS_IPV4_HEADER_MIN ? RS_WIRE_BAD_IHL : RS_WIRE_OK;
}

enum rs_wire_error rs_ipv4_parse(const uint8_t *bytes, size_t size, struct rs_ipv4 *out) {
    enum rs_wire_error error = ipv4_read(bytes, size, out);
    if (error != RS_WIRE_OK)
        return error;
    if (out->header_bytes > size)
        return RS_WIRE_BAD_IHL;
    if (out->total_bytes < out->header_bytes || out->total_bytes > size)
        return RS_WIRE_BAD_TOTAL_LENGTH;
    if (rs_sum_fold(rs_sum(0, bytes, out->header_bytes, NULL, NULL)) != 0xffff)
        return RS_WIRE_BAD_IP_CHECKSUM;
    return RS_WIRE_OK;
}

void rs_ipv4_build(const struct rs_ipv4 *ip, uint8_t *out) {
    uint16_t fragment = ip->fragment_offset & OFFSET_BITS;
    if (ip->dont_fragment)
        fragment |= DONT_FRAGMENT;
    if (ip->more_fragments)
        fragment |= MORE_FRAGMENTS;
    out[VERSION_IHL] = 0x45; // version 4, five words of four bytes
    out[TOS] = ip->tos;
    put_be16(out + TOTAL_LENGTH, ip->total_bytes);
    put_be16(out + ID, ip->id);
    put_be16(out + FRAGMENT, fragment);
    out[TTL] = ip->ttl;
    out[PROTOCOL] = ip->protocol;
    put_be16(out + CHECKSUM, 0);
    memcpy(out + SOURCE, ip->source, 4);
    memcpy(out + DESTINATION, ip->destination, 4);
    put_be16(out + CHECKSUM, (uint16_t)~rs_sum_fold(rs_sum(0, out, RS_IPV4_HEADER_MIN, NULL, NULL)));
}
