// SPDX-License-Identifier: MIT
//
// What to send now, worked out from the connection's state each time: first an answer that is owed to a stray, then
// the range SYN, data, FIN from snd.resend on, then a bare ACK if one is still owed. Called by the session until there
// is nothing left.
#include "internal.h"

static void number(const struct rs_conn *c, struct rs_segment *out, uint32_t seq, uint8_t flags) {
    *out = (struct rs_segment){
        .source_port = c->local.port,
        .destination_port = c->remote.port,
        .seq = seq,
        .flags = flags,
    };
}

// Every segment that carries ACK says what we expect next and how much room there is; it pays the ACK that was owed.
static void acknowledge(struct rs_conn *c, struct rs_segment *out) {
    uint32_t window = conn_window(c);
    out->flags |= RS_ACK;
    out->ack = c->rcv.nxt;
    out->window = (uint16_t)window;
    c->rcv.edge = c->rcv.nxt + window;
    c->rcv.ack_owed = false;
}

static bool poll_reply(struct rs_conn *c, struct rs_segment *out) {
    if (!c->reply.owed)
        return false;
    c->reply.owed = false;
    number(c, out, c->reply.seq, c->reply.flags);
    out->ack = c->reply.ack;
    if (!(c->reply.flags & RS_RST))
        acknowledge(c, out);
    conn_event(c, c->reply.reason, c->state, 0);
    return true;
}

// The timer runs while anything is unacknowledged (RFC 6298, 5.1); one new segment at a time is measured, and none that
// is sent again: its ACK would not tell which copy it answers (Karn; RFC 6298, section 3).
static void sent(struct rs_conn *c, const struct rs_segment *out, uint64_t now) {
    uint32_t end = out->seq + rs_segment_length(out);
    bool again = rs_seq_lt(out->seq, c->snd.nxt);
    if (again && c->rtt.timing && rs_seq_leq(out->seq, c->rtt.timed_seq))
        c->rtt.timing = false;
    if (!again && !c->rtt.timing) {
        c->rtt.timing = true;
        c->rtt.timed_seq = out->seq;
        c->rtt.timed_at = now;
    }
    if (c->snd.una == c->snd.nxt) // the first that is outstanding: from now on we wait
        c->timer.waiting_since = now;
    c->snd.resend = end;
    if (rs_seq_gt(end, c->snd.nxt))
        c->snd.nxt = end;
    if (c->timer.resend_at == RS_NEVER && c->timer.persist_at == RS_NEVER)
        timer_start_resend(c, now);
}

static bool poll_syn(struct rs_conn *c, uint64_t now, struct rs_segment *out) {
    if ((c->state != RS_SYN_SENT && c->state != RS_SYN_RECEIVED) || c->snd.resend != c->snd.iss)
        return false;
    bool again = c->snd.nxt != c->snd.iss, answers = c->state == RS_SYN_RECEIVED;
    number(c, out, c->snd.iss, RS_SYN);
    out->options.has_mss = true; // only in a SYN (section 3.7.1, MUST-65)
    out->options.mss = c->config.mss;
    if (answers)
        acknowledge(c, out);
    out->window = (uint16_t)conn_window(c);
    sent(c, out, now);
    enum rs_reason first = answers ? RS_SENT_SYN_ACK : RS_SENT_SYN, next = answers ? RS_RESENT_SYN_ACK : RS_RESENT_SYN;
    // Their SYN,ACK in a simultaneous open is the first of its kind, though our number has been out before.
    bool resent = again && c->rtt.resends > 0;
    conn_event(c, resent ? next : first, again || answers ? c->state : RS_CLOSED, c->rtt.rto_us);
    return true;
}

static bool sends_text(enum rs_state state) {
    return state == RS_ESTABLISHED || state == RS_CLOSE_WAIT || state == RS_FIN_WAIT_1 || state == RS_CLOSING ||
           state == RS_LAST_ACK;
}

// Bytes that the peer's window and our congestion window still allow from seq on; may be negative after the window
// shrank, then nothing is sent (section 3.8.6, MUST-34).
static int64_t allowed(const struct rs_conn *c, uint32_t seq) {
    uint32_t window = c->snd.wnd < c->snd.cwnd ? c->snd.wnd : c->snd.cwnd;
    return (int64_t)window - (int64_t)(seq - c->snd.una);
}

