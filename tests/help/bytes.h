// SPDX-License-Identifier: MIT
//
// Bytes for tests: buffers exactly as large as what they hold, so that a sanitizer sees a read or write one byte too
// far, and numbers that look random but are the same in every run.
#ifndef HELP_BYTES_H
#define HELP_BYTES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// What a buffer is filled with before something is built in it: a byte that nobody writes by accident.
enum { UNTOUCHED = 0xa5 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

// A copy of size bytes in memory of its own; to be freed.
static inline uint8_t *exact_copy(const uint8_t *bytes, size_t size) {
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, size);
    return copy;
}

// How many of size bytes, from the first, are still as they were filled.
static inline size_t untouched_bytes(const uint8_t *bytes, size_t size) {
    size_t n = 0;
    while (n < size && bytes[n] == UNTOUCHED)
        n++;
    return n;
}

// The next of a fixed row of numbers (xorshift); *seed is not 0.
static inline uint32_t next_number(uint32_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static inline void fill_with_numbers(uint8_t *bytes, size_t size, uint32_t *seed) {
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(next_number(seed) >> 11);
}

#endif
