// SPDX-License-Identifier: MIT
//
// Between segment.c and options.c: the options area as a whole.
#ifndef WIRE_OPTIONS_H
#define WIRE_OPTIONS_H

#include "rawshake/segment.h"

#define OPTIONS_TOO_LONG SIZE_MAX

// Reads all options out of size <= 40 bytes. A later option of the same kind replaces an earlier one.
void options_parse(const uint8_t *bytes, size_t size, struct rs_options *out);

// Writes the options padded to a multiple of four; out has 40 bytes. Returns the bytes, or OPTIONS_TOO_LONG.
size_t options_build(const struct rs_options *options, uint8_t *out);

#endif
