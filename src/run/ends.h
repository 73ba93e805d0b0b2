// SPDX-License-Identifier: MIT
//
// The two ends of a connection that is made for a program: the source port, and the guard that holds it; and the
// address that stands in its segments.
#ifndef RUN_ENDS_H
#define RUN_ENDS_H

#include "run/handshake.h"

// What is said where we cannot, and the program need not care.
#define ENDS_NO_MATTER "the kernel's own connect() goes on instead"

// Takes a port that is free, or stands beside the program, which has bound its own. The route must be known. False:
// h->number is the answer, and h->error says why.
bool ends_take(struct handshake *h);

// Then: our end.
struct rs_endpoint ends_local(const struct handshake *h);

#endif
