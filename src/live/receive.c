// SPDX-License-Identifier: MIT
//
// The way in: a packet from the link is read, and what belongs to this connection is given to the engine and recorded.
// Called by session.c.
#include <string.h>

#include "live/internal.h"

// What has arrived lies in s->packet.
struct arrival {
    size_t size;
    uint64_t wall_ns;
};

static void ignore(struct session *s, const struct rs_packet *packet, const struct arrival *a,
                   enum rs_wire_error error) {
    struct trace_event event = session_segment_event(s, TRACE_IGNORED, packet, a->size, false);
    event.u.segment.error = error;
    event.wall_ns = a->wall_ns;
    s->ignored++;
    session_record(s, event);
}

// A listening engine knows no remote yet; whoever made it listen knows from where the SYN is to come.
static bool is_ours(const struct session *s, const struct rs_packet *packet) {
    return rs_endpoint_equal(&packet->source, &s->config.conn.remote) &&
           rs_endpoint_equal(&packet->destination, &s->conn.local);
}

static struct trace_expected expect(const struct session *s) {
    struct rs_conn_facts f;
    if (s->config.no_engine)
        return (struct trace_expected){.flags = 0};
    rs_conn_facts(&s->conn, &f);
    struct trace_expected expected = {.flags = RS_ACK, .seq = f.rcv_nxt, .ack = f.snd_nxt, .any_seq = !f.irs_known};
    if (f.state == RS_SYN_SENT)
        expected.flags |= RS_SYN;
    if (f.state == RS_LISTEN)
        expected.flags = RS_SYN;
    if (f.state == RS_FIN_WAIT_2)
        expected.flags |= RS_FIN;
    return expected;
}

// The engine believed what it was just told: it has changed what connect() would say of the connection.
static bool was_believed(const struct session *s) {
    for (size_t i = 0; i < s->decisions_count; i++) {
        const struct rs_event *e = &s->decisions[i];
        if (e->reason == RS_ICMP_REFUSED || e->reason == RS_ICMP_GAVE_UP ||
            (e->reason == RS_ICMP_NOTED && e->value != 0))
            return true;
    }
    return false;
}

// Perhaps an ICMP error. What quotes somebody else's packet is nobody's business here. Whether to believe it is for the
// engine to say (RFC 5927), so it is told before that.
static void take_in_icmp(struct session *s, const struct arrival *a) {
    struct rs_icmp icmp;
    if (rs_icmp_parse(s->packet, a->size, &icmp) != RS_WIRE_OK || !rs_endpoint_equal(&icmp.source, &s->conn.local) ||
        !rs_endpoint_equal(&icmp.destination, &s->config.conn.remote))
        return;
    struct trace_event event = {.kind = TRACE_ICMP, .wall_ns = a->wall_ns};
    event.u.icmp.icmp = icmp;
    event.u.icmp.bytes = s->packet;
    event.u.icmp.size = a->size;
    event.u.icmp.ip_rebuilt = s->config.link.rebuilds_ip_header;
    event.u.icmp.seq = icmp.seq - s->conn.snd.iss;
    event.u.icmp.we_listen = s->config.we_listen;
    event.u.icmp.from_us = memcmp(icmp.reporter.addr, s->conn.local.addr, sizeof icmp.reporter.addr) == 0;
    event.u.icmp.from_server = memcmp(icmp.reporter.addr, s->config.conn.remote.addr, sizeof icmp.reporter.addr) == 0;
    uint64_t now = session_now(s);
    session_record_at(s, event, now);
    rs_conn_icmp(&s->conn, &icmp, now);
    session_drain_decisions(s);
    if (was_believed(s))
        s->icmp = icmp;
    session_record_drained(s);
}

static void record(struct session *s, enum trace_kind kind, const struct rs_packet *packet, const struct passage *in) {
    if (!trace_wants_all(s->config.trace))
        return;
    struct trace_event event = session_segment_event(s, kind, packet, in->size, false);
    event.u.segment.bent = in->bent;
    event.u.segment.bent_us = in->bent_us;
    event.u.segment.purpose = in->purpose;
    event.wall_ns = in->wall_ns;
    session_record(s, event);
    session_ask_counters(s);
}

