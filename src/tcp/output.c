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
    bool syn = out->flags & RS_SYN; // a window in a SYN is never scaled (RFC 7323, section 2.2)
    out->flags |= RS_ACK;
    out->ack = c->rcv.acked = c->rcv.nxt;
    out->window = syn ? conn_syn_window(c) : conn_window_field(c);
    uint32_t edge = c->rcv.nxt + ((uint32_t)out->window << (syn ? 0 : c->rcv.scale));
    if (rs_seq_gt(edge, c->rcv.edge))
        c->rcv.edge = edge;
    c->rcv.syn_is_full &= syn;
    c->rcv.ack_owed = c->rcv.data_unacked = false;
    c->timer.ack_at = RS_NEVER;
}

// The options of every segment but a SYN: the timestamps (RFC 7323, section 3.2), and what has arrived behind a gap.
static void write_options(const struct rs_conn *c, uint64_t now, struct rs_options *out) {
    timestamps_write(c, now, out);
    early_write_sack(c, out);
}

static bool poll_reply(struct rs_conn *c, uint64_t now, struct rs_segment *out) {
    if (!c->reply.owed)
        return false;
    c->reply.owed = false;
    number(c, out, c->reply.seq, c->reply.flags);
    out->ack = c->reply.ack;
    if (c->reply.reason != RS_SENT_RESET) // what answers a stranger has nothing of this connection
        write_options(c, now, &out->options);
    if (!(c->reply.flags & RS_RST))
        acknowledge(c, out);
    else
        out->options.sack_blocks = 0;
    conn_event(c, c->reply.reason, c->state, 0);
    return true;
}

// The timer runs while anything is unacknowledged (RFC 6298, 5.1); one new segment at a time is measured, and none that
// is sent again: its ACK would not tell which copy it answers (Karn; RFC 6298, section 3). True if the timer begins
// with this one.
static bool sent(struct rs_conn *c, const struct rs_segment *out, uint64_t now) {
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
    if (rs_seq_gt(end, c->snd.resend)) // what goes out again by fast retransmit lies before the cursor
        c->snd.resend = end;
    if (rs_seq_gt(end, c->snd.nxt))
        c->snd.nxt = end;
    c->timer.sent_at = now;
    // Data within a window has the ordinary timer, also if that window is a crumb, or grew without having been closed.
    if (!c->snd.probe || c->snd.wnd > 0)
        c->timer.persist_at = RS_NEVER;
    if (c->timer.resend_at != RS_NEVER || c->timer.persist_at != RS_NEVER)
        return false;
    timer_start_resend(c, now);
    return true;
}

static bool poll_syn(struct rs_conn *c, uint64_t now, struct rs_segment *out) {
    bool opening = c->state == RS_SYN_SENT || conn_synchronized(c); // FIN-WAIT-1 too, if close() did not wait
    if (!opening || c->snd.syn_acked || c->snd.resend != c->snd.iss)
        return false;
    bool again = c->snd.nxt != c->snd.iss, answers = c->rcv.irs_known;
    number(c, out, c->snd.iss, RS_SYN);
    negotiate_offer(c, now, &out->options);
    out->window = conn_syn_window(c);
    if (answers)
        acknowledge(c, out);
    sent(c, out, now);
    enum rs_reason first = answers ? RS_SENT_SYN_ACK : RS_SENT_SYN, next = answers ? RS_RESENT_SYN_ACK : RS_RESENT_SYN;
    // Their SYN,ACK in a simultaneous open is the first of its kind, though our number has been out before.
    bool resent = again && c->rtt.resends > 0;
    conn_event(c, resent ? next : first, again || answers ? c->state : RS_CLOSED, c->rtt.rto_us);
    return true;
}

// A close() before the handshake is over sends its FIN at once, if nothing is queued (section 3.10.4); it goes out
// again when our SYN is known to have arrived.
static bool closes_early(const struct rs_conn *c) {
    return c->state == RS_SYN_RECEIVED && c->snd.fin_queued && c->send_ring.used == 0;
}

