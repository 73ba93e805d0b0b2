// SPDX-License-Identifier: MIT
//
// Fast retransmit and fast recovery (RFC 5681, section 3.2, with the details of RFC 6582). A receiver answers each
// segment that arrives behind a gap with the same ACK again. Three of those say: one segment is missing, but others get
// through. So it is sent again at once, without waiting for the timer. Called by input.c, take.c and timer.c.
#include "internal.h"

enum { DUPLICATES_THAT_MEAN_LOSS = 3 };

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

bool recovery_is_duplicate(const struct rs_conn *c, const struct rs_segment *seg, uint32_t window) {
    // The five conditions of RFC 5681, section 2. A probe of a closed window is answered alike, and means nothing here.
    return seg->ack == c->snd.una && c->snd.una != c->snd.nxt && rs_segment_length(seg) == 0 && c->snd.wnd > 0 &&
           window == c->snd.wnd && c->timer.persist_at == RS_NEVER;
}

static void begin(struct rs_conn *c) {
    uint32_t segment = congestion_segment(c);
    // What limited transmit has let out, beyond the congestion window, does not count (RFC 5681, section 3.2, step 2).
    congestion_halve(c, smaller(c->snd.nxt - c->snd.una, c->snd.cwnd));
    c->recovery.active = c->recovery.resend = true;
    c->recovery.partial = false;
    c->recovery.recover = c->snd.nxt;
    c->snd.cwnd = c->snd.ssthresh + DUPLICATES_THAT_MEAN_LOSS * segment; // three segments have left the network
    conn_event(c, RS_FAST_RETRANSMIT, c->state, c->recovery.duplicates);
}

void recovery_duplicate(struct rs_conn *c) {
    c->recovery.duplicates++;
    if (c->recovery.active) // each one more says that another segment has left the network
        congestion_widen(c, congestion_segment(c));
    else if (c->recovery.duplicates == DUPLICATES_THAT_MEAN_LOSS && rs_seq_gt(c->snd.una, c->recovery.recover))
        begin(c); // only once for each flight (RFC 6582, section 3.2, step 2)
}

uint32_t recovery_allowance(const struct rs_conn *c) {
    // The first two duplicates let one new segment out each, so that small flights get their third (RFC 3042). New:
    // what goes out again after a timeout keeps to the window.
    bool is_new = c->snd.resend == c->snd.nxt;
    return c->recovery.active || !is_new ? 0 : smaller(c->recovery.duplicates, 2) * congestion_segment(c);
}

bool recovery_keeps_timer(const struct rs_conn *c, uint32_t ack) {
    return c->recovery.active && c->recovery.partial && rs_seq_lt(ack, c->recovery.recover);
}

bool recovery_acked(struct rs_conn *c, uint32_t bytes) {
    uint32_t segment = congestion_segment(c), flight = c->snd.nxt - c->snd.una;
    c->recovery.duplicates = 0;
    if (!c->recovery.active)
        return false;
    if (rs_seq_geq(c->snd.una, c->recovery.recover)) { // all that was on its way then: it is over
        c->recovery.active = c->recovery.resend = false;
        c->snd.cwnd = smaller(c->snd.ssthresh, (flight > segment ? flight : segment) + segment);
        conn_event(c, RS_RECOVERED, c->state, c->snd.cwnd);
        return true;
    }
    c->recovery.resend = c->recovery.partial =
        true; // a partial ACK: the next hole begins where it ends (RFC 6582, section 3.2, step 3)
    c->snd.cwnd -= smaller(bytes, c->snd.cwnd - segment);
    if (bytes >= segment)
        c->snd.cwnd += segment;
    return true;
}

void recovery_abandon(struct rs_conn *c) {
    c->recovery.active = c->recovery.resend = false;
    c->recovery.duplicates = 0;
    c->recovery.recover = c->snd.nxt; // what is sent again will be acknowledged twice; that means no new loss
}
