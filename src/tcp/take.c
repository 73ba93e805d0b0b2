// SPDX-License-Identifier: MIT
//
// What an acceptable segment brings: an ACK, data, a FIN (RFC 9293, section 3.10.7.4, steps 5, 7 and 8). Called by
// input.c, and by opening.c, since a SYN,ACK may bring all three.
#include "internal.h"

void take_ack(struct rs_conn *c, uint32_t ack, uint64_t now) {
    uint32_t acked = ack - c->snd.una;
    bool first = !c->snd.syn_acked; // then one of the numbers acknowledged is the SYN's
    uint32_t bytes = first ? acked - 1 : acked;
    if (bytes > c->send_ring.used) // the FIN's number is no byte in the ring
        bytes = (uint32_t)c->send_ring.used;
    ring_drop(&c->send_ring, bytes);
    c->snd.una = ack;
    c->snd.syn_acked = true;
    if (rs_seq_lt(c->snd.resend, ack))
        c->snd.resend = ack;
    if (c->rtt.timing && rs_seq_gt(ack, c->rtt.timed_seq)) {
        c->rtt.timing = false;
        rto_sample(c, now - c->rtt.timed_at);
    }
    c->rtt.resends = 0;
    if (first)
        rto_after_syn(c);
    else
        congestion_acked(c, acked);
    c->timer.waiting_since = now;
    c->timer.persist_at = RS_NEVER;
    c->snd.probe = false;
    c->timer.resend_at = RS_NEVER; // RFC 6298, 5.2
    if (ack != c->snd.nxt)
        timer_start_resend(c, now); // RFC 6298, 5.3
    if (bytes > 0)
        conn_event(c, RS_DATA_ACKED, c->state, bytes);
}

// Cuts off what lies before RCV.NXT: it has arrived already.
static void trim_front(const struct rs_conn *c, struct rs_segment *seg) {
    if (!rs_seq_lt(seg->seq, c->rcv.nxt))
        return;
    size_t old = c->rcv.nxt - seg->seq;
    size_t data = rs_segment_data_bytes(seg);
    size_t cut = old < data ? old : data;
    if (cut > 0)
        seg->payload[0] = (struct rs_span){seg->payload[0].bytes + cut, seg->payload[0].size - cut};
    seg->seq += (uint32_t)old;
}

// Cuts off what lies beyond the window; a FIN behind it is not seen yet (section 3.10.7.4, seventh step).
static void trim_back(const struct rs_conn *c, struct rs_segment *seg) {
    uint32_t window = conn_offered(c);
    if (rs_segment_data_bytes(seg) < window)
        return;
    seg->payload[0].size = window;
    seg->flags &= (uint8_t)~RS_FIN;
}

static bool receives_text(enum rs_state state) {
    return state == RS_ESTABLISHED || state == RS_FIN_WAIT_1 || state == RS_FIN_WAIT_2;
}

// Their FIN, in order: one more number is used up, and nothing more will come (eighth step).
static void take_fin(struct rs_conn *c, uint64_t now) {
    c->rcv.nxt++;
    c->rcv.fin_seen = true;
    conn_owe_ack(c, RS_SENT_ACK_OF_FIN);
    switch (c->state) {
    case RS_ESTABLISHED:
        conn_enter(c, RS_CLOSE_WAIT, RS_FIN_ARRIVED);
        break;
    case RS_FIN_WAIT_1: // our FIN is still unacknowledged, or step 5 would have moved us on
        conn_enter(c, RS_CLOSING, RS_FIN_ARRIVED);
        break;
    default:
        conn_enter(c, RS_TIME_WAIT, RS_FIN_ARRIVED);
        conn_event(c, RS_TIME_WAIT_BEGINS, c->state, c->config.time_wait_us);
        timer_start_time_wait(c, now);
        break;
    }
}

void take_text(struct rs_conn *c, const struct rs_segment *segment, uint64_t now) {
    struct rs_segment seg = *segment;
    if (rs_segment_length(&seg) == 0 || !receives_text(c->state))
        return;
    trim_front(c, &seg);
    size_t data = rs_segment_data_bytes(&seg);
    if (rs_seq_gt(seg.seq, c->rcv.nxt)) { // a gap before it: answer at once, so that the other end learns of it
        conn_event(c, RS_DROPPED_OUT_OF_ORDER, c->state, data);
        conn_owe_ack(c, RS_SENT_ACK);
        return;
    }
    trim_back(c, &seg);
    size_t taken = ring_put(&c->receive_ring, seg.payload[0].bytes, seg.payload[0].size);
    c->rcv.nxt += (uint32_t)taken;
    if (data > 0)
        conn_owe_ack(c, RS_SENT_ACK);
    if (taken > 0)
        conn_event(c, RS_DATA_ARRIVED, c->state, taken);
    if (seg.flags & RS_FIN)
        take_fin(c, now);
}
