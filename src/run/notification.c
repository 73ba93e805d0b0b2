// SPDX-License-Identifier: MIT
//
// What stands behind an announced call (see notification.h; Linux: Documentation/userspace-api/seccomp_filter.rst). The
// kernel gives the caller's thread and the call's bare arguments: a descriptor's number, a pointer and a length, all of
// which mean something in the caller only. So:
//
//   process_vm_readv (3.2)  copies the bytes behind the pointer
//   pidfd_open (5.3), pidfd_getfd (5.6)  make a descriptor of ours for the file behind the number
//   SECCOMP_IOCTL_NOTIF_ID_VALID  whether the call still waits: a thread may have died meanwhile and its number gone to
//       another, of whose memory and files nothing may be believed. So it is asked after each.
//
// The program can change its memory after we have read it. What we have read is what we do; and where the kernel goes
// on, it reads anew. Nothing here is a wall around the program: it may do what it may do without us. Called by
// supervisor.c.
#include "run/notification.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "run/wanted.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 // Linux 5.14
#endif
#define ID_VALID_BEFORE_5_9 SECCOMP_IOR(2, uint64_t) // its number had the wrong direction in it

enum { CLOSED = 7, ROOM = 512, US_PER_S = 1000000 }; // CLOSED: the kernel's TCP_CLOSE

// The kernel may know more of these structs than we do, and writes and reads as many bytes as it knows: room is left,
// zeroed, and the sizes are asked for.
union incoming {
    struct seccomp_notif notif;
    uint8_t room[ROOM];
};

union outgoing {
    struct seccomp_notif_resp resp;
    uint8_t room[ROOM];
};

static bool sizes_fit(void) {
    struct seccomp_notif_sizes sizes;
    return syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0 && sizes.seccomp_notif <= ROOM &&
           sizes.seccomp_notif_resp <= ROOM;
}

static long get(int fd, int level, int name, long otherwise) {
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, level, name, &value, &size) == 0 ? value : otherwise;
}

static uint64_t get_cookie(int fd, int name) {
    uint64_t cookie = 0;
    socklen_t size = sizeof cookie;
    return getsockopt(fd, SOL_SOCKET, name, &cookie, &size) == 0 ? cookie : 0;
}

// ---- the caller's memory

// The kernel takes no more than this for an address, and no less than a family.
static bool has_a_size(uint64_t size) { return size >= sizeof(sa_family_t) && size <= sizeof(struct sockaddr_storage); }

static enum notification_kind copy_address(pid_t thread, uint64_t pointer, uint8_t *bytes, size_t size) {
    struct iovec here = {bytes, size};
    struct iovec there = {.iov_len = size};
    memcpy(&there.iov_base, &pointer, sizeof there.iov_base); // a place in the program, which is none in ours
    ssize_t copied = process_vm_readv(thread, &here, 1, &there, 1, 0);
    if (copied < 0 && errno != EFAULT)
        return errno == ESRCH ? NOTIFICATION_GONE : NOTIFICATION_FORBIDDEN;
    return copied == (ssize_t)size ? NOTIFICATION_TCP : NOTIFICATION_UNREADABLE;
}

// ---- the caller's socket

// The process of a thread: files belong to processes, nearly always. 0 if it is gone.
static pid_t process_of(pid_t thread) {
    char path[40], line[128];
    long process = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)thread);
    FILE *file = fopen(path, "re");
    while (file && process == 0 && fgets(line, sizeof line, file))
        if (strncmp(line, "Tgid:", 5) == 0)
            process = strtol(line + 5, NULL, 10);
    if (file)
        fclose(file);
    return (pid_t)process;
}

// Since Linux 6.9 a thread can be named itself (PIDFD_THREAD, which is O_EXCL); before, only its process, and where the
// first thread of that has ended already, its files cannot be reached.
static int open_pidfd(pid_t thread) {
    int pidfd = (int)syscall(SYS_pidfd_open, thread, O_EXCL);
    if (pidfd >= 0 || errno == ESRCH)
        return pidfd;
    pid_t process = process_of(thread);
    if (process > 0)
        return (int)syscall(SYS_pidfd_open, process, 0);
    errno = ESRCH;
    return -1;
}

static enum notification_kind take_file(struct notification *n, int number) {
    int pidfd = open_pidfd(n->thread);
    if (pidfd < 0)
        return errno == ESRCH ? NOTIFICATION_GONE : NOTIFICATION_FORBIDDEN;
    n->fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
    int failure = errno;
    close(pidfd);
    if (n->fd >= 0)
        return NOTIFICATION_TCP;
    return failure == EBADF ? NOTIFICATION_NO_FILE : failure == ESRCH ? NOTIFICATION_GONE : NOTIFICATION_FORBIDDEN;
}

// A socket that no segment has passed yet, or that has been disconnected since. State alone would not do: a connection
// that was reset is closed, and connect() says EISCONN all the same.
static bool is_new(int fd) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == CLOSED &&
           info.tcpi_segs_in == 0 && info.tcpi_segs_out == 0;
}

