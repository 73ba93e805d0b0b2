// SPDX-License-Identifier: MIT
//
// The options that make bad weather: --drop, --duplicate, --reorder, --delay and --corrupt.
#ifndef CMD_WEATHER_OPTIONS_H
#define CMD_WEATHER_OPTIONS_H

#include "live/weather.h"

// Reads [out:|in:] and PERCENT% or NUMBER[,NUMBER...], with --delay also :TIME (300ms, 1.5s), into the rules of that
// kind: one way, or both. On nonsense prints one sentence and returns false.
bool weather_parse(enum weather_kind kind, const char *text, struct weather *weather);

// The first of these options that was given, with its dashes, or NULL.
const char *weather_option(const struct weather *weather);

// What was asked for, in a sentence: "bad on purpose: --drop, --delay. ...".
void weather_text(const struct weather *weather, char *out, size_t room);

#endif
