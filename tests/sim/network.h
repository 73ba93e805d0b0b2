// SPDX-License-Identifier: MIT
//
// Two simulated ends and the wire between them, on a virtual clock. Every packet is built to bytes, goes through the
// weather, and is parsed again, its checksum strictly. At both ends a program sends a pattern and closes.
//
// A run ends well if both ends are CLOSED, all bytes have arrived and were right, and nothing was ever broken. It must
// end: within a bounded time after the network has healed, and without endless talk.
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "end.h"
#include "wire.h"

// What strangers and routers do, of 100 packets that are sent.
struct mischief {
    unsigned squeezed; // the window in it is made smaller on the way
    unsigned strays;   // a segment of an older incarnation of the connection arrives: same ports, old numbers
    unsigned old_data; // and one whose numbers fit, but whose timestamp is old (where timestamps are agreed on)
    unsigned errors;   // an ICMP error that never ends a connection, true or forged, arrives
};

struct network;

// Somebody who sees the packets pass: as they leave an end, and as they come to one, if they do.
struct network_watcher {
    void *self;
    void (*sent)(void *self, const struct network *n, int from, const uint8_t *bytes, size_t size);
    void (*arrives)(void *self, const struct network *n, int to, const uint8_t *bytes, size_t size);
};

struct network {
    struct end ends[2];
    struct wire wire;
    struct chance chance;
    struct mischief mischief;
    bool sleepy;    // now and then a tick is late
    bool may_abort; // a program aborts: then not all bytes need arrive
    bool verbose;   // prints each packet
    uint64_t now;
    bool has_ts[2];
    uint32_t first_ts[2], last_ts[2]; // the timestamps that each end sent: in its first SYN, and last
    uint64_t steps, seed;
    const char *broken;                    // what went wrong, or NULL
    const struct network_watcher *watcher; // or NULL
    uint8_t buffers[4][END_BUFFER];
};

// Two ends that can reach each other, both CLOSED, over a network that does no harm yet. Buffers and switches may then
// be changed in ends[i].config, before end_start.
void network_init(struct network *n, uint32_t us, uint32_t them, uint64_t seed);

// Runs until both ends are CLOSED. Returns what went wrong, or NULL.
const char *network_run(struct network *n);

#endif
