// SPDX-License-Identifier: MIT
//
// The tap: what passes between others. A packet socket (packet(7)) sees each packet that this machine sends or gets,
// in both directions, where a raw socket sees only what arrives. Used by watch, compare, demo --kernel and run
// --follow. It is on no connection's own way: closing it takes about 13 ms.
#ifndef NET_TAP_H
#define NET_TAP_H

#include <stddef.h>

#include "address.h"
#include "error.h"
#include "filter.h"

// Which way a packet went, seen from this machine.
enum tap_direction {
    TAP_UNKNOWN,  // between two others
    TAP_LOOPBACK, // both at once; it is caught when it leaves
    TAP_INBOUND,
    TAP_OUTBOUND
};

struct tap_packet {
    const uint8_t *bytes; // an IP packet; the tap's, good until the next tap_next
    size_t size;          // how many there are; fewer than wire_size only if it was huge, or the queue nearly full
    size_t wire_size;     // how large it was
    uint64_t wall_ns;     // since 1970: when it was sent or arrived, as the kernel says
    uint32_t interface;   // the kernel's number for it
    enum tap_direction direction;
    bool unfinished; // its TCP checksum was left to a network card, or it was merged on arrival: the field holds no sum
    uint64_t lost;   // so many packets were lost, the first of them just before this one: our queue was full
};

struct tap_config {
    const char *interface; // NULL: all
    uint16_t port;
    unsigned family; // RS_IPV4 or RS_IPV6: that one only; 0: either
    bool wait;       // keep nothing before tap_narrow says which addresses, or tap_aim which ports
};

struct tap {
    int fd; // readable when a packet has passed, or the interface has gone down
    uint16_t port;
    unsigned family;
    uint8_t *ring;   // frames of memory shared with the kernel
    unsigned next;   // the frame that is to be looked at
    bool holds;      // the one before it is still the caller's
    uint8_t *excess; // room for what is larger than a frame
};

// Begins to watch; needs CAP_NET_RAW. The filter is there before the first packet can be: nothing else is ever kept.
// Reading needs no privilege. An interface that is unknown or down is an error.
bool tap_open(struct tap *tap, const struct tap_config *config, struct net_error *error);

// From now on only packets of the port at one of these addresses, at most ADDRESSES_MAX (resolve.h). Needs no
// privilege.
bool tap_narrow(struct tap *tap, const struct address *at, size_t count, struct net_error *error);

// Or from now on only packets of these ports, at whatever address; none: nothing. May be called again at any time.
// Needs no privilege. Returns false with errno set.
bool tap_aim(struct tap *tap, const struct filter_ports *ports);

// The next packet that has passed, in their order. False if there is none now. Never waits.
bool tap_next(struct tap *tap, struct tap_packet *out);

// How many packets were lost after the last that tap_next gave.
uint64_t tap_lost(struct tap *tap);

// What is wrong with the socket: ENETDOWN when the interface has gone down or away; or 0. To be asked when fd is ready
// and there is no packet; what was said is not said again.
int tap_error(const struct tap *tap);

// Safe to call twice.
void tap_close(struct tap *tap);

#endif