// Without an engine nobody else knows where their numbers begin.
static void note_first(struct session *s, const struct rs_segment *segment) {
    if (!(segment->flags & RS_SYN))
        return;
    s->heard_first = true;
    s->first_heard = segment->seq;
}

void receive_take(struct session *s, const struct rs_packet *packet, const struct passage *in) {
    const struct trace_expected expected = expect(s);
    uint64_t now = session_now(s);
    s->last_arrival_at = now;
    note_first(s, &packet->segment);
    if (!s->config.no_engine)
        rs_conn_input(&s->conn, &packet->source, &packet->segment, now);
    if (trace_wants_all(s->config.trace)) {
        struct trace_event event = session_segment_event(s, TRACE_RECEIVED, packet, in->size, false);
        event.u.segment.expected = expected;
        event.u.segment.bent = in->bent;
        event.u.segment.bent_us = in->bent_us;
        event.u.segment.purpose = in->purpose;
        event.wall_ns = in->wall_ns;
        session_record_at(s, event, now);
        session_ask_server(s);
    }
    session_record_decisions(s);
}

// A damaged segment meets our own check of the checksum, like every other.
static bool is_damaged(struct session *s, const struct bent *bent, struct passage *in, struct rs_packet *packet) {
    if (!bent->flip || !bent_flip(s, in->size, bent->flip_at))
        return false;
    in->bent |= TRACE_BENT_CORRUPTED;
    return rs_packet_parse(s->packet, in->size, packet) != RS_WIRE_OK;
}

// What belongs to this connection: the bend says what becomes of it.
static void pass_on(struct session *s, struct rs_packet *packet, const struct arrival *a) {
    const struct bend *bend = &s->config.bend;
    struct bent bent = bend->incoming ? bend->incoming(bend->self, packet) : (struct bent){.copies = 1};
    struct passage in = {.size = a->size, .purpose = bent.purpose, .wall_ns = a->wall_ns};
    in.bent = (bent.copies == 0 ? TRACE_BENT_DROPPED : 0) | (bent.altered ? TRACE_BENT_ALTERED : 0);
    if (bent.copies == 0 || is_damaged(s, &bent, &in, packet)) {
        record(s, TRACE_UNTAKEN, packet, &in);
        return;
    }
    for (unsigned i = 0; i < bent.copies; i++) {
        in.bent |= i > 0 ? TRACE_BENT_COPY : 0;
        if (bent_put_aside(s, &bent, &in, false, session_now(s)))
            record(s, TRACE_HELD, packet, &in);
        else
            receive_take(s, packet, &in);
    }
    if (bent.delay_us == 0)
        bent_release_overtaken(s, false);
}

static void take_in(struct session *s, const struct arrival *a) {
    struct rs_packet packet;
    enum rs_wire_error error = rs_packet_parse(s->packet, a->size, &packet);
    if (error == RS_WIRE_NOT_TCP) {
        take_in_icmp(s, a);
        return;
    }
    if (error == RS_WIRE_OK)
        s->arrived++;
    if (error == RS_WIRE_OK && is_ours(s, &packet))
        pass_on(s, &packet, a);
    else
        ignore(s, &packet, a, error);
}

static void retire_if_open(struct session *s) {
    if (s->config.until_open && s->conn.state >= RS_ESTABLISHED)
        session_retire(s);
}

bool session_receive_all(struct session *s) {
    const struct link *link = &s->config.link;
    bool any = false, watched = trace_wants_all(s->config.trace); // nobody watches: nobody needs the time
    ssize_t size;
    for (int i = 0; i < SESSION_AT_ONCE && (size = link->receive(link->self, s->packet, sizeof s->packet)) > 0; i++) {
        const struct arrival arrival = {(size_t)size, watched ? s->config.clock.wall_ns(s->config.clock.self) : 0};
        any = true;
        take_in(s, &arrival);
        retire_if_open(s);
        if (s->retired)
            return true;
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
