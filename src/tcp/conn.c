// SPDX-License-Identifier: MIT
//
// The program's side of a connection: the user calls of RFC 9293, section 3.10. Each only changes state; what then
// has to be sent is worked out by output.c. Called by the session (src/live) and by other people's programs.
#include "rawshake/conn.h"

#include <errno.h>
#include <stddef.h>

#include "internal.h"

// R2 for a SYN must be at least three minutes (section 3.8.3, MUST-23): 1+2+4+8+16+32+60+60 s.
enum { OPEN_TIMEOUT_S = 183, DATA_TIMEOUT_S = 120, TIME_WAIT_S = 240 };

static uint64_t either(uint64_t chosen, uint64_t otherwise) { return chosen ? chosen : otherwise; }

void rs_conn_init(struct rs_conn *c, const struct rs_conn_config *config) {
    *c = (struct rs_conn){.config = *config, .local = config->local, .remote = config->remote, .state = RS_CLOSED};
    struct rs_conn_config *own = &c->config;
    own->mss = own->mss ? own->mss : MSS_DEFAULT;
    own->path_mss = own->path_mss ? own->path_mss : own->mss;
    own->open_timeout_us = either(own->open_timeout_us, OPEN_TIMEOUT_S * SECOND);
    own->data_timeout_us = either(own->data_timeout_us, DATA_TIMEOUT_S * SECOND);
    own->time_wait_us = either(own->time_wait_us, TIME_WAIT_S * SECOND);
    c->send_ring = (struct rs_ring){.bytes = config->send_buffer, .size = config->send_bytes};
    c->receive_ring = (struct rs_ring){.bytes = config->receive_buffer, .size = config->receive_bytes};
    c->snd.iss = c->snd.una = c->snd.nxt = c->snd.resend = config->iss;
    c->snd.mss = MSS_DEFAULT;
    c->timer.resend_at = c->timer.persist_at = c->timer.time_wait_at = RS_NEVER;
    rto_init(c);
}

void conn_event(struct rs_conn *c, enum rs_reason reason, enum rs_state before, uint64_t value) {
    if (c->events_count == RS_EVENTS_MAX) { // a caller that does not drain loses the newest, and can see it
        c->events_lost++;
        return;
    }
    uint32_t at = (c->events_first + c->events_count++) % RS_EVENTS_MAX;
    c->events[at] = (struct rs_event){.reason = reason, .before = before, .after = c->state, .value = value};
}

bool rs_conn_poll_event(struct rs_conn *c, struct rs_event *out) {
    if (c->events_count == 0)
        return false;
    *out = c->events[c->events_first];
    c->events_first = (c->events_first + 1) % RS_EVENTS_MAX;
    c->events_count--;
    return true;
}

void conn_enter(struct rs_conn *c, enum rs_state state, enum rs_reason reason) {
    enum rs_state before = c->state;
    c->state = state;
    conn_event(c, reason, before, 0);
}

void conn_end(struct rs_conn *c, enum rs_end end, enum rs_reason reason) {
    c->end = end;
    c->rcv.ack_owed = false;
    c->snd.una = c->snd.resend = c->snd.nxt; // nothing is sent again
    c->snd.probe = false;
    c->timer.resend_at = c->timer.persist_at = c->timer.time_wait_at = RS_NEVER;
    conn_enter(c, RS_CLOSED, reason);
}

void conn_owe_ack(struct rs_conn *c, enum rs_reason reason) {
    c->rcv.ack_owed = true;
    c->rcv.ack_reason = reason;
}

void conn_owe_reply(struct rs_conn *c, enum rs_reason reason, uint8_t flags, uint32_t seq, uint32_t ack) {
    c->reply.owed = true;
    c->reply.reason = reason;
    c->reply.flags = flags;
    c->reply.seq = seq;
    c->reply.ack = ack;
}

void conn_challenge(struct rs_conn *c, uint64_t now) {
    if (c->rcv.ack_owed) // the ACK that is owed anyway says the same
        return;
    if (now >= c->timer.challenge_at) { // counted per connection: a common limit would tell strangers about us (P13)
        c->timer.challenge_at = now + SECOND;
        c->timer.challenges = 0;
    }
    if (c->timer.challenges++ < CHALLENGES_A_SECOND)
        conn_owe_reply(c, RS_SENT_CHALLENGE_ACK, RS_ACK, c->snd.nxt, c->rcv.nxt);
}

uint32_t conn_offered(const struct rs_conn *c) {
    return rs_seq_gt(c->rcv.edge, c->rcv.nxt) ? c->rcv.edge - c->rcv.nxt : 0;
}

uint32_t conn_window(const struct rs_conn *c) {
    uint32_t room = (uint32_t)ring_room(&c->receive_ring), offered = conn_offered(c);
    uint32_t half = (uint32_t)c->receive_ring.size / 2, piece = half < c->config.mss ? half : c->config.mss;
    room = room > UINT16_MAX ? UINT16_MAX : room;
    // The edge is moved by a good piece or not at all (section 3.8.6.2.2, MUST-39), and never back (SHLD-14).
    return room > offered && room - offered >= piece ? room : offered;
}

uint32_t conn_data_end(const struct rs_conn *c) {
    uint32_t first = c->snd.syn_acked ? c->snd.una : c->snd.iss + 1; // the SYN has a number, but no byte
    return first + (uint32_t)c->send_ring.used;
}

bool conn_synchronized(const struct rs_conn *c) { return c->state >= RS_SYN_RECEIVED && c->state <= RS_TIME_WAIT; }

