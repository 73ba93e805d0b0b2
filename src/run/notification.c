// SPDX-License-Identifier: MIT
//
// What stands behind an announced call (see notification.h; Linux: Documentation/userspace-api/seccomp_filter.rst). The
// kernel gives the caller's thread and the call's bare arguments: a descriptor's number, a pointer and a length, all of
// which mean something in the caller only, and are looked up there (peek.h). Then SECCOMP_IOCTL_NOTIF_ID_VALID tells
// whether the call still waits: a thread may have died meanwhile and its number gone to another, of whose memory and
// files nothing may be believed.
//
// The program can change its memory after we have read it. What we have read is what we do; and where the kernel goes
// on, it reads anew. Nothing here is a wall around the program: it may do what it may do without us. Called by
// supervisor.c.
#include "run/notification.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <linux/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "run/call.h"
#include "run/judge.h"
#include "run/peek.h"

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

// ---- the caller's socket

// A socket that no segment has passed yet, or that has been disconnected since. State alone would not do: a connection
// that was reset is closed, and connect() says EISCONN all the same.
static bool is_new(int fd) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == CLOSED &&
           info.tcpi_segs_in == 0 && info.tcpi_segs_out == 0;
}

// Kernels before 5.14 do not tell; there, a socket is taken to be of the network that its caller is in.
static bool is_of_our_network(int fd, int fresh, pid_t caller) {
    const uint64_t here = get_cookie(fresh, SO_NETNS_COOKIE), there = get_cookie(fd, SO_NETNS_COOKIE);
    return here == 0 || there == 0 ? peek_shares_our_network(caller) : here == there;
}

static void ask_tcp(int fd, int fresh, pid_t caller, struct socket_told *told) {
    told->fresh = is_new(fd);
    told->fast_open = get(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 0) != 0;
    told->other_network = !is_of_our_network(fd, fresh, caller);
    told->only_ipv6 = told->domain == AF_INET6 && get(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) != 0;
}

static struct socket_told ask_socket(struct notification *n, int fresh) {
    struct socket_told told = {.domain = n->domain = (int)get(n->fd, SOL_SOCKET, SO_DOMAIN, -1),
                               .type = n->type = (int)get(n->fd, SOL_SOCKET, SO_TYPE, -1),
                               .protocol = (int)get(n->fd, SOL_SOCKET, SO_PROTOCOL, -1)};
    if (judge_is_tcp(&told)) {
        n->cookie = get_cookie(n->fd, SO_COOKIE);
        ask_tcp(n->fd, fresh, n->thread, &told);
    }
    if (!address_of_socket(n->fd, &n->bound))
        n->bound = (struct address){.endpoint.family = n->domain == AF_INET6 ? RS_IPV6 : RS_IPV4};
    return told;
}

static bool is_shut(int fd) {
    struct pollfd now = {.fd = fd, .events = POLLRDHUP};
    return poll(&now, 1, 0) == 1 && now.revents & POLLRDHUP;
}

// What the program has chosen for it. Without a socket to compare it with, nothing is found.
static enum notification_kind ask_choices(struct notification *n, int fresh) {
    struct timeval t = {0};
    socklen_t size = sizeof t;
    n->nonblocking = fcntl(n->fd, F_GETFL) & O_NONBLOCK;
    n->shut_before = is_shut(n->fd);
    if (getsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO, &t, &size) == 0)
        n->send_timeout_us = (uint64_t)t.tv_sec * US_PER_S + (uint64_t)t.tv_usec;
    return choices_read(n->fd, fresh, n->to.endpoint.family, &n->choices) ? NOTIFICATION_TCP : NOTIFICATION_SPECIAL;
}

// ---- all of it

static enum notification_kind failure(enum peek peek, enum notification_kind if_nothing) {
    switch (peek) {
    case PEEK_GONE:
        return NOTIFICATION_GONE;
    case PEEK_FORBIDDEN:
        return NOTIFICATION_FORBIDDEN;
    case PEEK_NO_ROOM:
        return NOTIFICATION_NO_ROOM;
    default:
        return if_nothing;
    }
}

static enum notification_kind look_at_socket(struct notification *n, const uint8_t *bytes, size_t size) {
    const int fresh = socket((int)get(n->fd, SOL_SOCKET, SO_DOMAIN, AF_INET), SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct socket_told told = ask_socket(n, fresh);
    enum notification_kind kind = judge_socket(&told, bytes, size, &n->bound, &n->to, &n->to_known);
    if (kind == NOTIFICATION_TCP) // without a fresh socket nobody knows whose network it is, or what was chosen
        kind = fresh >= 0 ? ask_choices(n, fresh) : NOTIFICATION_NO_ROOM;
    if (fresh >= 0)
        close(fresh);
    return kind;
}

static enum notification_kind look_at_connect(struct notification *n, const struct call *call) {
    uint8_t bytes[sizeof(struct sockaddr_storage)] = {0};
    if (!call_has_an_address(call))
        return NOTIFICATION_NO_ADDRESS;
    enum peek peek = peek_bytes(n->thread, call->address, bytes, call->size);
    if (peek != PEEK_GOOD)
        return failure(peek, NOTIFICATION_UNREADABLE);
    peek = peek_file(n->thread, call->fd, &n->fd);
    if (peek != PEEK_GOOD)
        return failure(peek, NOTIFICATION_NO_FILE);
    return look_at_socket(n, bytes, call->size);
}

// What can be said of one that the kernel goes on with in any case.
static enum notification_kind look_at_other(struct notification *n, const struct call *call) {
    if (call->fd >= 0 && peek_file(n->thread, call->fd, &n->fd) == PEEK_GOOD)
        ask_socket(n, -1);
    return call->kind;
}

static enum notification_kind find_out(int listener, struct notification *n, const struct seccomp_data *data) {
    const struct call call = call_read(data);
    if (n->thread <= 0) // it is not visible from here: its processes are counted elsewhere
        return call.kind == NOTIFICATION_TCP ? NOTIFICATION_FORBIDDEN : call.kind;
    n->process = peek_process(n->thread);
    peek_name(n->process, n->program);
    enum notification_kind kind = call.kind == NOTIFICATION_TCP ? look_at_connect(n, &call) : look_at_other(n, &call);
    if (!notification_waits(listener, n))
        return NOTIFICATION_GONE;
    return kind == NOTIFICATION_GONE ? NOTIFICATION_FORBIDDEN : kind; // what is said to be gone waits for an answer
}

bool notification_take(int listener, struct notification *n, struct net_error *error) {
    union incoming in;
    memset(&in, 0, sizeof in);
    *n = (struct notification){.kind = NOTIFICATION_GONE, .fd = -1, .domain = -1, .type = -1};
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
