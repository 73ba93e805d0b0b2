// SPDX-License-Identifier: MIT
//
// One TCP connection (RFC 9293), as a plain struct and pure functions: no system call, no clock, no memory of its own.
// The caller gives it what arrives and what time it is, and asks it what to send.
//
//     open / send / close ...         the program's calls
//     input(segment)                  something arrived
//     tick(now)                       time has passed; deadline() says when it is worth calling
//     while (poll_segment(&out))      what to send now
//     while (poll_event(&event))      what was decided, and why
//
// After any call that may change the connection there may be something to send, so poll until there is nothing. The
// deadline is for time alone: it is never in the past, if the last tick is not.
//
// Output is derived from state: there is no queue of packets. SYN, data and FIN are one range of sequence numbers;
// `snd.nxt` never goes back, and a timeout moves a separate cursor, `snd.resend`, back to `snd.una`.
// A copy of the struct is a snapshot, good for asking and for polling ahead. Its two buffers are shared with the
// original, so give it no input and no data.
//
// Times are microseconds on a clock that never goes back, whose zero is the caller's choice.
#ifndef RAWSHAKE_CONN_H
#define RAWSHAKE_CONN_H

#include "endpoint.h"
#include "icmp.h"
#include "isn.h"
#include "packet.h"
#include "reason.h"
#include "segment.h"
#include "state.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RS_NEVER UINT64_MAX

// Room for the largest packet of a connection whose segments carry at most mss bytes of data.
#define RS_CONN_PACKET_ROOM(mss) (RS_IPV6_HEADER_BYTES + RS_TCP_HEADER_MAX + (size_t)(mss))

enum { RS_SYN_OPTIONS_MAX = 12, RS_RANGES_MAX = 16 };

// How a connection ended, for the program (RFC 9293, section 3.9.1, MUST-12).
enum rs_end {
    RS_NOT_ENDED,
    RS_END_CLOSED,
    RS_END_REFUSED,
    RS_END_RESET,
    RS_END_TIMED_OUT,
    RS_END_ABORTED,
    RS_END_ICMP
};

// The outcome of a call.
enum rs_call { RS_CALL_OK, RS_CALL_WRONG_STATE, RS_CALL_BAD_REMOTE, RS_CALL_CLOSING };

// What a caller chooses; zero is a good choice for all that is not named in the first lines. The buffers stay the
// caller's and must outlive the connection; of each, 1 GiB at most is used. receive_bytes is also the largest window
// that we offer; but of more than 64 KiB a sixteenth is kept, where windows are scaled: so the right edge need not seem
// to go back when a window that is told in units has to be rounded.
struct rs_conn_config {
    struct rs_endpoint local, remote; // of one family, with ports; a listening end learns its remote from the first SYN
    uint8_t *send_buffer, *receive_buffer;
    size_t send_bytes, receive_bytes;

    // The initial send sequence number, which nobody may be able to guess (RFC 6528): chosen by the caller, or, with
    // has_secret, worked out by rs_isn when both ends are known (and ts_offset with it). The secret is 16 random bytes.
    uint32_t iss;
    bool has_secret;
    uint8_t secret[RS_SECRET_BYTES];

    uint16_t mss;      // what we announce: the MTU less 40, or 60 for IPv6 (RFC 6691). 0: 536, or 1220
    uint16_t path_mss; // what the path takes; segments are no larger. 0: as mss

    // Patience: the RFC's R2; RS_NEVER: for ever.
    uint64_t open_timeout_us; // give up opening after this: 183 s, which is 1+2+4+8+16+32+60+60
    uint64_t data_timeout_us; // give up on unacknowledged data after this: 120 s
    uint64_t time_wait_us;    // 2 MSL: 240 s (MSL is two minutes, section 3.4.2); RS_NEVER: it stays

    // So many times our SYN is sent again after the first wait, before the wait doubles. RFC 6298, section 5.5, wants
    // it to double each time (0); Linux has 4 since 6.5 (tcp_syn_linear_timeouts).
    uint8_t syn_linear_timeouts;

