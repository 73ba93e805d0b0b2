// SPDX-License-Identifier: MIT
//
// The number that our bytes are counted from. A stranger who could guess it could write into our connection without
// seeing it, so it is a keyed hash of the connection's four numbers, which nobody can compute who has not the secret;
// and it moves on with a clock, so that segments of an older connection between the same ports do not fit a new one
// (RFC 6528, section 3; RFC 9293, section 3.4.1). What a caller puts in rs_conn_config's iss and ts_offset.
#ifndef RAWSHAKE_ISN_H
#define RAWSHAKE_ISN_H

#include <stdint.h>

#include "endpoint.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RS_SECRET_BYTES = 16 };

// The initial sequence number of a connection that begins now: F(local, remote, secret) + M, modulo 2^32, where M
// counts once in 4 microseconds (MUST-8, SHLD-1). secret: RS_SECRET_BYTES random bytes (getrandom), never told to
// anybody, kept for as long as the program runs. now_us: microseconds on a clock that never goes back and, best, does
// not begin anew with each program.
uint32_t rs_isn(const uint8_t *secret, const struct rs_endpoint *local, const struct rs_endpoint *remote,
                uint64_t now_us);

// What a connection adds to its clock of timestamps, so that they do not tell how long this machine has been running,
// nor that two connections come from the same machine (RFC 7323, sections 5.4 and 7.1). Needs no clock: for the same
// four numbers it stays the same, so that timestamps never go back from one connection to the next.
uint32_t rs_ts_offset(const uint8_t *secret, const struct rs_endpoint *local, const struct rs_endpoint *remote);

#ifdef __cplusplus
}
#endif

#endif
