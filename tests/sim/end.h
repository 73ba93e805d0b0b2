// SPDX-License-Identifier: MIT
//
// One end of a simulated connection: an engine, the program that uses it, and everything that can be seen to go wrong
// with either. Each step of the engine goes through a function here, which afterwards asks for the invariants at the
// end of the list of rules. The first thing that is wrong stays in `broken`; nothing here stops or prints, so that the
// tests, the soak and the fuzzer can share it.
#ifndef SIM_END_H
#define SIM_END_H

#include "chance.h"
#include "rawshake/conn.h"

#define SECOND UINT64_C(1000000)

enum { END_BUFFER = 1 << 18, END_CHALLENGES = 20 };

// It sends a pattern, reads at its own uneven pace, checks what it reads, and closes when it has sent all.
struct program {
    size_t to_send, sent, received;
    uint64_t acts_at, pause_us; // it reads and writes now and then; the longest time between
    uint32_t most;              // bytes that it reads or writes at once, at most
    uint64_t aborts_at;         // RS_NEVER: not at all
};

struct end {
    const char *broken; // the first thing that went wrong, or NULL
    int side;           // 0 or 1: their patterns differ
    struct rs_conn conn;
    struct rs_conn_config config;
    uint8_t *send_buffer, *receive_buffer; // END_BUFFER bytes each
    struct program program;
    uint64_t now;
    bool whole_packets;                                // through the engine's doors for IP packets, not for segments
    bool any_bytes;                                    // what arrives need not be the pattern
    bool check_clock;                                  // after each step, also try what ticks would do, on a copy
    bool seen[RS_REASON_COUNT];                        // the reasons given so far
    uint64_t challenged[END_CHALLENGES];               // when challenge ACKs left, the last ones
    uint32_t challenges, sent_count;                   // segments sent
    uint8_t scale;                                     // the shift in our SYN
    bool offers_scale, offers_timestamps, offers_sack; // in the last SYN that we sent
    struct {
        bool numbers, edge, fin, syn;
        uint32_t snd_nxt, rcv_nxt, fin_seq;
        uint32_t edge_seq; // the furthest right edge that we ever told, as it stands in the segments
    } known;
};

// A CLOSED end. The buffers stay the caller's. Buffers, MSS and switches may then be changed in config, before
// end_start.
void end_init(struct end *e, int side, uint32_t iss, uint8_t *send_buffer, uint8_t *receive_buffer);
void end_start(struct end *e);

// Notes the first failure.
void end_broken(struct end *e, const char *what);

// Steps of the engine.
void end_open(struct end *e);
void end_listen(struct end *e);
void end_close(struct end *e);
void end_abort(struct end *e);
size_t end_receive(struct end *e, uint8_t *out, size_t room);
size_t end_send(struct end *e, const uint8_t *bytes, size_t size);
void end_tick(struct end *e);
void end_input(struct end *e, const struct rs_endpoint *from, const struct rs_segment *segment);

// The next segment, looked at for all that can be seen of it: the bytes are those that the program gave, the edge of
// the window does not go back, FIN has one number, and nothing goes more than a byte beyond what the peer offered
// (peer may be NULL).
bool end_poll(struct end *e, const struct end *peer, struct rs_segment *out);

// The same as a whole IP packet, and what it says. Returns its bytes, or 0 if there is nothing to send.
size_t end_poll_packet(struct end *e, const struct end *peer, uint8_t *out, size_t room, struct rs_packet *packet);

// A whole IP packet arrives, of TCP or ICMP, whatever is wrong with it.
void end_input_packet(struct end *e, const uint8_t *bytes, size_t size);

// Both ends speak IPv6. Before end_start.
void end_use_ipv6(struct end *e);

// What ticks would do, on copies: nothing before the deadline, at most one segment at it or after it.
void end_check_clock(struct end *e);

// The program's turn: reads some, writes some, closes or aborts.
void end_act(struct end *e, struct chance *chance);
bool end_has_work(const struct end *e);

// Parts of it. Writing goes on with the pattern, as far as there is room.
void end_write(struct end *e, size_t size);
void end_read(struct end *e, size_t most);
void end_read_all(struct end *e);

// Byte i of what the program at this side sends.
static inline uint8_t end_pattern(int side, size_t i) { return (uint8_t)(i * 7 + i / 251 + (size_t)side * 101); }

#endif
