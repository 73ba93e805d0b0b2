// SPDX-License-Identifier: MIT
//
// The IPv4 header as numbers (RFC 791, section 3.1), in host order.
#ifndef RAWSHAKE_IPV4_H
#define RAWSHAKE_IPV4_H

#include "segment.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RS_IPV4_HEADER_MIN = 20, RS_IPV4_HEADER_MAX = 60 };

struct rs_ipv4 {
    uint8_t header_bytes; // 20 to 60
    uint8_t tos;          // DSCP (6 bits) and ECN (2 bits)
    uint16_t total_bytes; // header and all that follows
    uint16_t id;
    bool dont_fragment, more_fragments;
    uint16_t fragment_offset; // in units of 8 bytes
    uint8_t ttl, protocol;
    uint16_t checksum;
    uint8_t source[4], destination[4];
};

// Reads and checks an IPv4 header at the start of size bytes. Returns RS_WIRE_OK, or _SHORT_IP, _NOT_IPV4, _BAD_IHL,
// _BAD_TOTAL_LENGTH or _BAD_IP_CHECKSUM. total_bytes is never more than size afterwards.
enum rs_wire_error rs_ipv4_parse(const uint8_t *bytes, size_t size, struct rs_ipv4 *out);

// Writes a 20-byte header with its checksum; header_bytes and checksum of *ip are ignored. out has 20 bytes.
void rs_ipv4_build(const struct rs_ipv4 *ip, uint8_t *out);

#ifdef __cplusplus
}
#endif

#endif
