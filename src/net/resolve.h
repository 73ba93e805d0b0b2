// SPDX-License-Identifier: MIT
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "address.h"
#include "error.h"

enum { ADDRESSES_MAX = 16 };

// Where a host may be had, the first to be tried first.
struct addresses {
    struct address list[ADDRESSES_MAX];
    size_t count;
};

// Which families a user wants: 0 either, RS_IPV4 or RS_IPV6 that one only.
typedef unsigned family_choice;

// True if the host is an address in numbers, "::1" or "[::1]" or "fe80::1%eth0" or "127.0.0.1": then *out is its
// family. Reads nothing and asks nobody.
bool resolve_number_family(const char *host, enum rs_family *out);

// Finds the addresses of a host, in getaddrinfo's order (RFC 6724), each one once. Numbers are read as they are, in
// brackets or without. On success there is at least one. On failure returns false; error->number is 0 and error->why
// says what the resolver said.
bool resolve_host(const char *host, uint16_t port, family_choice family, struct addresses *out,
                  struct net_error *error);

#endif
