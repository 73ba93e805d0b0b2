// SPDX-License-Identifier: MIT
//
// The errors of icmp.h (RFC 792, RFC 1191, RFC 4443).
#include "icmp.h"

#include <string.h>

#include "rawshake/packet.h"

enum { TYPE = 0, CODE = 1, CHECKSUM = 2, MTU = 4, QUOTE = 8, QUOTE_MAX = 68, FRAGMENTATION_NEEDED = 4 };

struct rs_icmp icmp_too_big(enum rs_family family, uint32_t mtu) {
    if (family == RS_IPV6)
        return (struct rs_icmp){.family = family, .type = RS_ICMP6_TOO_BIG, .mtu = mtu};
    return (struct rs_icmp){.family = family, .type = RS_ICMP_UNREACHABLE, .code = FRAGMENTATION_NEEDED, .mtu = mtu};
}

static void put_be16(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

// ICMPv6 is summed with a pseudo-header (RFC 8200, section 8.1), ICMP without.
static void put_checksum(uint8_t *message, size_t size, const struct rs_ipv6 *ip6) {
    uint64_t sum = 0;
    if (ip6) {
        sum = rs_sum(sum, ip6->source, sizeof ip6->source, NULL, NULL);
        sum = rs_sum(sum, ip6->destination, sizeof ip6->destination, NULL, NULL) + size + RS_PROTOCOL_ICMP6;
    }
    put_be16(message + CHECKSUM, 0);
    sum = rs_sum(sum, message, size, NULL, NULL);
    put_be16(message + CHECKSUM, (uint16_t)~rs_sum_fold(sum));
}

size_t icmp_build(const struct rs_icmp *error, const struct rs_endpoint *about, const uint8_t *quote, size_t size,
                  uint8_t *out) {
    bool ipv6 = error->family == RS_IPV6;
    size_t header = ipv6 ? RS_IPV6_HEADER_BYTES : RS_IPV4_HEADER_MIN;
    size_t quoted = size < QUOTE_MAX ? size : QUOTE_MAX, bytes = QUOTE + quoted;
    struct rs_ipv4 ip = {.ttl = 64, .protocol = RS_PROTOCOL_ICMP, .source = {198, 51, 100, 1}};
    struct rs_ipv6 ip6 = {.next_header = RS_PROTOCOL_ICMP6, .hop_limit = 64, .source = {0x20, 0x01, 0x0d, 0xb8, 1}};
    uint8_t *message = out + header;
    message[TYPE] = error->type;
    message[CODE] = error->code;
    put_be16(message + MTU, ipv6 ? error->mtu >> 16 : 0);
    put_be16(message + MTU + 2, error->mtu);
    memcpy(message + QUOTE, quote, quoted);
    ip.total_bytes = (uint16_t)(header + bytes);
    ip6.payload_bytes = (uint16_t)bytes;
    memcpy(ip.destination, about->addr, sizeof ip.destination);
    memcpy(ip6.destination, about->addr, sizeof ip6.destination);
    put_checksum(message, bytes, ipv6 ? &ip6 : NULL);
    if (ipv6)
        rs_ipv6_build(&ip6, out);
    else
        rs_ipv4_build(&ip, out);
    return header + bytes;
}
