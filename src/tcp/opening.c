// SPDX-License-Identifier: MIT
//
// SEGMENT ARRIVES while there is no connection yet: in CLOSED, LISTEN and SYN-SENT (RFC 9293, sections 3.10.7.1 to
// 3.10.7.3). Called by rs_conn_input.
#include "internal.h"

// The RST that answers a segment which belongs to nothing (section 3.10.7.1). RST is never answered with RST.
static void answer_stray(struct rs_conn *c, const struct rs_segment *seg) {
    if (seg->flags & RS_RST)
        return;
    if (seg->flags & RS_ACK)
        conn_owe_reply(c, RS_SENT_RESET, RS_RST, seg->ack, 0);
    else
        conn_owe_reply(c, RS_SENT_RESET, RS_RST | RS_ACK, 0, seg->seq + rs_segment_length(seg));
}

void input_closed(struct rs_conn *c, const struct rs_segment *seg) {
    conn_event(c, RS_DROPPED_STALE, c->state, 0);
    answer_stray(c, seg);
}

// Takes what their SYN brings: their first number, and their options.
static void take_syn(struct rs_conn *c, const struct rs_segment *seg, uint64_t now) {
    c->rcv.irs = seg->seq;
    c->rcv.irs_known = true;
    c->rcv.nxt = c->rcv.acked = seg->seq + 1;      // the SYN itself takes one number
    c->rcv.edge = c->rcv.nxt + conn_syn_window(c); // our own SYN offers it, before or after this one
    c->rcv.syn_is_full = conn_syn_window(c) == UINT16_MAX;
    negotiate_take(c, &seg->options, now);
    congestion_init(c);
}

static void take_window(struct rs_conn *c, const struct rs_segment *seg) {
    c->snd.wnd = c->snd.max_wnd = seg->window; // a SYN's window is never scaled (RFC 7323, section 2.2)
    c->snd.wl1 = seg->seq;
    c->snd.wl2 = seg->ack;
}

void input_listen(struct rs_conn *c, const struct rs_endpoint *from, const struct rs_segment *seg, uint64_t now) {
    if ((seg->flags & RS_RST) || !rs_endpoint_is_unicast(from)) // first: RST is ignored (section 3.10.7.2); MUST-57
        return;
    c->remote = *from;         // whoever it is: a RST too must find its way back
    if (seg->flags & RS_ACK) { // second: nothing was sent that could be acknowledged
        conn_event(c, RS_DROPPED_BAD_ACK, c->state, 0);
        answer_stray(c, seg);
        return;
    }
    if (!(seg->flags & RS_SYN))
        return;
    enum rs_state before = c->state;
    c->state = RS_SYN_RECEIVED;
    conn_event(c, RS_PEER_OPENED, before, 0);
    c->timer.opened_at = now;
    conn_choose_iss(c, now);
    take_syn(c, seg, now);
    take_window(c, seg);
}

// First step: an ACK in SYN-SENT must acknowledge exactly our SYN (section 3.10.7.3).
static bool ack_is_ours(const struct rs_conn *c, const struct rs_segment *seg) {
    return rs_seq_gt(seg->ack, c->snd.iss) && rs_seq_leq(seg->ack, c->snd.nxt);
}

// Crossing SYNs (section 3.5, MUST-10): our SYN goes out again, now as SYN,ACK with the same number.
static void open_simultaneously(struct rs_conn *c, const struct rs_segment *seg, uint64_t now) {
    take_syn(c, seg, now);
    take_window(c, seg);
    conn_enter(c, RS_SYN_RECEIVED, RS_SIMULTANEOUS_OPEN);
    c->snd.resend = c->snd.iss;
    c->rtt.timing = false;
    c->rtt.resends = 0;
    conn_owe_ack(c, RS_SENT_HANDSHAKE_ACK); // the SYN,ACK pays it, unless theirs comes before that has left
}

void input_syn_sent(struct rs_conn *c, const struct rs_segment *seg, uint64_t now) {
    bool acked = (seg->flags & RS_ACK) && ack_is_ours(c, seg);
    if ((seg->flags & RS_ACK) && !acked) { // first: check the ACK bit; we stay in SYN-SENT
        conn_event(c, RS_DROPPED_BAD_ACK, c->state, 0);
        answer_stray(c, seg);
        return;
    }
    if (seg->flags & RS_RST) { // second: without an acceptable ACK a RST is not for us
        if (acked)
            conn_end(c, RS_END_REFUSED, RS_REFUSED);
        else
            conn_event(c, RS_DROPPED_RST, c->state, 0);
        return;
    }
    if (!(seg->flags & RS_SYN)) { // fifth: neither SYN nor RST: drop
        conn_event(c, RS_DROPPED_NOT_OURS, c->state, 0);
        return;
    }
    if (!acked) { // fourth: a SYN without ACK
        open_simultaneously(c, seg, now);
        return;
    }
    take_syn(c, seg, now);
    take_ack(c, seg, now);
    take_window(c, seg); // RFC 1122, section 4.2.2.20 (c)
    conn_enter(c, RS_ESTABLISHED, RS_SYN_ACKED);
    conn_owe_ack(c, RS_SENT_HANDSHAKE_ACK);
    struct rs_segment rest = *seg; // data or FIN on the SYN,ACK is taken now, not lost (section 3.10.7.3)
    rest.seq++;
    rest.flags &= (uint8_t)~RS_SYN;
    take_text(c, &rest, now);
}
