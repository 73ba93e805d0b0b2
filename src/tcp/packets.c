// SPDX-License-Identifier: MIT
//
// The engine's other face: whole IP packets in and out, for a program that has bytes and no parser. Called by programs
// that use the library; the session has its own way, since it shows the packets on the way.
#include "internal.h"

enum { TTL_DEFAULT = 64 };

static enum rs_wire_error input_icmp(struct rs_conn *c, const uint8_t *packet, size_t size, uint64_t now) {
    struct rs_icmp icmp;
    enum rs_wire_error error = rs_icmp_parse(packet, size, &icmp);
    if (error != RS_WIRE_OK)
        return error;
    if (!rs_endpoint_equal(&icmp.source, &c->local) || !rs_endpoint_equal(&icmp.destination, &c->remote))
        return RS_WIRE_NOT_OURS;
    rs_conn_icmp(c, &icmp, now);
    return RS_WIRE_OK;
}

// A listening end takes segments from anybody (RFC 9293, section 3.10.7.2); the rest of us from the other end only.
static bool is_ours(const struct rs_conn *c, const struct rs_packet *packet) {
    bool from_anybody = c->state == RS_LISTEN && packet->source.family == c->local.family;
    return rs_endpoint_equal(&packet->destination, &c->local) &&
           (from_anybody || rs_endpoint_equal(&packet->source, &c->remote));
}

enum rs_wire_error rs_conn_input_packet(struct rs_conn *c, const uint8_t *bytes, size_t size, uint64_t now) {
    struct rs_packet packet;
    enum rs_wire_error error = rs_packet_parse(bytes, size, &packet);
    if (error == RS_WIRE_NOT_TCP)
        return input_icmp(c, bytes, size, now);
    if (error != RS_WIRE_OK)
        return error;
    if (packet.tcp_checksum == RS_CHECKSUM_UNFINISHED && !c->config.unfinished_checksum) // section 3.1, MUST-3
        return RS_WIRE_BAD_TCP_CHECKSUM;
    if (!is_ours(c, &packet))
        return RS_WIRE_NOT_OURS;
    rs_conn_input(c, &packet.source, &packet.segment, now);
    return RS_WIRE_OK;
}

size_t rs_conn_poll_packet(struct rs_conn *c, uint64_t now, uint8_t *out, size_t room) {
    struct rs_packet packet = {.source = c->local};
    uint8_t ttl = c->config.ttl > 0 ? c->config.ttl : TTL_DEFAULT;
    const struct rs_conn before = *c;
    if (!rs_conn_poll_segment(c, now, &packet.segment))
        return 0;
    packet.destination = c->remote; // asked after the poll: a listening end has just learnt it
    packet.ip = (struct rs_ipv4){.tos = c->config.tos, .id = c->ip_id++, .dont_fragment = true, .ttl = ttl};
    packet.ip6 = (struct rs_ipv6){.traffic_class = c->config.tos, .flow_label = c->config.flow_label, .hop_limit = ttl};
    size_t size = rs_packet_build(&packet, out, room);
    if (size == 0) // no room for it: as if nobody had asked
        *c = before;
    return size;
}