static bool sends_text(const struct rs_conn *c) {
    bool sends = c->state == RS_ESTABLISHED || c->state == RS_CLOSE_WAIT || c->state == RS_FIN_WAIT_1 ||
                 c->state == RS_CLOSING || c->state == RS_LAST_ACK;
    return sends && c->snd.syn_acked;
}

// Bytes that the peer's window and our congestion window still allow from seq on; may be negative after the window
// shrank, then nothing is sent (section 3.8.6, MUST-34).
static int64_t allowed(const struct rs_conn *c, uint32_t seq) {
    uint32_t congestion = c->snd.cwnd + recovery_allowance(c);
    uint32_t window = c->snd.wnd < congestion ? c->snd.wnd : congestion;
    return (int64_t)window - (int64_t)(seq - c->snd.una);
}

// Nagle: while something is unacknowledged, a small segment waits for more (section 3.7.4, SHLD-7). A FIN behind it
// means that no more will come.
static bool waits_for_more(const struct rs_conn *c, uint32_t seq, uint32_t size, uint32_t full) {
    return !c->config.no_nagle && size < full && seq == c->snd.nxt && c->snd.una != c->snd.nxt && !c->snd.fin_queued;
}

// How much data goes into the next segment: full segments, or the last of what is queued, or at least half of the
// largest window that was ever offered (silly window avoidance, section 3.8.6.2.1, MUST-38).
static uint32_t data_to_send(const struct rs_conn *c, uint32_t seq, uint32_t queued, uint32_t full) {
    int64_t room = allowed(c, seq);
    uint32_t size = queued < full ? queued : full;
    uint32_t outstanding = c->snd.nxt - seq;
    if (c->snd.probe && size > 0)
        return room > 1 ? (size < room ? size : (uint32_t)room) : 1;
    if (seq == c->snd.una && outstanding > 0 && c->snd.wnd > 0 && size > room) // what was sent goes out again even if
        return size < outstanding ? size : outstanding;                        // the window shrank (MUST-35)
    if (room <= 0 || size == 0)
        return 0;
    if (size > room) // a part of it, unless that is silly
        size = (uint64_t)room * 2 >= c->snd.max_wnd ? (uint32_t)room : 0;
    return waits_for_more(c, seq, size, full) ? 0 : size;
}

static enum rs_reason why_text(const struct rs_conn *c, const struct rs_segment *out, bool again) {
    if (c->snd.probe && c->snd.wnd == 0) // within a small window it is ordinary data
        return RS_SENT_PROBE;
    if (c->recovery.resend)
        return RS_RESENT_FAST;
    if (rs_segment_data_bytes(out) > 0)
        return again ? RS_RESENT_DATA : RS_SENT_DATA;
    return again ? RS_RESENT_FIN : RS_SENT_FIN;
}

// Sending FIN changes the state (RFC 9293, section 3.10.4).
static enum rs_state after_fin(enum rs_state state) {
    if (state == RS_SYN_RECEIVED || state == RS_ESTABLISHED)
        return RS_FIN_WAIT_1;
    return state == RS_CLOSE_WAIT ? RS_LAST_ACK : state;
}

// What goes out again by fast retransmit: one segment of what was sent (RFC 5681, section 3.2, step 3).
static uint32_t recovery_size(const struct rs_conn *c, uint32_t queued, uint32_t full) {
    uint32_t size = queued < full ? queued : full, outstanding = c->snd.nxt - c->snd.una;
    return size < outstanding ? size : outstanding;
}

// How much data the next segment may carry: each byte of options takes the place of one (MUST-16). Of the huge ones of
// loopback two should fit in a window: a receiver delays the ACK of a single one, and its window, once closed, could
// not grow by two of them, so it would never tell that it has opened.
static uint32_t full_segment(const struct rs_conn *c, const struct rs_segment *out) {
    uint32_t most = conn_data_room(c, rs_segment_header_bytes(out) - RS_TCP_HEADER_MIN), half = c->snd.max_wnd / 2;
    return half >= HUGE_SEGMENT && half < most ? half : most;
}