// Kernels before 5.14 do not tell; there, one network is assumed.
static bool is_of_our_network(int fd) {
    int own = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint64_t here = own >= 0 ? get_cookie(own, SO_NETNS_COOKIE) : 0, there = get_cookie(fd, SO_NETNS_COOKIE);
    if (own >= 0)
        close(own);
    return here == there || here == 0 || there == 0;
}

static enum notification_kind kind_of(int fd, int *domain) {
    *domain = (int)get(fd, SOL_SOCKET, SO_DOMAIN, -1);
    if ((*domain != AF_INET && *domain != AF_INET6) || get(fd, SOL_SOCKET, SO_TYPE, -1) != SOCK_STREAM ||
        get(fd, SOL_SOCKET, SO_PROTOCOL, -1) != IPPROTO_TCP)
        return NOTIFICATION_OTHER;
    if (!is_new(fd))
        return NOTIFICATION_NOT_NEW;
    if (get(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 0) != 0)
        return NOTIFICATION_FAST_OPEN;
    return is_of_our_network(fd) ? NOTIFICATION_TCP : NOTIFICATION_OTHER_NETWORK;
}

// What else the program has chosen for this socket.
static void ask_socket(struct notification *n) {
    struct timeval t = {0};
    socklen_t size = sizeof t;
    n->nonblocking = fcntl(n->fd, F_GETFL) & O_NONBLOCK;
    if (getsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO, &t, &size) == 0)
        n->send_timeout_us = (uint64_t)t.tv_sec * US_PER_S + (uint64_t)t.tv_usec;
    if (!address_of_socket(n->fd, &n->bound))
        n->bound = (struct address){.endpoint.family = n->domain == AF_INET6 ? RS_IPV6 : RS_IPV4};
}

static enum notification_kind look_at(struct notification *n, const uint8_t *bytes, size_t size) {
    enum notification_kind kind = kind_of(n->fd, &n->domain);
    n->cookie = kind == NOTIFICATION_OTHER ? 0 : get_cookie(n->fd, SO_COOKIE);
    if (kind != NOTIFICATION_TCP)
        return kind;
    ask_socket(n);
    bool good = wanted_address(bytes, size, n->domain, &n->bound, &n->to);
    if (good && n->domain == AF_INET6 && n->to.endpoint.family == RS_IPV4)
        good = get(n->fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) == 0;
    return good ? NOTIFICATION_TCP : NOTIFICATION_NO_ADDRESS;
}

// ---- all of it

// connect(int, const struct sockaddr *, int): of the registers, the kernel looks at 32 bits where it takes an int.
static enum notification_kind find_out(int listener, struct notification *n, const struct seccomp_data *call) {
    uint8_t bytes[sizeof(struct sockaddr_storage)] = {0};
    const int number = (int)(uint32_t)call->args[0];
    const uint32_t size = (uint32_t)call->args[2];
    if (n->thread <= 0)
        return NOTIFICATION_FORBIDDEN; // it is not visible from here: its processes are counted elsewhere
    if (!has_a_size(size))
        return NOTIFICATION_NO_ADDRESS;
    enum notification_kind kind = copy_address(n->thread, call->args[1], bytes, size);
    if (kind == NOTIFICATION_TCP)
        kind = take_file(n, number);
    if (!notification_waits(listener, n))
        return NOTIFICATION_GONE;
    return kind == NOTIFICATION_TCP ? look_at(n, bytes, size) : kind;
}

bool notification_take(int listener, struct notification *n, struct net_error *error) {
    union incoming in;
    memset(&in, 0, sizeof in);
    *n = (struct notification){.kind = NOTIFICATION_GONE, .fd = -1};
    if (!sizes_fit())
        return net_fail(error, ENOSYS, "it takes seccomp's user notification: Linux 5.0", "reading a connect() call");
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &in) != 0)
        return errno == EINTR || errno == ENOENT || net_fail(error, errno, NULL, "reading a connect() call");
    n->id = in.notif.id;
    n->thread = (pid_t)in.notif.pid;
    n->kind = find_out(listener, n, &in.notif.data);
    if (n->kind != NOTIFICATION_TCP)
        notification_close(n);
    return true;
}

bool notification_waits(int listener, const struct notification *n) {
    uint64_t id = n->id;
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0 ||
           (errno == EINVAL && ioctl(listener, ID_VALID_BEFORE_5_9, &id) == 0);
}

bool notification_answer(int listener, const struct notification *n, int number) {
    union outgoing out;
    memset(&out, 0, sizeof out);
    out.resp.id = n->id;
    if (number == NOTIFICATION_KERNEL)
        out.resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else
        out.resp.error = -number;
    int result;
    do
        result = ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &out);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

void notification_close(struct notification *n) {
    if (n->fd >= 0)
        close(n->fd);
    n->fd = -1;
}
