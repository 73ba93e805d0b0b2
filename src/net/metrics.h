// SPDX-License-Identifier: MIT
#ifndef NET_METRICS_H
#define NET_METRICS_H

#include "address.h"

// What somebody has written beside a route (ip-route(8)) and the SYN shows: "advmss" and "hoplimit". 0: nothing.
struct metrics {
    uint32_t announced_mss;
    uint8_t hop_limit;
};

// Asks the kernel for those of the route from source to destination. Nothing is sent on any network. All zero where it
// does not tell.
struct metrics metrics_of(const struct rs_endpoint *source, const struct address *destination);

#endif
