// SPDX-License-Identifier: MIT
//
// The strangers and routers of mischief.h.
#include "mischief.h"

#include <string.h>

#include "trace.h"

void mischief_squeeze(struct network *n, struct rs_segment *segment) {
    if (!(segment->flags & RS_RST) && chance_percent(&n->chance, n->mischief.squeezed))
        segment->window = chance_one_in(&n->chance, 2) ? 0 : (uint16_t)chance_below(&n->chance, segment->window);
}

static void inject(struct network *n, int to, const struct rs_segment *segment) {
    uint8_t bytes[WIRE_BYTES];
    const struct end *e = &n->ends[to];
    struct rs_packet packet = {
        .source = e->config.remote, .destination = e->config.local, .segment = *segment, .ip = {.ttl = 64}};
    size_t size = rs_packet_build(&packet, bytes, sizeof bytes);
    if (size == 0)
        return;
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

void mischief_around(struct network *n, int from, const struct rs_segment *segment, enum wire_fate fate, size_t size) {
    (void)segment;
    (void)fate;
    (void)size;
    if (chance_percent(&n->chance, n->mischief.strays))
        stray(n, chance_one_in(&n->chance, 2) ? from : !from);
    if (chance_percent(&n->chance, n->mischief.old_data))
        old_data(n, !from);
}
