// SPDX-License-Identifier: MIT
//
// How much may be on its way at once, so that the network between is not flooded (RFC 5681): slow start, congestion
// avoidance, and one segment after a timeout. Called when ACKs arrive, when the resend timer fires, and before sending.
#include "internal.h"

enum { TIMESTAMPS_BYTES = 12 }; // with the two NOPs that pad them

uint32_t congestion_segment(const struct rs_conn *c) {
    return conn_data_room(c, c->opt.timestamps ? TIMESTAMPS_BYTES : 0);
}

// The initial window (section 3.1). After a SYN that was lost it is one segment.
static uint32_t initial_window(const struct rs_conn *c) {
    uint32_t segment = congestion_segment(c);
    uint32_t segments = segment > 2190 ? 2 : segment > 1095 ? 3 : 4;
    return c->rtt.syn_was_resent ? segment : segments * segment;
}

void congestion_init(struct rs_conn *c) {
    c->snd.cwnd = initial_window(c);
    c->snd.ssthresh = UINT32_MAX; // "arbitrarily high"
}

void congestion_widen(struct rs_conn *c, uint32_t bytes) {
    if (c->snd.cwnd < UINT32_MAX / 2) // more than any window; it must not come round
        c->snd.cwnd += bytes;
}

void congestion_acked(struct rs_conn *c, uint32_t bytes) {
    uint32_t segment = congestion_segment(c);
    uint32_t growth = bytes < segment ? bytes : segment; // slow start, equation (2)
    if (c->snd.cwnd >= c->snd.ssthresh)                  // congestion avoidance, equation (3)
        growth = c->snd.cwnd > segment * segment ? 1 : segment * segment / c->snd.cwnd;
    congestion_widen(c, growth);
}

void congestion_halve(struct rs_conn *c, uint32_t flight) {
    uint32_t least = 2 * congestion_segment(c);
    c->snd.ssthresh = flight / 2 > least ? flight / 2 : least; // equation (4)
}

void congestion_timed_out(struct rs_conn *c) {
    if (c->rtt.resends == 1) // once for each loss, not for each time it is sent again (section 3.1)
        congestion_halve(c, c->snd.nxt - c->snd.una);
    c->snd.cwnd = congestion_segment(c);
}

void congestion_after_idle(struct rs_conn *c, uint64_t now) {
    uint32_t initial = initial_window(c);
    bool idle = c->snd.una == c->snd.nxt && now - c->timer.sent_at > c->rtt.rto_us;
    if (idle && c->snd.cwnd > initial) // what we knew of the network is old (section 4.1)
        c->snd.cwnd = initial;
}
