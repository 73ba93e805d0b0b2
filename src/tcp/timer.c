// SPDX-License-Identifier: MIT
//
// What time does to a connection: send again (RFC 6298, section 5), probe a closed window (RFC 9293, section 3.8.6.1),
// give up (section 3.8.3), leave TIME-WAIT (section 3.6.1). Called by the session when rs_conn_deadline has come.
#include "internal.h"

enum { R1 = 3 }; // resends after which somebody should know (section 3.8.3, SHLD-10)

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

// now and us together, where us may be RS_NEVER.
static uint64_t later(uint64_t now, uint64_t us) { return us < RS_NEVER - now ? now + us : RS_NEVER; }

void timer_start_resend(struct rs_conn *c, uint64_t now) { c->timer.resend_at = now + c->rtt.rto_us; }

void timer_start_time_wait(struct rs_conn *c, uint64_t now) {
    c->timer.resend_at = c->timer.persist_at = RS_NEVER;
    c->timer.time_wait_at = later(now, c->config.time_wait_us);
}

// Our SYN is what we wait for; also where a FIN has followed it at once.
static bool is_opening(const struct rs_conn *c) { return !c->snd.syn_acked; }

// When to stop trying; it counts from the last sign that the other end hears us.
static uint64_t give_up_at(const struct rs_conn *c) {
    if (c->timer.resend_at == RS_NEVER && c->timer.persist_at == RS_NEVER)
        return RS_NEVER;
    uint64_t patience = is_opening(c) ? c->config.open_timeout_us : c->config.data_timeout_us;
    return later(c->timer.waiting_since, patience);
}

uint64_t rs_conn_deadline(const struct rs_conn *c) {
    uint64_t at = earlier(c->timer.resend_at, c->timer.persist_at);
    return earlier(earlier(at, c->timer.ack_at), earlier(c->timer.time_wait_at, give_up_at(c)));
}

// Where somebody wants what Linux does.
static bool keeps_waiting_alike(const struct rs_conn *c) {
    return c->state == RS_SYN_SENT && c->rtt.resends <= c->config.syn_linear_timeouts;
}

// The oldest unacknowledged number goes out again, and the next wait is twice as long (RFC 6298, 5.4 to 5.6).
static void resend(struct rs_conn *c, uint64_t now) {
    c->rtt.resends++;
    c->rtt.timing = false;
    c->rtt.syn_was_resent |= is_opening(c);
    if (!keeps_waiting_alike(c))
        rto_back_off(c);
    congestion_timed_out(c);
    recovery_abandon(c);
    c->snd.resend = c->snd.una;
    timer_start_resend(c, now);
    conn_event(c, RS_TIMED_OUT, c->state, c->rtt.rto_us);
    if (c->rtt.resends == R1) // told, so that the program may do something about it (section 3.8.3, MUST-20, SHLD-9)
        conn_event(c, RS_STILL_TRYING, c->state, c->rtt.resends);
}

// Nothing of ours has left meanwhile that could have carried it (section 3.8.6.3).
static void acknowledge_at_last(struct rs_conn *c) {
    c->timer.ack_at = RS_NEVER;
    conn_owe_ack(c, RS_SENT_DELAYED_ACK);
}

static void probe(struct rs_conn *c, uint64_t now) {
    // Probes too are sent at growing distances (section 3.8.6.1, SHLD-30), but say nothing of the path.
    c->timer.persist_wait_us = rto_doubled(c->timer.persist_wait_us);
    c->snd.probe = true;
    c->snd.resend = c->snd.una;
    c->timer.persist_at = now + c->timer.persist_wait_us;
}

// A timer that does not run is never due, be it the end of time.
static bool is_due(uint64_t at, uint64_t now) { return at != RS_NEVER && now >= at; }

void rs_conn_tick(struct rs_conn *c, uint64_t now) {
    if (is_due(c->timer.ack_at, now))
        acknowledge_at_last(c);
    if (is_due(c->timer.time_wait_at, now))
        conn_end(c, RS_END_CLOSED, RS_TIME_WAIT_OVER);
    else if (is_due(give_up_at(c), now))
        conn_end(c, RS_END_TIMED_OUT, RS_GAVE_UP);
    else if (is_due(c->timer.persist_at, now))
        probe(c, now);
    else if (is_due(c->timer.resend_at, now))
        resend(c, now);
}
