// SPDX-License-Identifier: MIT
//
// Packets that are held back, each until its time or until the next one of its direction has overtaken it. They are
// kept as bytes, copied, and there is room for so many only.
#ifndef LIVE_SHELF_H
#define LIVE_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rawshake/conn.h"

enum { SHELF_PACKETS = 32 };

struct shelf_packet {
    bool used, ours;
    bool behind_next; // it goes as soon as another of its direction has gone
    uint8_t bent;     // what else has happened to it (TRACE_BENT_...)
    uint64_t since_us, until_us;
    uint64_t order; // those of one time go in the order in which they came
    enum rs_reason why;
    const char *purpose;
    size_t size;
    uint8_t *bytes; // room for one packet of either family
};

// The bytes stand apart, so that a shelf that is never used touches no memory.
struct shelf {
    uint64_t count;
    struct shelf_packet packets[SHELF_PACKETS];
    uint8_t bytes[SHELF_PACKETS][RS_IPV6_PACKET_MAX];
};

// Throws away what is there.
void shelf_clear(struct shelf *shelf);

// A place for one more, with its room for bytes and all else cleared; or NULL if there is none.
struct shelf_packet *shelf_put(struct shelf *shelf);

// The one that is due first of all, or NULL.
struct shelf_packet *shelf_first(struct shelf *shelf);

// The first of those of one direction that wait for another to overtake them, or NULL.
struct shelf_packet *shelf_overtaken(struct shelf *shelf, bool ours);

#endif
