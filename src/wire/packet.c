// SPDX-License-Identifier: MIT
//
// A whole packet: an IP header, a TCP segment, and the addresses that both need. Called by the session, for every
// packet in either direction.
#include <string.h>

#include "rawshake/packet.h"

static struct rs_endpoint endpoint(const uint8_t *addr, uint16_t port) {
    return rs_endpoint_ipv4(addr[0], addr[1], addr[2], addr[3], port);
}

enum rs_wire_error rs_packet_parse(const uint8_t *bytes, size_t size, struct rs_packet *out) {
    *out = (struct rs_packet){0};
    enum rs_wire_error error = rs_ipv4_parse(bytes, size, &out->ip);
    out->source = endpoint(out->ip.source, 0);
    out->destination = endpoint(out->ip.destination, 0);
    if (error != RS_WIRE_OK)
        return error;
    if (out->ip.fragment_offset != 0 || out->ip.more_fragments)
        return RS_WIRE_FRAGMENT;
    if (out->ip.protocol != RS_PROTOCOL_TCP)
        return RS_WIRE_NOT_TCP;

    // The segment ends where IP says, not where the buffer does: a short frame on Ethernet is padded.
    const uint8_t *tcp = bytes + out->ip.header_bytes;
    size_t tcp_bytes = (size_t)(out->ip.total_bytes - out->ip.header_bytes);
    error = rs_segment_parse(tcp, tcp_bytes, &out->segment);
    out->source.port = out->segment.source_port;
    out->destination.port = out->segment.destination_port;
    if (error != RS_WIRE_OK)
        return error;
    out->tcp_checksum = rs_checksum_verify(&out->source, &out->destination, tcp, tcp_bytes);
    return out->tcp_checksum == RS_CHECKSUM_BAD ? RS_WIRE_BAD_TCP_CHECKSUM : RS_WIRE_OK;
}

size_t rs_packet_build(const struct rs_packet *packet, uint8_t *out, size_t room) {
    if (room > RS_PACKET_MAX)
        room = RS_PACKET_MAX;
    if (room < RS_IPV4_HEADER_MIN)
        return 0;
    struct rs_segment segment = packet->segment;
    segment.source_port = packet->source.port;
    segment.destination_port = packet->destination.port;
    size_t tcp_bytes = rs_segment_build(&segment, &packet->source, &packet->destination, out + RS_IPV4_HEADER_MIN,
                                        room - RS_IPV4_HEADER_MIN);
    if (tcp_bytes == 0)
        return 0;
    struct rs_ipv4 ip = packet->ip;
    ip.total_bytes = (uint16_t)(RS_IPV4_HEADER_MIN + tcp_bytes);
    ip.protocol = RS_PROTOCOL_TCP;
    memcpy(ip.source, packet->source.addr, 4);
    memcpy(ip.destination, packet->destination.addr, 4);
    rs_ipv4_build(&ip, out);
    return ip.total_bytes;
}
