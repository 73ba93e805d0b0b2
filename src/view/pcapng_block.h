// SPDX-License-Identifier: MIT
//
// One block of a pcapng file (draft-ietf-opsawg-pcapng, section 3.1), written into room that the caller gives, in
// little-endian order on every machine:
//
//     type (4 bytes) | total length (4) | body, padded to 32 bits | options | total length again (4)
#ifndef VIEW_PCAPNG_BLOCK_H
#define VIEW_PCAPNG_BLOCK_H

#include <stddef.h>
#include <stdint.h>

enum pcapng_type { PCAPNG_SECTION = 0x0a0d0d0a, PCAPNG_INTERFACE = 1, PCAPNG_PACKET = 6 };

struct pcapng_block {
    uint8_t *bytes;
    size_t size, used;
};

// Begins a block; what is put into it must fit with its options, and 4 bytes more.
struct pcapng_block pcapng_begin(enum pcapng_type type, uint8_t *bytes, size_t size);

void pcapng_put16(struct pcapng_block *block, uint16_t value);
void pcapng_put32(struct pcapng_block *block, uint32_t value);

// Bytes, and zeros behind them up to a multiple of four.
void pcapng_put(struct pcapng_block *block, const void *bytes, size_t size);

// An option (section 3.5); of its value at most 65535 bytes, and as many as there is room for.
void pcapng_option(struct pcapng_block *block, uint16_t code, const void *value, size_t size);

// A text as an option: what is no UTF-8 in it, or could harm a terminal, is escaped. Nothing for NULL or "".
void pcapng_text_option(struct pcapng_block *block, uint16_t code, const char *text);

// Ends the options and the block. It has block->used bytes then.
void pcapng_end(struct pcapng_block *block);

#endif
