// SPDX-License-Identifier: MIT
//
// A whole packet of either family: an IP header, a TCP segment, and the addresses that both need. Called by the
// session, for every packet in either direction.
#include "rawshake/packet.h"

#include <string.h>

#include "internal.h"

enum { VERSION_6 = 6 };

static void set_endpoint(struct rs_endpoint *e, enum rs_family family, const uint8_t *addr) {
    *e = (struct rs_endpoint){.family = family};
    memcpy(e->addr, addr, rs_address_bytes(family));
}

// Both parse the IP header and say where the segment is: its first byte and its size.
static enum rs_wire_error parse_ipv4(const uint8_t *bytes, size_t size, struct rs_packet *out, struct rs_span *tcp) {
    enum rs_wire_error error = rs_ipv4_parse(bytes, size, &out->ip);
    out->ip6 = (struct rs_ipv6){0};
    set_endpoint(&out->source, RS_IPV4, out->ip.source);
    set_endpoint(&out->destination, RS_IPV4, out->ip.destination);
    if (error != RS_WIRE_OK)
        return error;
    if (out->ip.fragment_offset != 0 || out->ip.more_fragments)
        return RS_WIRE_FRAGMENT;
    // The segment ends where IP says, not where the buffer does: a short frame on Ethernet is padded.
    *tcp = (struct rs_span){bytes + out->ip.header_bytes, (size_t)(out->ip.total_bytes - out->ip.header_bytes)};
    return out->ip.protocol == RS_PROTOCOL_TCP ? RS_WIRE_OK : RS_WIRE_NOT_TCP;
}

static enum rs_wire_error parse_ipv6(const uint8_t *bytes, size_t size, struct rs_packet *out, struct rs_span *tcp) {
    enum rs_wire_error error = rs_ipv6_parse(bytes, size, &out->ip6);
    out->ip = (struct rs_ipv4){0};
    set_endpoint(&out->source, RS_IPV6, out->ip6.source);
    set_endpoint(&out->destination, RS_IPV6, out->ip6.destination);
    if (error != RS_WIRE_OK)
        return error;
    if (out->ip6.fragment)
        return RS_WIRE_FRAGMENT;
    *tcp = (struct rs_span){bytes + RS_IPV6_HEADER_BYTES + out->ip6.extension_bytes,
                            (size_t)(out->ip6.payload_bytes - out->ip6.extension_bytes)};
    return out->ip6.next_header == RS_PROTOCOL_TCP ? RS_WIRE_OK : RS_WIRE_NOT_TCP;
}

enum rs_wire_error rs_packet_parse(const uint8_t *bytes, size_t size, struct rs_packet *out) {
    struct rs_span tcp = {NULL, 0};
    bool ipv6 = size > 0 && bytes[0] >> 4 == VERSION_6;
    out->tcp_checksum = RS_CHECKSUM_GOOD; // until there is one
    enum rs_wire_error error = ipv6 ? parse_ipv6(bytes, size, out, &tcp) : parse_ipv4(bytes, size, out, &tcp);
    if (error != RS_WIRE_OK) {
        out->segment = (struct rs_segment){0};
        return error;
    }
    error = rs_segment_parse(tcp.bytes, tcp.size, &out->segment);
    out->source.port = out->segment.source_port;
    out->destination.port = out->segment.destination_port;
    if (error != RS_WIRE_OK)
        return error;
    out->tcp_checksum = rs_checksum_verify(&out->source, &out->destination, tcp.bytes, tcp.size);
    return out->tcp_checksum == RS_CHECKSUM_BAD ? RS_WIRE_BAD_TCP_CHECKSUM : RS_WIRE_OK;
}

// ---- what a capture has kept of a packet

// Where the segment is, how much of it is there, and how large it is.
struct cut {
    struct rs_span there;
    size_t size;
};

static enum rs_wire_error cut_segment(const uint8_t *bytes, size_t there, size_t header, size_t whole,
                                      struct cut *out) {
    if (there < header)
        return RS_WIRE_SHORT_IP;
    out->there = (struct rs_span){bytes + header, (there < whole ? there : whole) - header};
    out->size = whole - header;
    return RS_WIRE_OK;
}

// A length of 0 is what stands in a packet that a network card is still to cut: it is as long as what is there.
static enum rs_wire_error cut_ipv4(const uint8_t *bytes, size_t size, struct rs_packet *out, struct cut *cut) {
    enum rs_wire_error error = ipv4_read(bytes, size, &out->ip);
    out->ip6 = (struct rs_ipv6){0};
    set_endpoint(&out->source, RS_IPV4, out->ip.source);
    set_endpoint(&out->destination, RS_IPV4, out->ip.destination);
    if (error != RS_WIRE_OK)
        return error;
    size_t whole = out->ip.total_bytes == 0 ? size : out->ip.total_bytes;
    if (out->ip.total_bytes != 0 && whole < out->ip.header_bytes)
        return RS_WIRE_BAD_TOTAL_LENGTH;
    if (out->ip.fragment_offset != 0 || out->ip.more_fragments)
        return RS_WIRE_FRAGMENT;
    if (out->ip.protocol != RS_PROTOCOL_TCP)
        return RS_WIRE_NOT_TCP;
    return cut_segment(bytes, size, out->ip.header_bytes, whole, cut);
}

