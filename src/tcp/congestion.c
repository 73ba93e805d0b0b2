// SPDX-License-Identifier: MIT
//
// How much may be on its way at once, so that the network between is not flooded (RFC 5681): slow start, congestion
// avoidance, and one segment after a timeout. Called when ACKs arrive and when the resend timer fires.
#include "internal.h"

void congestion_init(struct rs_conn *c) {
    uint32_t mss = c->snd.mss;
    uint32_t segments = mss > 2190 ? 2 : mss > 1095 ? 3 : 4; // the initial window (section 3.1)
    c->snd.cwnd = c->rtt.syn_was_resent ? mss : segments * mss;
    c->snd.ssthresh = UINT32_MAX; // "arbitrarily high"
}

void congestion_acked(struct rs_conn *c, uint32_t bytes) {
    uint32_t mss = c->snd.mss;
    uint32_t growth = bytes < mss ? bytes : mss; // slow start, equation (2)
    if (c->snd.cwnd >= c->snd.ssthresh)          // congestion avoidance, equation (3)
        growth = c->snd.cwnd > mss * mss ? 1 : mss * mss / c->snd.cwnd;
    if (c->snd.cwnd < UINT32_MAX / 2)
        c->snd.cwnd += growth;
}

void congestion_timed_out(struct rs_conn *c) {
    uint32_t flight = c->snd.nxt - c->snd.una, least = 2u * c->snd.mss;
    if (c->rtt.resends == 1) // once for each loss, not for each time it is sent again (section 3.1)
        c->snd.ssthresh = flight / 2 > least ? flight / 2 : least; // equation (4)
    c->snd.cwnd = c->snd.mss;
}
