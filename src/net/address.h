// SPDX-License-Identifier: MIT
//
// Our endpoints and the kernel's sockaddrs: the only file that knows both. Used all over this room.
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "rawshake/endpoint.h"

// An endpoint as a program must name it. An IPv6 address that begins with fe80 is good on one link only, and every link
// may have the same: the zone says which (RFC 4007). It is an interface's number, and 0 for all other addresses. It
// does not stand in the packet, so the endpoint knows nothing of it.
struct address {
    struct rs_endpoint endpoint;
    uint32_t zone;
};

// The same as the kernel takes it, of either family; size says how much of bytes counts.
struct kernel_address {
    struct sockaddr_storage bytes;
    socklen_t size;
};

// AF_INET or AF_INET6.
int address_family(enum rs_family family);

struct kernel_address address_to_kernel(const struct rs_endpoint *endpoint, uint32_t zone);

// What the kernel gave, as an address; the port in host order. An IPv4 address in an IPv6 one's clothes
// (::ffff:192.0.2.1, RFC 4291, section 2.5.5.2) becomes IPv4: such a connection is made of IPv4 packets.
struct address address_from_kernel(const struct kernel_address *kernel);

// bind() and connect() with it, and what they return; getsockname(), false if it fails.
int address_bind(int fd, const struct kernel_address *kernel);
int address_connect(int fd, const struct kernel_address *kernel);
bool address_of_socket(int fd, struct address *out);

#endif
