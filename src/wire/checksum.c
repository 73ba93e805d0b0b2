// SPDX-License-Identifier: MIT
//
// The Internet checksum (RFC 1071). It guards an IP header, and a TCP segment together with a pseudo-header that pins
// it to its two addresses. Called by ipv4.c, segment.c and packet.c; the -vv view calls it with a visitor.
//
// Why it can be added in any order and folded at the end: it is arithmetic modulo 65535, where a carry out of the top
// comes back in at the bottom. So carries may pile up in the high bits of a wide sum, and be added in once.
#include "rawshake/checksum.h"

#include "bytes.h"
#include "internal.h"
#include "rawshake/packet.h"

enum { CHECKSUM_AT = 16 }; // where a TCP header has its checksum

enum { RUN_BYTES = 1 << 18 }; // 2^15 times 8 bytes: as long as the halves of `four` below cannot overflow

static inline uint64_t add(uint64_t sum, uint16_t word, rs_word_visit *visit, void *self) {
    if (visit)
        visit(self, word);
    return sum + word;
}

// The same sum, eight bytes at a time: four words are added as two pairs, each word with 16 zero bits above it, in
// which the carries pile up. size is a multiple of 8 and at most RUN_BYTES.
static uint64_t sum_of_run(const uint8_t *bytes, size_t size) {
    const uint64_t every_other = UINT64_C(0x0000ffff0000ffff);
    uint64_t pairs = 0;
    for (size_t i = 0; i < size; i += 8) {
        uint64_t four = get_be64(bytes + i);
        pairs += (four & every_other) + (four >> 16 & every_other);
    }
    return (pairs >> 32) + (pairs & UINT32_MAX);
}

uint64_t rs_sum(uint64_t sum, const uint8_t *bytes, size_t size, rs_word_visit *visit, void *self) {
    size_t i = 0;
    while (!visit && size - i >= 8) { // nobody looks: quickly
        size_t run = size - i < RUN_BYTES ? (size - i) & ~(size_t)7 : RUN_BYTES;
        sum += sum_of_run(bytes + i, run);
        i += run;
    }
    for (; size - i >= 2; i += 2)
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

uint64_t sum_pseudo_header(const struct rs_endpoint *source, const struct rs_endpoint *destination, uint8_t protocol,
                           size_t bytes, rs_word_visit *visit, void *self) {
    size_t address_bytes = rs_address_bytes(source->family);
    uint64_t sum = rs_sum(0, source->addr, address_bytes, visit, self);
    sum = rs_sum(sum, destination->addr, address_bytes, visit, self);
    if (source->family == RS_IPV6) { // the length first, in 32 bits, and 24 bits of zero (RFC 8200, section 8.1)
        sum = add(sum, (uint16_t)(bytes >> 16), visit, self);
        sum = add(sum, (uint16_t)bytes, visit, self);
        sum = add(sum, 0, visit, self);
        return add(sum, protocol, visit, self);
    }
    sum = add(sum, protocol, visit, self);
    return add(sum, (uint16_t)bytes, visit, self);
}

uint64_t rs_sum_pseudo_header(const struct rs_endpoint *source, const struct rs_endpoint *destination,
                              size_t segment_bytes, rs_word_visit *visit, void *self) {
    return sum_pseudo_header(source, destination, RS_PROTOCOL_TCP, segment_bytes, visit, self);
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
