// SPDX-License-Identifier: MIT
//
// What must hold after every step, whatever arrived. Called by the tests; a name that comes back is a bug.
#include <stddef.h>

#include "internal.h"

static bool is_running(uint64_t at) { return at != RS_NEVER; }

const char *rs_conn_check(const struct rs_conn *c) {
    if (!rs_seq_leq(c->snd.una, c->snd.nxt))
        return "snd.una <= snd.nxt";
    if (rs_seq_lt(c->snd.resend, c->snd.una) || rs_seq_gt(c->snd.resend, c->snd.nxt))
        return "snd.una <= snd.resend <= snd.nxt";
    if (c->send_ring.used > c->send_ring.size || c->receive_ring.used > c->receive_ring.size)
        return "a ring holds no more than its size";
    if (conn_synchronized(c) && rs_seq_lt(c->rcv.edge, c->rcv.nxt))
        return "the window's right edge never goes back";
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
