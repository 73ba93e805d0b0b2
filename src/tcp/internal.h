// SPDX-License-Identifier: MIT
//
// What the files of the engine share, and nobody else includes. In reading order:
//
//     conn.c        the program's calls: open, send, receive, close, abort
//     tcb.c         the connection's block: made, changed, ended; what it owes
//     input.c       a segment arrives: the RFC's steps in the RFC's order
//     opening.c     a segment arrives in CLOSED, LISTEN or SYN-SENT
//     negotiate.c   the options of a SYN: offered and taken
//     take.c        what an acceptable segment brings: ACK, data, FIN
//     early.c       data that arrives behind a gap
//     timestamps.c  the timestamps option: old duplicates, round trips (RFC 7323)
//     output.c      what to send now
//     timer.c       what time does
//     rto.c         how long to wait for an ACK (RFC 6298)
//     congestion.c  how much may be on the way at once (RFC 5681)
//     recovery.c    what duplicate ACKs tell (RFC 5681, RFC 6582)
//     errors.c      what an ICMP error does
//     packets.c     whole IP packets in and out
//     isn.c         the first sequence number (RFC 6528), with siphash.c
//     event.c       what was decided, and why
//     ring.c        bytes in a ring
//     check.c       what must hold after every step
//     state.c, reason.c   what states and decisions are called
#ifndef TCP_INTERNAL_H
#define TCP_INTERNAL_H

#include "rawshake/conn.h"
#include "rawshake/seq.h"
#include "ring.h"

#define SECOND UINT64_C(1000000)
#define RTO_FIRST (1 * SECOND)  // before anything was measured (RFC 6298, section 2.1)
#define ACK_DELAY (SECOND / 25) // 40 ms, as Linux has it
#define CRUMB_WAIT SECOND       // until a window that is too small to be filled is filled all the same
#define ISS_TICK 4              // microseconds for each number (RFC 9293, section 3.4.1)

enum {
    MSS_DEFAULT_IPV4 = 536, // where the other end names none (RFC 9293, section 3.7.1, MUST-15)
    MSS_DEFAULT_IPV6 = 1220,
    MSS_LEAST = 48, // a smaller one is not believed: it would make a segment of each byte
    MTU_LEAST_IPV6 = 1280,
    MTU_LEAST_KNOWN = 576, // IPv4, where an error does not say
    HUGE_SEGMENT = 8192,   // larger than on any way that is not loopback, or nearly
    CHALLENGES_A_SECOND = 10
};

// event.c

// Records a decision; before is the state until then, after is c->state.
void conn_event(struct rs_conn *c, enum rs_reason reason, enum rs_state before, uint64_t value);

// tcb.c

// With a secret, works out the first number, now that both ends are known (RFC 6528).
void conn_choose_iss(struct rs_conn *c, uint64_t now);

// Changes the state and records why.
void conn_enter(struct rs_conn *c, enum rs_state state, enum rs_reason reason);

// Ends the connection: CLOSED, all timers stopped, nothing owed but a reply.
void conn_end(struct rs_conn *c, enum rs_end end, enum rs_reason reason);

// Owes an ACK, to be sent for this reason.
void conn_owe_ack(struct rs_conn *c, enum rs_reason reason);

// Owes an ACK for size bytes that have arrived in order: at once for every second segment, else after a short while, in
// which data of ours may carry it (section 3.8.6.3).
void conn_owe_ack_soon(struct rs_conn *c, uint32_t size, uint64_t now);

// Owes one segment outside of the flow: the RST of sections 3.5.2 and 3.10.7.1, or a challenge ACK.
void conn_owe_reply(struct rs_conn *c, enum rs_reason reason, uint8_t flags, uint32_t seq, uint32_t ack);

// The number of an ACK or RST without data: SND.NXT, but while the other end's window is closed SND.UNA. A probe that
// was refused lies between the two, and a closed end takes no number but the one that it waits for (section 3.10.7.4,
// first step): it would never hear that our own window has opened, or that we have gone. An edge that went back without
// the window being closed means nothing here: by a part of a unit it may (RFC 7323, section 2.4), and what lies behind
// it has often arrived.
uint32_t conn_number(const struct rs_conn *c);

// Owes a challenge ACK (RFC 5961), unless this connection has sent its share for this second (section 7).
void conn_challenge(struct rs_conn *c, uint64_t now);

// What is left of the window that we last offered (RCV.WND): what arrives is judged by it.
uint32_t conn_offered(const struct rs_conn *c);

// The window to offer, in bytes; its right edge never goes back.
uint32_t conn_window(const struct rs_conn *c);

// The same as it stands in a segment: in units of 2^rcv.scale.
uint16_t conn_window_field(const struct rs_conn *c);

// The window in our SYN, which is never scaled (RFC 7323, section 2.2).
uint16_t conn_syn_window(const struct rs_conn *c);

// The MSS that a SYN without the option means.
uint16_t conn_default_mss(const struct rs_conn *c);

// The number after the last byte that the program has queued. FIN, if queued, has exactly this number.
uint32_t conn_data_end(const struct rs_conn *c);

