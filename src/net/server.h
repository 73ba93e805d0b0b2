// SPDX-License-Identifier: MIT
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include <sys/types.h>

#include "address.h"
#include "error.h"

// The tutorial's server, call by call, with ordinary sockets.

// socket(), bind(), listen(1). Returns the descriptor, or -1 with *error filled in.
int server_listen(const struct address *at, struct net_error *error);

// The same with another backlog, and with a receive buffer of this many bytes (SO_RCVBUF, which the kernel doubles:
// half of it is for its own needs); 0: the kernel's choice.
int server_listen_with(const struct address *at, int backlog, int receive_buffer, struct net_error *error);

// accept(). Returns the descriptor of the connection, or -1 with errno set.
int server_accept(int fd, struct rs_endpoint *from);

#endif
