// SPDX-License-Identifier: MIT
//
// Packet filters for the raw sockets: what is not for our port stays in the kernel.
#ifndef NET_FILTER_H
#define NET_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "rawshake/endpoint.h"

// Keeps the TCP segments that are for this port. Returns false with errno set.
bool filter_segments(int fd, enum rs_family family, uint16_t port);

// Keeps the ICMP errors that quote a packet which came from this port. Returns false with errno set.
bool filter_errors(int fd, enum rs_family family, uint16_t port);

#endif