// FIN goes with the last byte. It needs room for its number like a byte does, or is itself the probe, or has been sent
// before.
static bool fin_goes_along(const struct rs_conn *c, uint32_t seq, uint32_t size, uint32_t queued) {
    bool fits = allowed(c, seq) > size || (c->snd.probe && size == 0) || rs_seq_gt(c->snd.nxt, conn_data_end(c));
    return size == queued && c->snd.fin_queued && rs_seq_leq(seq, conn_data_end(c)) && fits;
}

static bool poll_text(struct rs_conn *c, uint64_t now, struct rs_segment *out) {
    if (!sends_text(c) && !closes_early(c))
        return false;
    uint32_t seq = c->recovery.resend ? c->snd.una : c->snd.resend, end = conn_data_end(c);
    uint32_t queued = rs_seq_lt(seq, end) ? end - seq : 0;
    if (queued == 0 && !c->snd.fin_queued)
        return false;
    congestion_after_idle(c, now);
    number(c, out, seq, 0);
    write_options(c, now, &out->options);
    uint32_t full = full_segment(c, out);
    uint32_t size = c->recovery.resend ? recovery_size(c, queued, full) : data_to_send(c, seq, queued, full);
    bool fin = fin_goes_along(c, seq, size, queued);
    if (size == 0 && !fin)
        return false;
    acknowledge(c, out);
    ring_spans(&c->send_ring, seq - c->snd.una, size, out->payload);
    if (size > 0 && size == queued)
        out->flags |= RS_PSH; // the last of what is queued: nothing more to wait for (section 3.9.1.2, MUST-60)
    if (fin)
        out->flags |= RS_FIN;
    enum rs_reason why = why_text(c, out, rs_seq_lt(seq, c->snd.nxt));
    enum rs_state before = c->state;
    if (fin)
        c->state = after_fin(c->state);
    bool timer_begins = sent(c, out, now);
    c->snd.probe = c->recovery.resend = false;
    conn_event(c, why, before, size);
    if (timer_begins)
        conn_event(c, RS_TIMER_SET, c->state, c->rtt.rto_us);
    if (why == RS_SENT_PROBE)
        conn_event(c, RS_PERSIST_AGAIN, c->state, c->timer.persist_wait_us);
    return true;
}

// Data waits, nothing is on its way whose ACK could open the window: then only a probe can find out (section 3.8.6.1,
// MUST-36).
static void start_persist(struct rs_conn *c, uint64_t now) {
    uint32_t end = conn_data_end(c);
    bool waits = rs_seq_lt(c->snd.una, end) || (c->snd.fin_queued && c->snd.una == end && c->snd.nxt == end);
    bool stuck = waits && sends_text(c) && (c->snd.wnd == 0 || c->timer.resend_at == RS_NEVER);
    if (!stuck || c->timer.persist_at != RS_NEVER)
        return;
    c->timer.resend_at = RS_NEVER; // one or the other: a probe is sent again by this timer
    // The first probe after one RTO (section 3.8.6.1, SHLD-29); a crumb is used after a second (section 3.8.6.2.1).
    c->timer.persist_wait_us = c->snd.wnd == 0 ? c->rtt.rto_us : CRUMB_WAIT;
    c->timer.persist_at = now + c->timer.persist_wait_us;
    if (c->snd.una == c->snd.nxt) // from now on we wait
        c->timer.waiting_since = now;
    conn_event(c, RS_PERSIST_SET, c->state, c->timer.persist_wait_us);
}

static bool poll_ack(struct rs_conn *c, uint64_t now, struct rs_segment *out) {
    if (!c->rcv.ack_owed || !conn_synchronized(c))
        return false;
    number(c, out, conn_number(c), 0);
    write_options(c, now, &out->options);
    acknowledge(c, out);
    conn_event(c, c->rcv.ack_reason, c->state, 0);
    return true;
}

bool rs_conn_poll_segment(struct rs_conn *c, uint64_t now, struct rs_segment *out) {
    if (poll_reply(c, now, out) || poll_syn(c, now, out) || poll_text(c, now, out))
        return true;
    start_persist(c, now);
    return poll_ack(c, now, out);
}
