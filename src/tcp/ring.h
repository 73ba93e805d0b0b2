// SPDX-License-Identifier: MIT
//
// A ring of bytes in memory that belongs to the caller. One for what is to be sent, one for what has arrived.
#ifndef TCP_RING_H
#define TCP_RING_H

#include "rawshake/conn.h"

// Bytes that can still be put in.
size_t ring_room(const struct rs_ring *r);

// Appends up to size bytes, as many as there is room for; returns how many.
size_t ring_put(struct rs_ring *r, const uint8_t *bytes, size_t size);

// Copies both spans to where they belong, offset bytes behind the last one in use, without making them readable. The
// caller has made sure that they fit into the room there is.
void ring_write(struct rs_ring *r, size_t offset, const struct rs_span spans[2]);

// Makes size bytes readable that ring_write has put directly behind the last one in use.
void ring_extend(struct rs_ring *r, size_t size);

// Moves up to room bytes out of the front; returns how many.
size_t ring_get(struct rs_ring *r, uint8_t *out, size_t room);

// Forgets size <= used bytes at the front.
void ring_drop(struct rs_ring *r, size_t size);

// The size bytes that begin offset bytes behind the front, as one or two spans; offset + size <= used.
void ring_spans(const struct rs_ring *r, size_t offset, size_t size, struct rs_span out[2]);

#endif
