// SPDX-License-Identifier: MIT
//
// SEGMENT ARRIVES in a synchronized state (RFC 9293, section 3.10.7.4): the eight steps, in the RFC's order, a function
// each. A step returns false where the RFC says "drop the segment and return". At the end of the file stands
// rs_conn_input, which chooses by state; opening.c has the states before there is a connection.
#include "internal.h"

// A SYN,ACK that crosses ours in a simultaneous open has a SYN that we know already (section 3.5): without it, the
// rest can be judged by the ordinary rules.
static void strip_known_syn(const struct rs_conn *c, struct rs_segment *seg) {
    if (!c->snd.syn_acked && (seg->flags & RS_SYN) && (seg->flags & RS_ACK) && seg->seq == c->rcv.irs) {
        seg->seq++;
        seg->flags &= (uint8_t)~RS_SYN;
    }
}

// First step: the four rows of the RFC's table (section 3.4, table 6). Of a RST only the number counts, whatever it
// carries (RFC 5961, section 3.2).
static bool is_acceptable(const struct rs_conn *c, const struct rs_segment *seg) {
    uint32_t window = conn_offered(c), edge = c->rcv.nxt + window;
    uint32_t length = seg->flags & RS_RST ? 0 : rs_segment_length(seg);
    bool first_in = rs_seq_leq(c->rcv.nxt, seg->seq) && rs_seq_lt(seg->seq, edge);
    if (window == 0)
        return length == 0 && seg->seq == c->rcv.nxt;
    if (length == 0)
        return first_in;
    uint32_t last = seg->seq + length - 1;
    return first_in || (rs_seq_leq(c->rcv.nxt, last) && rs_seq_lt(last, edge));
}

// "Send an ACK": at once to data that came again, or its sender would starve; but within measure to a bare ACK, or two
// ends that disagree would answer each other for ever (RFC 5961, section 10).
static void answer_with_ack(struct rs_conn *c, const struct rs_segment *seg, uint64_t now) {
    if (rs_segment_length(seg) > 0)
        conn_owe_ack(c, RS_SENT_ACK);
    else
        conn_challenge(c, now);
}

// Before the first step, where timestamps are agreed on: an old clock means an old duplicate (RFC 7323, section 5.3,
// R1), and a segment without one is not of this connection (section 3.2). RST is taken with and without; and SYN, for
// one that has forgotten us must learn of it, whatever its clock (RFC 5961, section 4.2).
static bool step_0_timestamps(struct rs_conn *c, const struct rs_segment *seg, uint64_t now) {
    if (!c->opt.timestamps || (seg->flags & (RS_RST | RS_SYN)))
        return true;
    if (!seg->options.has_timestamps) {
        conn_event(c, RS_DROPPED_NO_TIMESTAMP, c->state, 0);
        return false;
    }
    if (!timestamps_old(c, seg, now))
        return true;
    conn_event(c, RS_DROPPED_OLD_TIMESTAMP, c->state, 0);
    answer_with_ack(c, seg, now);
    return false;
}

static bool step_1_sequence(struct rs_conn *c, struct rs_segment *seg, uint64_t now) {
    if (is_acceptable(c, seg))
        return true;
    if (seg->flags & RS_RST) {
        conn_event(c, RS_DROPPED_RST, c->state, 0);
        return false;
    }
    conn_event(c, RS_DROPPED_OUTSIDE_WINDOW, c->state, 0);
    if ((seg->flags & RS_SYN) && c->state != RS_SYN_RECEIVED) { // RFC 5961, section 4.2: whatever its number
        conn_challenge(c, now);
        return false;
    }
    answer_with_ack(c, seg, now);
    bool same_fin = (seg->flags & RS_FIN) && seg->seq + rs_segment_length(seg) == c->rcv.nxt;
    if (c->state == RS_TIME_WAIT && same_fin) { // their FIN again: our last ACK was lost
        conn_event(c, RS_TIME_WAIT_RESTARTED, c->state, c->config.time_wait_us);
        timer_start_time_wait(c, now);
    }
    // A closed window takes no data and no FIN, but still lets valid ACKs through (section 3.10.7.4, first step), also
    // the bare ones that follow a probe which we did not take: their SND.NXT is one further.
    seg->flags &= (uint8_t)~RS_FIN;
    seg->payload[0].size = seg->payload[1].size = 0;
    return conn_offered(c) == 0 && (seg->flags & RS_ACK) && !(seg->flags & RS_SYN) && seg->seq - c->rcv.nxt <= 1;
}

