// SPDX-License-Identifier: MIT
//
// The IPv6 header as numbers (RFC 8200, section 3), in host order.
#ifndef RAWSHAKE_IPV6_H
#define RAWSHAKE_IPV6_H

#include "segment.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RS_IPV6_HEADER_BYTES = 40 };

struct rs_ipv6 {
    uint8_t traffic_class;    // DSCP (6 bits) and ECN (2 bits), as IPv4's tos
    uint32_t flow_label;      // 20 bits
    uint16_t payload_bytes;   // all that follows the header, extension headers included
    uint8_t next_header;      // of the last extension header, or of the header itself: what the payload is; 44 where
                              // the payload is a later piece of a larger packet
    uint8_t hop_limit;        // as IPv4's ttl
    uint16_t extension_bytes; // extension headers between the header and the payload; parsing only
    bool fragment;            // one of them says that this is a piece of a larger packet; parsing only
    uint8_t source[16], destination[16];
};

// Reads and checks an IPv6 header at the start of size bytes, and walks over hop-by-hop, routing, destination and
// fragment headers (RFC 8200, section 4); a fragment header of offset 0 with nothing to follow makes no fragment (RFC
// 6946). Returns RS_WIRE_OK, or _SHORT_IP, _NOT_IPV6, _BAD_TOTAL_LENGTH or _BAD_EXTENSION; on an error what could be
// read is in *out. On success 40 + payload_bytes is never more than size, nor extension_bytes more than payload_bytes.
enum rs_wire_error rs_ipv6_parse(const uint8_t *bytes, size_t size, struct rs_ipv6 *out);

// One extension header as it stands behind the IPv6 header.
struct rs_extension {
    uint8_t kind;        // 0 hop-by-hop options, 43 routing, 44 fragment, 60 destination options
    size_t offset, size; // in bytes, from the end of the IPv6 header
};

// Walks the extension headers in the size bytes behind an IPv6 header. *next_header is the kind to look for, to begin
// with that header's own field, and *offset where to look, to begin with 0; both are moved past what was found. Returns
// false at the end of the extension headers, and also where one is cut short, then *malformed is set.
bool rs_extension_next(const uint8_t *bytes, size_t size, uint8_t *next_header, size_t *offset,
                       struct rs_extension *out, bool *malformed);

// "Hop-by-Hop Options": the name of an extension header of this kind. Never NULL.
const char *rs_extension_name(uint8_t kind);

// Writes a 40-byte header; extension_bytes and fragment of *ip are ignored. out has 40 bytes.
void rs_ipv6_build(const struct rs_ipv6 *ip, uint8_t *out);

#ifdef __cplusplus
}
#endif

#endif
