// SPDX-License-Identifier: MIT
//
// Several connections at once, told one after the other: a sink that keeps a tape for each and hands it on when that
// connection has ended (TRACE_END). So whoever looks at the tapes sees whole connections, in the order in which they
// finish.
#ifndef TRACE_COLLATE_H
#define TRACE_COLLATE_H

#include "trace/tape.h"

struct collate;

// done(self, tape) is called at each connection's end; the tape is the collation's again when it returns. All tapes
// together keep to about most_bytes: the more connections are open at once, the shorter each one's beginning. Events
// that come before a connection's TRACE_BEGIN or after its TRACE_END are dropped. NULL if there is no memory.
struct collate *collate_new(size_t most_bytes, void (*done)(void *self, const struct tape *tape), void *self);

struct trace_sink collate_sink(struct collate *collate);

// Hands on the tapes of connections that have not ended, in the order in which they began.
void collate_finish(struct collate *collate);

void collate_free(struct collate *collate);

#endif
