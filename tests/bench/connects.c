// SPDX-License-Identifier: MIT
//
// A bare client that connects again and again, and prints in microseconds how long connect() took: median and p99. The
// server is its own listening socket, so it runs the same in any network, and under `rawshake run`. See program.c.
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 100000, BEFORE = 20 }; // BEFORE: not counted, so that what happens once does not count

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static _Noreturn void fail(const char *what) {
    perror(what);
    exit(1);
}

static int listen_somewhere(struct sockaddr_in *at) {
    socklen_t size = sizeof *at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)at, sizeof *at) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)at, &size) != 0)
        fail("listen");
    return fd;
}

static uint64_t connect_once(const struct sockaddr_in *to, int listener) {
    const struct linger at_once = {.l_onoff = 1}; // close() sends RST: no TIME-WAIT piles up
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    const uint64_t before = now_ns();
    if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof *to) != 0)
        fail("connect");
    const uint64_t took = now_ns() - before;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
    close(accept(listener, NULL, NULL));
    return took;
}

static int by_size(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static double us(const uint64_t *sorted, size_t count, double part) {
    return (double)sorted[(size_t)(part * (double)(count - 1))] / 1000;
}

int main(int argc, char **argv) {
    static uint64_t took[MOST];
    struct sockaddr_in to;
    const long wanted = argc > 1 ? atol(argv[1]) : 500;
    const size_t count = wanted > 0 && wanted < MOST ? (size_t)wanted : MOST;
    int listener = listen_somewhere(&to);
    for (int i = 0; i < BEFORE; i++)
        connect_once(&to, listener);
    for (size_t i = 0; i < count; i++)
        took[i] = connect_once(&to, listener);
    qsort(took, count, sizeof *took, by_size);
    printf("%.1f %.1f\n", us(took, count, 0.5), us(took, count, 0.99));
    return 0;
}
