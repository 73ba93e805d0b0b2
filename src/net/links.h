// SPDX-License-Identifier: MIT
//
// Links of a private network: what "ip link", "ip addr" and "ip route" would do, without ip(8). Each works in the
// network that this process is in, and needs the capabilities that namespace_enter gives. Errors name what failed.
#ifndef NET_LINKS_H
#define NET_LINKS_H

#include "error.h"

// A cable with two ends (veth(4)): a device of the first name in this network, and one of the second in the network of
// the descriptor. Both are down, and have no address. Takes 1500 bytes.
bool links_cable(const char *device, const char *other_device, int other_network, struct net_error *error);

// Takes a device away, and with it the other end of its cable.
bool links_remove(const char *device, struct net_error *error);

// Switches a device on.
bool links_raise(const char *device, struct net_error *error);

// Has the kernel put on the cable what it puts into a segment. Otherwise it leaves cutting, joining and checksums to a
// network card that is not there.
bool links_make_plain(const char *device, struct net_error *error);

// Gives a device an address of either family ("10.0.1.2", "fd01::2") with the length of its network's prefix. It can be
// used at once.
bool links_address(const char *device, const char *address, unsigned prefix_bits, struct net_error *error);

// Sends everything that is not for a neighbour to this gateway. Its device must be up and have an address beside it.
bool links_default_route(const char *gateway, struct net_error *error);

// Waits until a device that is up carries packets, which is a moment after the other end is up too. False after two
// seconds.
bool links_wait(const char *device, struct net_error *error);

#endif
