// SPDX-License-Identifier: MIT
//
// What lies between two simulated ends: packets, as bytes, on their way, and the weather that loses, doubles, delays,
// damages, cuts and pads them. It knows nothing of TCP.
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include <stddef.h>

#include "chance.h"

enum { WIRE_SLOTS = 512, WIRE_BYTES = 1600, WIRE_SCRIPT = 12 };

// Of 100 packets, how many.
struct weather {
    unsigned lost, doubled, corrupted, cut, padded;
    uint64_t delay_us, jitter_us; // jitter: packets overtake each other
    uint64_t heals_at;            // from then on nothing happens to a packet, but that it takes delay_us
    size_t mtu;                   // a larger packet is lost at any time; 0: none
};

struct flight {
    uint64_t arrives;
    int to;
    uint16_t slot, size;
};

enum wire_fate { WIRE_SENT, WIRE_LOST, WIRE_TOO_BIG };

// Instead of weather: what happens to each of the first packets.
enum wire_choice { WIRE_DELIVER, WIRE_DROP, WIRE_DOUBLE, WIRE_CHOICES };

struct wire {
    struct weather weather;
    struct chance *chance;
    bool scripted;
    uint8_t script[WIRE_SCRIPT];
    size_t script_used; // how many of these choices there was a packet for
    size_t count;
    struct flight flights[WIRE_SLOTS]; // the first count of them, in the order of sending
    uint16_t free[WIRE_SLOTS];         // the last WIRE_SLOTS - count of them
    uint8_t bytes[WIRE_SLOTS][WIRE_BYTES];
};

void wire_init(struct wire *w, struct chance *chance);

// A packet of size <= WIRE_BYTES sets out. Tells what became of it; doubled or damaged still counts as sent.
enum wire_fate wire_put(struct wire *w, int to, const uint8_t *bytes, size_t size, uint64_t now);

// When the next one arrives, or RS_NEVER.
uint64_t wire_next(const struct wire *w);

// Takes the next one that has arrived by now: writes at most WIRE_BYTES and returns how many, or 0 if there is none.
size_t wire_take(struct wire *w, uint64_t now, int *to, uint8_t *bytes);

#endif
