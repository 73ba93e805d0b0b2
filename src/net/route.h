// SPDX-License-Identifier: MIT
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include "address.h"
#include "error.h"

// How the kernel would send to an address.
struct route {
    struct rs_endpoint source; // the address that packets should come from; port 0
    uint32_t mtu;              // bytes in the largest packet that the path takes, as far as the kernel knows
    uint32_t announced_mss;    // what the route itself says our SYN should announce; 0: it says nothing
    uint8_t ttl;               // what the kernel would write into the packets: time to live, or hop limit
    bool local;                // the address is one of this machine's own
};

// Asks the kernel. Nothing is sent. On failure error->number is what connect() would give (ENETUNREACH ...).
bool route_find(const struct address *destination, struct route *out, struct net_error *error);

#endif
