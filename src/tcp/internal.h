// SPDX-License-Identifier: MIT
//
// What the files of the engine share, and nobody else includes. In reading order:
//
//     conn.c        the program's calls: open, send, receive, close, abort
//     tcb.c         the connection's block: made, changed, ended; what it owes
//     input.c       a segment arrives: the RFC's steps in the RFC's order
//     opening.c     a segment arrives in CLOSED, LISTEN or SYN-SENT
//     take.c        what an acceptable segment brings: ACK, data, FIN
//     output.c      what to send now
//     timer.c       what time does
//     rto.c         how long to wait for an ACK (RFC 6298)
//     congestion.c  how much may be on the way at once (RFC 5681)
//     event.c       what was decided, and why
//     ring.c        bytes in a ring
//     check.c       what must hold after every step
#ifndef TCP_INTERNAL_H
#define TCP_INTERNAL_H

#include "rawshake/conn.h"
#include "rawshake/seq.h"
#include "ring.h"

#define SECOND UINT64_C(1000000)
#define RTO_FIRST (1 * SECOND) // before anything was measured (RFC 6298, section 2.1)

enum {
    MSS_DEFAULT = 536, // where the other end names none (RFC 9293, section 3.7.1, MUST-15)
    MSS_LEAST = 48,    // a smaller one is not believed: it would make a segment of each byte
    CHALLENGES_A_SECOND = 10
};

// event.c

// Records a decision; before is the state until then, after is c->state.
void conn_event(struct rs_conn *c, enum rs_reason reason, enum rs_state before, uint64_t value);

// tcb.c

// Changes the state and records why.
void conn_enter(struct rs_conn *c, enum rs_state state, enum rs_reason reason);

// Ends the connection: CLOSED, all timers stopped, nothing owed but a reply.
void conn_end(struct rs_conn *c, enum rs_end end, enum rs_reason reason);

// Owes an ACK, to be sent for this reason.
void conn_owe_ack(struct rs_conn *c, enum rs_reason reason);

// Owes one segment outside of the flow: the RST of sections 3.5.2 and 3.10.7.1, or a challenge ACK.
void conn_owe_reply(struct rs_conn *c, enum rs_reason reason, uint8_t flags, uint32_t seq, uint32_t ack);

// Owes a challenge ACK (RFC 5961), unless this connection has sent its share for this second (section 7).
void conn_challenge(struct rs_conn *c, uint64_t now);

// What is left of the window that we last offered (RCV.WND): what arrives is judged by it.
uint32_t conn_offered(const struct rs_conn *c);

// The window to write into a segment, in bytes; its right edge never goes back.
uint32_t conn_window(const struct rs_conn *c);

// The number after the last byte that the program has queued. FIN, if queued, has exactly this number.
uint32_t conn_data_end(const struct rs_conn *c);

// True from SYN-RECEIVED on, except CLOSED.
bool conn_synchronized(const struct rs_conn *c);

// Back to LISTEN: what seemed to open was an old duplicate (section 3.5, figure 8). What the program has queued stays.
void conn_listen_again(struct rs_conn *c, enum rs_reason reason);

// opening.c
void input_closed(struct rs_conn *c, const struct rs_segment *seg);
void input_listen(struct rs_conn *c, const struct rs_endpoint *from, const struct rs_segment *seg);

void input_syn_sent(struct rs_conn *c, const struct rs_segment *seg, uint64_t now);

// take.c

// Takes an acceptable ACK: moves snd.una, measures, restarts or stops the timer (RFC 6298, 5.2 and 5.3).
void take_ack(struct rs_conn *c, uint32_t ack, uint64_t now);

// Takes the segment's data and FIN (section 3.10.7.4, steps 7 and 8).
void take_text(struct rs_conn *c, const struct rs_segment *seg, uint64_t now);

// timer.c
void timer_start_resend(struct rs_conn *c, uint64_t now);
void timer_start_time_wait(struct rs_conn *c, uint64_t now);

// rto.c
void rto_sample(struct rs_conn *c, uint64_t rtt_us);
uint64_t rto_doubled(uint64_t us);
void rto_back_off(struct rs_conn *c);
void rto_after_syn(struct rs_conn *c);

// congestion.c
void congestion_init(struct rs_conn *c);
void congestion_acked(struct rs_conn *c, uint32_t bytes);
void congestion_timed_out(struct rs_conn *c);

#endif
