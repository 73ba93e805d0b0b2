// SPDX-License-Identifier: MIT
//
// connect() of a program that knows nothing of us: bare, and under `rawshake run -q`, alternating, each in a private
// network. The program is connects.c, which measures itself.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/namespace.h"

enum { CALLS = 500, ROUNDS = 5, ROOM = 1024 };

struct times {
    double median_us, p99_us;
};

static struct times run(const char *command) {
    struct times t;
    FILE *output = popen(command, "r");
    const bool read = output && fscanf(output, "%lf %lf", &t.median_us, &t.p99_us) == 2;
    if (!output || pclose(output) != 0 || !read) {
        fprintf(stderr, "bench: %s failed\n", command);
        exit(1);
    }
    return t;
}

static double smaller(double a, double b) { return a < b ? a : b; }
static double larger(double a, double b) { return a > b ? a : b; }

int main(int argc, char **argv) {
    char bare[ROOM], ours[2 * ROOM];
    double least = 1e9, most = 0;
    struct net_error error;
    bool through_user;
    if (argc < 3) {
        fprintf(stderr, "usage: program PATH-OF-RAWSHAKE PATH-OF-CONNECTS\n");
        return 2;
    }
    snprintf(bare, sizeof bare, "exec '%s' %d", argv[2], CALLS);
    snprintf(ours, sizeof ours, "exec '%s' run --private -q -- '%s' %d", argv[1], argv[2], CALLS);
    if (!namespace_enter(&through_user, &error)) {
        fprintf(stderr, "bench: %s\n", error.what);
        return 1;
    }
    printf("%d rounds of %d connect() calls of a bare program each, alternating; microseconds\n", ROUNDS, CALLS);
    printf("  round   run -q: median    p99   by itself: median    p99   ratio of medians\n");
    for (int round = 1; round <= ROUNDS; round++) {
        const struct times hand = run(ours), kernel = run(bare);
        const double ratio = hand.median_us / kernel.median_us;
        printf("  %5d %16.1f %6.1f %19.1f %6.1f %18.1f\n", round, hand.median_us, hand.p99_us, kernel.median_us,
               kernel.p99_us, ratio);
        least = smaller(least, ratio);
        most = larger(most, ratio);
    }
    printf("  under run -q connect() takes %.1f to %.1f times as long\n", least, most);
    return 0;
}
