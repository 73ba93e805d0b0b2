// SPDX-License-Identifier: MIT
//
// Ours is a TCP socket that has not been used yet, in our network, and an address to which a SYN can go. All else is
// the kernel's, which knows the right errno for each. Called by notification.c, and by a fuzzer.
#include "run/judge.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "run/wanted.h"

static bool is_internet(const struct socket_told *t) { return t->domain == AF_INET || t->domain == AF_INET6; }

bool judge_is_tcp(const struct socket_told *t) {
    return is_internet(t) && t->type == SOCK_STREAM && t->protocol == IPPROTO_TCP;
}

static bool is_no_address(const uint8_t *bytes, size_t size) {
    sa_family_t family;
    if (size < sizeof family)
        return false;
    memcpy(&family, bytes, sizeof family);
    return family == AF_UNSPEC;
}

enum notification_kind judge_socket(const struct socket_told *t, const uint8_t *bytes, size_t size,
                                    const struct address *bound, struct address *to, bool *to_known) {
    *to_known = is_internet(t) && wanted_address(bytes, size, t->domain, bound, to);
    if (*to_known && t->only_ipv6 && to->endpoint.family == RS_IPV4)
        *to_known = false;
    if (!judge_is_tcp(t))
        return NOTIFICATION_OTHER;
    if (is_no_address(bytes, size))
        return NOTIFICATION_DISCONNECT;
    if (!t->fresh)
        return NOTIFICATION_NOT_NEW;
    if (t->fast_open)
        return NOTIFICATION_FAST_OPEN;
    if (t->other_network)
        return NOTIFICATION_OTHER_NETWORK;
    return *to_known ? NOTIFICATION_TCP : NOTIFICATION_NO_ADDRESS;
}