// RST where both ends have closed. Only if all our bytes have arrived is that a normal end (section 3.9.1, MUST-12).
static void reset_while_closing(struct rs_conn *c) {
    enum rs_end end = c->send_ring.used > 0 ? RS_END_RESET : RS_END_CLOSED;
    conn_end(c, end, c->state == RS_TIME_WAIT ? RS_CLOSED_BOTH : RS_RESET);
}

static bool step_2_rst(struct rs_conn *c, const struct rs_segment *seg, uint64_t now) {
    if (!(seg->flags & RS_RST))
        return true;
    if (seg->seq != c->rcv.nxt) { // RFC 5961, section 3.2: in the window but not exact
        conn_event(c, RS_DROPPED_RST, c->state, 0);
        conn_challenge(c, now);
        return false;
    }
    if (c->state == RS_SYN_RECEIVED && c->active)
        conn_end(c, RS_END_REFUSED, RS_REFUSED); // section 3.10.7.4, second step; MUST-11
    else if (c->state == RS_SYN_RECEIVED && !c->snd.fin_queued)
        conn_listen_again(c, RS_RESET, now);
    else if (c->state == RS_CLOSING || c->state == RS_LAST_ACK || c->state == RS_TIME_WAIT)
        reset_while_closing(c);
    else
        conn_end(c, RS_END_RESET, RS_RESET);
    return false;
}

static bool step_4_syn(struct rs_conn *c, const struct rs_segment *seg, uint64_t now) {
    if (!(seg->flags & RS_SYN))
        return true;
    if (c->state == RS_SYN_RECEIVED && !c->active && !c->snd.fin_queued)
        conn_listen_again(c, RS_DROPPED_STALE, now);
    else
        conn_challenge(c, now); // RFC 5961, section 4.2
    return false;
}

// Only a segment at least as new as the last one that told us may change the window (section 3.10.7.4, fifth step). But
// where it is closed, an ACK of something new opens it whatever its number: there is no older segment with such an ACK,
// and one end whose window went back may have a larger number behind it for ever.
static void take_window(struct rs_conn *c, const struct rs_segment *seg, uint32_t window, uint32_t acked,
                        uint64_t now) {
    bool older = rs_seq_gt(c->snd.wl1, seg->seq) || (c->snd.wl1 == seg->seq && rs_seq_gt(c->snd.wl2, seg->ack));
    if (older && (acked == 0 || c->snd.wnd > 0)) {
        c->snd.wnd -= acked < c->snd.wnd ? acked : c->snd.wnd; // it counts from snd.una; the edge does not move
        return;
    }
    uint32_t before = c->snd.wnd;
    c->snd.wnd = window;
    c->snd.wl1 = seg->seq;
    c->snd.wl2 = seg->ack;
    if (c->snd.wnd > c->snd.max_wnd)
        c->snd.max_wnd = c->snd.wnd;
    if (c->snd.wnd == 0 && before > 0)
        conn_event(c, RS_WINDOW_CLOSED, c->state, 0);
    if (c->snd.wnd > 0 && before == 0) {
        conn_event(c, RS_WINDOW_OPENED, c->state, c->snd.wnd);
        c->timer.persist_at = RS_NEVER;
        if (c->snd.una != c->snd.nxt)
            timer_start_resend(c, now); // what was a probe is now ordinary data (RFC 6298, 5.1)
        c->timer.waiting_since = now;
        c->snd.probe = false;
        c->snd.resend = c->snd.una; // a probe's byte was refused while the window was closed
    }
    if (c->snd.wnd == 0)
        c->timer.waiting_since = now; // it answers: a closed window may stay closed for ever (section 3.8.6.1, MUST-37)
}

static bool fin_is_acked(const struct rs_conn *c) {
    return c->snd.fin_queued && c->send_ring.used == 0 && c->snd.una == c->snd.nxt && c->state >= RS_FIN_WAIT_1;
}

