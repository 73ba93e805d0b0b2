// SPDX-License-Identifier: MIT
//
// SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): four words are stirred by additions,
// rotations and exclusive ors, twice for each eight bytes of input and four times at the end. RFC 9293 asks for a
// pseudorandom function (section 3.4.1, MUST-9); this one is made for short inputs, and is what Linux takes for the
// same purpose. All numbers are little-endian. Called by isn.c.
#include "siphash.h"

struct words {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, int bits) { return (x << bits) | (x >> (64 - bits)); }

static void stir(struct words *w) {
    w->v0 += w->v1;
    w->v2 += w->v3;
    w->v1 = rotate(w->v1, 13) ^ w->v0;
    w->v3 = rotate(w->v3, 16) ^ w->v2;
    w->v0 = rotate(w->v0, 32);
    w->v2 += w->v1;
    w->v0 += w->v3;
    w->v1 = rotate(w->v1, 17) ^ w->v2;
    w->v3 = rotate(w->v3, 21) ^ w->v0;
    w->v2 = rotate(w->v2, 32);
}

// Up to eight bytes as a number, the first the lowest.
static uint64_t number(const uint8_t *bytes, size_t size) {
    uint64_t value = 0;
    for (size_t i = size; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

static void take(struct words *w, uint64_t word) {
    w->v3 ^= word;
    stir(w);
    stir(w);
    w->v0 ^= word;
}

uint64_t siphash(const uint8_t *key, const uint8_t *bytes, size_t size) {
    uint64_t low = number(key, 8), high = number(key + 8, 8);
    // The constants are the letters "somepseudorandomlygeneratedbytes".
    struct words w = {
        low ^ UINT64_C(0x736f6d6570736575),
        high ^ UINT64_C(0x646f72616e646f6d),
        low ^ UINT64_C(0x6c7967656e657261),
        high ^ UINT64_C(0x7465646279746573),
    };
    size_t whole = size / 8 * 8;
    for (size_t i = 0; i < whole; i += 8)
        take(&w, number(bytes + i, 8));
    take(&w, (uint64_t)size << 56 | number(bytes + whole, size - whole)); // the rest, and the length modulo 256
    w.v2 ^= 0xff;
    for (int i = 0; i < 4; i++)
        stir(&w);
    return w.v0 ^ w.v1 ^ w.v2 ^ w.v3;
}
