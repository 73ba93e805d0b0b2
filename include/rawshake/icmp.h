// SPDX-License-Identifier: MIT
//
// An ICMP (RFC 792) or ICMPv6 (RFC 4443) error, and the beginning of the packet that it complains about.
#ifndef RAWSHAKE_ICMP_H
#define RAWSHAKE_ICMP_H

#include "segment.h"

#ifdef __cplusplus
extern "C" {
#endif

// The errors that a TCP may get.
enum rs_icmp_type {
    RS_ICMP_UNREACHABLE = 3,
    RS_ICMP_SOURCE_QUENCH = 4,
    RS_ICMP_TIME_EXCEEDED = 11,
    RS_ICMP_PARAMETER = 12,
    RS_ICMP6_UNREACHABLE = 1,
    RS_ICMP6_TOO_BIG = 2,
    RS_ICMP6_TIME_EXCEEDED = 3,
    RS_ICMP6_PARAMETER = 4
};

// type and code mean what the family's RFC says. A quote holds at least the ports and the sequence number of the
// packet that was sent: its first eight bytes (RFC 792).
struct rs_icmp {
    enum rs_family family;
    uint8_t type, code;
    uint32_t mtu;                           // "fragmentation needed" and "too big": the next hop's; 0: it does not say
    struct rs_endpoint reporter;            // who says so; no port
    struct rs_endpoint source, destination; // of the quoted packet, with its ports
    uint32_t seq;                           // of the quoted segment
};

// Reads a whole IP packet that holds an ICMP error about a TCP segment. Verifies lengths and the ICMP checksum (for
// IPv6 over its pseudo-header); the quoted packet's own lengths and checksum are not, as most quotes are cut. Returns
// RS_WIRE_OK, an error of the IP header, _FRAGMENT, _NOT_ICMP (another protocol, not an error, or a quote of something
// that is not TCP), _SHORT_ICMP, _BAD_ICMP_CHECKSUM or _BAD_QUOTE. On an error what was read before it is in *out, the
// rest is zero.
enum rs_wire_error rs_icmp_parse(const uint8_t *bytes, size_t size, struct rs_icmp *out);

// "host unreachable": the name of this type and code. Never NULL.
const char *rs_icmp_name(const struct rs_icmp *icmp);

#ifdef __cplusplus
}
#endif

#endif
