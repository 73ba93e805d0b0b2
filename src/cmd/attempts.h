// SPDX-License-Identifier: MIT
//
// A host may have several addresses. They are tried in the resolver's order until one takes the connection, as every
// program does it that follows getaddrinfo's advice. One that fails is a single line of narration, unless -v is given.
#ifndef CMD_ATTEMPTS_H
#define CMD_ATTEMPTS_H

#include <stdbool.h>

#include "net/resolve.h"

struct handmade;

struct attempts {
    struct addresses addresses;
    size_t at;                    // the one in hand
    struct net_error no_way;      // no packet can go to it, and why; what[0] == '\0': there is a way
    char why[ADDRESSES_MAX][128]; // why those before it failed
    bool shown;                   // its narration has begun to leave
    size_t began;                 // where it begins in the screen's buffer
};

// Finds the host's addresses. Returns false after a complaint.
bool attempts_resolve(struct handmade *h);

// Finds the way to the address in hand: route, source address, guard. Returns false if there is none; it is a failure
// as others are then.
bool attempts_find_way(struct handmade *h);

// After the end of an attempt: true if it failed to connect and there is another address, which is then in hand.
bool attempts_go_on(struct handmade *h);

// For how many microseconds more the narration is to be held back, since the attempt may yet become a single line.
uint64_t attempts_hold_back_us(const struct handmade *h);

// All that were tried and why they failed, the last for this reason: "[::1]: refused; 127.0.0.1: refused".
void attempts_text(const struct handmade *h, const char *why, char *out, size_t room);

#endif
