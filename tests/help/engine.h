// SPDX-License-Identifier: MIT
//
// One connection under test, with a virtual clock and a peer that the test plays by hand. Each step (a call, a segment
// that arrives, a tick, a poll) goes through a function here, which afterwards asks rs_conn_check for the invariants,
// sees that no number went back and none lies beyond the window, tries the deadline on a copy when there is nothing
// more to send, and collects the reasons, to be compared by expect_reasons.
//
// The test counts as the RFC's figures do: e.us is our initial number, e.them the peer's.
#ifndef HELP_ENGINE_H
#define HELP_ENGINE_H

#include "cm.h"
#include "rawshake/conn.h"

#define SECOND UINT64_C(1000000)

enum { ENGINE_BUFFER = 8192, ENGINE_REASONS = 4096, ENGINE_DATA = 65536, PEER_WINDOW = 8000, PEER_MSS = 1460 };

struct engine {
    struct rs_conn conn;
    struct rs_conn_config config;
    uint32_t us, them;
    uint16_t peer_window, peer_mss; // what the played peer says of itself; peer_mss 0: it has no MSS option
    struct rs_options peer_options; // what else is in its SYN; with timestamps, they are in all its segments
    uint64_t now;
    uint8_t send_buffer[ENGINE_BUFFER], receive_buffer[ENGINE_BUFFER];
    uint8_t data[ENGINE_DATA]; // the payload of the last polled segment, in one piece
    enum rs_reason reasons[ENGINE_REASONS];
    size_t reason_count;
    struct {
        bool known, edge_told;
        uint32_t snd_nxt, rcv_nxt, edge;
        uint32_t peer_edge; // the furthest that the peer has told
    } before;
};

// A CLOSED connection from 192.0.2.1:40000 to 192.0.2.2:80. After changing e->config call engine_start again.
void engine_init(struct engine *e, uint32_t us, uint32_t them);
void engine_start(struct engine *e);

// The same from 2001:db8::1 to 2001:db8::2; to be called between the two.
void engine_over_ipv6(struct engine *e);

// Steps.
enum rs_call engine_open(struct engine *e);
enum rs_call engine_close(struct engine *e);
void engine_abort(struct engine *e);
size_t engine_send(struct engine *e, const void *bytes, size_t size);
size_t engine_receive(struct engine *e, void *out, size_t room);
void engine_tick(struct engine *e, uint64_t now); // moves the clock
bool engine_poll(struct engine *e, struct rs_segment *out);
unsigned engine_poll_all(struct engine *e); // what is to be sent, whatever it is; how many segments
void engine_wait_for_end(struct engine *e); // nobody answers any more: CLOSED in the end
void engine_input(struct engine *e, const struct rs_segment *segment);
void engine_icmp(struct engine *e, const struct rs_icmp *icmp);

// The peer offers window scale 7, SACK and timestamps, which begin at 700; it echoes the last of ours.
void peer_offers_all(struct engine *e);

// The peer says: these control bits, these numbers, its window and, in a SYN, its MSS.
void hear(struct engine *e, uint8_t flags, uint32_t seq, uint32_t ack);
void hear_data(struct engine *e, uint8_t flags, uint32_t seq, uint32_t ack, const void *bytes, size_t size);

// The three segments of figure 6; reasons are forgotten.
void engine_establish(struct engine *e);
// The same, and a peer that has closed (CLOSE-WAIT), or our FIN sent (FIN-WAIT-1), and so on.
void engine_reach(struct engine *e, enum rs_state state);

void forget_reasons(struct engine *e);
bool engine_heard_reason(const struct engine *e, enum rs_reason reason);
void engine_fail(const struct engine *e, const char *what, const char *file, int line);

void expect_segment_at(struct engine *e, uint8_t flags, uint32_t seq, uint32_t ack, size_t size, const char *file,
                       int line);
void expect_nothing_at(struct engine *e, const char *file, int line);
void expect_state_at(struct engine *e, enum rs_state state, const char *file, int line);
void expect_reasons_at(struct engine *e, const enum rs_reason *reasons, size_t count, const char *file, int line);

// The next segment has exactly these control bits (but for PSH), these numbers and this much data; ack 0: any.
#define expect_segment(e, flags, seq, ack, size) expect_segment_at(e, flags, seq, ack, size, __FILE__, __LINE__)
// Nothing is to be sent.
#define expect_nothing(e) expect_nothing_at(e, __FILE__, __LINE__)
#define expect_state(e, state) expect_state_at(e, state, __FILE__, __LINE__)
// Exactly these reasons were given since the last time, in this order.
#define expect_reasons(e, ...)                                                                                         \
    expect_reasons_at(e, (const enum rs_reason[]){__VA_ARGS__},                                                        \
                      sizeof((const enum rs_reason[]){__VA_ARGS__}) / sizeof(enum rs_reason), __FILE__, __LINE__)

// Byte i of a stream that is easy to recognize and repeats late.
uint8_t pattern(size_t i);
void fill_with_pattern(uint8_t *bytes, size_t size);

// Where chance plays a part: printed when something fails, if not 0.
extern unsigned engine_seed;

// Initial numbers for a test to try: none, the wrap within the SYN, within the data, the signed edge.
extern const uint32_t some_numbers[6];

#endif
