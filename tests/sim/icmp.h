// SPDX-License-Identifier: MIT
//
// Builds the ICMP errors that routers send in a simulation; the library only reads them.
#ifndef SIM_ICMP_H
#define SIM_ICMP_H

#include "rawshake/icmp.h"

enum { ICMP_BYTES_MAX = 40 + 8 + 68 };

// The error of this type, code and MTU about a packet of size bytes that begins with these, sent from about: a whole IP
// packet to about, which quotes as much of it as RFC 792 asks for and a little more. Writes at most ICMP_BYTES_MAX.
size_t icmp_build(const struct rs_icmp *error, const struct rs_endpoint *about, const uint8_t *quote, size_t size,
                  uint8_t *out);

// "Fragmentation needed", or "packet too big": the next hop takes mtu bytes.
struct rs_icmp icmp_too_big(enum rs_family family, uint32_t mtu);

#endif
