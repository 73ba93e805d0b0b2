// SPDX-License-Identifier: MIT
//
// One live connection (see session.h). Called by client.c and, in step mode, for the person at the keyboard.
#include "live/session.h"

#include <stddef.h>
#include <string.h>

#include "live/internal.h"
#include "live/verdict.h"

enum { TRY_AGAIN_US = 1000 }; // not every lack of room ends with a sign that there is some

void session_init(struct session *s, const struct session_config *config) {
    memset(s, 0, offsetof(struct session, packet)); // all but the room for packets, which needs no clearing
    s->config = *config;
    s->ip_id = config->conn.ip_id;
    rs_conn_init(&s->conn, &config->conn);
}

uint64_t session_now(const struct session *s) {
    uint64_t now = s->held ? s->held_since : s->config.clock.monotonic_us(s->config.clock.self);
    return now - s->frozen_us;
}

void session_record_at(struct session *s, struct trace_event event, uint64_t at_us) {
    event.at_us = at_us;
    event.connection = s->config.connection;
    if (event.wall_ns == 0)
        event.wall_ns = s->config.clock.wall_ns(s->config.clock.self);
    trace_emit(s->config.trace, &event);
}

void session_record(struct session *s, struct trace_event event) { session_record_at(s, event, session_now(s)); }

enum rs_reason session_drain_decisions(struct session *s) {
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

void session_record_drained(struct session *s) {
    bool watched = trace_wants_all(s->config.trace);
    for (size_t i = 0; i < s->decisions_count; i++) {
        const struct rs_event *e = &s->decisions[i];
        s->data_acked |= e->reason == RS_DATA_ACKED || e->reason == RS_FIN_ACKED;
        if (!watched)
            continue;
        struct trace_event event = {.kind = TRACE_DECISION};
        event.u.decision = (struct trace_decision){e->reason, e->before, e->after, e->value};
        session_record(s, event);
    }
    s->decisions_count = 0;
}

void session_record_decisions(struct session *s) {
    session_drain_decisions(s);
    session_record_drained(s);
}

struct peer session_ask_peer(struct session *s) {
    struct peer peer = {.known = false, .why_not = "nobody asked", .state = RS_STATE_UNKNOWN};
    if (!trace_wants_peer(s->config.trace))
        return peer;
    peer = s->config.witness.ask(s->config.witness.self, &s->config.conn.remote, &s->conn.local);
    if (peer.known && peer.state != RS_LISTEN && peer.state != RS_CLOSED)
        s->peer_existed = true;
    s->peer_state = peer.state;
    struct trace_event event = {.kind = TRACE_PEER};
    event.u.peer = (struct trace_peer){.known = peer.known,
                                       .why_not = peer.why_not,
                                       .state = peer.state,
                                       .unread_bytes = peer.unread_bytes,
                                       .accepted = peer.accepted,
                                       .existed = s->peer_existed,
                                       .others = peer.others,
                                       .is_client = s->config.we_listen};
    session_record(s, event);
    return peer;
}

void session_ask_counters(struct session *s) {
    struct verdict verdict;
    struct trace_event event;
    if (verdict_ask(&s->config.counters, s->config.trace, &verdict, &event))
        session_record(s, event);
}

void session_ask_server(struct session *s) {
    session_ask_peer(s);
    session_ask_counters(s);
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
        .we_listen = s->config.we_listen,
        .direction = ours ? TRACE_OUTBOUND : TRACE_INBOUND,
        .ip_rebuilt = !ours && s->config.link.rebuilds_ip_header,
        .window_shift = packet->segment.flags & RS_SYN ? 0
                        : ours                         ? facts.receive_scale
                                                       : facts.send_scale,
    };
    if (s->config.no_engine) {
        event.u.segment.iss = s->config.conn.iss;
        event.u.segment.irs = s->first_heard;
        event.u.segment.irs_known = s->heard_first;
    }
    bool fin = packet->segment.flags & RS_FIN,
         we_are_done = s->conn.snd.fin_queued && facts.state >= RS_FIN_WAIT_1 && facts.state != RS_CLOSE_WAIT;
    event.u.segment.sender_done = !fin && (ours ? we_are_done : facts.peer_closed);
    event.u.segment.receiver_done = ours ? facts.peer_closed : we_are_done;
    return event;
}

void session_retire(struct session *s) { s->retired = true; }

bool session_advance(struct session *s) {
    if (s->retired)
        return false;
    bool any = bent_release(s);
    any |= session_receive_all(s);
    if (s->retired)
        return true;
    if (!s->held) {
        rs_conn_tick(&s->conn, session_now(s));
        session_record_decisions(s);
    }
    if (!s->config.step && s->link_failure == 0 && forge_send(s)) {
        any = true;
        session_receive_all(s);
    }
    if (s->config.step) {
        hold_look_after_peer(s);
        return hold_offer(s) || any;
    }
    bool (*send)(struct session *) = s->config.bulk ? bulk_send : session_send_one;
    for (int i = 0; i < SESSION_AT_ONCE && s->link_failure == 0 && send(s); i++) {
        any = true;
        if (s->retired)
            break;
        session_receive_all(s); // an answer that is here already is told before what we say next
    }
    return any;
}

uint64_t session_wait_us(const struct session *s) {
    uint64_t deadline = rs_conn_deadline(&s->conn), now = session_now(s);
    if (s->held)
        return HOLD_LOOK_US;
    uint64_t wait = deadline == RS_NEVER ? UINT64_MAX : deadline > now ? deadline - now : 0;
    struct shelf_packet *first = s->config.shelf ? shelf_first(s->config.shelf) : NULL;
    if (first && (wait == UINT64_MAX || first->until_us < now + wait))
        wait = first->until_us > now ? first->until_us - now : 0;
    return s->blocked && wait > TRY_AGAIN_US ? TRY_AGAIN_US : wait;
}

void session_forge(struct session *s, const struct forged *forged) {
    s->forged = *forged;
    s->has_forged = true;
}

bool session_has_forged(const struct session *s) { return s->has_forged; }

bool session_holds_back(const struct session *s) { return s->config.shelf && shelf_first(s->config.shelf); }

bool session_abort(struct session *s) {
    hold_let_go(s);
    rs_conn_abort(&s->conn);
    session_record_decisions(s);
    bool sent = false;
    // Twice: a peer to whom something before our RST was lost asks back with a challenge ACK (RFC 5961, section 3.2),
    // and CLOSED answers that with the RST that fits (RFC 9293, section 3.10.7.1).
    for (int i = 0; i < 2; i++) {
        while (session_send_one(s))
            sent |= s->left;
        session_receive_all(s);
    }
    return sent;
}
