// SPDX-License-Identifier: MIT
//
// TCP_MAXSEG reads as what was chosen or, if nothing was, as what the kernel has worked out last: 536 for a new socket,
// another number for one that has had a connection, or has tried to have one. To tell them apart the choice is taken
// back for a moment. Called by handover.c, and by whoever makes a connection in the kernel's place.
#include "maxseg.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/socket.h>

enum { UNCHOSEN = 536 };

static int get(int fd) {
    int value = UNCHOSEN;
    socklen_t size = sizeof value;
    getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &value, &size);
    return value;
}

static bool set(int fd, int value) { return setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &value, sizeof value) == 0; }

int maxseg_chosen(int fd) {
    const int value = get(fd);
    if (value == UNCHOSEN || !set(fd, 0) || get(fd) == value)
        return 0;
    set(fd, value);
    return value;
}