    // What would otherwise be offered in our SYN, and is used if both ends offer it (RFC 7323, RFC 2018).
    bool no_mss, no_window_scale, no_timestamps, no_sack;
    bool no_nagle;                           // small segments leave at once (RFC 9293, section 3.7.4, MUST-17)
    bool no_delayed_ack;                     // each segment with data is acknowledged at once (section 3.8.6.3)
    uint8_t window_scale;                    // at least this shift, if receive_bytes is four of its units; 14 at most
    uint16_t syn_window;                     // the window in our SYN, if there is room for it. 0: all the room there is
    uint8_t syn_options[RS_SYN_OPTIONS_MAX]; // kinds of options in our SYN, in order, up to the first 0; what is not
                                             // listed is not offered. None: Linux's order
    uint32_t ts_offset;                      // added to our clock of milliseconds, so that it does not tell our uptime

    // An ICMP error other than "protocol" and "port unreachable" ends an opening connection too, as Linux has it.
    // Otherwise it is told, and never ends anything (section 3.9.2.2, MUST-56).
    bool icmp_ends_opening;

    // The packet around a segment; the engine itself looks at these in rs_conn_poll_packet and rs_conn_input_packet
    // only.
    uint8_t ttl, tos;         // of IPv4, or hop limit and traffic class of IPv6. ttl 0: 64
    uint16_t ip_id;           // of our first IPv4 packet; counts up from there
    uint32_t flow_label;      // IPv6: 20 bits
    bool unfinished_checksum; // takes packets whose checksum was left to a network card (RS_CHECKSUM_UNFINISHED)
};

// Bytes in a ring that the caller owns; byte i of the stream lies at (start + i) % size.
struct rs_ring {
    uint8_t *bytes;
    size_t size, start, used;
};

// A decision. before and after differ where the state changed. value: microseconds for timers, bytes for data and for
// what is now the most that a segment carries, the errno for an ICMP error and for the end of a connection (0: none, or
// in order), a count for "still trying" and for duplicates.
struct rs_event {
    enum rs_reason reason;
    enum rs_state before, after;
    uint64_t value;
};

// Room for what one call may decide. A caller that does not drain loses the newest; facts.events_lost counts them.
enum { RS_EVENTS_MAX = 24 };

// The connection's own block (the RFC's TCB). Fields have the RFC's names; read them through rs_conn_facts.
struct rs_conn {
    struct rs_conn_config config;
    struct rs_endpoint local, remote;
    enum rs_state state;
    enum rs_end end;
    bool active; // it began with rs_conn_open, so a RST while opening means "refused" (MUST-11)

    struct {
        uint32_t iss, una, nxt, resend; // resend <= nxt: the next number to put on the wire
        uint32_t wnd, max_wnd, wl1, wl2;
        uint32_t cwnd, ssthresh; // RFC 5681, in bytes
        uint16_t mss;            // the most that one segment may carry, options included (MUST-16)
        uint8_t scale;           // their windows are in units of 2^scale bytes (RFC 7323, section 2)
        bool syn_acked;
        bool fin_queued; // close() was called: FIN follows the last byte
        bool probe;      // the persist timer has fired: one byte may go beyond the window
    } snd;

    struct {
        uint32_t irs, nxt, edge; // edge: the right edge of the window that we last offered; it never goes back
        uint32_t acked;          // the last ACK that we sent (Last.ACK.sent in RFC 7323)
        uint32_t fin_seq;        // their FIN has this number, if fin_known; it may be ahead of what has arrived
        uint16_t peer_mss;
        uint8_t scale;    // our windows are in units of 2^scale bytes
        bool syn_is_full; // our SYN's window has all its 16 bits: it may not be all there is, and no other was told yet
        bool irs_known, fin_known, fin_seen;
        bool ack_owed;
        bool data_unacked; // a segment with data waits for a delayed ACK
        enum rs_reason ack_reason;
        // What arrived out of order: ranges behind nxt, apart from each other, in the order of their numbers. The bytes
        // are in the receive ring already. heard: larger, the later it last grew.
        struct rs_range {
            uint32_t left, right, heard;
        } ranges[RS_RANGES_MAX];
        uint32_t ranges_count, heard;
    } rcv;

