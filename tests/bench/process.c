// SPDX-License-Identifier: MIT
//
// The whole process: `rawshake connect -q` beside a bare C client, alternating, against the same server in a private
// network: time from fork to exit, and the most memory that was resident.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/namespace.h"
#include "net/server.h"

enum { PAIRS = 500, ROUNDS = 3 };

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void serve(int listener) {
    char bytes[1024];
    struct rs_endpoint from;
    for (;;) {
        int fd = server_accept(listener, &from);
        while (fd >= 0 && recv(fd, bytes, sizeof bytes, 0) > 0) {
        }
        close(fd);
    }
}

static uint64_t run(char *const argv[], long *kib) {
    struct rusage usage;
    int status;
    uint64_t before = now_ns();
    pid_t pid = vfork();
    if (pid == 0) {
        execv(argv[0], argv);
        _exit(127);
    }
    wait4(pid, &status, 0, &usage);
    uint64_t took = now_ns() - before;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "bench: %s failed\n", argv[0]);
        exit(1);
    }
    *kib = usage.ru_maxrss > *kib ? usage.ru_maxrss : *kib;
    return took;
}

static int by_size(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
    static uint64_t ours[PAIRS], bare[PAIRS];
    struct net_error error;
    bool through_user;
    long our_kib = 0, bare_kib = 0;
    if (argc < 3) {
        fprintf(stderr, "usage: process PATH-OF-RAWSHAKE PATH-OF-BARE\n");
        return 2;
    }
    char *our_words[] = {argv[1], (char[]){"connect"}, (char[]){"-q"}, NULL}, *bare_words[] = {argv[2], NULL};
    const struct address at = {.endpoint = rs_endpoint_ipv4(127, 0, 0, 1, 1712)};
    if (!namespace_enter(&through_user, &error)) {
        fprintf(stderr, "bench: %s\n", error.what);
        return 1;
    }
    if (through_user) {
        printf("  the whole process: not measured: as an ordinary user the program would lose its rights at exec\n");
        return 0;
    }
    int listener = server_listen(&at, &error);
    pid_t server = listener >= 0 ? fork() : -1;
    if (server == 0)
        serve(listener);
    if (server < 0)
        return 1;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < PAIRS; i++) {
            ours[i] = run(our_words, &our_kib);
            bare[i] = run(bare_words, &bare_kib);
        }
        qsort(ours, PAIRS, sizeof *ours, by_size);
        qsort(bare, PAIRS, sizeof *bare, by_size);
        printf(
            "  whole process, median of %d: rawshake connect -q %.0f us, bare client %.0f us, ratio %.2f (aim: 1.30)\n",
            PAIRS, (double)ours[PAIRS / 2] / 1000, (double)bare[PAIRS / 2] / 1000,
            (double)ours[PAIRS / 2] / (double)bare[PAIRS / 2]);
    }
    printf("  resident at most: %ld KiB, bare client %ld KiB (aim: under 4096)\n", our_kib, bare_kib);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return 0;
}
