// SPDX-License-Identifier: MIT
//
// The other end of demo --both: a server made by hand too, so that no kernel's TCP takes part in the conversation. What
// is known of its state is known from its own engine, which is here.
#ifndef CMD_BOTH_H
#define CMD_BOTH_H

#include <stdio.h>

#include "cmd/handmade.h"
#include "live/listener.h"

struct both {
    struct ways ways;
    struct listener listener;
    struct trace unheard; // its own end is told as the other end of the client's
    struct handmade_other other;
    bool came;         // a client
    struct host first; // what became of it, when it is over
    struct rs_endpoint first_remote;
};

// Opens what needs privileges: call it before handmade_open. Returns false with *error; to be closed in either case. It
// must not be moved afterwards.
bool both_open(struct both *both, const struct address *at, struct net_error *error);

// What the tutorial's server would have printed.
void both_printed(const struct both *both, bool utf8, FILE *out);

void both_close(struct both *both);

#endif
