// SPDX-License-Identifier: MIT
//
// The handshake by hand beside the kernel's connect(), alternating in one process, over loopback in a private network.
// By hand is from the SYN's sendto() to the return of the ACK's sendto(); guard and sockets are made before, there is
// no witness and no view. What is compared is a ratio of the two in the same run: absolute times are this machine's.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "live/session.h"
#include "net/address.h"
#include "net/clock.h"
#include "net/guard.h"
#include "net/namespace.h"
#include "net/raw.h"

enum { PAIRS = 5000, ROUNDS = 5, PORT = 1712, MSS = 65495, BUFFER = 65495 };

// The link, with the time before the first sendto() and after the last.
struct stopwatch {
    struct link inner;
    uint64_t first_ns, last_ns;
};

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int timed_send(void *self, const struct rs_endpoint *to, const uint8_t *packet, size_t size) {
    struct stopwatch *w = self;
    if (w->first_ns == 0)
        w->first_ns = now_ns();
    int failure = w->inner.send(w->inner.self, to, packet, size);
    w->last_ns = now_ns();
    return failure;
}

static ssize_t plain_receive(void *self, uint8_t *packet, size_t room) {
    struct stopwatch *w = self;
    return w->inner.receive(w->inner.self, packet, room);
}

static struct peer nobody(void *self, const struct rs_endpoint *server, const struct rs_endpoint *client) {
    (void)self;
    (void)server;
    (void)client;
    return (struct peer){.known = false};
}

static void fail(const char *what) {
    fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int listen_here(const struct kernel_address *at) {
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address_bind(fd, at) != 0 || listen(fd, 128) != 0)
        fail("listen");
    return fd;
}

// The server takes and forgets the connection, outside of what is timed.
static void forget(int listener) {
    int fd;
    while ((fd = accept(listener, NULL, NULL)) >= 0)
        close(fd);
}

static uint64_t by_kernel(const struct kernel_address *at, int listener) {
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint64_t before = now_ns();
    if (address_connect(fd, at) != 0)
        fail("connect");
    uint64_t after = now_ns();
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now); // close() sends RST: no TIME-WAIT piles up
    close(fd);
    forget(listener);
    return after - before;
}

static uint64_t by_hand(struct session *s, struct session_config *config, struct stopwatch *watch, int listener) {
    watch->first_ns = 0;
    config->conn.iss += 100003;
    session_init(s, config);
    rs_conn_open(&s->conn, session_now(s));
    while (s->conn.state != RS_ESTABLISHED || s->conn.rcv.ack_owed)
        session_advance(s);
    uint64_t took = watch->last_ns - watch->first_ns;
    session_abort(s);
    forget(listener);
    return took;
}

static int by_size(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static double us(const uint64_t *sorted, double part) { return (double)sorted[(size_t)(part * (PAIRS - 1))] / 1000; }

int main(void) {
    static uint64_t hand[PAIRS], kernel[PAIRS];
    static uint8_t buffers[2][BUFFER];
    static struct session session;
    double ratios[ROUNDS];
    struct trace trace = {0};
    struct raw_link raw;
    struct guard guard;
    struct net_error error;
    bool through_user;
    const struct rs_endpoint server = rs_endpoint_ipv4(127, 0, 0, 1, PORT);
    const struct kernel_address at = address_to_kernel(&server, 0);
    if (!namespace_enter(&through_user, &error) || !guard_open(&guard, RS_IPV4, 0, true, &error) ||
        !raw_link_open(&raw, RS_IPV4, guard.port, &error))
        fail(error.what);
    int listener = listen_here(&at);
    struct stopwatch watch = {.inner = raw_link_door(&raw)};
    struct session_config config = {
        .conn = {.local = rs_endpoint_ipv4(127, 0, 0, 1, guard.port),
                 .remote = server,
                 .mss = MSS,
                 .send_buffer = buffers[0],
                 .send_bytes = BUFFER,
                 .receive_buffer = buffers[1],
                 .receive_bytes = BUFFER,
                 .ttl = 64},
        .link = {.self = &watch, .send = timed_send, .receive = plain_receive, .fd = -1},
        .clock = clock_real(),
        .witness = {.ask = nobody},
        .trace = &trace,
    };
    printf("%d rounds of %d pairs, alternating; microseconds\n", ROUNDS, PAIRS);
    printf("  round   by hand: median    p99   connect(): median    p99   ratio of medians\n");
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < PAIRS; i++) {
            hand[i] = by_hand(&session, &config, &watch, listener);
            kernel[i] = by_kernel(&at, listener);
        }
        qsort(hand, PAIRS, sizeof *hand, by_size);
        qsort(kernel, PAIRS, sizeof *kernel, by_size);
        ratios[round] = us(hand, 0.5) / us(kernel, 0.5);
        printf("  %5d %17.1f %6.1f %19.1f %6.1f %18.2f\n", round + 1, us(hand, 0.5), us(hand, 0.99), us(kernel, 0.5),
               us(kernel, 0.99), ratios[round]);
    }
    double least = ratios[0], most = ratios[0];
    for (int i = 1; i < ROUNDS; i++) {
        least = ratios[i] < least ? ratios[i] : least;
        most = ratios[i] > most ? ratios[i] : most;
    }
    printf("  by hand takes %.2f to %.2f times as long as connect() (aim: at most 1.10)\n", least, most);
    return 0;
}
