// SPDX-License-Identifier: MIT
//
// The tutorial's server (see server.h). Called by serve, and by the server process of demo.
#include "server.h"

#include <errno.h>
#include <unistd.h>

#include "address.h"

enum { BACKLOG = 1 }; // as in the tutorial

static bool bind_and_listen(int fd, const struct rs_endpoint *at) {
    struct sockaddr_in in = address_to_ipv4(at);
    const int on = 1; // a server that was just ended must not block its own port while its old connections time out
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           bind(fd, (struct sockaddr *)&in, sizeof in) == 0 && listen(fd, BACKLOG) == 0;
}

int server_listen(const struct rs_endpoint *at, struct net_error *error) {
    char text[RS_ENDPOINT_TEXT_BYTES];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind_and_listen(fd, at))
        return fd;
    int number = errno;
    if (fd >= 0)
        close(fd);
    net_fail(error, number,
             number == EADDRINUSE      ? "another program listens there: end it, or choose another port with -p"
             : number == EADDRNOTAVAIL ? "not an address of this machine: choose another with -b"
             : number == EACCES        ? "ports below 1024 are reserved: choose a higher one with -p"
                                       : NULL,
             "listen on %s", rs_endpoint_text(at, text, sizeof text));
    return -1;
}

int server_accept(int fd, struct rs_endpoint *from) {
    struct sockaddr_in in = {0};
    socklen_t size = sizeof in;
    int connection = accept4(fd, (struct sockaddr *)&in, &size, SOCK_CLOEXEC);
    if (connection >= 0)
        *from = address_from_ipv4(&in);
    return connection;
}
