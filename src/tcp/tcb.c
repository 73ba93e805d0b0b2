// SPDX-License-Identifier: MIT
//
// The connection's own block (the RFC's TCB): how it is made, how its state changes, what it comes to owe, and how it
// ends. Called by every file of the engine that receives or obeys; calls none of them.
#include "internal.h"

// Opening: R2 for a SYN must be at least three minutes (RFC 9293, section 3.8.3, MUST-23): 1+2+4+8+16+32+60+60 s. Data:
// at least 100 s (SHLD-11). TIME-WAIT: twice the MSL of two minutes (sections 3.4.2 and 3.6.1, MUST-13).
enum { OPEN_TIMEOUT_S = 183, DATA_TIMEOUT_S = 120, TIME_WAIT_S = 240 };

// A buffer of this size, the program's own for a lesson, is offered whole, as Linux offers it. Of a larger one, a
// sixteenth is two thousand units of its scale at least.
enum { UNSCALED_MOST = 65536, SPARE_PART = 16 };

// The largest window that there is (RFC 7323, section 2.3); also far below half of the circle of numbers.
#define BUFFER_MOST ((size_t)1 << 30)

static size_t usable(size_t bytes) { return bytes < BUFFER_MOST ? bytes : BUFFER_MOST; }

static uint64_t either(uint64_t chosen, uint64_t otherwise) { return chosen ? chosen : otherwise; }

void rs_conn_init(struct rs_conn *c, const struct rs_conn_config *config) {
    *c = (struct rs_conn){.config = *config, .local = config->local, .remote = config->remote, .state = RS_CLOSED};
    struct rs_conn_config *own = &c->config;
    own->mss = own->mss ? own->mss : conn_default_mss(c);
    own->path_mss = own->path_mss ? own->path_mss : own->mss;
    own->open_timeout_us = either(own->open_timeout_us, OPEN_TIMEOUT_S * SECOND);
    own->data_timeout_us = either(own->data_timeout_us, DATA_TIMEOUT_S * SECOND);
    own->time_wait_us = either(own->time_wait_us, TIME_WAIT_S * SECOND);
    c->send_ring = (struct rs_ring){.bytes = config->send_buffer, .size = usable(config->send_bytes)};
    c->receive_ring = (struct rs_ring){.bytes = config->receive_buffer, .size = usable(config->receive_bytes)};
    c->snd.iss = c->snd.una = c->snd.nxt = c->snd.resend = config->iss;
    c->recovery.recover = config->iss;
    c->snd.mss = conn_default_mss(c);
    c->ip_id = config->ip_id;
    c->timer.resend_at = c->timer.persist_at = c->timer.time_wait_at = c->timer.ack_at = RS_NEVER;
    c->rtt.rto_us = RTO_FIRST;
}

// A SYN without the option means this much (RFC 9293, section 3.7.1, MUST-15).
uint16_t conn_default_mss(const struct rs_conn *c) {
    return c->local.family == RS_IPV6 ? MSS_DEFAULT_IPV6 : MSS_DEFAULT_IPV4;
}

void conn_choose_iss(struct rs_conn *c, uint64_t now) {
    if (!c->config.has_secret)
        return;
    uint32_t iss = rs_isn(c->config.secret, &c->local, &c->remote, now); // MUST-8, MUST-9
    c->snd.iss = c->snd.una = c->snd.nxt = c->snd.resend = c->recovery.recover = iss;
    c->config.ts_offset = rs_ts_offset(c->config.secret, &c->local, &c->remote);
}

void conn_enter(struct rs_conn *c, enum rs_state state, enum rs_reason reason) {
    enum rs_state before = c->state;
    c->state = state;
    conn_event(c, reason, before, 0);
}

void conn_end(struct rs_conn *c, enum rs_end end, enum rs_reason reason) {
    c->end = end;
    c->rcv.ack_owed = false;
    c->reply.owed &= (c->reply.flags & RS_RST) != 0; // no challenge ACK comes out of CLOSED
    c->snd.una = c->snd.resend = c->snd.nxt;         // nothing is sent again
    c->snd.probe = c->recovery.resend = c->recovery.active = false;
    c->timer.resend_at = c->timer.persist_at = c->timer.time_wait_at = c->timer.ack_at = RS_NEVER;
    enum rs_state before = c->state;
    c->state = RS_CLOSED;
    conn_event(c, reason, before, (uint64_t)rs_conn_errno(c));
}

void conn_owe_ack(struct rs_conn *c, enum rs_reason reason) {
    c->rcv.ack_owed = true;
    c->rcv.ack_reason = reason;
}

void conn_owe_ack_soon(struct rs_conn *c, uint32_t size, uint64_t now) {
    // Every second segment at once (section 3.8.6.3, SHLD-19). What is larger than our MSS was merged on its way.
    if (c->config.no_delayed_ack || c->rcv.data_unacked || size > c->config.mss) {
        conn_owe_ack(c, RS_SENT_ACK);
        return;
    }
    c->rcv.data_unacked = true;
    c->timer.ack_at = now + ACK_DELAY; // less than half a second (MUST-40)
    conn_event(c, RS_ACK_DELAYED, c->state, ACK_DELAY);
}

