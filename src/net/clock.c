// SPDX-License-Identifier: MIT
//
// The clock door, from the kernel. Called by the session for every segment.
#include "clock.h"

#include <time.h>

static uint64_t monotonic_us(void *self) {
    struct timespec t;
    (void)self;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t wall_ns(void *self) {
    struct timespec t;
    (void)self;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct clock clock_real(void) {
    return (struct clock){.monotonic_us = monotonic_us, .wall_ns = wall_ns};
}
