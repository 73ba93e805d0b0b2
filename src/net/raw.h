// SPDX-License-Identifier: MIT
#ifndef NET_RAW_H
#define NET_RAW_H

#include "doors.h"
#include "error.h"

// The link door over two raw sockets.
struct raw_link {
    int send_fd, receive_fd;
    uint64_t lost;
    int queue_bytes; // what may wait to be received, each packet counted with what the kernel spends on it
};

// Opens both sockets; needs CAP_NET_RAW. From then on TCP segments to this port arrive, from anybody to any address of
// this machine: the session tells whose they are.
bool raw_link_open(struct raw_link *raw, uint16_t port, struct net_error *error);

// The door; raw must outlive it.
struct link raw_link_door(struct raw_link *raw);

// Closes both sockets; the door is no longer good. Safe to call twice.
void raw_link_close(struct raw_link *raw);

#endif
