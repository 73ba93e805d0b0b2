// SPDX-License-Identifier: MIT
#ifndef NET_RAW_H
#define NET_RAW_H

#include "doors.h"
#include "error.h"
#include "filter.h"

// The link door over three raw sockets of one family: for sending, for the TCP segments that arrive, and for the ICMP
// errors that what we send may bring back.
struct raw_link {
    enum rs_family family;
    uint32_t zone; // of a link-local destination; 0 otherwise (see address.h)
    int send_fd, receive_fd, icmp_fd;
    uint64_t lost, lost_before; // in all, and until the door was made
    int queue_bytes;            // what may wait to be received, each packet counted with what the kernel spends on it
};

// Opens the sockets; needs CAP_NET_RAW. From then on TCP segments to this port arrive, from anybody to any address of
// this machine, and ICMP errors about segments from this port: the session tells whose they are. Port 0: no segments
// yet, and all ICMP errors.
bool raw_link_open(struct raw_link *raw, enum rs_family family, uint16_t port, struct net_error *error);

// Of a link that was opened for port 0: from then on the segments to these ports arrive; privileges may have gone.
// Where there are none, what has arrived and was not read is forgotten. Returns false with errno set.
bool raw_link_aim(struct raw_link *raw, const struct filter_ports *ports);

// The door; raw must outlive it.
struct link raw_link_door(struct raw_link *raw);

// Closes the sockets; the door is no longer good. Safe to call twice.
void raw_link_close(struct raw_link *raw);

#endif
