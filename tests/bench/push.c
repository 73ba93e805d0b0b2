// SPDX-License-Identifier: MIT
//
// Many bytes pushed by hand beside the kernel's own send() of the same bytes, alternating, to a server that reads them
// and throws them away: over loopback, and over a veth with an MTU of 1500 to a second private network. By hand each
// segment is built and summed here and the kernel sends it as it is; on the veth send() has its segmentation offload,
// so there the kernel handles a fortieth of the packets. What counts is the ratio in the same run.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "live/session.h"
#include "net/address.h"
#include "net/clock.h"
#include "net/guard.h"
#include "net/namespace.h"
#include "net/raw.h"
#include "net/server.h"

enum { ROUNDS = 3, PORT = 1712, PIECE = 1 << 18, BUFFER = 4 << 20, MIB = 1 << 20 };

struct path {
    const char *name;
    struct rs_endpoint local, remote;
    uint16_t mss;
    double aim;
    bool elsewhere; // the server is in a network of its own
};

static uint8_t piece[PIECE];

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void discard(const struct rs_endpoint *at) {
    static uint8_t nowhere[PIECE];
    struct net_error error;
    const struct address here = {.endpoint = *at};
    struct rs_endpoint from;
    int listener = server_listen(&here, &error);
    if (listener < 0)
        fail(error.what);
    for (;;) {
        int fd = server_accept(listener, &from);
        while (fd >= 0 && recv(fd, nowhere, sizeof nowhere, 0) > 0) {
        }
        close(fd);
    }
}

static double by_kernel(const struct path *path, uint64_t bytes) {
    const struct kernel_address there = address_to_kernel(&path->remote, 0);
    char byte;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    while (address_connect(fd, &there) != 0)
        usleep(10000); // the server is not there yet
    double began = now_s();
    for (uint64_t left = bytes; left > 0;) {
        ssize_t sent = send(fd, piece, left < PIECE ? (size_t)left : PIECE, 0);
        if (sent <= 0)
            fail("send");
        left -= (uint64_t)sent;
    }
    shutdown(fd, SHUT_WR);
    while (recv(fd, &byte, 1, 0) > 0) { // the server has read it all
    }
    double took = now_s() - began;
    close(fd);
    return took;
}

static void push(struct session *s, uint64_t bytes) {
    struct pollfd fds[2] = {{.fd = s->config.link.fd, .events = POLLIN}, {.fd = -1, .events = POLLOUT}};
    for (uint64_t left = bytes; s->conn.state != RS_TIME_WAIT && s->conn.state != RS_CLOSED;) {
        size_t taken = 0;
        do {
            if (left > 0)
                rs_conn_send(&s->conn, piece, left < PIECE ? (size_t)left : PIECE, &taken);
            left -= taken;
        } while (left > 0 && taken > 0);
        if (left == 0)
            rs_conn_close(&s->conn);
        if (session_advance(s))
            continue;
        uint64_t wait = session_wait_us(s);
        fds[1].fd = s->blocked ? s->config.link.send_fd : -1;
        poll(fds, 2, wait > 1000000 ? 1000 : (int)((wait + 999) / 1000));
    }
    if (s->conn.state != RS_TIME_WAIT)
        fail("by hand: the connection ended early");
}

static double by_hand(const struct path *path, uint64_t bytes) {
    static uint8_t buffers[2][BUFFER];
    static struct session session;
    static struct bulk bulk;
    static uint32_t iss;
    struct trace trace = {0};
    struct raw_link raw;
    struct guard guard;
    struct net_error error;
    if (!guard_open(&guard, RS_IPV4, 0, true, &error) || !raw_link_open(&raw, RS_IPV4, guard.port, &error))
        fail(error.what);
    iss += 100003;
    struct session_config config = {
        .conn = {.local = path->local,
                 .remote = path->remote,
                 .iss = iss,
                 .mss = path->mss,
                 .send_buffer = buffers[0],
                 .send_bytes = BUFFER,
                 .receive_buffer = buffers[1],
                 .receive_bytes = BUFFER,
                 .ttl = 64},
        .bulk = &bulk,
        .link = raw_link_door(&raw),
        .clock = clock_real(),
        .trace = &trace,
    };
    config.conn.local.port = guard.port;
    session_init(&session, &config);
    rs_conn_open(&session.conn, session_now(&session));
    while (session.conn.state != RS_ESTABLISHED)
        session_advance(&session);
    double began = now_s();
    push(&session, bytes);
    double took = now_s() - began;
    raw_link_close(&raw);
    guard_settle(&guard, session.arrived);
    guard_close(&guard);
    return took;
}

