// SPDX-License-Identifier: MIT
//
// Takes numbers from the front of a fuzzer's bytes; when they are used up, zeros.
#ifndef FUZZ_READER_H
#define FUZZ_READER_H

#include <stddef.h>
#include <stdint.h>

struct reader {
    const uint8_t *bytes;
    size_t left;
};

static inline uint8_t read_8(struct reader *r) {
    if (r->left == 0)
        return 0;
    r->left--;
    return *r->bytes++;
}

static inline uint16_t read_16(struct reader *r) {
    unsigned high = read_8(r);
    return (uint16_t)(high << 8 | read_8(r));
}

static inline uint32_t read_32(struct reader *r) {
    uint32_t high = read_16(r);
    return high << 16 | read_16(r);
}

// Up to size bytes, where they stand; *taken says how many.
static inline const uint8_t *read_bytes(struct reader *r, size_t size, size_t *taken) {
    const uint8_t *bytes = r->bytes;
    *taken = size < r->left ? size : r->left;
    r->bytes += *taken;
    r->left -= *taken;
    return bytes;
}

#endif
