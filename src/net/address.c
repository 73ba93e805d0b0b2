// SPDX-License-Identifier: MIT
//
// Endpoints to sockaddrs and back. A sockaddr is the kernel's struct: its bytes are copied, never overlaid.
#include "address.h"

#include <string.h>

struct sockaddr_in address_to_ipv4(const struct rs_endpoint *e) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(e->port)};
    memcpy(&in.sin_addr, e->addr, 4);
    return in;
}

struct rs_endpoint address_from_ipv4(const struct sockaddr_in *in) {
    struct rs_endpoint e = {.family = RS_IPV4, .port = ntohs(in->sin_port)};
    memcpy(e.addr, &in->sin_addr, 4);
    return e;
}
