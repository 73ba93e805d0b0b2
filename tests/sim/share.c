// SPDX-License-Identifier: MIT
//
// The processes of share.h. Each tells its result through a pipe.
#include "share.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PARTS_MAX = 27 }; // a share is the choices for the first three packets

long share_processors(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > 256 ? 256 : count;
}

static void do_part(int variant, size_t depth, unsigned part, unsigned parts, struct share_result *result) {
    struct every every = {.depth = depth, .variant = variant, .part = part, .parts = parts};
    char which[100] = "";
    memset(result, 0, sizeof *result);
    const char *broken = every_run(&every, which, sizeof which);
    result->good = !broken;
    result->runs = every.runs;
    result->choices = every.choices;
    if (broken)
        snprintf(result->text, sizeof result->text, "%s: %s", broken, which);
}

static void add(struct share_result *sum, const struct share_result *part) {
    sum->runs += part->runs;
    sum->choices += part->choices;
    if (sum->good && !part->good) {
        sum->good = false;
        memcpy(sum->text, part->text, sizeof sum->text);
    }
}

void share_every(int variant, size_t depth, struct share_result *result) {
    unsigned parts = (unsigned)share_processors();
    struct share_result part;
    int ends[2];
    parts = parts > PARTS_MAX ? PARTS_MAX : parts;
    *result = (struct share_result){.good = pipe(ends) == 0};
    for (unsigned i = 0; i < parts && result->good; i++) {
        pid_t child = fork();
        if (child == 0) {
            do_part(variant, depth, i, parts, &part);
            _exit(write(ends[1], &part, sizeof part) == (ssize_t)sizeof part ? 0 : 1);
        }
        result->good = child > 0;
    }
    close(ends[1]);
    while (read(ends[0], &part, sizeof part) == (ssize_t)sizeof part) // a result is smaller than PIPE_BUF: never torn
        add(result, &part);
    close(ends[0]);
    while (wait(NULL) > 0)
        ;
}
