// SPDX-License-Identifier: MIT
//
// One poll(2) tells (see meanwhile.h; Linux: tcp_poll): a socket without a connection is hung up; one that listens or
// has got a connection in another way is not; and whoever has shut the reading side finds that the other end has
// "hung up" (POLLRDHUP). Called by handshake.c.
#include "run/meanwhile.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

int meanwhile(const struct notification *call) {
    struct pollfd now = {.fd = call->fd, .events = POLLRDHUP};
    if (poll(&now, 1, 0) < 0)
        return MEANWHILE_NOTHING;
    if (!(now.revents & POLLHUP))
        return NOTIFICATION_KERNEL;
    return (now.revents & POLLRDHUP) && !call->shut_before ? ECONNRESET : MEANWHILE_NOTHING;
}

void meanwhile_begin(const struct notification *call) {
    int error;
    socklen_t size = sizeof error;
    getsockopt(call->fd, SOL_SOCKET, SO_ERROR, &error, &size); // to read it is to clear it
}

// TCP_REPAIR wakes nobody, and an edge of epoll would never come. To write an option that concerns the room for
// sending, even as it is, does (Linux: do_tcp_setsockopt).
void meanwhile_wake(const struct notification *call) {
    int low = 0;
    socklen_t size = sizeof low;
    if (getsockopt(call->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &low, &size) == 0)
        setsockopt(call->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &low, sizeof low);
}

// So does the kernel's own connect() when it fails (Linux: __inet_stream_connect).
void meanwhile_renew(const struct notification *call) {
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    connect(call->fd, &nobody, sizeof nobody);
}
