// SPDX-License-Identifier: MIT
//
// Any bytes are the address that a program gives to connect(). What is taken for one leads somewhere: it has the size
// and family that it must have, a SYN could go there, and written down again it is read the same.
#include <string.h>

#include "fuzz.h"
#include "reader.h"
#include "run/wanted.h"

static const char *broken;

static void expect(bool holds, const char *property) {
    if (!holds && !broken)
        broken = property;
}

static bool same(const struct address *a, const struct address *b) {
    return rs_endpoint_equal(&a->endpoint, &b->endpoint) && a->zone == b->zone;
}

static void look_at(const struct address *to, size_t size, int domain, const struct address *bound) {
    const struct rs_endpoint *e = &to->endpoint;
    struct address again;
    expect(size >= sizeof(struct sockaddr_in) && size <= sizeof(struct sockaddr_storage), "an address has a size");
    expect(domain == AF_INET6 || e->family == RS_IPV4, "an IPv4 socket goes to IPv4");
    expect(rs_endpoint_is_unicast(e), "a SYN can go there");
    expect((to->zone != 0) == (e->family == RS_IPV6 && e->addr[0] == 0xfe && (e->addr[1] & 0xc0) == 0x80),
           "a link-local address has a zone, and no other has one");
    for (size_t i = rs_address_bytes(e->family); i < sizeof e->addr; i++)
        expect(e->addr[i] == 0, "behind an IPv4 address there is nothing");
    const struct kernel_address kernel = address_to_kernel(e, to->zone);
    expect(wanted_address((const uint8_t *)&kernel.bytes, kernel.size, address_family(e->family), bound, &again),
           "what was read can be written and read again");
    expect(broken || same(to, &again), "and is the same then");
}

const char *fuzz_wanted(const uint8_t *bytes, size_t size) {
    struct reader r = {bytes, size};
    const uint8_t how = read_8(&r);
    const int domain = how & 1 ? AF_INET6 : how & 2 ? AF_UNIX : AF_INET;
    struct address bound = {.endpoint.family = how & 4 ? RS_IPV6 : RS_IPV4}, to;
    for (size_t i = 0; how & 8 && i < rs_address_bytes(bound.endpoint.family); i++)
        bound.endpoint.addr[i] = read_8(&r);
    size_t left;
    const size_t whole = r.left;
    const uint8_t *address = read_bytes(&r, whole, &left);
    broken = NULL;
    if (wanted_address(address, left, domain, &bound, &to))
        look_at(&to, left, domain, &bound);
    return broken;
}
