// SPDX-License-Identifier: MIT
//
// The Internet checksum (RFC 1071): add the 16-bit words, fold the carries back in, take the complement. One function
// sums; whoever wants to see the arithmetic passes a visitor and is shown each word in the moment it is added.
#ifndef RAWSHAKE_CHECKSUM_H
#define RAWSHAKE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "endpoint.h"

#ifdef __cplusplus
extern "C" {
#endif

// Called for each 16-bit word as it is added; word is in host order, as a number.
typedef void rs_word_visit(void *self, uint16_t word);

// Adds size bytes, taken as big-endian 16-bit words, to sum; an odd last byte counts as the high half of a word whose
// low half is zero (RFC 9293, section 3.1). visit may be NULL. The sum cannot overflow below 2^48 words.
uint64_t rs_sum(uint64_t sum, const uint8_t *bytes, size_t size, rs_word_visit *visit, void *self);

// Adds the carries back in until 16 bits are left (RFC 1071, section 1 (3)).
uint16_t rs_sum_fold(uint64_t sum);

// The sum of the pseudo-header that TCP puts before its segment (RFC 9293, section 3.1): source address, destination
// address, protocol 6 and the length of the TCP segment (header and data, in bytes).
uint64_t rs_sum_pseudo_header(const struct rs_endpoint *source, const struct rs_endpoint *destination,
                              size_t segment_bytes, rs_word_visit *visit, void *self);

// The sum of a TCP segment (header and data) with its checksum field counted as zero. size >= 20.
uint64_t rs_sum_segment(uint64_t sum, const uint8_t *bytes, size_t size, rs_word_visit *visit, void *self);

// What a checksum field on a received segment turned out to be.
enum rs_checksum {
    RS_CHECKSUM_GOOD,       // it verifies
    RS_CHECKSUM_UNFINISHED, // it holds the pseudo-header's sum only: left to a network card, or merged on arrival
    RS_CHECKSUM_BAD         // neither: the segment is damaged and must be dropped (RFC 9293, section 3.1, MUST-3)
};

// Verifies a TCP segment of size >= 20 bytes. "Unfinished" is what Linux hands over on loopback and after merging.
enum rs_checksum rs_checksum_verify(const struct rs_endpoint *source, const struct rs_endpoint *destination,
                                    const uint8_t *bytes, size_t size);

#ifdef __cplusplus
}
#endif

#endif
