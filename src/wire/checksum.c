// SPDX-License-Identifier: MIT
//
// The Internet checksum (RFC 1071). It guards an IP header, and a TCP segment together with a pseudo-header that pins
// it to its two addresses. Called by ipv4.c, segment.c and packet.c; the -vv view calls it with a visitor.
//
// Why it can be added in any order and folded at the end: it is arithmetic modulo 65535, where a carry out of the top
// comes back in at the bottom. So carries may pile up in the high bits of a wide sum, and be added in once.
#include "rawshake/checksum.h"

#include "bytes.h"
#include "rawshake/packet.h"

enum { CHECKSUM_AT = 16 }; // where a TCP header has its checksum

static inline uint64_t add(uint64_t sum, uint16_t word, rs_word_visit *visit, void *self) {
    if (visit)
        visit(self, word);
    return sum + word;
}

uint64_t rs_sum(uint64_t sum, const uint8_t *bytes, size_t size, rs_word_visit *visit, void *self) {
    size_t i = 0;
    for (; i + 1 < size; i += 2)
        sum = add(sum, get_be16(bytes + i), visit, self);
    if (i < size) // an odd byte is the high half of a word whose low half is zero
        sum = add(sum, (uint16_t)(bytes[i] << 8), visit, self);
    return sum;
}

uint16_t rs_sum_fold(uint64_t sum) {
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

uint64_t rs_sum_pseudo_header(const struct rs_endpoint *source, const struct rs_endpoint *destination,
                              size_t segment_bytes, rs_word_visit *visit, void *self) {
    size_t address_bytes = rs_address_bytes(source->family);
    uint64_t sum = rs_sum(0, source->addr, address_bytes, visit, self);
    sum = rs_sum(sum, destination->addr, address_bytes, visit, self);
    if (source->family == RS_IPV6) // there the length has 32 bits (RFC 8200, section 8.1)
        sum = add(sum, (uint16_t)(segment_bytes >> 16), visit, self);
    sum = add(sum, RS_PROTOCOL_TCP, visit, self);
    return add(sum, (uint16_t)segment_bytes, visit, self);
}

uint64_t rs_sum_segment(uint64_t sum, const uint8_t *bytes, size_t size, rs_word_visit *visit, void *self) {
    sum = rs_sum(sum, bytes, CHECKSUM_AT, visit, self);
    sum = add(sum, 0, visit, self); // the field itself counts as zero (RFC 9293, section 3.1)
    return rs_sum(sum, bytes + CHECKSUM_AT + 2, size - CHECKSUM_AT - 2, visit, self);
}

enum rs_checksum rs_checksum_verify(const struct rs_endpoint *source, const struct rs_endpoint *destination,
                                    const uint8_t *bytes, size_t size) {
    uint16_t field = get_be16(bytes + CHECKSUM_AT);
    uint64_t pseudo = rs_sum_pseudo_header(source, destination, size, NULL, NULL);
    uint64_t all = rs_sum_segment(pseudo, bytes, size, NULL, NULL);
    // Adding the complement of a sum to that sum gives all ones: no need to know which of 0 and ffff was written.
    if (rs_sum_fold(all + field) == 0xffff)
        return RS_CHECKSUM_GOOD;
    return field == rs_sum_fold(pseudo) ? RS_CHECKSUM_UNFINISHED : RS_CHECKSUM_BAD;
}
