// SPDX-License-Identifier: MIT
//
// The strangers and routers of mischief.h.
#include "mischief.h"

#include <string.h>

#include "icmp.h"
#include "trace.h"

size_t mischief_squeeze(struct network *n, struct rs_packet *packet, uint8_t *bytes, size_t size) {
    uint8_t copy[WIRE_BYTES];
    struct rs_segment *segment = &packet->segment;
    if ((segment->flags & RS_RST) || !chance_percent(&n->chance, n->mischief.squeezed))
        return size;
    segment->window = chance_one_in(&n->chance, 2) ? 0 : (uint16_t)chance_below(&n->chance, segment->window);
    if (rs_packet_build(packet, copy, sizeof copy) != size)
        end_broken(&n->ends[0], "a packet that was read has another size when it is built again");
    memcpy(bytes, copy, size); // the payload still lies where it did
    return size;
}

static void inject(struct network *n, int to, const struct rs_segment *segment) {
    uint8_t bytes[WIRE_BYTES];
    const struct end *e = &n->ends[to];
    struct rs_packet packet = {
        .source = e->config.remote, .destination = e->config.local, .segment = *segment, .ip = {.ttl = 64}};
    size_t size = rs_packet_build(&packet, bytes, sizeof bytes);
    if (n->verbose)
        trace_stray(n, to, segment);
    wire_put(&n->wire, to, bytes, size, n->now);
}

// Numbers of an older incarnation lie far outside of every window: what lies inside cannot be told from the real thing
// without timestamps. A bare SYN may reach a listener, which must find out by itself; an opening end would have to
// believe it (section 3.5), so it gets none.
static void stray(struct network *n, int to) {
    static const uint8_t flags[] = {RS_ACK,          RS_ACK | RS_PSH, RS_FIN | RS_ACK, RS_RST,
                                    RS_RST | RS_ACK, RS_SYN | RS_ACK, RS_FIN,          RS_SYN};
    static const uint8_t wrong[700] = "not of this connection";
    struct rs_segment seg = {.flags = CHANCE_OF(&n->chance, flags), .window = (uint16_t)chance_next(&n->chance)};
    enum rs_state state = n->ends[to].conn.state;
    if (seg.flags == RS_SYN && (state == RS_CLOSED || state == RS_SYN_SENT))
        return;
    seg.seq = n->ends[!to].conn.snd.iss + 0x60000000 + chance_below(&n->chance, 0x40000000);
    if (seg.flags & RS_ACK)
        seg.ack = n->ends[to].conn.snd.iss + 0x60000000 + chance_below(&n->chance, 0x40000000);
    if (chance_one_in(&n->chance, 2)) {
        seg.options.has_timestamps = true;
        seg.options.ts_value = n->last_ts[!to] - 1 - chance_below(&n->chance, 100000);
        seg.options.ts_echo = n->last_ts[to] - 1 - chance_below(&n->chance, 100000);
    }
    if (!(seg.flags & RS_RST) && chance_one_in(&n->chance, 2))
        seg.payload[0] = (struct rs_span){wrong, 1 + chance_below(&n->chance, sizeof wrong - 1)};
    inject(n, to, &seg);
}

// Data that would fit, were it not for its timestamp: older than what has arrived already (RFC 7323, section 5).
static void old_data(struct network *n, int to) {
    static const uint8_t wrong[100] = "of the same connection, but 2^32 bytes ago";
    struct end *e = &n->ends[to];
    struct rs_conn_facts facts;
    rs_conn_facts(&e->conn, &facts);
    bool agreed = n->ends[0].offers_timestamps && n->ends[1].offers_timestamps;
    if (!agreed || facts.state < RS_ESTABLISHED || facts.state == RS_TIME_WAIT)
        return;
    struct rs_segment seg = {.flags = RS_ACK | RS_PSH, .seq = facts.rcv_nxt, .ack = facts.snd_una, .window = 1000};
    seg.options.has_timestamps = true;
    seg.options.ts_value = n->first_ts[!to] - 1 - chance_below(&n->chance, 1000000);
    seg.options.ts_echo = n->last_ts[to];
    seg.payload[0] = (struct rs_span){wrong, 1 + chance_below(&n->chance, sizeof wrong - 1)};
    inject(n, to, &seg);
}

