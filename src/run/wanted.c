// SPDX-License-Identifier: MIT
//
// The kernel's reading of connect()'s address (tcp_v4_connect, tcp_v6_connect), as far as it leads to a SYN. What it
// would refuse is not refused here: it is left to the kernel, which has the right errno for each. Called by
// notification.c, and by a fuzzer.
#include "run/wanted.h"

#include <string.h>

// An IPv6 sockaddr may lack its last field, the zone: RFC 2133 had none, and the kernel takes those still.
enum { SIN6_WITHOUT_ZONE = 24 };

static bool is_any(const struct rs_endpoint *e) {
    static const uint8_t zero[sizeof e->addr];
    return memcmp(e->addr, zero, rs_address_bytes(e->family)) == 0;
}

// fe80::/10, which is good on one link only.
static bool is_link_local(const struct rs_endpoint *e) {
    return e->family == RS_IPV6 && e->addr[0] == 0xfe && (e->addr[1] & 0xc0) == 0x80;
}

// "Any address" is none that a packet could go to: Linux takes it for this machine, by the address that the socket is
// bound to, if it has one (a habit, not a rule: RFC 1122, section 3.2.1.3, has 0.0.0.0 as a source only).
static void any_is_here(struct rs_endpoint *to, const struct rs_endpoint *bound) {
    if (!is_any(to))
        return;
    if (to->family == RS_IPV4 && bound->family == RS_IPV4 && !is_any(bound))
        memcpy(to->addr, bound->addr, sizeof to->addr);
    else if (to->family == RS_IPV4)
        *to = rs_endpoint_ipv4(127, 0, 0, 1, to->port);
    else
        to->addr[sizeof to->addr - 1] = 1; // ::1
}

static bool has_its_size(const struct kernel_address *k, int domain) {
    const size_t least = domain == AF_INET6 ? SIN6_WITHOUT_ZONE : sizeof(struct sockaddr_in);
    return (domain == AF_INET || domain == AF_INET6) && k->size >= least && k->bytes.ss_family == domain;
}

bool wanted_address(const uint8_t *bytes, size_t size, int domain, const struct address *bound, struct address *to) {
    struct kernel_address kernel = {.size = (socklen_t)size};
    if (size > sizeof kernel.bytes)
        return false;
    memcpy(&kernel.bytes, bytes, size); // what is not there stays zero
    if (!has_its_size(&kernel, domain))
        return false;
    *to = address_from_kernel(&kernel);
    any_is_here(&to->endpoint, &bound->endpoint);
    if (!is_link_local(&to->endpoint))
        to->zone = 0;
    else if (to->zone == 0)
        return false; // the link that the socket is bound to would say which; that is the kernel's matter
    if (to->endpoint.family != bound->endpoint.family && !is_any(&bound->endpoint))
        return false; // bound to an address of the other family
    return to->endpoint.port != 0 && rs_endpoint_is_unicast(&to->endpoint);
}
