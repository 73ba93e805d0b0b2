// SPDX-License-Identifier: MIT
//
// How long to wait for an ACK before sending again (RFC 6298). The wait follows the measured round trip and its
// variation; it is never below one second, which is far more than a loopback needs: a learner can see it pass.
#include "internal.h"

// G, the clock's granularity, is one microsecond.
static const uint64_t rto_least = 1 * SECOND; // section 2.4
static const uint64_t rto_most = 60 * SECOND; // section 2.5
static const uint64_t rto_after_lost_syn = 3 * SECOND;

static uint64_t within(uint64_t us) {
    if (us < rto_least)
        return rto_least;
    return us > rto_most ? rto_most : us;
}

void rto_sample(struct rs_conn *c, uint64_t r) {
    if (!c->rtt.has_sample) { // section 2.2
        c->rtt.has_sample = true;
        c->rtt.srtt_us = r;
        c->rtt.rttvar_us = r / 2;
    } else { // section 2.3, in this order: RTTVAR uses the old SRTT
        uint64_t apart = c->rtt.srtt_us > r ? c->rtt.srtt_us - r : r - c->rtt.srtt_us;
        c->rtt.rttvar_us = (3 * c->rtt.rttvar_us + apart) / 4;
        c->rtt.srtt_us = (7 * c->rtt.srtt_us + r) / 8;
    }
    uint64_t spread = 4 * c->rtt.rttvar_us; // K = 4
    c->rtt.rto_us = within(c->rtt.srtt_us + (spread > 1 ? spread : 1));
    conn_event(c, RS_RTT_MEASURED, c->state, r);
}

// Without a sample after a SYN that was lost, the path is taken to be a slow one (section 5.7).
void rto_after_syn(struct rs_conn *c) {
    if (c->rtt.syn_was_resent && !c->rtt.has_sample)
        c->rtt.rto_us = rto_after_lost_syn;
}

uint64_t rto_doubled(uint64_t us) { return within(us * 2); }

void rto_back_off(struct rs_conn *c) { c->rtt.rto_us = rto_doubled(c->rtt.rto_us); } // section 5.5
