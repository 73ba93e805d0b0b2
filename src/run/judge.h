// SPDX-License-Identifier: MIT
//
// Who makes the connection, we or the kernel: decided by what the kernel tells of the program's socket, and by the
// address that the program gives. Pure: no system call.
#ifndef RUN_JUDGE_H
#define RUN_JUDGE_H

#include "run/notification.h"

struct socket_told {
    int domain, type, protocol; // -1: it is no socket
    // The rest is of TCP sockets only.
    bool fresh;         // no segment has passed it yet, or it has been disconnected since
    bool fast_open;     // TCP_FASTOPEN_CONNECT
    bool other_network; // than ours
    bool only_ipv6;     // IPV6_V6ONLY
};

bool judge_is_tcp(const struct socket_told *told);

// The address is size bytes, taken from the program; bound as for wanted_address (wanted.h). Returns NOTIFICATION_TCP,
// and where to in *to, or why the kernel goes on. *to is set too, and *to_known true, for a socket that is none of TCP
// but has the same addresses.
enum notification_kind judge_socket(const struct socket_told *told, const uint8_t *bytes, size_t size,
                                    const struct address *bound, struct address *to, bool *to_known);

#endif
