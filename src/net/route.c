// SPDX-License-Identifier: MIT
//
// The kernel's routing decision, read off a UDP socket: connect() on it chooses route and source address but sends
// nothing. Called by the commands before a session begins (RFC 9293, section 3.9.2.3, MUST-44: ask IP for the source).
#include "route.h"

#include <errno.h>
#include <unistd.h>

#include "address.h"
#include "metrics.h"

// Only our own addresses can be bound. Returns false if no socket could be had to try it with.
static bool find_local(const struct address *destination, bool *local) {
    struct rs_endpoint any_port = destination->endpoint;
    any_port.port = 0;
    const struct kernel_address at = address_to_kernel(&any_port, destination->zone);
    int fd = socket(address_family(any_port.family), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    *local = address_bind(fd, &at) == 0;
    close(fd);
    return true;
}

// What a socket that is connected knows of its way; -1 if it does not.
static int number_of(int fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
}

static bool ask(int fd, const struct address *destination, struct route *out) {
    const struct kernel_address to = address_to_kernel(&destination->endpoint, destination->zone);
    const bool ipv6 = destination->endpoint.family == RS_IPV6;
    struct address source;
    if (address_connect(fd, &to) != 0 || !address_of_socket(fd, &source))
        return false;
    int mtu = ipv6 ? number_of(fd, IPPROTO_IPV6, IPV6_MTU) : number_of(fd, IPPROTO_IP, IP_MTU);
    int ttl = ipv6 ? number_of(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS) : number_of(fd, IPPROTO_IP, IP_TTL);
    if (mtu < 0 || ttl < 0)
        return false;
    out->source = source.endpoint;
    out->source.port = 0;
    if (!find_local(destination, &out->local))
        return false;
    struct metrics metrics = {0};
    if (!out->local) // nobody writes numbers beside the way to himself
        metrics = metrics_of(&source.endpoint, destination);
    out->mtu = (uint32_t)mtu;
    out->announced_mss = metrics.announced_mss;
    out->ttl = metrics.hop_limit ? metrics.hop_limit : (uint8_t)ttl;
    return true;
}

static bool is_link_local(const struct rs_endpoint *e) { // fe80::/10 (RFC 4291, section 2.5.6)
    return e->family == RS_IPV6 && e->addr[0] == 0xfe && (e->addr[1] & 0xc0) == 0x80;
}

static const char *hint_for(int number, const struct address *to) {
    const bool ipv6 = to->endpoint.family == RS_IPV6;
    if (number == EINVAL && to->zone == 0 && is_link_local(&to->endpoint))
        return "a link-local address is good on one link only: name it too, as in fe80::1%eth0";
    if (number == EADDRNOTAVAIL && ipv6)
        return "no interface here has an IPv6 address: 'sysctl net.ipv6.conf.all.disable_ipv6' tells if it is switched "
               "off";
    if (number == EAFNOSUPPORT)
        return ipv6 ? "this machine's kernel has no IPv6" : "this machine's kernel has no IPv4";
    if (number == EMFILE)
        return "'ulimit -n' is how many files and sockets a program may have open here";
    return "'ip route get' with that address shows what the kernel would do";
}

// EACCES means a route that forbids it, or the broadcast address of a network: then a socket that may send to one is
// not refused.
static bool is_broadcast(const struct address *destination) {
    const struct kernel_address to = address_to_kernel(&destination->endpoint, destination->zone);
    const int on = 1;
    int fd = socket(address_family(destination->endpoint.family), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0 && address_connect(fd, &to) == 0;
    if (fd >= 0)
        close(fd);
    return is;
}

bool route_find(const struct address *destination, struct route *out, struct net_error *error) {
    char text[RS_ENDPOINT_TEXT_BYTES];
    int fd = socket(address_family(destination->endpoint.family), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool found = fd >= 0 && ask(fd, destination, out);
    int number = errno;
    if (fd >= 0)
        close(fd);
    if (found)
        return true;
    if (number == EACCES && is_broadcast(destination)) {
        net_fail(error, number, NULL, "connect to %s", rs_endpoint_text(&destination->endpoint, text, sizeof text));
        error->why = "a broadcast address (EACCES): TCP is between two machines: name one";
        return false;
    }
    return net_fail(error, number, hint_for(number, destination), "route to %s",
                    rs_address_text(&destination->endpoint, text, sizeof text));
}
