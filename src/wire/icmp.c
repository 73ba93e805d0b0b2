// SPDX-License-Identifier: MIT
//
// ICMP errors (RFC 792, RFC 4443): what somebody on the way, or at the end of it, says about a packet of ours. Anybody
// can forge one; whether it is believed is the engine's affair (RFC 5927). Called by the session and the engine.
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +---------------+---------------+-------------------------------+
//  0 |     Type      |     Code      |           Checksum            |
//    +---------------+---------------+-------------------------------+
//  4 | unused, but for the next hop's MTU: here in ICMPv6, there -->  |  and from byte 6 on in ICMP (RFC 1191)
//    +---------------------------------------------------------------+
//  8 |  The packet that it is about: IP header, and what there is of |
//    |  its payload, 8 bytes at least: the ports and the sequence    |
//    |  number of TCP                                                |
#include "rawshake/icmp.h"

#include <string.h>

#include "bytes.h"
#include "internal.h"
#include "rawshake/packet.h"

enum { TYPE = 0, CODE = 1, MTU_16 = 6, MTU_32 = 4, QUOTE = 8, HEADER_BYTES = 8 };

enum { FRAGMENTATION_NEEDED = 4 }; // a code of RS_ICMP_UNREACHABLE

enum { TCP_SOURCE_PORT = 0, TCP_DESTINATION_PORT = 2, TCP_SEQ = 4, TCP_QUOTED_MIN = 8 };

static void set_address(struct rs_endpoint *e, enum rs_family family, const uint8_t *addr) {
    e->family = family;
    memcpy(e->addr, addr, rs_address_bytes(family));
}

// Finds the ICMP message in its packet and says who sent it. RS_WIRE_NOT_ICMP for other protocols.
static enum rs_wire_error open_ipv4(const uint8_t *bytes, size_t size, struct rs_icmp *out, struct rs_span *message) {
    struct rs_ipv4 ip;
    enum rs_wire_error error = rs_ipv4_parse(bytes, size, &ip);
    if (error != RS_WIRE_OK)
        return error;
    if (ip.fragment_offset != 0 || ip.more_fragments)
        return RS_WIRE_FRAGMENT;
    set_address(&out->reporter, RS_IPV4, ip.source);
    *message = (struct rs_span){bytes + ip.header_bytes, (size_t)(ip.total_bytes - ip.header_bytes)};
    if (ip.protocol != RS_PROTOCOL_ICMP)
        return RS_WIRE_NOT_ICMP;
    if (message->size < HEADER_BYTES)
        return RS_WIRE_SHORT_ICMP;
    uint16_t sum = rs_sum_fold(rs_sum(0, message->bytes, message->size, NULL, NULL));
    return sum == 0xffff ? RS_WIRE_OK : RS_WIRE_BAD_ICMP_CHECKSUM;
}

static enum rs_wire_error open_ipv6(const uint8_t *bytes, size_t size, struct rs_icmp *out, struct rs_span *message) {
    struct rs_ipv6 ip;
    enum rs_wire_error error = rs_ipv6_parse(bytes, size, &ip);
    if (error != RS_WIRE_OK)
        return error;
    if (ip.fragment)
        return RS_WIRE_FRAGMENT;
    struct rs_endpoint destination = {.family = RS_IPV6};
    set_address(&out->reporter, RS_IPV6, ip.source);
    set_address(&destination, RS_IPV6, ip.destination);
    *message = (struct rs_span){bytes + RS_IPV6_HEADER_BYTES + ip.extension_bytes,
                                (size_t)(ip.payload_bytes - ip.extension_bytes)};
    if (ip.next_header != RS_PROTOCOL_ICMP6)
        return RS_WIRE_NOT_ICMP;
    if (message->size < HEADER_BYTES)
        return RS_WIRE_SHORT_ICMP;
    uint64_t sum = sum_pseudo_header(&out->reporter, &destination, RS_PROTOCOL_ICMP6, message->size, NULL, NULL);
    sum = rs_sum(sum, message->bytes, message->size, NULL, NULL);
    return rs_sum_fold(sum) == 0xffff ? RS_WIRE_OK : RS_WIRE_BAD_ICMP_CHECKSUM;
}

