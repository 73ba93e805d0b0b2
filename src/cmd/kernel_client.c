// SPDX-License-Identifier: MIT
//
// The tutorial's client as everybody writes it: socket(), connect(), send(), close(). The kernel does the rest, unseen;
// that is what the other way of doing it is for. Called by connect --kernel.
#include "cmd/kernel_client.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/time.h>
#include <unistd.h>

#include "cmd/complain.h"
#include "cmd/input.h"
#include "net/address.h"
#include "net/clock.h"
#include "net/privileges.h"
#include "net/resolve.h"
#include "view/escape.h"
#include "view/words.h"

struct kernel_client {
    const struct connect_options *options;
    struct rs_endpoint remote;
    char remote_text[RS_ENDPOINT_TEXT_BYTES];
    int fd, input_fd;
    uint64_t began_us;
};

static uint64_t now_us(void) {
    struct clock clock = clock_real();
    return clock.monotonic_us(clock.self);
}

// One line a call: what was called, what it returned, and how long after the start.
static void show(const struct kernel_client *k, const char *result, const char *form, ...)
    __attribute__((format(printf, 3, 4)));
static void show(const struct kernel_client *k, const char *result, const char *form, ...) {
    char call[96], time[24];
    va_list arguments;
    if (k->options->quiet)
        return;
    va_start(arguments, form);
    vsnprintf(call, sizeof call, form, arguments);
    va_end(arguments);
    words_time(now_us() - k->began_us, time, sizeof time);
    printf(" %-44s = %-10s +%s\n", call, result, time);
}

static int errno_of_failure(void) {
    return errno == EINPROGRESS || errno == EAGAIN ? ETIMEDOUT : errno; // SO_SNDTIMEO says it so
}

static int fail(const struct kernel_client *k, const char *what) {
    char why[96];
    complain("%s %s: %s", what, k->remote_text, errno_text(errno_of_failure(), why, sizeof why));
    return EXIT_CONNECTION;
}

static void limit_time(const struct kernel_client *k) {
    uint64_t us = k->options->timeout_us;
    struct timeval t = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
    if (us > 0) {
        setsockopt(k->fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
        setsockopt(k->fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    }
}

static bool send_all(const struct kernel_client *k, const uint8_t *bytes, size_t size) {
    char text[40], result[24];
    while (size > 0) {
        ssize_t sent = send(k->fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0)
            return false;
        size_t shown = escape_bytes(bytes, size, text, sizeof text - 12);
        snprintf(result, sizeof result, "%zd", sent);
        show(k, result, "send(%d, \"%s%s\", %zu)", k->fd, text, shown < size ? "..." : "", size);
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

// Returns false after a complaint.
static bool send_file(const struct kernel_client *k) {
    uint8_t chunk[16384];
    char why[96];
    ssize_t size;
    while ((size = read(k->input_fd, chunk, sizeof chunk)) > 0)
        if (!send_all(k, chunk, (size_t)size)) {
            fail(k, "send to");
            return false;
        }
    if (size < 0)
        complain("file '%.200s': %s", k->options->file, errno_text(errno, why, sizeof why));
    return size == 0;
}

// socket() and connect() for one address. Returns false with errno set.
static bool try_address(struct kernel_client *k, const struct address *to) {
    const struct kernel_address there = address_to_kernel(&to->endpoint, to->zone);
    char number[24];
    k->remote = to->endpoint;
    rs_endpoint_text(&k->remote, k->remote_text, sizeof k->remote_text);
    k->fd = socket(address_family(to->endpoint.family), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (k->fd < 0)
        return false;
    snprintf(number, sizeof number, "%d", k->fd);
    show(k, number, "socket(%s, SOCK_STREAM)", to->endpoint.family == RS_IPV6 ? "AF_INET6" : "AF_INET");
    limit_time(k);
    int failed = address_connect(k->fd, &there), error = errno;
    show(k, failed ? "-1" : "0", "connect(%d, %s)", k->fd, k->remote_text);
    errno = error;
    return !failed;
}

// Address after address, as getaddrinfo(3) advises. Returns false after a complaint that names them all.
static bool connect_to_any(struct kernel_client *k, const struct addresses *to) {
    char all[900], why[96], text[RS_ENDPOINT_TEXT_BYTES];
    size_t used = 0;
    for (size_t i = 0; i < to->count; i++) {
        if (try_address(k, &to->list[i]))
            return true;
        int number = errno_of_failure();
        if (k->fd >= 0)
            close(k->fd);
        k->fd = -1;
        errno_text(number, why, sizeof why);
        rs_address_text(&k->remote, text, sizeof text);
        if (used < sizeof all)
            used += (size_t)snprintf(all + used, sizeof all - used, "%s%s: %s", i > 0 ? "; " : "", text, why);
    }
    if (to->count > 1)
        complain("connect to %s port %u: %s", connect_options_host(k->options), (unsigned)k->options->port, all);
    else
        complain("connect to %s: %s", k->remote_text, why);
    return false;
}

static int talk(struct kernel_client *k, const struct addresses *to) {
    const struct connect_options *o = k->options;
    k->began_us = now_us();
    if (!connect_to_any(k, to))
        return EXIT_CONNECTION;
    if (k->input_fd >= 0 && !send_file(k))
        return EXIT_CONNECTION;
    if (k->input_fd < 0 && !send_all(k, (const uint8_t *)o->message, o->message_bytes))
        return fail(k, "send to");
    int closed = close(k->fd);
    if (closed == 0)
        show(k, "0", "close(%d)", k->fd);
    k->fd = -1;
    return closed == 0 ? EXIT_DONE : fail(k, "close");
}

int kernel_client_run(const struct connect_options *options) {
    struct kernel_client k = {.options = options, .fd = -1, .input_fd = -1};
    struct addresses to;
    struct net_error error;
    if (!privileges_drop(&error)) // ordinary sockets need none
        return complain_net(&error);
    if (options->file && (k.input_fd = input_open(options->file, "nothing was sent")) < 0)
        return EXIT_CONNECTION;
    if (!resolve_host(connect_options_host(options), options->port, options->family, &to, &error))
        return complain_net(&error);
    int status = talk(&k, &to);
    if (k.fd >= 0)
        close(k.fd);
    if (status == EXIT_DONE && !options->quiet)
        printf("   Four calls. What went over the wire is the kernel's doing, and was not shown:\n"
               "   -v shows it, as root, and so does 'rawshake demo --kernel' without root.\n"
               "   The same without --kernel shows it made by hand.\n");
    int written = complain_unless_written();
    return status == EXIT_DONE ? written : status;
}
