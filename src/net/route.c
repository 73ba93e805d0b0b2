// SPDX-License-Identifier: MIT
//
// The kernel's routing decision, read off a UDP socket: connect() on it chooses route and source address but sends
// nothing. Called by the commands before a session begins (RFC 9293, section 3.9.2.3, MUST-44: ask IP for the source).
#include "route.h"

#include <errno.h>
#include <unistd.h>

#include "address.h"

static bool is_local(const struct rs_endpoint *destination) {
    struct rs_endpoint any_port = *destination;
    any_port.port = 0;
    struct sockaddr_in in = address_to_ipv4(&any_port);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool local = fd >= 0 && bind(fd, (struct sockaddr *)&in, sizeof in) == 0; // only our own addresses can be bound
    if (fd >= 0)
        close(fd);
    return local;
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
    out->local = is_local(destination);
    return true;
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
    return net_fail(error, number, "'ip route get' with that address shows what the kernel would do", "route to %s",
                    rs_address_text(destination, text, sizeof text));
}
