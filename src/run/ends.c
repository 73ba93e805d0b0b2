// SPDX-License-Identifier: MIT
//
// The two ends of a connection (see ends.h). Called by handshake.c.
#include "run/ends.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { TRIES = 64 };

// The program holds its port already. Two sockets of one user may hold one together if both agree (SO_REUSEPORT,
// socket(7)); afterwards its own is as it was.
static bool stand_beside(struct handshake *h, uint16_t port) {
    const int on = 1;
    socklen_t size = sizeof h->reuseport;
    if (getsockopt(h->call.fd, SOL_SOCKET, SO_REUSEPORT, &h->reuseport, &size) != 0 ||
        setsockopt(h->call.fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
        return net_fail(&h->error, errno, ENDS_NO_MATTER, "sharing port %u with the program", (unsigned)port);
    h->shares_port = true;
    return guard_open_beside(&h->guard, h->call.to.endpoint.family, port, &h->error);
}

static bool is_any(const struct rs_endpoint *e) {
    static const uint8_t zero[sizeof e->addr];
    return memcmp(e->addr, zero, rs_address_bytes(e->family)) == 0;
}

struct rs_endpoint ends_local(const struct handshake *h) {
    const struct rs_endpoint *bound = &h->call.bound.endpoint;
    struct rs_endpoint local = bound->family == h->route.source.family && !is_any(bound) ? *bound : h->route.source;
    local.port = h->guard.port;
    return local;
}

// A server that has closed first keeps the connection in TIME-WAIT for a minute, while its client's port is free. Our
// SYN would be answered from there by an ACK, if our numbers do not happen to lie behind those that it remembers
// (RFC 9293, section 3.6.1): the kernel's own always do.
static bool is_remembered(const struct handshake *h) {
    const struct witness *here = &h->means->here;
    const struct rs_endpoint local = ends_local(h);
    return h->route.local && here->ask(here->self, &h->call.to.endpoint, &local).state == RS_TIME_WAIT;
}

static bool take_free_port(struct handshake *h) {
    for (int i = 0; i < TRIES; i++) {
        guard_close(&h->guard);
        if (!guard_open(&h->guard, h->call.to.endpoint.family, 0, true, &h->error))
            return false; // the kernel's connect() may use some that bind() does not get: on loopback those in
                          // TIME-WAIT
        if (!is_remembered(h))
            break;
    }
    return true;
}

bool ends_take(struct handshake *h) {
    const uint16_t port = h->call.bound.endpoint.port;
    h->number = NOTIFICATION_KERNEL;
    return (port > 0 ? stand_beside(h, port) : take_free_port(h)) && guard_verify(&h->guard, &h->error);
}
