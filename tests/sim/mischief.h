// SPDX-License-Identifier: MIT
//
// What strangers and routers do to a simulated connection: they squeeze its windows, and send segments of an older
// incarnation, old data with old timestamps, and ICMP errors. None of it may do more than slow the connection down.
#ifndef SIM_MISCHIEF_H
#define SIM_MISCHIEF_H

#include "network.h"

// May make the window in a packet that passes smaller: then it is built anew. Returns its size.
size_t mischief_squeeze(struct network *n, struct rs_packet *packet, uint8_t *bytes, size_t size);

// After this segment, in this packet, was sent by one end: may send something to either.
void mischief_around(struct network *n, int from, const struct rs_segment *segment, const uint8_t *bytes, size_t size);

// This packet does not fit through: the router says so (RFC 1191, RFC 8201).
void mischief_too_big(struct network *n, int from, const uint8_t *bytes, size_t size);

#endif
