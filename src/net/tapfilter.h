// SPDX-License-Identifier: MIT
//
// The tap's filter: what does not belong to the connections that are watched stays in the kernel.
#ifndef NET_TAPFILTER_H
#define NET_TAPFILTER_H

#include <stddef.h>

#include "address.h"
#include "filter.h"

// What is to be kept: TCP of this port, at either end; and if addresses are given, only where the end with that port
// has one of them. Or, if ports are given, TCP of any of these, at either end and at any address.
struct tap_filter {
    uint16_t port;
    unsigned family; // RS_IPV4 or RS_IPV6: that one only; 0: either
    const struct address *at;
    size_t count; // of addresses, at most ADDRESSES_MAX (resolve.h); 0: any
    const struct filter_ports *ports;
};

// Attaches the filter to a packet socket (SOCK_DGRAM), in place of the one before; NULL keeps nothing at all. Needs no
// privilege. Returns false with errno set.
bool tap_filter_attach(int fd, const struct tap_filter *filter);

#endif
