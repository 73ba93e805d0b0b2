// SPDX-License-Identifier: MIT
//
// Step mode: a segment is shown before it leaves, and held until somebody says that it may. The engine's clock stands
// still meanwhile. Called by session.c, and by the person at the keyboard through session_permit.
#include <stddef.h>

#include "live/internal.h"

// What would be sent now, worked out on a copy, so that the connection itself does not move.
static bool peek(const struct session *s, struct rs_segment *segment, enum rs_reason *why) {
    struct rs_conn copy = s->conn;
    struct rs_event event;
    if (!rs_conn_poll_segment(&copy, session_now(s), segment))
        return false;
    while (rs_conn_poll_event(&copy, &event))
        if (event.reason <= RS_SENT_CHALLENGE_ACK)
            *why = event.reason;
    return true;
}

static bool same_segment(const struct rs_segment *a, const struct rs_segment *b) {
    return a->seq == b->seq && a->ack == b->ack && a->flags == b->flags && a->window == b->window &&
           rs_segment_data_bytes(a) == rs_segment_data_bytes(b);
}

static void hold(struct session *s, const struct rs_segment *segment, enum rs_reason why) {
    struct rs_packet packet = session_wrap(s, segment), parsed;
    if (!s->held)
        s->held_since = s->config.clock.monotonic_us(s->config.clock.self);
    s->held = true;
    s->shown = *segment;
    size_t size = rs_packet_build(&packet, s->packet, sizeof s->packet);
    (void)rs_packet_parse(s->packet, size, &parsed);
    struct trace_event event = session_segment_event(s, TRACE_PENDING, &parsed, size, true);
    event.u.segment.why = why;
    session_record(s, event);
}

void hold_let_go(struct session *s) {
    if (s->held)
        s->frozen_us += s->config.clock.monotonic_us(s->config.clock.self) - s->held_since;
    s->held = false;
}

void session_permit(struct session *s) {
    struct rs_segment segment;
    enum rs_reason why = RS_SENT_ACK;
    if (!s->held)
        return;
    if (peek(s, &segment, &why) && !same_segment(&segment, &s->shown)) {
        hold(s, &segment, why); // what arrived meanwhile changed it: the new one is asked about
        return;
    }
    hold_let_go(s);
    session_send_one(s);
}

void hold_look_after_peer(struct session *s) {
    if (!s->held || s->peer_gone_told || s->peer_state != RS_SYN_RECEIVED)
        return;
    struct peer peer = s->config.witness.ask(s->config.witness.self, &s->conn.remote, &s->conn.local);
    if (!peer.known || (peer.state != RS_LISTEN && peer.state != RS_CLOSED))
        return;
    s->peer_gone_told = true;
    session_record(s, (struct trace_event){.kind = TRACE_PEER_GONE});
}

bool hold_offer(struct session *s) {
    struct rs_segment segment;
    enum rs_reason why = RS_SENT_ACK;
    bool pending = peek(s, &segment, &why);
    if (s->held && !pending) {
        hold_let_go(s);
        session_record(s, (struct trace_event){.kind = TRACE_WITHDRAWN});
        return true;
    }
    if (s->held || !pending)
        return false;
    hold(s, &segment, why);
    return true;
}
