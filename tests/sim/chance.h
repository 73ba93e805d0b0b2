// SPDX-License-Identifier: MIT
//
// Chance that can be repeated: the same seed gives the same numbers on every machine (splitmix64). Every choice of a
// simulation comes from here, so its seed is all that is needed to run it again.
#ifndef SIM_CHANCE_H
#define SIM_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

static inline uint32_t chance_next(struct chance *c) {
    uint64_t z = c->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) >> 32);
}

// A number below limit; 0 if limit is 0 or 1.
static inline uint32_t chance_below(struct chance *c, uint32_t limit) {
    return limit > 1 ? (uint32_t)((uint64_t)chance_next(c) * limit >> 32) : 0;
}

static inline bool chance_percent(struct chance *c, unsigned percent) {
    return percent > 0 && chance_below(c, 100) < percent;
}

static inline bool chance_one_in(struct chance *c, uint32_t n) { return chance_below(c, n) == 0; }

#define CHANCE_OF(c, array) ((array)[chance_below((c), sizeof(array) / sizeof *(array))])

#endif
