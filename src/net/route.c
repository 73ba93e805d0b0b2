// SPDX-License-Identifier: MIT
//
// The kernel's routing decision, read off a UDP socket: connect() on it chooses route and source address but sends
// nothing. Called by the commands before a session begins (RFC 9293, section 3.9.2.3, MUST-44: ask IP for the source).
#include "route.h"

#include <errno.h>
#include <unistd.h>

#include "address.h"

// Only our own addresses can be bound. Returns false if no socket could be had to try it with.
static bool find_local(const struct rs_endpoint *destination, bool *local) {
    struct rs_endpoint any_port = *destination;
    any_port.port = 0;
    struct sockaddr_in in = address_to_ipv4(&any_port);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    *local = bind(fd, (struct sockaddr *)&in, sizeof in) == 0;
    close(fd);
    return true;
}

static bool ask(int fd, const struct rs_endpoint *destination, struct route *out) {
    struct sockaddr_in in = address_to_ipv4(destination), source = {0};
    socklen_t size = sizeof source;
    int mtu = 0;
    socklen_t mtu_size = sizeof mtu;
    if (connect(fd, (struct sockaddr *)&in, sizeof in) != 0 ||
        getsockname(fd, (struct sockaddr *)&source, &size) != 0 ||
        getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &mtu_size) != 0)
        return false;
    out->source = address_from_ipv4(&source);
    out->source.port = 0;
    out->mtu = (uint32_t)mtu;
    return find_local(destination, &out->local);
}

bool route_find(const struct rs_endpoint *destination, struct route *out, struct net_error *error) {
    char text[RS_ENDPOINT_TEXT_BYTES];
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool found = fd >= 0 && ask(fd, destination, out);
    int number = errno;
    if (fd >= 0)
        close(fd);
    if (found)
        return true;
    bool unreachable = number == ENETUNREACH || number == EHOSTUNREACH;
    return net_fail(error, number,
                    unreachable ? "'ip route get' with that address shows what the kernel would do" : NULL,
                    "route to %s", rs_address_text(destination, text, sizeof text));
}