    struct { // fast retransmit and fast recovery (RFC 5681, section 3.2; RFC 6582)
        uint32_t recover, duplicates;
        bool active, resend; // resend: the segment at snd.una goes out again at once
        bool partial;        // an ACK of a part of what was on its way has come
    } recovery;

    struct { // which options both ends have agreed on, and the timestamps (RFC 7323)
        bool window_scale, timestamps, sack;
        bool recent_valid;
        uint32_t first_value; // of our SYN
        uint32_t recent;      // TS.Recent: what we echo
        uint64_t recent_at;
    } opt;

    struct {
        uint64_t srtt_us, rttvar_us, rto_us;
        bool has_sample, timing; // timing: one segment at a time is measured (Karn)
        uint32_t timed_seq;
        uint64_t timed_at;
        bool syn_was_resent;
        uint32_t resends; // since the last ACK that moved snd.una
    } rtt;

    struct {
        uint64_t resend_at, persist_at, time_wait_at, ack_at; // RS_NEVER: not running
        uint64_t persist_wait_us;                             // between the last probe and the next
        uint64_t waiting_since; // since when nothing of what is outstanding was acknowledged
        uint64_t opened_at, sent_at;
        uint64_t challenge_at; // when the throttle of challenge ACKs counts anew
        uint32_t challenges;
    } timer;

    struct {
        int soft_errno, hard_errno; // what ICMP said; soft: it was only noted
    } icmp;

    struct {
        bool owed;
        uint8_t flags;
        uint32_t seq, ack;
        enum rs_reason reason;
    } reply; // one answer outside of the connection's own flow: RST or challenge ACK

    uint16_t ip_id;
    struct rs_ring send_ring, receive_ring;
    struct rs_event events[RS_EVENTS_MAX];
    uint32_t events_first, events_count, events_lost;
};

// Everything negotiated and all the numbers, for views. Sequence numbers are absolute, windows are in bytes.
struct rs_conn_facts {
    enum rs_state state;
    enum rs_end end;
    struct rs_endpoint local, remote;
    uint32_t iss, irs, snd_una, snd_nxt, snd_wnd, rcv_nxt, rcv_wnd, cwnd, ssthresh;
    uint16_t send_mss;      // the most that a segment of ours carries now, options and data together
    uint16_t announced_mss; // in our SYN
    uint16_t peer_mss;      // in theirs, or what it means that there was none
    uint64_t srtt_us, rto_us;
    size_t unsent_bytes, unread_bytes;
    size_t early_bytes; // arrived out of order: kept, not readable yet
    bool irs_known;     // their SYN has arrived: irs and rcv_nxt mean something
    bool fin_queued, peer_closed;
    bool window_scale, timestamps, sack; // both ends have offered it
    uint8_t send_scale, receive_scale;   // shifts of the windows that they, and we, write
    uint32_t ts_recent;                  // the newest timestamp of theirs
    uint32_t ts_offset;
    uint32_t events_lost;
    int soft_errno; // what the last ICMP error that ended nothing would be called; 0: none
};

// Makes a CLOSED connection. Copies *config.
void rs_conn_init(struct rs_conn *c, const struct rs_conn_config *config);

// Active OPEN (section 3.10.1): the next poll gives the SYN. RS_CALL_BAD_REMOTE if the remote is no unicast address, or
// has no port, or is of another family than the local one; RS_CALL_WRONG_STATE unless the connection is as
// rs_conn_init made it.
enum rs_call rs_conn_open(struct rs_conn *c, uint64_t now);

// Passive OPEN (section 3.10.1): LISTEN on the local endpoint; the first SYN names the remote one, and config.remote is
// not looked at. One listening connection becomes one connection: for more, listen with more.
enum rs_call rs_conn_listen(struct rs_conn *c);

// SEND (section 3.10.2): takes as many of the size bytes as there is room for; *taken (not NULL) says how many. While
// the connection is opening they wait. RS_CALL_CLOSING after close(), RS_CALL_WRONG_STATE where there is no connection.
enum rs_call rs_conn_send(struct rs_conn *c, const uint8_t *bytes, size_t size, size_t *taken);

