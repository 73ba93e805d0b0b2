// SPDX-License-Identifier: MIT
//
// Endpoints to sockaddrs and back. A sockaddr is the kernel's struct: its bytes are copied, never overlaid.
#include "address.h"

#include <string.h>

int address_family(enum rs_family family) { return family == RS_IPV6 ? AF_INET6 : AF_INET; }

struct kernel_address address_to_kernel(const struct rs_endpoint *e, uint32_t zone) {
    struct kernel_address kernel = {.size = sizeof(struct sockaddr_in)};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(e->port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(e->port), .sin6_scope_id = zone};
    memcpy(&in.sin_addr, e->addr, sizeof in.sin_addr);
    memcpy(&in6.sin6_addr, e->addr, sizeof in6.sin6_addr);
    if (e->family == RS_IPV6) {
        kernel.size = sizeof in6;
        memcpy(&kernel.bytes, &in6, sizeof in6);
    } else {
        memcpy(&kernel.bytes, &in, sizeof in);
    }
    return kernel;
}

static struct address from_ipv6(const struct sockaddr_in6 *in6) {
    const uint8_t *bytes = in6->sin6_addr.s6_addr;
    uint16_t port = ntohs(in6->sin6_port);
    struct address a = {.zone = in6->sin6_scope_id};
    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
        a.endpoint = rs_endpoint_ipv4(bytes[12], bytes[13], bytes[14], bytes[15], port);
        return a;
    }
    a.endpoint.family = RS_IPV6;
    a.endpoint.port = port;
    memcpy(a.endpoint.addr, bytes, sizeof a.endpoint.addr);
    return a;
}

struct address address_from_kernel(const struct kernel_address *kernel) {
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    if (kernel->bytes.ss_family == AF_INET6) {
        memcpy(&in6, &kernel->bytes, sizeof in6);
        return from_ipv6(&in6);
    }
    struct address a = {.endpoint = {.family = RS_IPV4}};
    memcpy(&in, &kernel->bytes, sizeof in);
    a.endpoint.port = ntohs(in.sin_port);
    memcpy(a.endpoint.addr, &in.sin_addr, sizeof in.sin_addr);
    return a;
}

int address_bind(int fd, const struct kernel_address *kernel) {
    return bind(fd, (const struct sockaddr *)&kernel->bytes, kernel->size);
}

int address_connect(int fd, const struct kernel_address *kernel) {
    return connect(fd, (const struct sockaddr *)&kernel->bytes, kernel->size);
}

bool address_of_socket(int fd, struct address *out) {
    struct kernel_address kernel = {.size = sizeof kernel.bytes};
    if (getsockname(fd, (struct sockaddr *)&kernel.bytes, &kernel.size) != 0)
        return false;
    *out = address_from_kernel(&kernel);
    return true;
}
