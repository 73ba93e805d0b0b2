// SPDX-License-Identifier: MIT
//
// What must hold after every step, whatever arrived. Called by the tests; a name that comes back is a bug.
#include <stddef.h>

#include "internal.h"

static bool is_running(uint64_t at) { return at != RS_NEVER; }

// What arrived early lies behind rcv.nxt, in order and with gaps between, within what was offered.
static bool ranges_hold(const struct rs_conn *c) {
    uint32_t behind = c->rcv.nxt;
    if (c->rcv.ranges_count > RS_RANGES_MAX)
        return false;
    for (uint32_t i = 0; i < c->rcv.ranges_count; i++) {
        const struct rs_range *r = &c->rcv.ranges[i];
        if (!rs_seq_lt(behind, r->left) || !rs_seq_lt(r->left, r->right))
            return false;
        behind = r->right;
    }
    return c->rcv.ranges_count == 0 || rs_seq_leq(behind, c->rcv.edge);
}

const char *rs_conn_check(const struct rs_conn *c) {
    if (!rs_seq_leq(c->snd.una, c->snd.nxt))
        return "snd.una <= snd.nxt";
    if (rs_seq_lt(c->snd.resend, c->snd.una) || rs_seq_gt(c->snd.resend, c->snd.nxt))
        return "snd.una <= snd.resend <= snd.nxt";
    if (c->send_ring.used > c->send_ring.size || c->receive_ring.used > c->receive_ring.size)
        return "a ring holds no more than its size";
    if (conn_synchronized(c) && rs_seq_lt(c->rcv.edge, c->rcv.nxt))
        return "the window's right edge never goes back";
    if (conn_synchronized(c) && c->rcv.edge - c->rcv.nxt > ring_room(&c->receive_ring))
        return "no more is offered than there is room for";
    if (!ranges_hold(c))
        return "early ranges lie apart, in order, within the window";
    if (c->rcv.fin_known && !c->rcv.fin_seen && rs_seq_lt(c->rcv.fin_seq, c->rcv.nxt))
        return "nothing is taken beyond their FIN";
    if (is_running(c->timer.ack_at) && !c->rcv.data_unacked)
        return "an ACK is delayed only while one is owed";
    if (c->recovery.active && c->snd.una == c->snd.nxt)
        return "a recovery ends when all is acknowledged";
    if (is_running(c->timer.resend_at) && is_running(c->timer.persist_at))
        return "one of the resend timer and the persist timer";
    if (c->state == RS_CLOSED && rs_conn_deadline(c) != RS_NEVER)
        return "CLOSED has no deadline";
    if (is_running(c->timer.resend_at) && c->snd.una == c->snd.nxt)
        return "the resend timer runs only if something is unacknowledged";
    if (c->snd.una != c->snd.nxt && c->state != RS_TIME_WAIT && !is_running(c->timer.resend_at) &&
        !is_running(c->timer.persist_at))
        return "something is unacknowledged only while a timer runs";
    return NULL;
}