// RECEIVE (section 3.10.3): moves up to room bytes to out and returns how many. 0 with facts.peer_closed: end of file.
// What had arrived can be read after the end too, also after a RST.
size_t rs_conn_receive(struct rs_conn *c, uint8_t *out, size_t room);

// CLOSE (section 3.10.4): FIN after all that is queued; in SYN-RECEIVED at once, if nothing is. What the other end
// still sends can be read (half-close); so data that nobody has read is no reason for a RST (section 3.6.1, SHLD-3, is
// for ends that cannot). Call it once.
enum rs_call rs_conn_close(struct rs_conn *c);

// ABORT (section 3.10.5): RST if the connection is synchronized, and CLOSED.
void rs_conn_abort(struct rs_conn *c);

// SEGMENT ARRIVES (section 3.10.7). The caller has checked the checksum and that both endpoints are this
// connection's, ports included (in LISTEN: from is the sender). Payload, in one span or two, is copied.
void rs_conn_input(struct rs_conn *c, const struct rs_endpoint *from, const struct rs_segment *segment, uint64_t now);

// An ICMP error about this connection. It is believed only if it quotes one of our segments that is still on its way
// (RFC 5927, section 4.1); then "fragmentation needed" makes segments smaller, the rest is told by events, and may end
// a connection that is opening (RFC 9293, section 3.9.2.2, MUST-54).
void rs_conn_icmp(struct rs_conn *c, const struct rs_icmp *icmp, uint64_t now);

// A whole IP packet has arrived, of TCP or ICMP: it is checked, and given to rs_conn_input or rs_conn_icmp. Returns
// RS_WIRE_OK if it was, or why not; RS_WIRE_NOT_OURS if its endpoints are not this connection's.
enum rs_wire_error rs_conn_input_packet(struct rs_conn *c, const uint8_t *packet, size_t size, uint64_t now);

// rs_conn_poll_segment, built into a whole IP packet. Returns its bytes, or 0 if there is nothing to send. With
// RS_CONN_PACKET_ROOM(path_mss) bytes of room each packet fits; one that does not is left where it was, and 0 returned.
size_t rs_conn_poll_packet(struct rs_conn *c, uint64_t now, uint8_t *out, size_t room);

// Does whatever has expired; safe early, late and often.
void rs_conn_tick(struct rs_conn *c, uint64_t now);

// The next segment to send, until there is none (returns false). Its payload points into the send buffer and is good
// until the next call. One event with a RS_SENT_ or RS_RESENT_ reason tells why it is sent.
bool rs_conn_poll_segment(struct rs_conn *c, uint64_t now, struct rs_segment *out);

// The next decision, oldest first, until there is none. Drain it after each call.
bool rs_conn_poll_event(struct rs_conn *c, struct rs_event *out);

// When to tick: a time, or RS_NEVER.
uint64_t rs_conn_deadline(const struct rs_conn *c);

// The state, as rs_conn_facts tells it too.
enum rs_state rs_conn_state(const struct rs_conn *c);

// Both ends of it. In LISTEN the remote one is whom the last answer was for, which is why it is asked after a poll; all
// zero before there was one.
struct rs_endpoint rs_conn_local(const struct rs_conn *c);
struct rs_endpoint rs_conn_remote(const struct rs_conn *c);

// Fills *out with everything negotiated and all the numbers, as they are now; good in every state.
void rs_conn_facts(const struct rs_conn *c, struct rs_conn_facts *out);

// Room left for rs_conn_send, in bytes.
size_t rs_conn_send_room(const struct rs_conn *c);

// How it ended, as connect(), send() or recv() would have put it in errno; 0 where nothing went wrong, and while it
// lives.
int rs_conn_errno(const struct rs_conn *c);

// The name of a broken invariant, or NULL if all hold. Tests call it after every step.
const char *rs_conn_check(const struct rs_conn *c);

#ifdef __cplusplus
}
#endif

#endif
