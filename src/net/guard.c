// SPDX-License-Identifier: MIT
//
// The RST guard (see guard.h for why). Two rules keep it silent, either of which would do:
//
//   IP_MINTTL 255   the kernel drops every segment that arrives with a smaller TTL, before TCP looks at it. It needs no
//                   privilege. A peer on the same link that really sends TTL 255 would pass (RFC 5082 uses it so).
//                   For IPv6 it is called IPV6_MINHOPCOUNT.
//   a filter        one instruction of classic BPF, "return 0": keep nothing.
//
// It must *listen*: a socket that is only bound would not be found for a SYN-ACK, and the kernel would send the RST.
// Called by the commands that make a connection by hand.
#include "guard.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "address.h"

enum { ONLY_OUR_LINK = 255, SETTLE_TRIES = 100 };

static struct sock_filter drop_all[] = {BPF_STMT(BPF_RET | BPF_K, 0)};

// The rule's name for a family, as getsockopt() and setsockopt() take it.
struct rule {
    int level, name;
};

static struct rule ttl_rule(const struct guard *guard) {
    return guard->family == RS_IPV6 ? (struct rule){IPPROTO_IPV6, IPV6_MINHOPCOUNT}
                                    : (struct rule){IPPROTO_IP, IP_MINTTL};
}

static bool make_deaf(struct guard *guard) {
    const int ttl = ONLY_OUR_LINK;
    const struct sock_fprog program = {.len = 1, .filter = drop_all};
    const struct rule rule = ttl_rule(guard);
    if (setsockopt(guard->fd, rule.level, rule.name, &ttl, sizeof ttl) != 0)
        return false;
    // Refused without CAP_NET_ADMIN: then the TTL rule stands alone.
    guard->filtered = setsockopt(guard->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
    return true;
}

// On all addresses of the family, and of this one only: IPv4 has a guard of its own.
static bool take_port(struct guard *guard, uint16_t port) {
    const int on = 1;
    const struct rs_endpoint any = {.family = guard->family, .port = port};
    const struct kernel_address wildcard = address_to_kernel(&any, 0);
    struct address taken;
    if (guard->family == RS_IPV6 && setsockopt(guard->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
        return false;
    if (address_bind(guard->fd, &wildcard) != 0 || !address_of_socket(guard->fd, &taken))
        return false;
    guard->port = taken.endpoint.port;
    return true;
}

// shares: SO_REUSEPORT, SO_REUSEADDR, or 0 for a port that is nobody else's.
static bool set_up(struct guard *guard, uint16_t port, int shares) {
    const int on = 1;
    guard->fd = socket(address_family(guard->family), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (guard->fd < 0 || (shares != 0 && setsockopt(guard->fd, SOL_SOCKET, shares, &on, sizeof on) != 0))
        return false;
    if ((guard->silent && !make_deaf(guard)) || !take_port(guard, port))
        return false;
    return !guard->silent || listen(guard->fd, 1) == 0;
}

static const char *hint_for(int number) {
    if (number == EADDRINUSE)
        return "another socket holds it; choose another --source-port, or none";
    return number == EACCES ? "ports below 1024 are reserved; choose a higher --source-port" : NULL;
}

bool guard_open_beside(struct guard *guard, enum rs_family family, uint16_t port, struct net_error *error) {
    *guard = (struct guard){.fd = -1, .family = family, .silent = true};
    if (set_up(guard, port, SO_REUSEPORT))
        return true;
    int number = errno;
    guard_close(guard);
    return net_fail(error, number, NULL, "a guard beside the socket that holds port %u", (unsigned)port);
}

static bool open_with(struct guard *guard, uint16_t port, int shares, struct net_error *error) {
    const enum rs_family family = guard->family;
    if (set_up(guard, port, shares))
        return true;
    int number = errno;
    guard_close(guard);
    if (number == EAFNOSUPPORT)
        return net_fail(error, number, NULL, "%s on this machine", family == RS_IPV6 ? "IPv6" : "IPv4");
    return port ? net_fail(error, number, hint_for(number), "source port %u", (unsigned)port)
                : net_fail(error, number, NULL, "a source port");
}

bool guard_open(struct guard *guard, enum rs_family family, uint16_t port, bool silent, struct net_error *error) {
    *guard = (struct guard){.fd = -1, .family = family, .silent = silent};
    return open_with(guard, port, 0, error);
}

bool guard_open_serving(struct guard *guard, enum rs_family family, uint16_t port, struct net_error *error) {
    *guard = (struct guard){.fd = -1, .family = family, .silent = true};
    return open_with(guard, port, SO_REUSEADDR, error);
}

bool guard_verify(const struct guard *guard, struct net_error *error) {
    const struct rule rule = ttl_rule(guard);
    int listens = 0, ttl = 0;
    socklen_t listens_size = sizeof listens, ttl_size = sizeof ttl, filter_size = 0;
    if (!guard->silent)
        return true;
    bool stands = getsockopt(guard->fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_size) == 0 && listens == 1 &&
                  getsockopt(guard->fd, rule.level, rule.name, &ttl, &ttl_size) == 0 && ttl == ONLY_OUR_LINK;
    if (stands && guard->filtered) // asked with no room, the kernel tells how many instructions there are
        stands = getsockopt(guard->fd, SOL_SOCKET, SO_GET_FILTER, NULL, &filter_size) == 0 && filter_size == 1;
    if (stands)
        return true;
    return net_fail(error, errno, "our own kernel would answer the server with RST; nothing was sent",
                    "the guard on port %u", (unsigned)guard->port);
}

void guard_settle(const struct guard *guard, uint64_t segments) {
    const struct timespec pause = {.tv_nsec = 50000};
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t size = sizeof info;
    for (int i = 0; guard->silent && guard->fd >= 0 && i < SETTLE_TRIES; i++) {
        if (getsockopt(guard->fd, SOL_SOCKET, SO_MEMINFO, info, &size) != 0 || info[SK_MEMINFO_DROPS] >= segments)
            return;
        nanosleep(&pause, NULL);
    }
}

void guard_close(struct guard *guard) {
    if (guard->fd >= 0)
        close(guard->fd);
    guard->fd = -1;
}
