// SPDX-License-Identifier: MIT
//
// A small internet: a client, a router and a server, each in a private network of its own.
//
//     client  near ------------ r1  router  r2 ------------ far  server
//         10.0.1.2        10.0.1.1          10.0.2.1        10.0.2.2
//          fd01::2         fd01::1           fd02::1         fd02::2
#ifndef NET_ROUTER_H
#define NET_ROUTER_H

#include "error.h"

#define ROUTER_NET_CLIENT "10.0.1.2"
#define ROUTER_NET_NEAR "10.0.1.1"
#define ROUTER_NET_FAR "10.0.2.1"
#define ROUTER_NET_SERVER "10.0.2.2"
#define ROUTER_NET_CLIENT_IPV6 "fd01::2"
#define ROUTER_NET_NEAR_IPV6 "fd01::1"
#define ROUTER_NET_FAR_IPV6 "fd02::1"
#define ROUTER_NET_SERVER_IPV6 "fd02::2"

struct router_net {
    int client, router, server; // descriptors of the networks, for namespace_go; closed by exec
    bool ipv6;                  // this kernel has it
};

// Builds it. The client's network is the one that this process is in, which must be a private one (namespace_enter) and
// have nothing in it but a loopback; the process is in there again when this returns. Both paths take 1500 bytes. The
// router reports as many errors by ICMP as there are, without the usual limits. When this returns true, a packet has
// gone to the server and another has come back. All of it vanishes with this process, and with those to which it gave
// a socket or a place in there. Needs the capabilities that namespace_enter gives, so before privileges_drop.
bool router_net_open(struct router_net *net, struct net_error *error);

// Takes the links away, and leaves this process in the client's network.
void router_net_close(struct router_net *net);

#endif
