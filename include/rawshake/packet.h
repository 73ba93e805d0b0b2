// SPDX-License-Identifier: MIT
//
// An IP packet of either family with a TCP segment in it: what goes to the wire, and comes from it.
#ifndef RAWSHAKE_PACKET_H
#define RAWSHAKE_PACKET_H

#include "checksum.h"
#include "ipv4.h"
#include "ipv6.h"
#include "segment.h"

#ifdef __cplusplus
extern "C" {
#endif

// The largest packet of IPv4, and of IPv6, whose length does not count its header (RFC 8200, section 3).
enum { RS_PACKET_MAX = 65535, RS_IPV6_PACKET_MAX = RS_IPV6_HEADER_BYTES + 65535 };
enum { RS_PROTOCOL_ICMP = 1, RS_PROTOCOL_TCP = 6, RS_PROTOCOL_ICMP6 = 58 };

// source.family tells which of ip and ip6 is meant; the other is zero after parsing.
struct rs_packet {
    struct rs_endpoint source, destination;
    struct rs_ipv4 ip;
    struct rs_ipv6 ip6;
    struct rs_segment segment;
    enum rs_checksum tcp_checksum; // what verifying it gave; parsing only
};

// Reads IP, by the version in its first byte (6, or else it is read as IPv4), and TCP. On success the payload points
// into bytes, which must outlive *out. On an error everything that could still be read is in *out and the rest is zero;
// with RS_WIRE_BAD_TCP_CHECKSUM that is all of it.
enum rs_wire_error rs_packet_parse(const uint8_t *bytes, size_t size, struct rs_packet *out);

// The same for whoever has perhaps only the first `size` bytes of a packet, as captures do: lengths are held against
// what IP says, not against what is there. The payload has as much as is there; *data_bytes is how many bytes of data
// the segment has. Options that are cut short are read as far as they go. A header that is cut short is an error all
// the same. Where IP says 0, as in what a network card is still to cut into segments, the packet is as long as what is
// there. No checksum is verified: tcp_checksum is RS_CHECKSUM_GOOD, and means nothing.
enum rs_wire_error rs_packet_parse_headers(const uint8_t *bytes, size_t size, struct rs_packet *out,
                                           size_t *data_bytes);

// Builds the whole packet from source, destination, segment and, of the IP header that source.family means: tos, id,
// dont_fragment and ttl, or traffic_class, flow_label and hop_limit. Returns its bytes, or 0 if it does not fit in room
// or in what IP's length can tell: RS_PACKET_MAX or RS_IPV6_PACKET_MAX.
size_t rs_packet_build(const struct rs_packet *packet, uint8_t *out, size_t room);

// Bytes of the IP header that stand before the TCP header, with IPv4's options or IPv6's extension headers: as parsed,
// or 20 or 40 for a packet that was filled in to be built.
size_t rs_packet_ip_bytes(const struct rs_packet *packet);

#ifdef __cplusplus
}
#endif

#endif
