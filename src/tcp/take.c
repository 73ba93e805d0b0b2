// SPDX-License-Identifier: MIT
//
// What an acceptable segment brings: an ACK, data, a FIN (RFC 9293, section 3.10.7.4, steps 5, 7 and 8). Called by
// input.c, and by opening.c, since a SYN,ACK may bring all three.
#include <stddef.h>

#include "internal.h"

// A round trip, if this ACK tells one: of the segment that is being measured, or, where Karn's rule leaves out what was
// sent again, by the timestamp that comes back with the ACK (RFC 7323, section 4.1).
static void measure(struct rs_conn *c, const struct rs_segment *seg, uint64_t now) {
    uint64_t us;
    if (c->rtt.timing && rs_seq_gt(seg->ack, c->rtt.timed_seq)) {
        c->rtt.timing = false;
        rto_sample(c, now - c->rtt.timed_at);
    } else if (c->rtt.resends > 0 && c->snd.syn_acked && timestamps_round_trip(c, seg, now, &us)) {
        rto_sample(c, us);
    }
}

// The timers after an ACK of something new (RFC 6298, 5.2 and 5.3).
static void restart_timers(struct rs_conn *c, bool keeps, uint64_t now) {
    c->timer.waiting_since = now;
    c->timer.persist_at = RS_NEVER;
    c->snd.probe = false;
    if (keeps && c->timer.resend_at != RS_NEVER)
        return;
    c->timer.resend_at = RS_NEVER;
    if (c->snd.una != c->snd.nxt)
        timer_start_resend(c, now);
}

void take_ack(struct rs_conn *c, const struct rs_segment *seg, uint64_t now) {
    uint32_t acked = seg->ack - c->snd.una;
    bool keeps_timer = recovery_keeps_timer(c, seg->ack);
    bool first = !c->snd.syn_acked; // then one of the numbers acknowledged is the SYN's
    uint32_t bytes = first ? acked - 1 : acked;
    if (bytes > c->send_ring.used) // the FIN's number is no byte in the ring
        bytes = (uint32_t)c->send_ring.used;
    ring_drop(&c->send_ring, bytes);
    measure(c, seg, now);
    c->snd.una = seg->ack;
    c->snd.syn_acked = true;
    if (rs_seq_lt(c->snd.resend, seg->ack))
        c->snd.resend = seg->ack;
    c->rtt.resends = 0;
    c->icmp.soft_errno = 0; // it gets through all the same
    if (first)
        rto_after_syn(c);
    else if (!recovery_acked(c, acked))
        congestion_acked(c, acked);
    restart_timers(c, keeps_timer, now);
    if (bytes > 0)
        conn_event(c, RS_DATA_ACKED, c->state, bytes);
}

// Cuts size bytes off the front of both spans together.
static void skip(struct rs_span spans[2], size_t size) {
    for (int i = 0; i < 2; i++) {
        size_t cut = size < spans[i].size ? size : spans[i].size;
        if (cut > 0)
            spans[i] = (struct rs_span){spans[i].bytes + cut, spans[i].size - cut};
        size -= cut;
    }
}

// Leaves no more than size bytes in both spans together.
static void limit(struct rs_span spans[2], size_t size) {
    for (int i = 0; i < 2; i++) {
        spans[i].size = spans[i].size < size ? spans[i].size : size;
        size -= spans[i].size;
    }
}

// Cuts off what lies before RCV.NXT: it has arrived already.
static void trim_front(const struct rs_conn *c, struct rs_segment *seg) {
    if (!rs_seq_lt(seg->seq, c->rcv.nxt))
        return;
    uint32_t old = c->rcv.nxt - seg->seq;
    skip(seg->payload, old);
    seg->seq += old;
}

// Cuts off what lies beyond the window, and beyond their FIN; a FIN behind the window is not seen yet
// (section 3.10.7.4, seventh step).
static void trim_back(const struct rs_conn *c, struct rs_segment *seg) {
    uint32_t end = c->rcv.fin_known && rs_seq_lt(c->rcv.fin_seq, c->rcv.edge) ? c->rcv.fin_seq : c->rcv.edge;
    uint32_t room = rs_seq_gt(end, seg->seq) ? end - seg->seq : 0;
    if (rs_segment_data_bytes(seg) < room)
        return;
    limit(seg->payload, room);
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

// Remembers where their FIN is; it counts when all before it has arrived. One that other data contradicts is not
// believed.
static void note_fin(struct rs_conn *c, uint32_t seq) {
    const struct rs_range *last = c->rcv.ranges_count > 0 ? &c->rcv.ranges[c->rcv.ranges_count - 1] : NULL;
    if (c->rcv.fin_known || (last && rs_seq_gt(last->right, seq)))
        return;
    c->rcv.fin_known = true;
    c->rcv.fin_seq = seq;
}

// Bytes behind a gap. The answer leaves at once, so that the other end learns of the gap (RFC 5681, section 4.2).
static void take_early(struct rs_conn *c, const struct rs_segment *seg, uint32_t size) {
    bool kept = size == 0 || early_keep(c, seg->seq, seg->payload); // a FIN alone takes no place
    conn_event(c, kept ? RS_KEPT_OUT_OF_ORDER : RS_DROPPED_OUT_OF_ORDER, c->state, size);
    conn_owe_ack(c, RS_SENT_DUPLICATE_ACK);
}

// Bytes that begin at RCV.NXT, and what was waiting for them.
static void take_next(struct rs_conn *c, const struct rs_segment *seg, uint32_t size, uint64_t now) {
    bool gap = c->rcv.ranges_count > 0 || c->rcv.fin_known;
    ring_write(&c->receive_ring, 0, seg->payload);
    ring_extend(&c->receive_ring, size);
    c->rcv.nxt += size;
    conn_event(c, RS_DATA_ARRIVED, c->state, size);
    uint32_t joined = early_join(c);
    if (joined > 0)
        conn_event(c, RS_GAP_FILLED, c->state, joined);
    if (gap) // the other end may be waiting for just this (RFC 5681, section 4.2)
        conn_owe_ack(c, RS_SENT_ACK);
    else
        conn_owe_ack_soon(c, size, now);
}

void take_text(struct rs_conn *c, const struct rs_segment *segment, uint64_t now) {
    struct rs_segment seg = *segment;
    if (rs_segment_length(&seg) == 0 || !receives_text(c->state))
        return;
    trim_front(c, &seg);
    bool had_data = rs_segment_data_bytes(segment) > 0;
    trim_back(c, &seg);
    uint32_t size = (uint32_t)rs_segment_data_bytes(&seg);
    if (seg.flags & RS_FIN)
        note_fin(c, seg.seq + size);
    if (rs_seq_gt(seg.seq, c->rcv.nxt))
        take_early(c, &seg, size);
    else if (size > 0)
        take_next(c, &seg, size, now);
    else if (had_data) // all of it old, or none of it within the window
        conn_owe_ack(c, RS_SENT_ACK);
    if (c->rcv.fin_known && c->rcv.fin_seq == c->rcv.nxt)
        take_fin(c, now);
}
