// SPDX-License-Identifier: MIT
//
// Sequence numbers live on a circle of 2^32 numbers (RFC 9293, section 3.4): after 4294967295 comes 0. So "less than"
// only means "behind me on the nearer half of the circle", and a plain < is a bug that shows once in 4 GiB. These
// four comparisons are the only ones that the engine uses. They are inline because they stand in every rule.
#ifndef RAWSHAKE_SEQ_H
#define RAWSHAKE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

// a comes before b.
static inline bool rs_seq_lt(uint32_t a, uint32_t b) { return (uint32_t)(a - b) > INT32_MAX; }

// a comes before b, or is b.
static inline bool rs_seq_leq(uint32_t a, uint32_t b) { return (uint32_t)(b - a) <= INT32_MAX; }

// a comes after b.
static inline bool rs_seq_gt(uint32_t a, uint32_t b) { return rs_seq_lt(b, a); }

// a comes after b, or is b.
static inline bool rs_seq_geq(uint32_t a, uint32_t b) { return rs_seq_leq(b, a); }

#endif
