// SPDX-License-Identifier: MIT
//
// Between segment.c and options.c: the options area as a whole.
#ifndef WIRE_OPTIONS_H
#define WIRE_OPTIONS_H

#include "rawshake/segment.h"

#define OPTIONS_TOO_LONG SIZE_MAX

// Reads all options out of size <= 40 bytes. A later option of the same kind replaces an earlier one. What order has
// beyond order_count is left as it was.
void options_parse(const uint8_t *bytes, size_t size, struct rs_options *out);

enum { OPTIONS_DEFAULT_MAX = 10 }; // the most kinds that the order has which nobody asked for

// Which kinds are to be written, and in which order.
struct options_plan {
    const uint8_t *kinds; // the options' own, or `own`
    size_t count;
    uint8_t own[OPTIONS_DEFAULT_MAX];
};

// Makes the plan for building these options. Returns the bytes that they will take, padded to a multiple of four, or
// OPTIONS_TOO_LONG for more than 40.
size_t options_plan(const struct rs_options *options, struct options_plan *plan);

// Writes the options by that plan; out has as many bytes as options_plan returned.
void options_build(const struct rs_options *options, const struct options_plan *plan, uint8_t *out);

#endif
