// SPDX-License-Identifier: MIT
//
// Bad weather on purpose: a bend that loses, doubles, overtakes, delays and damages segments, by number or by chance,
// on the way out and on the way in.
#ifndef LIVE_WEATHER_H
#define LIVE_WEATHER_H

#include "live/session.h"

enum weather_kind { WEATHER_DROP, WEATHER_DUPLICATE, WEATHER_REORDER, WEATHER_DELAY, WEATHER_CORRUPT, WEATHER_KINDS };

enum { WEATHER_NUMBERS_MAX = 16, WEATHER_MILLION = 1000000 };

// Which segments of one direction are meant: some of all by chance, or certain ones. All zero: none.
struct weather_rule {
    uint32_t per_million;
    uint32_t numbers[WEATHER_NUMBERS_MAX]; // the first is 1; those that go out again count anew
    size_t count;
    uint64_t delay_us; // of WEATHER_DELAY
};

// Chance depends on the seed and on a segment's number and direction, and on nothing else: with the same seed the same
// segments are hit.
struct weather {
    struct weather_rule rules[2][WEATHER_KINDS]; // [0]: ours, on their way out; [1]: theirs, on their way in
    uint64_t seed;
    uint32_t seen[2];
};

// True if there is a rule of this kind, or any that goes by chance.
bool weather_has(const struct weather *weather, enum weather_kind kind);
bool weather_is_random(const struct weather *weather);

// The weather as a bend; it must outlive it. A shelf is needed beside it. All NULL if there is no rule.
struct bend weather_bend(struct weather *weather);

#endif
