// SPDX-License-Identifier: MIT
//
// The tutorial's server (see server.h). Called by serve, and by the server's program of demo and lab.
#include "server.h"

#include <errno.h>
#include <unistd.h>

#include "address.h"

enum { BACKLOG = 1 }; // as in the tutorial

// The buffer comes before listen(): every connection inherits it, and the window of its SYN-ACK follows from it.
static bool bind_and_listen(int fd, const struct address *at, int backlog, int receive_buffer) {
    const struct kernel_address here = address_to_kernel(&at->endpoint, at->zone);
    const int on = 1; // a server that was just ended must not block its own port while its old connections time out
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           (receive_buffer == 0 ||
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer) == 0) &&
           address_bind(fd, &here) == 0 && listen(fd, backlog) == 0;
}

static const char *hint_for(int number, const struct address *at) {
    static const struct rs_endpoint loopback = {.family = RS_IPV6, .addr = {[15] = 1}};
    struct rs_endpoint host = at->endpoint;
    host.port = 0;
    if (number == EADDRINUSE)
        return "another program listens there: end it, or choose another port with -p";
    if (number == EADDRNOTAVAIL && rs_endpoint_equal(&host, &loopback))
        return "IPv6 is switched off here";
    if (number == EADDRNOTAVAIL)
        return "not an address of this machine: choose another with -b";
    return number == EACCES ? "ports below 1024 are reserved: choose a higher one with -p" : NULL;
}

int server_listen_with(const struct address *at, int backlog, int receive_buffer, struct net_error *error) {
    char text[RS_ENDPOINT_TEXT_BYTES];
    int fd = socket(address_family(at->endpoint.family), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind_and_listen(fd, at, backlog, receive_buffer))
        return fd;
    int number = errno;
    if (fd >= 0)
        close(fd);
    net_fail(error, number, hint_for(number, at), "listen on %s", rs_endpoint_text(&at->endpoint, text, sizeof text));
    return -1;
}

int server_listen(const struct address *at, struct net_error *error) {
    return server_listen_with(at, BACKLOG, 0, error);
}

int server_accept(int fd, struct rs_endpoint *from) {
    struct kernel_address kernel = {.size = sizeof kernel.bytes};
    int connection = accept4(fd, (struct sockaddr *)&kernel.bytes, &kernel.size, SOCK_CLOEXEC);
    if (connection >= 0)
        *from = address_from_kernel(&kernel).endpoint;
    return connection;
}
