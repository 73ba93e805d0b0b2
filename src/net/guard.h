// SPDX-License-Identifier: MIT
//
// The RST guard. Our own kernel knows nothing of a connection that we make by hand: it would answer the server's
// SYN-ACK with RST. A listening socket on our source port that drops all it gets keeps it silent, and reserves the
// port. It takes no firewall rule, and vanishes with the process.
#ifndef NET_GUARD_H
#define NET_GUARD_H

#include <stdint.h>

#include "error.h"
#include "rawshake/endpoint.h"

// One guard for one family: IPv4 and IPv6 have their ports each for themselves.
struct guard {
    int fd; // -1: none
    enum rs_family family;
    uint16_t port; // the source port it holds
    bool silent;   // false: --no-guard, the port is held but the kernel will answer with RST
    bool filtered; // a packet filter backs the TTL rule up; it takes CAP_NET_ADMIN to attach
};

// Takes a source port (0: the kernel chooses a free one) on all addresses of this family and, if silent, makes it deaf
// and listens. Call it while privileged: attaching the filter and ports below 1024 need it. EADDRINUSE: the port is
// taken. EAFNOSUPPORT: this kernel has no such family.
bool guard_open(struct guard *guard, enum rs_family family, uint16_t port, bool silent, struct net_error *error);

// The same for the port of a server, a silent one: connections that the kernel still has there, of a server before
// (TIME-WAIT), do not stand in the way (SO_REUSEADDR); another listener does.
bool guard_open_serving(struct guard *guard, enum rs_family family, uint16_t port, struct net_error *error);

// The same on a port that another socket holds, of this user and with SO_REUSEPORT set (socket(7)), which must not
// listen.
bool guard_open_beside(struct guard *guard, enum rs_family family, uint16_t port, struct net_error *error);

// Reads back from the kernel that the guard stands; call it right before the SYN leaves.
bool guard_verify(const struct guard *guard, struct net_error *error);

// Waits until the guard has dropped this many segments: those that the session has seen. A raw socket gets its copy of
// a segment a moment before TCP does, on another processor perhaps; without the guard TCP would answer it with RST.
// Waits a few milliseconds at most, and not at all where the kernel does not count (before Linux 4.12).
void guard_settle(const struct guard *guard, uint64_t segments);

// Close it last, after guard_settle: a segment that arrives afterwards is answered with RST.
void guard_close(struct guard *guard);

#endif
