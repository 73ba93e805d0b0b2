// SPDX-License-Identifier: MIT
//
// Our endpoints and the kernel's sockaddrs: the only file that knows both. Used all over this room.
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "rawshake/endpoint.h"

struct sockaddr_in address_to_ipv4(const struct rs_endpoint *e);
struct rs_endpoint address_from_ipv4(const struct sockaddr_in *in);

#endif