enum rs_call rs_conn_open(struct rs_conn *c, uint64_t now) {
    if (c->state != RS_CLOSED || c->end != RS_NOT_ENDED)
        return RS_CALL_WRONG_STATE;
    if (!rs_endpoint_is_unicast(&c->remote) || c->remote.port == 0) // MUST-46
        return RS_CALL_BAD_REMOTE;
    c->active = true;
    c->timer.waiting_since = now;
    c->state = RS_SYN_SENT; // recorded when the SYN leaves: the reason is the SYN
    return RS_CALL_OK;
}

enum rs_call rs_conn_listen(struct rs_conn *c) {
    if (c->state != RS_CLOSED || c->end != RS_NOT_ENDED)
        return RS_CALL_WRONG_STATE;
    c->state = RS_LISTEN;
    return RS_CALL_OK;
}

// Opening states queue what the program sends until the connection stands (section 3.10.2).
static bool may_send(enum rs_state state) {
    return state == RS_SYN_SENT || state == RS_SYN_RECEIVED || state == RS_ESTABLISHED || state == RS_CLOSE_WAIT;
}

enum rs_call rs_conn_send(struct rs_conn *c, const uint8_t *bytes, size_t size, size_t *taken) {
    *taken = 0;
    if (c->snd.fin_queued)
        return RS_CALL_CLOSING;
    if (!may_send(c->state))
        return RS_CALL_WRONG_STATE;
    *taken = ring_put(&c->send_ring, bytes, size);
    return RS_CALL_OK;
}

size_t rs_conn_send_room(const struct rs_conn *c) {
    return may_send(c->state) && !c->snd.fin_queued ? ring_room(&c->send_ring) : 0;
}

size_t rs_conn_receive(struct rs_conn *c, uint8_t *out, size_t room) {
    size_t size = ring_get(&c->receive_ring, out, room);
    if (size > 0 && conn_synchronized(c) && !c->rcv.fin_seen && conn_window(c) > conn_offered(c))
        conn_owe_ack(c, RS_SENT_WINDOW_UPDATE);
    return size;
}

enum rs_call rs_conn_close(struct rs_conn *c) {
    if (c->snd.fin_queued)
        return RS_CALL_CLOSING;
    switch (c->state) {
    case RS_LISTEN:
    case RS_SYN_SENT: // delete the TCB, send nothing (section 3.10.4)
        conn_end(c, RS_END_ABORTED, RS_CLOSED_OPENING);
        return RS_CALL_OK;
    case RS_SYN_RECEIVED:
    case RS_ESTABLISHED:
    case RS_CLOSE_WAIT:
        c->snd.fin_queued = true; // the state changes when the FIN leaves, after all data (section 3.10.4)
        return RS_CALL_OK;
    default:
        return c->state == RS_CLOSED ? RS_CALL_WRONG_STATE : RS_CALL_CLOSING;
    }
}

void rs_conn_abort(struct rs_conn *c) {
    switch (c->state) {
    case RS_SYN_RECEIVED:
    case RS_ESTABLISHED:
    case RS_FIN_WAIT_1:
    case RS_FIN_WAIT_2:
    case RS_CLOSE_WAIT: // <SEQ=SND.NXT><CTL=RST>, with ACK as every stack sends it (section 3.10.5)
        conn_owe_reply(c, RS_SENT_ABORT, RS_RST | RS_ACK, c->snd.nxt, c->rcv.nxt);
        break;
    default:
        break;
    }
    if (c->state != RS_CLOSED)
        conn_end(c, RS_END_ABORTED, RS_ABORTED);
}

void rs_conn_input(struct rs_conn *c, const struct rs_endpoint *from, const struct rs_segment *segment, uint64_t now) {
    switch (c->state) {
    case RS_CLOSED:
        input_closed(c, segment);
        break;
    case RS_LISTEN:
        input_listen(c, from, segment);
        break;
    case RS_SYN_SENT:
        input_syn_sent(c, segment, now);
        break;
    default:
        input_synchronized(c, segment, now);
        break;
    }
}

void rs_conn_facts(const struct rs_conn *c, struct rs_conn_facts *out) {
    uint32_t end = conn_data_end(c), used = (uint32_t)c->send_ring.used;
    uint32_t unsent = rs_seq_gt(end, c->snd.nxt) ? end - c->snd.nxt : 0; // a SYN not yet sent is among these
    *out = (struct rs_conn_facts){
        .state = c->state,
        .end = c->end,
        .local = c->local,
        .remote = c->remote,
        .iss = c->snd.iss,
        .irs = c->rcv.irs,
        .snd_una = c->snd.una,
        .snd_nxt = c->snd.nxt,
        .snd_wnd = c->snd.wnd,
        .rcv_nxt = c->rcv.nxt,
        .rcv_wnd = conn_window(c),
        .cwnd = c->snd.cwnd,
        .send_mss = c->snd.mss,
        .announced_mss = c->config.mss,
        .peer_mss = c->rcv.peer_mss,
        .srtt_us = c->rtt.srtt_us,
        .rto_us = c->rtt.rto_us,
        .unsent_bytes = unsent < used ? unsent : used,
        .unread_bytes = c->receive_ring.used,
        .irs_known = c->rcv.irs_known,
        .fin_queued = c->snd.fin_queued,
        .peer_closed = c->rcv.fin_seen,
    };
}

int rs_conn_errno(const struct rs_conn *c) {
    switch (c->end) {
    case RS_END_REFUSED:
        return ECONNREFUSED;
    case RS_END_RESET:
        return ECONNRESET;
    case RS_END_TIMED_OUT:
        return ETIMEDOUT;
    case RS_END_ABORTED:
        return ECONNABORTED;
    default:
        return 0;
    }
}
