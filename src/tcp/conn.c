// SPDX-License-Identifier: MIT
//
// The program's side of a connection: the user calls of RFC 9293, section 3.10. Each only changes state; what then
// has to be sent is worked out by output.c. Called by the session (src/live) and by other people's programs.
#include "rawshake/conn.h"

#include <errno.h>
#include <stddef.h>

#include "internal.h"

static bool is_family(enum rs_family family) { return family == RS_IPV4 || family == RS_IPV6; }

enum rs_call rs_conn_open(struct rs_conn *c, uint64_t now) {
    if (c->state != RS_CLOSED || c->end != RS_NOT_ENDED)
        return RS_CALL_WRONG_STATE;
    bool same_family = c->remote.family == c->local.family && is_family(c->remote.family);
    if (!same_family || !rs_endpoint_is_unicast(&c->remote) || c->remote.port == 0) // MUST-46
        return RS_CALL_BAD_REMOTE;
    c->active = true;
    conn_choose_iss(c, now);
    c->timer.waiting_since = c->timer.opened_at = now;
    c->state = RS_SYN_SENT; // recorded when the SYN leaves: the reason is the SYN
    return RS_CALL_OK;
}

enum rs_call rs_conn_listen(struct rs_conn *c) {
    if (c->state != RS_CLOSED || c->end != RS_NOT_ENDED)
        return RS_CALL_WRONG_STATE;
    c->remote = (struct rs_endpoint){0}; // unknown yet
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

// True if the window has grown by so much that it is told at once: by a piece, where the other end has no room for a
// full segment, else by two of them or by half of the buffer. Less is told by the next ACK, which comes for every
// second segment: or each read would cause an ACK of its own, and none would ever be delayed.
static bool window_is_news(const struct rs_conn *c) {
    uint32_t offered = conn_offered(c), grown = conn_window(c) - offered;
    bool much = grown >= 2u * c->config.mss || grown >= c->receive_ring.size / 2;
    return grown > 0 && (offered < c->config.mss || much);
}

size_t rs_conn_receive(struct rs_conn *c, uint8_t *out, size_t room) {
    size_t size = ring_get(&c->receive_ring, out, room);
    if (size > 0 && conn_synchronized(c) && !c->rcv.fin_seen && window_is_news(c))
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
        conn_owe_reply(c, RS_SENT_ABORT, RS_RST | RS_ACK, conn_number(c), c->rcv.nxt);
        break;
    default:
        break;
    }
    if (c->state != RS_CLOSED)
        conn_end(c, RS_END_ABORTED, RS_ABORTED);
}

enum rs_state rs_conn_state(const struct rs_conn *c) { return c->state; }

struct rs_endpoint rs_conn_local(const struct rs_conn *c) {
    return c->local;
}

struct rs_endpoint rs_conn_remote(const struct rs_conn *c) {
    return c->remote;
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
        .ssthresh = c->snd.ssthresh,
        .send_mss = c->snd.mss,
        .announced_mss = c->config.mss,
        .peer_mss = c->rcv.peer_mss,
        .srtt_us = c->rtt.srtt_us,
        .rto_us = c->rtt.rto_us,
        .unsent_bytes = unsent < used ? unsent : used,
        .unread_bytes = c->receive_ring.used,
        .early_bytes = early_bytes(c),
        .irs_known = c->rcv.irs_known,
        .fin_queued = c->snd.fin_queued,
        .peer_closed = c->rcv.fin_seen,
        .window_scale = c->opt.window_scale,
        .timestamps = c->opt.timestamps,
        .sack = c->opt.sack,
        .send_scale = c->snd.scale,
        .receive_scale = c->rcv.scale,
        .ts_recent = c->opt.recent,
        .ts_offset = c->config.ts_offset,
        .events_lost = c->events_lost,
        .soft_errno = c->icmp.soft_errno,
    };
}

int rs_conn_errno(const struct rs_conn *c) {
    switch (c->end) {
    case RS_END_REFUSED:
        return ECONNREFUSED;
    case RS_END_RESET:
        return ECONNRESET;
    case RS_END_TIMED_OUT: // what ICMP said meanwhile tells more than the silence (section 3.9.2.2)
        return c->icmp.soft_errno ? c->icmp.soft_errno : ETIMEDOUT;
    case RS_END_ICMP:
        return c->icmp.hard_errno;
    case RS_END_ABORTED:
        return ECONNABORTED;
    default:
        return 0;
    }
}