static enum rs_wire_error cut_ipv6(const uint8_t *bytes, size_t size, struct rs_packet *out, struct cut *cut) {
    enum rs_wire_error error = ipv6_read(bytes, size, &out->ip6);
    out->ip = (struct rs_ipv4){0};
    set_endpoint(&out->source, RS_IPV6, out->ip6.source);
    set_endpoint(&out->destination, RS_IPV6, out->ip6.destination);
    if (error != RS_WIRE_OK)
        return error;
    size_t there = size - RS_IPV6_HEADER_BYTES;
    size_t whole = out->ip6.payload_bytes == 0 ? there : out->ip6.payload_bytes;
    size_t walk = there < whole ? there : whole;
    error = ipv6_walk(bytes + RS_IPV6_HEADER_BYTES, walk < UINT16_MAX ? walk : UINT16_MAX, &out->ip6);
    if (error != RS_WIRE_OK)
        return error;
    if (out->ip6.fragment)
        return RS_WIRE_FRAGMENT;
    if (out->ip6.next_header != RS_PROTOCOL_TCP)
        return RS_WIRE_NOT_TCP;
    return cut_segment(bytes + RS_IPV6_HEADER_BYTES, there, out->ip6.extension_bytes, whole, cut);
}

enum rs_wire_error rs_packet_parse_headers(const uint8_t *bytes, size_t size, struct rs_packet *out,
                                           size_t *data_bytes) {
    struct cut tcp = {{NULL, 0}, 0};
    bool ipv6 = size > 0 && bytes[0] >> 4 == VERSION_6;
    enum rs_wire_error error = ipv6 ? cut_ipv6(bytes, size, out, &tcp) : cut_ipv4(bytes, size, out, &tcp);
    out->tcp_checksum = RS_CHECKSUM_GOOD;
    *data_bytes = 0;
    if (error != RS_WIRE_OK) {
        out->segment = (struct rs_segment){0};
        return error;
    }
    error = segment_read(tcp.there.bytes, tcp.there.size, tcp.size, &out->segment);
    out->source.port = out->segment.source_port;
    out->destination.port = out->segment.destination_port;
    if (error == RS_WIRE_OK)
        *data_bytes = tcp.size - out->segment.header_bytes;
    return error;
}

// ---- building

static void build_ipv4(const struct rs_packet *packet, size_t total_bytes, uint8_t *out) {
    struct rs_ipv4 ip = packet->ip;
    ip.total_bytes = (uint16_t)total_bytes;
    ip.protocol = RS_PROTOCOL_TCP;
    memcpy(ip.source, packet->source.addr, 4);
    memcpy(ip.destination, packet->destination.addr, 4);
    rs_ipv4_build(&ip, out);
}

static void build_ipv6(const struct rs_packet *packet, size_t payload_bytes, uint8_t *out) {
    struct rs_ipv6 ip = packet->ip6;
    ip.payload_bytes = (uint16_t)payload_bytes;
    ip.next_header = RS_PROTOCOL_TCP;
    memcpy(ip.source, packet->source.addr, 16);
    memcpy(ip.destination, packet->destination.addr, 16);
    rs_ipv6_build(&ip, out);
}

size_t rs_packet_build(const struct rs_packet *packet, uint8_t *out, size_t room) {
    bool ipv6 = packet->source.family == RS_IPV6;
    size_t ip_bytes = ipv6 ? RS_IPV6_HEADER_BYTES : RS_IPV4_HEADER_MIN;
    size_t most = ipv6 ? RS_IPV6_PACKET_MAX : RS_PACKET_MAX; // what 16 bits of length can tell
    if (room > most)
        room = most;
    if (room < ip_bytes)
        return 0;
    size_t tcp_bytes =
        segment_build(&packet->segment, &packet->source, &packet->destination, out + ip_bytes, room - ip_bytes);
    if (tcp_bytes == 0)
        return 0;
    if (ipv6)
        build_ipv6(packet, tcp_bytes, out);
    else
        build_ipv4(packet, ip_bytes + tcp_bytes, out);
    return ip_bytes + tcp_bytes;
}

size_t rs_packet_ip_bytes(const struct rs_packet *packet) {
    if (packet->source.family == RS_IPV6)
        return (size_t)RS_IPV6_HEADER_BYTES + packet->ip6.extension_bytes;
    return packet->ip.header_bytes > RS_IPV4_HEADER_MIN ? packet->ip.header_bytes : RS_IPV4_HEADER_MIN;
}
