// SPDX-License-Identifier: MIT
//
// Packet filters for the raw sockets: what is not for our ports stays in the kernel.
#ifndef NET_FILTER_H
#define NET_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rawshake/endpoint.h"

enum { FILTER_PORTS_MAX = 64 };

// Our ports; a filter can be replaced by one for others at any time. None: nothing is kept.
struct filter_ports {
    uint16_t list[FILTER_PORTS_MAX];
    size_t count;
};

// Keeps the TCP segments that are for one of these ports. Returns false with errno set.
bool filter_segments(int fd, enum rs_family family, const struct filter_ports *ports);

// Keeps the ICMP errors that quote a packet which came from one of these ports. Returns false with errno set.
bool filter_errors(int fd, enum rs_family family, const struct filter_ports *ports);

// Keeps all ICMP errors. Returns false with errno set.
bool filter_all_errors(int fd, enum rs_family family);

#endif
