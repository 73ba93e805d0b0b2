// SPDX-License-Identifier: MIT
//
// One live connection (see session.h). Called by the client script and, in step mode, by the person at the keyboard.
#include "live/session.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "live/internal.h"

enum { AT_ONCE = 64 }; // AT_ONCE: in a flood, signals and keys get their turn

void session_init(struct session *s, const struct session_config *config) {
    memset(s, 0, offsetof(struct session, packet)); // all but the room for packets, which needs no clearing
    s->config = *config;
    s->ip_id = config->first_ip_id;
    rs_conn_init(&s->conn, &config->conn);
}

uint64_t session_now(const struct session *s) {
    uint64_t now = s->held ? s->held_since : s->config.clock.monotonic_us(s->config.clock.self);
    return now - s->frozen_us;
}

// A segment's time is the one that the engine was given for it: what the ladder shows is what the timers know.
static void record_at(struct session *s, struct trace_event event, uint64_t at_us) {
    event.at_us = at_us;
    event.wall_ns = s->config.clock.wall_ns(s->config.clock.self);
    trace_emit(s->config.trace, &event);
}

void session_record(struct session *s, struct trace_event event) { record_at(s, event, session_now(s)); }

// Takes the engine's decisions out of it, in order, and finds the one that tells why a segment is sent.
static enum rs_reason drain_decisions(struct session *s) {
    enum rs_reason why = RS_SENT_ACK;
    struct rs_event event;
    s->decisions_count = 0;
    while (rs_conn_poll_event(&s->conn, &event)) {
        s->decisions[s->decisions_count++] = event;
        if (event.reason <= RS_SENT_CHALLENGE_ACK)
            why = event.reason;
    }
    return why;
}

static void record_drained(struct session *s) {
    for (size_t i = 0; i < s->decisions_count; i++) {
        const struct rs_event *e = &s->decisions[i];
        s->data_acked |= e->reason == RS_DATA_ACKED || e->reason == RS_FIN_ACKED;
        struct trace_event event = {.kind = TRACE_DECISION};
        event.u.decision = (struct trace_decision){e->reason, e->before, e->after, e->value};
        session_record(s, event);
    }
    s->decisions_count = 0;
}

void session_record_decisions(struct session *s) {
    drain_decisions(s);
    record_drained(s);
}

struct peer session_ask_peer(struct session *s) {
    struct peer peer = {.known = false, .why_not = "nobody asked", .state = RS_STATE_UNKNOWN};
    if (!trace_wants_peer(s->config.trace))
        return peer;
    peer = s->config.witness.ask(s->config.witness.self, &s->conn.remote, &s->conn.local);
    if (peer.known && peer.state != RS_LISTEN && peer.state != RS_CLOSED)
        s->peer_existed = true;
    s->peer_state = peer.state;
    struct trace_event event = {.kind = TRACE_PEER};
    event.u.peer =
        (struct trace_peer){peer.known, peer.why_not, peer.state, peer.unread_bytes, peer.accepted, s->peer_existed};
    session_record(s, event);
    return peer;
}

struct trace_event session_segment_event(const struct session *s, enum trace_kind kind, const struct rs_packet *packet,
                                         size_t size, bool ours) {
    struct rs_conn_facts facts;
    rs_conn_facts(&s->conn, &facts);
    struct trace_event event = {.kind = kind};
    event.u.segment = (struct trace_segment){
        .packet = packet,
        .bytes = s->packet,
        .size = size,
        .state = facts.state,
        .iss = facts.iss,
        .irs = facts.irs,
        .irs_known = facts.irs_known,
        .ours = ours,
    };
    bool fin = packet->segment.flags & RS_FIN,
         we_are_done = s->conn.snd.fin_queued && facts.state >= RS_FIN_WAIT_1 && facts.state != RS_CLOSE_WAIT;
    event.u.segment.sender_done = !fin && (ours ? we_are_done : facts.peer_closed);
    event.u.segment.receiver_done = ours ? facts.peer_closed : we_are_done;
    return event;
}

struct rs_packet session_wrap(const struct session *s, const struct rs_segment *segment) {
    return (struct rs_packet){
        .source = s->conn.local,
        .destination = s->conn.remote,
        .ip = {.tos = s->config.tos, .id = s->ip_id, .dont_fragment = true, .ttl = s->config.ttl},
        .segment = *segment,
    };
}

