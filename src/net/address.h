// SPDX-License-Identifier: MIT
//
// Our endpoints and the kernel's sockaddrs: the only file that knows both. Used all over this room.
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "rawshake/endpoint.h"

// An IPv4 endpoint as the kernel takes it.
struct sockaddr_in address_to_ipv4(const struct rs_endpoint *e);
// What the kernel gave, as an endpoint; the port in host order.
struct rs_endpoint address_from_ipv4(const struct sockaddr_in *in);

#endif
