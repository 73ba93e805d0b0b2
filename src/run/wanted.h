// SPDX-License-Identifier: MIT
//
// Where connect() is to go: what the program's own bytes say, read as the kernel would read them. They may be anything.
#ifndef RUN_WANTED_H
#define RUN_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"

// The bytes that connect() was given (a sockaddr of this size), for a TCP socket of this domain (AF_INET, AF_INET6)
// that is bound to `bound`, which is all zero but for the family where it is not, or not to an address. True: *to is
// where a SYN would go, in IPv4's clothes if it is IPv4. False: no SYN would leave; what to answer, the kernel knows.
bool wanted_address(const uint8_t *bytes, size_t size, int domain, const struct address *bound, struct address *to);

#endif