// Step over the quoted packet's IP header and say whose packet it was. Its lengths tell of the packet as it was, not of
// what is quoted of it, and routers have changed it on the way: neither they nor its checksum are held against it.
static enum rs_wire_error quoted_ipv4(const struct rs_span *quote, struct rs_icmp *out, struct rs_span *tcp) {
    struct rs_ipv4 ip;
    enum rs_wire_error error = rs_ipv4_parse(quote->bytes, quote->size, &ip);
    if (error == RS_WIRE_SHORT_IP || error == RS_WIRE_NOT_IPV4 || error == RS_WIRE_BAD_IHL)
        return RS_WIRE_BAD_QUOTE;
    if (ip.protocol != RS_PROTOCOL_TCP)
        return RS_WIRE_NOT_ICMP;
    if (ip.fragment_offset != 0) // a later piece: it has no ports
        return RS_WIRE_BAD_QUOTE;
    set_address(&out->source, RS_IPV4, ip.source);
    set_address(&out->destination, RS_IPV4, ip.destination);
    *tcp = (struct rs_span){quote->bytes + ip.header_bytes, quote->size - ip.header_bytes};
    return RS_WIRE_OK;
}

static enum rs_wire_error quoted_ipv6(const struct rs_span *quote, struct rs_icmp *out, struct rs_span *tcp) {
    struct rs_ipv6 ip;
    enum rs_wire_error error = rs_ipv6_parse(quote->bytes, quote->size, &ip);
    if (error == RS_WIRE_BAD_TOTAL_LENGTH) // cut, as most quotes are; the extension headers are still to be walked
        error = ipv6_walk(quote->bytes + RS_IPV6_HEADER_BYTES, quote->size - RS_IPV6_HEADER_BYTES, &ip);
    if (error != RS_WIRE_OK)
        return RS_WIRE_BAD_QUOTE;
    if (ip.next_header != RS_PROTOCOL_TCP) // also a later piece of a fragmented packet
        return RS_WIRE_NOT_ICMP;
    set_address(&out->source, RS_IPV6, ip.source);
    set_address(&out->destination, RS_IPV6, ip.destination);
    size_t header_bytes = (size_t)RS_IPV6_HEADER_BYTES + ip.extension_bytes;
    *tcp = (struct rs_span){quote->bytes + header_bytes, quote->size - header_bytes};
    return RS_WIRE_OK;
}

static bool is_error(enum rs_family family, uint8_t type) {
    if (family == RS_IPV6) // the error messages are those below 128 (RFC 4443, section 2.1); four are defined
        return type >= RS_ICMP6_UNREACHABLE && type <= RS_ICMP6_PARAMETER;
    return type == RS_ICMP_UNREACHABLE || type == RS_ICMP_SOURCE_QUENCH || type == RS_ICMP_TIME_EXCEEDED ||
           type == RS_ICMP_PARAMETER;
}

static uint32_t mtu(const struct rs_icmp *icmp, const uint8_t *message) {
    if (icmp->family == RS_IPV6)
        return icmp->type == RS_ICMP6_TOO_BIG ? get_be32(message + MTU_32) : 0; // RFC 4443, section 3.2
    bool needed = icmp->type == RS_ICMP_UNREACHABLE && icmp->code == FRAGMENTATION_NEEDED;
    return needed ? get_be16(message + MTU_16) : 0; // RFC 1191, section 4
}

enum rs_wire_error rs_icmp_parse(const uint8_t *bytes, size_t size, struct rs_icmp *out) {
    bool ipv6 = size > 0 && bytes[0] >> 4 == 6;
    struct rs_span message = {NULL, 0}, tcp = {NULL, 0};
    *out = (struct rs_icmp){.family = ipv6 ? RS_IPV6 : RS_IPV4};
    enum rs_wire_error error = ipv6 ? open_ipv6(bytes, size, out, &message) : open_ipv4(bytes, size, out, &message);
    if (error != RS_WIRE_OK)
        return error;
    out->type = message.bytes[TYPE];
    out->code = message.bytes[CODE];
    if (!is_error(out->family, out->type))
        return RS_WIRE_NOT_ICMP;
    out->mtu = mtu(out, message.bytes);
    struct rs_span quote = {message.bytes + QUOTE, message.size - QUOTE};
    error = ipv6 ? quoted_ipv6(&quote, out, &tcp) : quoted_ipv4(&quote, out, &tcp);
    if (error != RS_WIRE_OK)
        return error;
    if (tcp.size < TCP_QUOTED_MIN)
        return RS_WIRE_BAD_QUOTE;
    out->source.port = get_be16(tcp.bytes + TCP_SOURCE_PORT);
    out->destination.port = get_be16(tcp.bytes + TCP_DESTINATION_PORT);
    out->seq = get_be32(tcp.bytes + TCP_SEQ);
    return RS_WIRE_OK;
}
