// SPDX-License-Identifier: MIT
//
// The ways out. Which family a connection will be of is known only when its host's name has been resolved, and names
// are resolved when privileges are gone. So guard and raw sockets are opened for each family that it may turn out to
// be, with one source port for both.
#ifndef NET_WAYS_H
#define NET_WAYS_H

#include "error.h"
#include "guard.h"
#include "raw.h"

// All that a connection of one family needs.
struct way {
    struct guard guard;
    struct raw_link raw;
    uint64_t seen; // segments that sessions have seen arrive: the guard must drop as many before it closes
};

struct ways {
    struct way list[2];
    size_t count;
};

// Opens a way for a family (RS_IPV4, RS_IPV6) or for both (0); port and silent as guard_open has them. Of both, one is
// enough: a kernel without IPv6 is no failure then.
bool ways_open(struct ways *ways, unsigned family, uint16_t port, bool silent, struct net_error *error);

// The same for a server's port (guard_open_serving).
bool ways_open_serving(struct ways *ways, unsigned family, uint16_t port, struct net_error *error);

// The way of this family, or NULL.
struct way *ways_find(struct ways *ways, enum rs_family family);

// Closes everything, each guard last and only when it has dropped what was seen. Safe to call twice.
void ways_close(struct ways *ways);

#endif
