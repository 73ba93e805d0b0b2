// SPDX-License-Identifier: MIT
//
// The doors of a session: everything that it asks of the world outside goes through one of these. This room has
// the real ones (raw.c, clock.c, witness.c, counters.c); tests put fakes there, and a whole session runs without a
// kernel.
#ifndef NET_DOORS_H
#define NET_DOORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "rawshake/endpoint.h"
#include "rawshake/state.h"

// Where packets go out and come in. self belongs to whoever made the link.
struct link {
    void *self;
    // Sends one whole IP packet. Returns 0, or the errno of the failure.
    int (*send)(void *self, const struct rs_endpoint *to, const uint8_t *packet, size_t size);
    // Sends packets to the same place, in order, in one system call where that can be had. Returns how many left; if
    // not all, *failure is the errno of the first that did not.
    size_t (*send_many)(void *self, const struct rs_endpoint *to, const struct iovec *packets, size_t count,
                        int *failure);
    // Takes one whole IP packet that has arrived: TCP, or an ICMP error. Returns its size, 0 if there is none now, or
    // -errno.
    ssize_t (*receive)(void *self, uint8_t *packet, size_t room);
    // Packets that arrived but were lost between the network and us, since the beginning: our queue was full.
    uint64_t (*lost)(void *self);
    // What arrives has an IP header that was put together from what the kernel told of it: its fields are those of the
    // packet, but extension headers are missing, and nobody can say whether there were any.
    bool rebuilds_ip_header;
    // Descriptors that are readable when a segment has arrived, and when an ICMP error has; or -1.
    int fd, icmp_fd;
    // One that is writable when there is room again after EAGAIN, or -1.
    int send_fd;
};

struct clock {
    void *self;
    uint64_t (*monotonic_us)(void *self); // never goes back
    uint64_t (*wall_ns)(void *self);      // since 1970
};

// What the server's kernel says of its end of one connection.
struct peer {
    bool known;
    const char *why_not;   // a clause, if not known
    enum rs_state state;   // RS_LISTEN: no such connection, only the listening socket; RS_CLOSED: not even that
    uint32_t unread_bytes; // in the server's receive queue
    bool accepted;         // a program has taken it with accept()
    bool others;           // the server's program is known to have called accept() for other connections
    uint32_t mss;          // the most data that the server puts into one segment; 0: it does not say
};

struct witness {
    void *self;
    struct peer (*ask)(void *self, const struct rs_endpoint *server, const struct rs_endpoint *client);
};

// One of the kernel's counters that has moved. Both ends of a connection may live in that kernel.
struct counter {
    const char *name; // as nstat(8) writes it; good until the door is closed
    uint64_t moved;   // in all
    uint64_t ours;    // of that, by our own end
};

enum { COUNTERS_MOVED_MOST = 64 }; // that many at most are told at once; the others the next time

// Only where all that is counted is our own doing: in a private network.
struct counters {
    void *self;
    // Writes what has moved since it was last asked, at most room of them; returns how many. NULL: there is no such
    // door.
    size_t (*moved)(void *self, struct counter *list, size_t room);
};

#endif
