// SPDX-License-Identifier: MIT
//
// SipHash-2-4: a short hash that nobody can foretell without its key. For rs_isn.
#ifndef TCP_SIPHASH_H
#define TCP_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

// Hashes size bytes under a key of 16.
uint64_t siphash(const uint8_t *key, const uint8_t *bytes, size_t size);

#endif