// How much data goes into the next segment: full segments, or the last of what is queued, or at least half of the
// largest window that was ever offered (silly window avoidance, section 3.8.6.2.1, MUST-38).
static uint32_t data_to_send(const struct rs_conn *c, uint32_t seq, uint32_t queued) {
    int64_t room = allowed(c, seq);
    uint32_t size = queued < c->snd.mss ? queued : c->snd.mss;
    if (c->snd.probe && size > 0)
        return room > 1 ? (size < room ? size : (uint32_t)room) : 1;
    uint32_t outstanding =
        c->snd.nxt - seq; // what was sent goes out again even if the window shrank (section 3.8.6, MUST-35)
    if (seq == c->snd.una && outstanding > 0 && c->snd.wnd > 0 && size > room)
        return size < outstanding ? size : outstanding;
    if (room <= 0 || size == 0)
        return 0;
    if (size <= room)
        return size;
    return (uint64_t)room * 2 >= c->snd.max_wnd ? (uint32_t)room : 0;
}

static enum rs_reason why_text(const struct rs_conn *c, const struct rs_segment *out, bool again) {
    if (c->snd.probe)
        return RS_SENT_PROBE;
    if (rs_segment_data_bytes(out) > 0)
        return again ? RS_RESENT_DATA : RS_SENT_DATA;
    return again ? RS_RESENT_FIN : RS_SENT_FIN;
}

// Sending FIN changes the state (RFC 9293, section 3.10.4).
static enum rs_state after_fin(enum rs_state state) {
    if (state == RS_ESTABLISHED)
        return RS_FIN_WAIT_1;
    return state == RS_CLOSE_WAIT ? RS_LAST_ACK : state;
}

static bool poll_text(struct rs_conn *c, uint64_t now, struct rs_segment *out) {
    if (!sends_text(c->state))
        return false;
    uint32_t seq = c->snd.resend, end = conn_data_end(c);
    uint32_t queued = rs_seq_lt(seq, end) ? end - seq : 0;
    uint32_t size = data_to_send(c, seq, queued);
    bool last = size == queued;
    bool again = rs_seq_lt(seq, c->snd.nxt);
    // FIN needs room for its number like a byte does, or is itself the probe, or has been sent before.
    bool fin_fits = allowed(c, seq) > size || (c->snd.probe && size == 0) || rs_seq_gt(c->snd.nxt, end);
    bool fin = last && c->snd.fin_queued && rs_seq_leq(seq, end) && fin_fits;
    if (size == 0 && !fin)
        return false;
    number(c, out, seq, 0);
    acknowledge(c, out);
    ring_spans(&c->send_ring, seq - c->snd.una, size, out->payload);
    if (size > 0 && last)
        out->flags |= RS_PSH; // the last of what is queued: nothing more to wait for (section 3.9.1.2, MUST-60)
    if (fin)
        out->flags |= RS_FIN;
    enum rs_reason why = why_text(c, out, again);
    enum rs_state before = c->state;
    if (fin)
        c->state = after_fin(c->state);
    sent(c, out, now);
    c->snd.probe = false;
    conn_event(c, why, before, size);
    return true;
}

// Data waits, nothing is on its way whose ACK could open the window: then only a probe can find out (section 3.8.6.1,
// MUST-36).
static void start_persist(struct rs_conn *c, uint64_t now) {
    uint32_t end = conn_data_end(c);
    bool waits = rs_seq_lt(c->snd.una, end) || (c->snd.fin_queued && c->snd.una == end && c->snd.nxt == end);
    bool stuck = waits && sends_text(c->state) && (c->snd.wnd == 0 || c->timer.resend_at == RS_NEVER);
    if (!stuck || c->timer.persist_at != RS_NEVER)
        return;
    c->timer.resend_at = RS_NEVER;            // one or the other: a probe is sent again by this timer
    c->timer.persist_wait_us = c->rtt.rto_us; // the first after one RTO (section 3.8.6.1, SHLD-29)
    c->timer.persist_at = now + c->timer.persist_wait_us;
    if (c->snd.una == c->snd.nxt) // from now on we wait
        c->timer.waiting_since = now;
}

static bool poll_ack(struct rs_conn *c, struct rs_segment *out) {
    if (!c->rcv.ack_owed || !conn_synchronized(c))
        return false;
    number(c, out, c->snd.nxt, 0);
    acknowledge(c, out);
    conn_event(c, c->rcv.ack_reason, c->state, 0);
    return true;
}

bool rs_conn_poll_segment(struct rs_conn *c, uint64_t now, struct rs_segment *out) {
    if (poll_reply(c, out) || poll_syn(c, now, out) || poll_text(c, now, out))
        return true;
    start_persist(c, now);
    return poll_ack(c, out);
}