// How much data a segment takes beside this many bytes of options (MUST-16): at least one byte, however small our
// caller has made the segments, or nothing would ever be sent.
uint32_t conn_data_room(const struct rs_conn *c, size_t option_bytes);

// True from SYN-RECEIVED on, except CLOSED.
bool conn_synchronized(const struct rs_conn *c);

// Back to LISTEN: what seemed to open was an old duplicate (section 3.5, figure 8). What the program has queued stays.
void conn_listen_again(struct rs_conn *c, enum rs_reason reason, uint64_t now);

// opening.c
void input_closed(struct rs_conn *c, const struct rs_segment *seg);
void input_listen(struct rs_conn *c, const struct rs_endpoint *from, const struct rs_segment *seg, uint64_t now);
void input_syn_sent(struct rs_conn *c, const struct rs_segment *seg, uint64_t now);

// negotiate.c

// The shift of our windows, if both ends scale them.
uint8_t negotiate_own_scale(const struct rs_conn *c);

// Writes the options of our SYN, or of our SYN,ACK.
void negotiate_offer(struct rs_conn *c, uint64_t now, struct rs_options *out);

// Takes the options of their SYN: the size of segments, and what both ends have offered.
void negotiate_take(struct rs_conn *c, const struct rs_options *theirs, uint64_t now);

// take.c

// Takes the acceptable ACK of a segment: moves snd.una, measures, restarts or stops the timers.
void take_ack(struct rs_conn *c, const struct rs_segment *seg, uint64_t now);

// Takes the segment's data and FIN (section 3.10.7.4, steps 7 and 8).
void take_text(struct rs_conn *c, const struct rs_segment *seg, uint64_t now);

// early.c

// Keeps bytes that begin at seq > rcv.nxt and fit into the window. False if there are too many gaps already.
bool early_keep(struct rs_conn *c, uint32_t seq, const struct rs_span spans[2]);

// Makes readable what has become contiguous, moves rcv.nxt over it and returns how many bytes.
uint32_t early_join(struct rs_conn *c);

uint32_t early_bytes(const struct rs_conn *c);

// Writes the SACK blocks of a segment; out has its timestamps already.
void early_write_sack(const struct rs_conn *c, struct rs_options *out);

// timestamps.c

// Our clock, as it stands in a segment that leaves now.
uint32_t timestamps_now(const struct rs_conn *c, uint64_t now);

// Both ends have offered them: theirs is echoed from now on.
void timestamps_begin(struct rs_conn *c, const struct rs_options *theirs, uint64_t now);

void timestamps_write(const struct rs_conn *c, uint64_t now, struct rs_options *out);

// True if the segment's clock says that it is older than what has arrived.
bool timestamps_old(const struct rs_conn *c, const struct rs_segment *seg, uint64_t now);

// Takes the clock of an acceptable segment, if it is the one to echo.
void timestamps_take(struct rs_conn *c, const struct rs_segment *seg, uint64_t now);

// How long ago that which this segment acknowledges was sent. False if it does not tell.
bool timestamps_round_trip(const struct rs_conn *c, const struct rs_segment *seg, uint64_t now, uint64_t *us);

// timer.c
void timer_start_resend(struct rs_conn *c, uint64_t now);
void timer_start_time_wait(struct rs_conn *c, uint64_t now);

// rto.c
void rto_sample(struct rs_conn *c, uint64_t rtt_us);
uint64_t rto_doubled(uint64_t us);
void rto_back_off(struct rs_conn *c);
void rto_after_syn(struct rs_conn *c);

// congestion.c

// SMSS: the most data that one segment of ours carries.
uint32_t congestion_segment(const struct rs_conn *c);

void congestion_init(struct rs_conn *c);
void congestion_acked(struct rs_conn *c, uint32_t bytes);

// Lets so much more out at once, up to more than any window.
void congestion_widen(struct rs_conn *c, uint32_t bytes);

// Sets the threshold to half of what was on its way, in bytes.
void congestion_halve(struct rs_conn *c, uint32_t flight);

void congestion_timed_out(struct rs_conn *c);
void congestion_after_idle(struct rs_conn *c, uint64_t now);

// recovery.c

// True if the segment only repeats an ACK while something is on its way. Asked before its window, in bytes, is taken.
bool recovery_is_duplicate(const struct rs_conn *c, const struct rs_segment *seg, uint32_t window);

void recovery_duplicate(struct rs_conn *c);

// Bytes that may be sent beyond the congestion window, because of duplicates that are not yet three.
uint32_t recovery_allowance(const struct rs_conn *c);

// True if an ACK of something new lets the resend timer run on: the first of those that acknowledge only a part starts
// it anew, the others do not (RFC 6582, section 3.2, step 3). With many holes the timeout then comes before all are
// filled.
bool recovery_keeps_timer(const struct rs_conn *c, uint32_t ack);

// Takes an ACK of something new. True if a recovery was going on: then the congestion window has been seen to.
bool recovery_acked(struct rs_conn *c, uint32_t bytes);

// Something else sends everything again.
void recovery_abandon(struct rs_conn *c);

#endif