// What our acknowledged FIN means in each closing state.
static bool our_fin_acked(struct rs_conn *c, uint64_t now) {
    switch (c->state) {
    case RS_FIN_WAIT_1:
        conn_enter(c, RS_FIN_WAIT_2, RS_FIN_ACKED);
        return true;
    case RS_CLOSING:
        conn_enter(c, RS_TIME_WAIT, RS_FIN_ACKED);
        conn_event(c, RS_TIME_WAIT_BEGINS, c->state, c->config.time_wait_us);
        timer_start_time_wait(c, now);
        return false;
    case RS_LAST_ACK:
        conn_end(c, RS_END_CLOSED, RS_CLOSED_BOTH);
        return false;
    default:
        return true;
    }
}

static bool step_5_ack(struct rs_conn *c, const struct rs_segment *seg, uint32_t window, uint64_t now) {
    if (!(seg->flags & RS_ACK)) {
        conn_event(c, RS_DROPPED_NO_ACK, c->state, 0);
        return false;
    }
    // Too old to be real, or of something never sent (RFC 5961, section 5.2).
    bool too_old = rs_seq_lt(seg->ack, c->snd.una - c->snd.max_wnd);
    uint32_t before = c->snd.una;
    if (!c->snd.syn_acked) { // SYN-RECEIVED, or FIN-WAIT-1 after a close() that did not wait
        if (rs_seq_leq(seg->ack, c->snd.una) || rs_seq_gt(seg->ack, c->snd.nxt)) {
            conn_event(c, RS_DROPPED_BAD_ACK, c->state, 0);
            conn_owe_reply(c, RS_SENT_RESET, RS_RST, seg->ack, 0);
            return false;
        }
        take_ack(c, seg, now);
        conn_enter(c, c->state == RS_SYN_RECEIVED ? RS_ESTABLISHED : c->state, RS_HANDSHAKE_DONE);
        c->snd.wl1 = seg->seq - 1; // whatever this segment says of the window counts
    } else if (rs_seq_gt(seg->ack, c->snd.nxt) || too_old) {
        conn_event(c, RS_DROPPED_BAD_ACK, c->state, 0);
        answer_with_ack(c, seg, now);
        return false;
    } else if (rs_seq_gt(seg->ack, c->snd.una)) {
        take_ack(c, seg, now);
    } else if (recovery_is_duplicate(c, seg, window)) {
        recovery_duplicate(c);
    }
    // RFC 7323, section 5.3, R3: it may be the one to echo. Not before the ACK is known to be acceptable: a forged
    // clock of tomorrow would make all that is true look old (RFC 5961, section 5, for the numbers).
    timestamps_take(c, seg, now);
    if (rs_seq_geq(seg->ack,
                   c->snd.una)) // an old ACK says nothing of the window, but its data counts (section 3.10.7.4)
        take_window(c, seg, window, c->snd.una - before, now);
    return !fin_is_acked(c) || our_fin_acked(c, now);
}

static void step_6_urg(struct rs_conn *c, const struct rs_segment *seg) {
    if (seg->flags & RS_URG) // seen, told, and read in order with the rest (section 3.8.5, MUST-31)
        conn_event(c, RS_URGENT_SEEN, c->state, seg->urgent);
}

static void input_synchronized(struct rs_conn *c, const struct rs_segment *segment, uint64_t now) {
    struct rs_segment seg = *segment;
    // A window is scaled, but not in a SYN (RFC 7323, section 2.2), be it one that we know already.
    uint32_t window = (uint32_t)segment->window << (segment->flags & RS_SYN ? 0 : c->snd.scale);
    strip_known_syn(c, &seg);
    if (!step_0_timestamps(c, &seg, now) || !step_1_sequence(c, &seg, now))
        return;
    if (step_2_rst(c, &seg, now) /* third, security: no longer used */ && step_4_syn(c, &seg, now) &&
        step_5_ack(c, &seg, window, now)) {
        step_6_urg(c, &seg);
        take_text(c, &seg, now); // seventh and eighth
    }
}

void rs_conn_input(struct rs_conn *c, const struct rs_endpoint *from, const struct rs_segment *segment, uint64_t now) {
    switch (c->state) {
    case RS_CLOSED:
        input_closed(c, segment);
        break;
    case RS_LISTEN:
        input_listen(c, from, segment, now);
        break;
    case RS_SYN_SENT:
        input_syn_sent(c, segment, now);
        break;
    default:
        input_synchronized(c, segment, now);
        break;
    }
}
