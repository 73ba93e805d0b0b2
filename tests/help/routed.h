// SPDX-License-Identifier: MIT
//
// Three places: here (10.0.1.2, fd01::2, device "near"), a router (devices "r1" and "r2", 10.0.1.1 and 10.0.2.1,
// fd01::1 and fd02::1), and a server behind it (10.0.2.2, fd02::2, device "far"). Both ends send everything to the
// router. Needs ip(8).
#ifndef HELP_ROUTED_H
#define HELP_ROUTED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct routed {
    bool ipv6; // this kernel has it
    int here, router, server;
};

// All paths take 1500 bytes. The router reports as many errors as there are, without a limit.
struct routed routed_new(void);
void routed_close(struct routed *net);

// From now on the path behind the router takes this much.
void routed_mtu(const struct routed *net, unsigned mtu);

// live_server_at in the server's place.
pid_t routed_server(const struct routed *net, const char *address, uint16_t port, void (*serve)(int listener));

// True if nft(8) is there and understands these rules, with which it is called in the router's place.
bool routed_rules(const struct routed *net, const char *rules);

#endif