void conn_owe_reply(struct rs_conn *c, enum rs_reason reason, uint8_t flags, uint32_t seq, uint32_t ack) {
    c->reply.owed = true;
    c->reply.reason = reason;
    c->reply.flags = flags;
    c->reply.seq = seq;
    c->reply.ack = ack;
}

uint32_t conn_number(const struct rs_conn *c) {
    bool probed = c->snd.syn_acked && c->snd.wnd == 0;
    return probed ? c->snd.una : c->snd.nxt;
}

void conn_challenge(struct rs_conn *c, uint64_t now) {
    if (c->rcv.ack_owed) // the ACK that is owed anyway says the same
        return;
    if (now >=
        c->timer.challenge_at) { // counted per connection: a common limit would tell strangers about us (CVE-2016-5696)
        c->timer.challenge_at = now + SECOND;
        c->timer.challenges = 0;
    }
    if (c->timer.challenges++ < CHALLENGES_A_SECOND)
        conn_owe_reply(c, RS_SENT_CHALLENGE_ACK, RS_ACK, c->snd.nxt, c->rcv.nxt);
}

uint32_t conn_offered(const struct rs_conn *c) {
    return rs_seq_gt(c->rcv.edge, c->rcv.nxt) ? c->rcv.edge - c->rcv.nxt : 0;
}

// Part of a large buffer is not offered, but kept so that a window in units can be rounded up: each segment whose size
// is no multiple of the unit may take a part of one from it, for some thousands of segments without a read.
static uint32_t spare_bytes(const struct rs_conn *c) {
    bool large = c->rcv.scale > 0 && c->receive_ring.size > UNSCALED_MOST;
    return large ? (uint32_t)(c->receive_ring.size / SPARE_PART) : 0;
}

// The edge is moved by a good piece or not at all (section 3.8.6.2.2, MUST-39), and never back (SHLD-14). But what a
// SYN could not say, for its window has no scale, is said by the next segment (RFC 7323, sections 2.2 and 2.3): that
// window was there from the beginning, and no crumb that somebody has read.
uint32_t conn_window(const struct rs_conn *c) {
    uint32_t room = (uint32_t)ring_room(&c->receive_ring), offered = conn_offered(c), spare = spare_bytes(c);
    room -= spare < room ? spare : room;
    uint32_t half = (uint32_t)c->receive_ring.size / 2, piece = half < c->config.mss ? half : c->config.mss;
    uint32_t most = (uint32_t)UINT16_MAX << c->rcv.scale;
    room = room > most ? most : room;
    return room > offered && (c->rcv.syn_is_full || room - offered >= piece) ? room : offered;
}

uint16_t conn_window_field(const struct rs_conn *c) {
    uint32_t window = conn_window(c), unit = UINT32_C(1) << c->rcv.scale;
    uint32_t up = (window + unit - 1) >> c->rcv.scale;
    // Rounded up where there is room, so that the edge does not seem to go back by a part of a unit (RFC 7323, 2.4).
    bool fits = up <= UINT16_MAX && (up << c->rcv.scale) <= ring_room(&c->receive_ring);
    return (uint16_t)(fits ? up : window >> c->rcv.scale);
}

uint16_t conn_syn_window(const struct rs_conn *c) {
    size_t room = ring_room(&c->receive_ring), most = c->config.syn_window ? c->config.syn_window : UINT16_MAX;
    // Whole units only, or the next window, which is told in units, would seem to go back.
    size_t units = room >> negotiate_own_scale(c) << negotiate_own_scale(c);
    return (uint16_t)(units < most ? units : most);
}

uint32_t conn_data_end(const struct rs_conn *c) {
    uint32_t first = c->snd.syn_acked ? c->snd.una : c->snd.iss + 1; // the SYN has a number, but no byte
    return first + (uint32_t)c->send_ring.used;
}

uint32_t conn_data_room(const struct rs_conn *c, size_t option_bytes) {
    return c->snd.mss > option_bytes ? c->snd.mss - (uint32_t)option_bytes : 1;
}

bool conn_synchronized(const struct rs_conn *c) { return c->state >= RS_SYN_RECEIVED && c->state <= RS_TIME_WAIT; }

void conn_listen_again(struct rs_conn *c, enum rs_reason reason, uint64_t now) {
    struct rs_conn fresh;
    // The next connection does not begin with the same number: the clock has gone on (RFC 6528, section 3; MUST-8).
    c->config.iss += (uint32_t)((now - c->timer.opened_at) / ISS_TICK) + 1;
    rs_conn_init(&fresh, &c->config);
    c->snd = fresh.snd;
    c->rcv = fresh.rcv;
    c->rtt = fresh.rtt;
    c->timer = fresh.timer;
    c->recovery = fresh.recovery;
    c->opt = fresh.opt;
    c->icmp = fresh.icmp;
    c->remote = (struct rs_endpoint){0};
    c->reply.owed = false;
    conn_enter(c, RS_LISTEN, reason);
}