static void measure(const struct path *path, uint64_t bytes) {
    double least = 1e9, most = 0;
    by_kernel(path, PIECE); // waits for the server, and warms up
    for (int round = 0; round < ROUNDS; round++) {
        double hand = by_hand(path, bytes), kernel = by_kernel(path, bytes), ratio = kernel / hand;
        printf("  %-10s %5d %16.2f s %8.2f GB/s %12.2f s %8.2f GB/s %8.2f\n", path->name, round + 1, hand,
               (double)bytes / hand / 1e9, kernel, (double)bytes / kernel / 1e9, ratio);
        least = ratio < least ? ratio : least;
        most = ratio > most ? ratio : most;
    }
    printf("  %s: by hand runs at %.2f to %.2f of send()'s speed (aim: %.2f)\n", path->name, least, most, path->aim);
}

// The second network: the server leaves ours for it, and then the other end of the wire follows.
static bool lay_wire(pid_t server) {
    char command[200];
    snprintf(command, sizeof command,
             "ip link add v0 mtu 1500 type veth peer name v1 mtu 1500 && ip link set v1 netns %d && "
             "ip address add 10.0.0.1/24 dev v0 && ip link set v0 up",
             (int)server);
    return system(command) == 0;
}

static void serve(const struct path *path, int left, int wire) {
    char byte = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (path->elsewhere && unshare(CLONE_NEWNET) != 0)
        _exit(1);
    if (write(left, &byte, 1) != 1 || read(wire, &byte, 1) != 1)
        _exit(1);
    if (path->elsewhere && system("ip link set lo up && ip address add 10.0.0.2/24 dev v1 && ip link set v1 up") != 0)
        _exit(1);
    discard(&path->remote);
}

static void run(const struct path *path, uint64_t bytes) {
    char byte = 0;
    int left[2], wire[2];
    if (pipe2(left, O_CLOEXEC) != 0 || pipe2(wire, O_CLOEXEC) != 0)
        fail("pipe");
    pid_t server = fork();
    if (server == 0)
        serve(path, left[1], wire[0]);
    close(left[1]);
    close(wire[0]);
    if (read(left[0], &byte, 1) == 1 && (!path->elsewhere || lay_wire(server)) && write(wire[1], &byte, 1) == 1)
        measure(path, bytes);
    else
        printf("  %s: not measured: no second network (is 'ip' there?)\n", path->name);
    close(left[0]);
    close(wire[1]);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

int main(int argc, char **argv) {
    struct net_error error;
    bool through_user;
    const uint64_t mib = argc > 1 ? strtoull(argv[1], NULL, 10) : 1024;
    const struct path paths[] = {
        {"loopback", rs_endpoint_ipv4(127, 0, 0, 1, 0), rs_endpoint_ipv4(127, 0, 0, 1, PORT), 65495, 0.5, false},
        {"veth 1500", rs_endpoint_ipv4(10, 0, 0, 1, 0), rs_endpoint_ipv4(10, 0, 0, 2, PORT), 1460, 0.15, true},
    };
    if (mib == 0 || mib > 1 << 20) {
        fprintf(stderr, "usage: push [MIB]: how much is pushed each time (1024)\n");
        return 2;
    }
    if (!namespace_enter(&through_user, &error))
        fail(error.what);
    signal(SIGPIPE, SIG_IGN);
    printf("%d rounds of %llu MiB each way, alternating\n", ROUNDS, (unsigned long long)mib);
    printf("  path       round            by hand                     send()                ratio\n");
    run(&paths[0], mib * MIB);
    run(&paths[1], mib * MIB);
    return 0;
}