// Failures that no waiting will cure. All others count as a lost packet: the engine will send it again.
static bool is_lasting(int number) {
    return number == EPERM || number == EACCES || number == EMSGSIZE || number == EINVAL || number == EAFNOSUPPORT;
}

static void transmit(struct session *s, const struct rs_segment *segment, enum rs_reason why, uint64_t now) {
    struct rs_packet packet = session_wrap(s, segment), parsed;
    const struct bend *bend = &s->config.bend;
    unsigned copies = bend->outgoing ? bend->outgoing(bend->self, &packet) : 1;
    s->ip_id++;
    size_t size = rs_packet_build(&packet, s->packet, sizeof s->packet);
    int failure = 0;
    for (unsigned i = 0; i < copies && failure == 0; i++)
        failure = s->config.link.send(s->config.link.self, &packet.destination, s->packet, size);
    if (is_lasting(failure))
        s->link_failure = failure;
    // What is told is what was sent: it is read back from the bytes.
    (void)rs_packet_parse(s->packet, size, &parsed);
    bool left = copies > 0 && failure == 0;
    struct trace_event event = session_segment_event(s, left ? TRACE_SENT : TRACE_UNSENT, &parsed, size, true);
    event.u.segment.why = why;
    event.u.segment.failure = failure;
    record_at(s, event, now);
    session_ask_peer(s);
}

bool session_send_one(struct session *s) {
    struct rs_segment segment;
    uint64_t now = session_now(s);
    if (!rs_conn_poll_segment(&s->conn, now, &segment))
        return false;
    enum rs_reason why = drain_decisions(s);
    struct rs_event decisions[RS_EVENTS_MAX]; // told after the segment that they belong to
    size_t count = s->decisions_count;
    memcpy(decisions, s->decisions, count * sizeof *decisions);
    transmit(s, &segment, why, now);
    memcpy(s->decisions, decisions, count * sizeof *decisions);
    s->decisions_count = count;
    record_drained(s);
    return true;
}

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

static void take_in(struct session *s, size_t size) {
    struct rs_packet packet;
    enum rs_wire_error error = rs_packet_parse(s->packet, size, &packet);
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
        struct trace_event event = session_segment_event(s, TRACE_RECEIVED, &packet, size, false);
        event.u.segment.expected = expected;
        record_at(s, event, now);
        session_ask_peer(s);
        session_record_decisions(s);
    }
}

// Everything that has arrived goes in before anything is sent: ACKs are for all of it (MUST-58).
static bool receive_all(struct session *s) {
    const struct link *link = &s->config.link;
    bool any = false;
    ssize_t size;
    for (int i = 0; i < AT_ONCE && (size = link->receive(link->self, s->packet, sizeof s->packet)) > 0; i++) {
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

bool session_advance(struct session *s) {
    bool any = receive_all(s);
    if (!s->held) {
        rs_conn_tick(&s->conn, session_now(s));
        session_record_decisions(s);
    }
    if (s->config.step) {
        hold_look_after_peer(s);
        return hold_offer(s) || any;
    }
    for (int i = 0; i < AT_ONCE && s->link_failure == 0 && session_send_one(s); i++) {
        any = true;
        receive_all(s); // an answer that is here already is told before what we say next
    }
    return any;
}

uint64_t session_wait_us(const struct session *s) {
    uint64_t deadline = rs_conn_deadline(&s->conn), now = session_now(s);
    if (s->held)
        return HOLD_LOOK_US;
    if (deadline == RS_NEVER)
        return UINT64_MAX;
    return deadline > now ? deadline - now : 0;
}

bool session_abort(struct session *s) {
    hold_let_go(s);
    rs_conn_abort(&s->conn);
    session_record_decisions(s);
    bool sent = false;
    // Twice: a peer to whom something before our RST was lost asks back with a challenge ACK (RFC 5961, section 3.2),
    // and CLOSED answers that with the RST that fits (RFC 9293, section 3.10.7.1).
    for (int i = 0; i < 2; i++) {
        while (session_send_one(s))
            sent = s->link_failure == 0;
        receive_all(s);
    }
    return sent;
}