// ---- ICMP

// Errors that end nothing once a connection stands, or that never do (RFC 9293, section 3.9.2.2; RFC 5461).
static struct rs_icmp some_error(struct network *n, enum rs_family family, bool soft) {
    static const uint8_t types_4[][2] = {
        {RS_ICMP_UNREACHABLE, 0}, {RS_ICMP_UNREACHABLE, 1},   {RS_ICMP_UNREACHABLE, 5}, {RS_ICMP_TIME_EXCEEDED, 0},
        {RS_ICMP_PARAMETER, 0},   {RS_ICMP_SOURCE_QUENCH, 0}, {RS_ICMP_UNREACHABLE, 2}, {RS_ICMP_UNREACHABLE, 3}};
    static const uint8_t types_6[][2] = {
        {RS_ICMP6_UNREACHABLE, 0}, {RS_ICMP6_UNREACHABLE, 1}, {RS_ICMP6_UNREACHABLE, 3}, {RS_ICMP6_TIME_EXCEEDED, 0},
        {RS_ICMP6_PARAMETER, 0},   {RS_ICMP6_UNREACHABLE, 2}, {RS_ICMP6_UNREACHABLE, 4}, {RS_ICMP6_PARAMETER, 1}};
    const uint8_t *type = (family == RS_IPV6 ? types_6 : types_4)[chance_below(&n->chance, soft ? 6 : 8)];
    return (struct rs_icmp){.family = family, .type = type[0], .code = type[1]};
}

static void send_error(struct network *n, int to, const struct rs_icmp *error, const uint8_t *quote, size_t size) {
    uint8_t bytes[WIRE_BYTES];
    const struct rs_endpoint *about = &n->ends[to].config.local;
    size_t built = icmp_build(error, about, quote, size, bytes);
    if (n->verbose)
        trace_error(n, to, error);
    wire_put(&n->wire, to, bytes, built, n->now);
}

// True: about the packet that was sent. Forged: its quote has a number that was never on its way, so that not even an
// error which ends an opening connection, or which makes segments tiny, may do anything (RFC 5927, section 4.1).
static void icmp_error(struct network *n, int from, const struct rs_segment *segment, const uint8_t *bytes,
                       size_t size) {
    enum { SEQ_BYTE = 4 };
    enum rs_family family = n->ends[from].config.local.family;
    bool opening = segment->flags & RS_SYN;
    struct rs_icmp error = some_error(n, family, opening);
    if (chance_one_in(&n->chance, 2)) {
        send_error(n, from, &error, bytes, size);
        return;
    }
    uint8_t copy[WIRE_BYTES];
    size_t tcp = family == RS_IPV6 ? RS_IPV6_HEADER_BYTES : RS_IPV4_HEADER_MIN;
    memcpy(copy, bytes, size);
    copy[tcp + SEQ_BYTE] = (uint8_t)(copy[tcp + SEQ_BYTE] + 0x60); // 0x60000000 further: far out of every window
    error = some_error(n, family, false);
    if (chance_one_in(&n->chance, 3))
        error = icmp_too_big(family, 100);
    send_error(n, from, &error, copy, size);
}

void mischief_too_big(struct network *n, int from, const uint8_t *bytes, size_t size) {
    struct rs_icmp error = icmp_too_big(n->ends[from].config.local.family, (uint32_t)n->wire.weather.mtu);
    if (n->wire.weather.mtu >= 576 && error.family == RS_IPV4 && chance_one_in(&n->chance, 4))
        error.mtu = 0; // an old router, which does not say
    send_error(n, from, &error, bytes, size);
}

void mischief_around(struct network *n, int from, const struct rs_segment *segment, const uint8_t *bytes, size_t size) {
    if (chance_percent(&n->chance, n->mischief.strays))
        stray(n, chance_one_in(&n->chance, 2) ? from : !from);
    if (chance_percent(&n->chance, n->mischief.old_data))
        old_data(n, !from);
    if (chance_percent(&n->chance, n->mischief.errors))
        icmp_error(n, from, segment, bytes, size);
}
