// SPDX-License-Identifier: MIT
//
// Numbers as capture files have them: in the order of bytes of the machine that wrote the file, which its beginning
// tells. Bytes of packets are in network order whatever the file's is.
#ifndef CAPTURE_NUMBERS_H
#define CAPTURE_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

static inline uint16_t number_16(const uint8_t *p, bool big) {
    return (uint16_t)(big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static inline uint32_t number_32(const uint8_t *p, bool big) {
    uint32_t high = number_16(big ? p : p + 2, big), low = number_16(big ? p + 2 : p, big);
    return high << 16 | low;
}

static inline uint64_t number_64(const uint8_t *p, bool big) {
    uint64_t high = number_32(big ? p : p + 4, big), low = number_32(big ? p + 4 : p, big);
    return high << 32 | low;
}

#endif
