// SPDX-License-Identifier: MIT
//
// Step mode: a segment is shown before it leaves, and held until somebody says that it may. The engine's clock stands
// still meanwhile. Called by session.c, and by the person at the keyboard through session_permit.
#include <stddef.h>

#include "live/internal.h"

// What would be sent now, worked out on a copy, so that the connection itself does not move. If that is nothing, the
// copy takes its place: a connection that has something to send, and may not, begins to wait when it is asked (RFC
// 9293, section 3.8.6.1).
static bool peek(struct session *s, struct rs_segment *segment, enum rs_reason *why) {
    struct rs_conn copy = s->conn;
    struct rs_event event;
    if (!rs_conn_poll_segment(&copy, session_now(s), segment)) {
        s->conn = copy;
        session_record_decisions(s);
        return false;
    }
    while (rs_conn_poll_event(&copy, &event))
        if (event.reason <= RS_SENT_CHALLENGE_ACK)
            *why = event.reason;
    return true;
}

static bool same_segment(const struct rs_segment *a, const struct rs_segment *b) {
    return a->seq == b->seq && a->ack == b->ack && a->flags == b->flags && a->window == b->window &&
           rs_segment_data_bytes(a) == rs_segment_data_bytes(b);
}

static void begin_hold(struct session *s, bool forged) {
    if (!s->held)
        s->held_since = s->config.clock.monotonic_us(s->config.clock.self);
    s->held = true;
    s->shows_forged = forged;
}

// What lies in s->packet waits for leave.
static void show(struct session *s, const struct passage *out) {
    struct rs_packet parsed;
    (void)rs_packet_parse(s->packet, out->size, &parsed);
    struct trace_event event = session_segment_event(s, TRACE_PENDING, &parsed, out->size, true);
    event.u.segment.why = out->why;
    event.u.segment.bent = out->bent;
    event.u.segment.purpose = out->purpose;
    session_record(s, event);
}

static void hold(struct session *s, const struct rs_segment *segment, enum rs_reason why) {
    struct rs_packet packet = session_wrap(s, segment);
    begin_hold(s, false);
    s->shown = *segment;
    const struct passage out = {.why = why, .size = rs_packet_build(&packet, s->packet, sizeof s->packet)};
    show(s, &out);
}

// What a script has written comes before what the engine would say.
static void hold_forged(struct session *s) {
    begin_hold(s, true);
    const struct passage out = forge_build(s);
    show(s, &out);
}

void hold_let_go(struct session *s) {
    if (s->held)
        s->frozen_us += s->config.clock.monotonic_us(s->config.clock.self) - s->held_since;
    s->held = s->shows_forged = false;
}

void session_permit(struct session *s) {
    struct rs_segment segment;
    enum rs_reason why = RS_SENT_ACK;
    if (!s->held)
        return;
    if (s->shows_forged) {
        hold_let_go(s);
        forge_send(s);
        return;
    }
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
    struct peer peer = s->config.witness.ask(s->config.witness.self, &s->config.conn.remote, &s->conn.local);
    if (!peer.known || (peer.state != RS_LISTEN && peer.state != RS_CLOSED))
        return;
    s->peer_gone_told = true;
    session_record(s, (struct trace_event){.kind = TRACE_PEER_GONE});
}

bool hold_offer(struct session *s) {
    struct rs_segment segment;
    enum rs_reason why = RS_SENT_ACK;
    if (!s->held && s->has_forged) {
        hold_forged(s);
        return true;
    }
    if (s->shows_forged)
        return false;
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
