// SPDX-License-Identifier: MIT
//
// What the files of this room know of each other, and nobody else needs.
#ifndef WIRE_INTERNAL_H
#define WIRE_INTERNAL_H

#include "rawshake/checksum.h"
#include "rawshake/ipv4.h"
#include "rawshake/ipv6.h"
#include "rawshake/segment.h"

// As rs_sum_pseudo_header, for any protocol over IP: ICMPv6 has one too (RFC 4443, section 2.3).
uint64_t sum_pseudo_header(const struct rs_endpoint *source, const struct rs_endpoint *destination, uint8_t protocol,
                           size_t bytes, rs_word_visit *visit, void *self);

// As rs_segment_build, with the ports of the endpoints instead of the segment's.
size_t segment_build(const struct rs_segment *segment, const struct rs_endpoint *source,
                     const struct rs_endpoint *destination, uint8_t *out, size_t room);

// Reads the header that stands at the beginning of size bytes, and holds nothing against how many there are: lengths
// and IPv4's checksum are the caller's. Returns RS_WIRE_OK, _SHORT_IP, and _NOT_IPV4, _BAD_IHL or _NOT_IPV6.
enum rs_wire_error ipv4_read(const uint8_t *bytes, size_t size, struct rs_ipv4 *out);
enum rs_wire_error ipv6_read(const uint8_t *bytes, size_t size, struct rs_ipv6 *out);

// As rs_segment_parse, of a segment of `size` bytes of which only the first `there` are there; there <= size.
enum rs_wire_error segment_read(const uint8_t *bytes, size_t there, size_t size, struct rs_segment *out);

// Walks the extension headers of the IPv6 packet whose header was read into *ip, out of size bytes after that header;
// sets extension_bytes, next_header and fragment. Returns RS_WIRE_OK or _BAD_EXTENSION.
enum rs_wire_error ipv6_walk(const uint8_t *bytes, size_t size, struct rs_ipv6 *ip);

#endif
