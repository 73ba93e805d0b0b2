// SPDX-License-Identifier: MIT
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "error.h"
#include "rawshake/endpoint.h"

// Finds the IPv4 address of a host: numbers are read as they are, a name is looked up (getaddrinfo's first answer).
// On failure returns false; error->number is 0 and error->why says what the resolver said.
bool resolve_host(const char *host, uint16_t port, struct rs_endpoint *out, struct net_error *error);

#endif
