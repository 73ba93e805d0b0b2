// SPDX-License-Identifier: MIT
//
// A descriptor is a number that means something in one process only; the kernel makes a copy of what stands behind it
// for whoever receives the message (see message.h). Called by keeper.c, keeper_process.c and child.c.
#include "run/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(MESSAGE_FDS_MAX * sizeof(int))];
};

bool message_pair(int pair[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0; }

bool message_send(int pair, const void *bytes, size_t size, const int *fds, size_t count) {
    union control control = {.bytes = {0}};
    struct iovec part = {.iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    memcpy(&part.iov_base, &bytes, sizeof bytes); // it is only read, which the type cannot say
    if (count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(count * sizeof *fds);
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        *c = (struct cmsghdr){
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(count * sizeof *fds)};
        memcpy(CMSG_DATA(c), fds, count * sizeof *fds);
    }
    ssize_t sent;
    do
        sent = sendmsg(pair, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size;
}

ssize_t message_receive(int pair, void *bytes, size_t size, int *fds, size_t count) {
    union control control;
    struct iovec part = {bytes, size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = count > 0 ? control.bytes : NULL,
                             .msg_controllen = count > 0 ? CMSG_SPACE(count * sizeof *fds) : 0};
    ssize_t come;
    do
        come = recvmsg(pair, &message, MSG_CMSG_CLOEXEC);
    while (come < 0 && errno == EINTR);
    for (size_t i = 0; i < count; i++)
        fds[i] = -1;
    struct cmsghdr *c = come > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len <= CMSG_LEN(count * sizeof *fds))
        memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
    return come;
}
