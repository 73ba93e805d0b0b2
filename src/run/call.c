// SPDX-License-Identifier: MIT
//
// The filter's questions (filter.c), asked again. Of a register the kernel looks at 32 bits where it takes an int, and
// so do we. Called by notification.c, and by a fuzzer.
#include "run/call.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/socket.h>

#include "run/abi.h"

static int as_int(uint64_t argument) { return (int)(uint32_t)argument; }

static struct call around(enum notification_kind kind, int fd) { return (struct call){.kind = kind, .fd = fd}; }

static bool wants_a_listener(const struct seccomp_data *d) {
    return (uint32_t)d->args[0] == SECCOMP_SET_MODE_FILTER && (d->args[1] & SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

static struct call read_other(const struct seccomp_data *d) {
    const uint32_t number = (uint32_t)d->nr;
    if (number == ABI_IO_URING_SETUP)
        return around(NOTIFICATION_AROUND_IO_URING, -1);
    if (number == ABI_OTHER_CONNECT)
        return around(NOTIFICATION_AROUND_OTHER_ABI, as_int(d->args[0]));
    if (number == ABI_OTHER_SOCKETCALL && (uint32_t)d->args[0] == ABI_SOCKETCALL_CONNECT)
        return around(NOTIFICATION_AROUND_OTHER_ABI, -1); // its arguments lie in memory
    return around(NOTIFICATION_OTHER, -1);
}

static struct call read_send(int fd, uint64_t flags) {
    return around((uint32_t)flags & MSG_FASTOPEN ? NOTIFICATION_AROUND_FAST_OPEN_SEND : NOTIFICATION_OTHER, fd);
}

static struct call read_own(const struct seccomp_data *d) {
    const uint32_t number = (uint32_t)d->nr;
    const int fd = as_int(d->args[0]);
    if (number == SYS_connect)
        return (struct call){NOTIFICATION_TCP, fd, d->args[1], (uint32_t)d->args[2]};
    if (number == ABI_X32_CONNECT)
        return around(NOTIFICATION_AROUND_OTHER_ABI, fd);
    if (number == ABI_IO_URING_SETUP)
        return around(NOTIFICATION_AROUND_IO_URING, -1);
    if (number == SYS_sendto || number == SYS_sendmmsg)
        return read_send(fd, d->args[3]);
    if (number == SYS_sendmsg)
        return read_send(fd, d->args[2]);
    if (number == SYS_seccomp && wants_a_listener(d))
        return around(NOTIFICATION_AROUND_OWN_LISTENER, -1);
    return around(NOTIFICATION_OTHER, -1);
}

struct call call_read(const struct seccomp_data *data) {
    if (data->arch == ABI_OWN)
        return read_own(data);
    return data->arch == ABI_OTHER ? read_other(data) : around(NOTIFICATION_OTHER, -1);
}

bool call_has_an_address(const struct call *call) {
    return call->size >= sizeof(sa_family_t) && call->size <= sizeof(struct sockaddr_storage);
}
