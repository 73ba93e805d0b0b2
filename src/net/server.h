// SPDX-License-Identifier: MIT
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include <sys/types.h>

#include "address.h"
#include "error.h"

// The tutorial's server, call by call, with ordinary sockets.

// socket(), bind(), listen(1). Returns the descriptor, or -1 with *error filled in.
int server_listen(const struct address *at, struct net_error *error);

// accept(). Returns the descriptor of the connection, or -1 with errno set.
int server_accept(int fd, struct rs_endpoint *from);

#endif
