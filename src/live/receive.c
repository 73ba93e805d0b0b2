// SPDX-License-Identifier: MIT
//
// The way in: a packet from the link is read, and what belongs to this connection is given to the engine and recorded.
// Called by session.c.
#include <string.h>

#include "live/internal.h"

static void ignore(struct session *s, const struct rs_packet *packet, size_t size, enum rs_wire_error error) {
    struct trace_event event = session_segment_event(s, TRACE_IGNORED, packet, size, false);
    event.u.segment.error = error;
    s->ignored++;
    session_record(s, event);
}

static bool is_ours(const struct session *s, const struct rs_packet *packet) {
    return rs_endpoint_equal(&packet->source, &s->conn.remote) &&
           rs_endpoint_equal(&packet->destination, &s->conn.local);
}

static struct trace_expected expect(const struct session *s) {
    struct rs_conn_facts f;
    rs_conn_facts(&s->conn, &f);
    struct trace_expected expected = {.flags = RS_ACK, .seq = f.rcv_nxt, .ack = f.snd_nxt, .any_seq = !f.irs_known};
    if (f.state == RS_SYN_SENT)
        expected.flags |= RS_SYN;
    if (f.state == RS_FIN_WAIT_2)
        expected.flags |= RS_FIN;
    return expected;
}

// Perhaps an ICMP error. What quotes somebody else's packet is nobody's business here. Whether to believe it is for the
// engine to say (RFC 5927), so it is told before that.
static void take_in_icmp(struct session *s, size_t size) {
    struct rs_icmp icmp;
    if (rs_icmp_parse(s->packet, size, &icmp) != RS_WIRE_OK || !rs_endpoint_equal(&icmp.source, &s->conn.local) ||
        !rs_endpoint_equal(&icmp.destination, &s->conn.remote))
        return;
    struct trace_event event = {.kind = TRACE_ICMP};
    event.u.icmp.icmp = s->icmp = icmp;
    event.u.icmp.seq = icmp.seq - s->conn.snd.iss;
    event.u.icmp.from_us = memcmp(icmp.reporter.addr, s->conn.local.addr, sizeof icmp.reporter.addr) == 0;
    event.u.icmp.from_server = memcmp(icmp.reporter.addr, s->conn.remote.addr, sizeof icmp.reporter.addr) == 0;
    uint64_t now = session_now(s);
    session_record_at(s, event, now);
    rs_conn_icmp(&s->conn, &icmp, now);
    session_record_decisions(s);
}

static void take_in(struct session *s, size_t size) {
    struct rs_packet packet;
    enum rs_wire_error error = rs_packet_parse(s->packet, size, &packet);
    if (error == RS_WIRE_NOT_TCP) {
        take_in_icmp(s, size);
        return;
    }
    if (error == RS_WIRE_OK)
        s->arrived++;
    if (error != RS_WIRE_OK || !is_ours(s, &packet)) {
        ignore(s, &packet, size, error);
        return;
    }
    const struct bend *bend = &s->config.bend;
    unsigned copies = bend->incoming ? bend->incoming(bend->self, &packet) : 1;
    for (unsigned i = 0; i < copies; i++) {
        struct trace_expected expected = expect(s);
        uint64_t now = session_now(s);
        s->last_arrival_at = now;
        rs_conn_input(&s->conn, &packet.source, &packet.segment, now);
        if (!trace_wants_all(s->config.trace)) {
            session_record_decisions(s);
            continue;
        }
        struct trace_event event = session_segment_event(s, TRACE_RECEIVED, &packet, size, false);
        event.u.segment.expected = expected;
        session_record_at(s, event, now);
        session_ask_peer(s);
        session_record_decisions(s);
    }
}

bool session_receive_all(struct session *s) {
    const struct link *link = &s->config.link;
    bool any = false;
    ssize_t size;
    for (int i = 0; i < SESSION_AT_ONCE && (size = link->receive(link->self, s->packet, sizeof s->packet)) > 0; i++) {
        any = true;
        take_in(s, (size_t)size);
    }
    uint64_t lost = link->lost ? link->lost(link->self) : 0;
    if (lost > s->lost_seen) {
        struct trace_event event = {.kind = TRACE_LOST};
        event.u.lost.packets = lost - s->lost_seen;
        s->lost_seen = lost;
        session_record(s, event);
    }
    return any;
}
