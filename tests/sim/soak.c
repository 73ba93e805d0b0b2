// SPDX-License-Identifier: MIT
//
// Runs as many seeds of the simulation as asked, on all processors, and shows how far it is.
//
//     soak SEEDS [FIRST]    seeds FIRST, FIRST + 1, ... (1 unless told); before that, every choice of every.h
//     soak -v SEED          one, packet by packet
//
// With NO_EVERY in the environment only the seeds.
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "scenario.h"
#include "share.h"

enum { BLOCK = 64, BAR = 40, TOLD_MAX = 20 };

// What the workers share. They take seeds in blocks.
struct tally {
    atomic_uint_fast64_t next, done, failed;
};

static double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run_one(struct tally *tally, uint64_t seed) {
    char why[200];
    if (scenario_run(seed, false) && atomic_fetch_add(&tally->failed, 1) < TOLD_MAX) {
        scenario_explain(why, sizeof why);
        printf("%sseed %" PRIu64 ": %s\n", isatty(STDOUT_FILENO) ? "\r\033[K" : "", seed, why);
        fflush(stdout);
    }
    atomic_fetch_add(&tally->done, 1);
}

static void work(struct tally *tally, uint64_t end) {
    for (;;) {
        uint64_t seed = atomic_fetch_add(&tally->next, BLOCK);
        if (seed >= end)
            return;
        for (uint64_t i = 0; i < BLOCK && seed + i < end; i++)
            run_one(tally, seed + i);
    }
}

static void show(const struct tally *tally, uint64_t seeds, double took, bool terminal) {
    uint64_t done = atomic_load(&tally->done);
    int filled = (int)(done * BAR / seeds);
    if (terminal)
        printf("\r[%.*s%*s] %3d %%  ", filled, "########################################", BAR - filled, "",
               (int)(done * 100 / seeds));
    printf("%" PRIu64 " of %" PRIu64 " seeds, %.0f a second, %" PRIu64 " failed%s", done, seeds, (double)done / took,
           atomic_load(&tally->failed), terminal ? "  " : "\n");
    fflush(stdout);
}

// Waits for the workers, and shows what they have done: often on a terminal, every ten seconds elsewhere.
static bool watch(const struct tally *tally, uint64_t seeds, long workers) {
    bool terminal = isatty(STDOUT_FILENO), all_well = true;
    double began = seconds_now(), shown = began;
    while (workers > 0) {
        int status;
        pid_t gone = waitpid(-1, &status, WNOHANG);
        if (gone > 0) {
            workers--;
            all_well = all_well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
            continue;
        }
        usleep(20000);
        if (seconds_now() - shown < (terminal ? 0.2 : 10))
            continue;
        shown = seconds_now();
        show(tally, seeds, shown - began, terminal);
    }
    show(tally, seeds, seconds_now() - began, terminal);
    if (terminal)
        printf("\n");
    if (!all_well)
        printf("soak: a worker died\n");
    return all_well && atomic_load(&tally->done) == seeds && atomic_load(&tally->failed) == 0;
}

static int soak(uint64_t seeds, uint64_t first) {
    struct tally *tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    long workers = share_processors();
    if (tally == MAP_FAILED)
        return 1;
    atomic_store(&tally->next, first);
    for (long i = 0; i < workers; i++) {
        pid_t child = fork();
        if (child < 0)
            perror("soak: fork");
        if (child != 0)
            continue;
        work(tally, first + seeds);
        _exit(0);
    }
    if (watch(tally, seeds, workers))
        return 0;
    printf("To see one of them, packet by packet: make soak SEED=N\n");
    return 1;
}

// Deliver, drop or double: all choices for the first packets, in all variants.
static bool try_every_choice(void) {
    bool good = true;
    for (int variant = 0; variant < EVERY_VARIANTS; variant++) {
        struct share_result result;
        double began = seconds_now();
        share_every(variant, WIRE_SCRIPT, &result);
        if (!result.good)
            printf("%s\nTo see it: build/tests/sim/test_every VARIANT CHOICES\n", result.text);
        else
            printf("every choice of deliver, drop and double for the first %d packets, variant %d: %" PRIu64
                   " choices, %" PRIu64 " runs, %.1f s\n",
                   WIRE_SCRIPT, variant, result.choices, result.runs, seconds_now() - began);
        fflush(stdout);
        good = good && result.good;
    }
    return good;
}

static int replay(uint64_t seed) {
    char why[200];
    const char *broken = scenario_run(seed, true);
    scenario_explain(why, sizeof why);
    printf("seed %" PRIu64 ": %s\n", seed, why);
    return broken != NULL;
}

// A whole number; false for anything else.
static bool number(const char *text, uint64_t *out) {
    char *end;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

int main(int argc, char **argv) {
    uint64_t seeds, first = 1, seed;
    if (argc == 3 && strcmp(argv[1], "-v") == 0 && number(argv[2], &seed))
        return replay(seed);
    bool good_first = argc < 3 || number(argv[2], &first);
    if (argc < 2 || argc > 3 || !good_first || !number(argv[1], &seeds) || seeds == 0) {
        fprintf(stderr, "usage: soak SEEDS [FIRST], or soak -v SEED\n");
        return 2;
    }
    bool good = getenv("NO_EVERY") || try_every_choice();
    return soak(seeds, first) != 0 || !good;
}
