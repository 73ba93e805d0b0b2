// SPDX-License-Identifier: MIT
//
// Two engines with a bad network between them: it loses, doubles and delays segments, so that they overtake each
// other, all by a seed, so that a failure can be repeated. At each end a program sends a pattern, reads at its own
// uneven pace, checks what it reads, and closes when it has sent all. Time is virtual.
#ifndef HELP_NETWORK_H
#define HELP_NETWORK_H

#include "engine.h"

enum { NETWORK_PACKETS = 256, NETWORK_DATA = 1460 };

struct network_packet {
    bool flying;
    uint64_t arrives;
    int to;
    struct rs_segment segment;
    uint8_t data[NETWORK_DATA];
};

struct network_program {
    size_t to_send, sent, received;
    uint64_t acts_at, pause_us; // it reads and writes now and then; the longest time between
    bool fin_seen;
    uint32_t fin_seq;
};

struct network {
    struct engine ends[2];
    struct network_program programs[2];
    struct network_packet packets[NETWORK_PACKETS];
    unsigned lost_percent, doubled_percent;
    uint64_t delay_us, jitter_us;
    uint32_t random;
    uint64_t now;
};

// Two ends that can reach each other, both CLOSED, over a network that does no harm yet. Buffers and MSS may then be
// changed in ends[i].config, before engine_start.
void network_init(struct network *n, uint32_t us, uint32_t them, unsigned seed);

// A number below limit.
uint32_t network_random(struct network *n, uint32_t limit);

// Runs until both ends are CLOSED; fails if that does not come about.
void network_run(struct network *n);

#endif
