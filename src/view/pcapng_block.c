// SPDX-License-Identifier: MIT
//
// Writing a block (see pcapng_block.h). Called by pcapng.c.
#include "view/pcapng_block.h"

#include <string.h>

#include "view/escape.h"
#include "view/pcapng.h"

enum { LENGTH_AT = 4, OPTION_HEAD = 4, END_BYTES = 8 }; // the end of the options, and the length again

static size_t padded(size_t size) { return (size + 3) / 4 * 4; }

static void set32(uint8_t *at, uint32_t value) {
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

// Zeros behind the first `size` bytes, up to a multiple of four; nothing where there is no room.
static void add(struct pcapng_block *b, const void *bytes, size_t size) {
    size_t all = padded(size);
    if (all > b->size - b->used)
        return;
    if (size > 0)
        memcpy(b->bytes + b->used, bytes, size);
    memset(b->bytes + b->used + size, 0, all - size);
    b->used += all;
}

struct pcapng_block pcapng_begin(enum pcapng_type type, uint8_t *bytes, size_t size) {
    struct pcapng_block b = {.bytes = bytes, .size = size};
    pcapng_put32(&b, type);
    pcapng_put32(&b, 0); // the length, when it is known
    return b;
}

void pcapng_put16(struct pcapng_block *b, uint16_t value) {
    if (b->size - b->used < 2)
        return;
    b->bytes[b->used++] = (uint8_t)value;
    b->bytes[b->used++] = (uint8_t)(value >> 8);
}

void pcapng_put32(struct pcapng_block *b, uint32_t value) {
    uint8_t bytes[4];
    set32(bytes, value);
    add(b, bytes, sizeof bytes);
}

void pcapng_put(struct pcapng_block *b, const void *bytes, size_t size) { add(b, bytes, size); }

void pcapng_option(struct pcapng_block *b, uint16_t code, const void *value, size_t size) {
    if (size > UINT16_MAX || OPTION_HEAD + padded(size) + END_BYTES > b->size - b->used)
        return;
    pcapng_put16(b, code);
    pcapng_put16(b, (uint16_t)size);
    add(b, value, size);
}

void pcapng_text_option(struct pcapng_block *b, uint16_t code, const char *text) {
    char clean[PCAPNG_COMMENT_MAX];
    if (!text || !text[0])
        return;
    escape_text((const uint8_t *)text, strlen(text), true, clean, sizeof clean);
    pcapng_option(b, code, clean, strlen(clean));
}

void pcapng_end(struct pcapng_block *b) {
    pcapng_put32(b, 0); // opt_endofopt
    set32(b->bytes + LENGTH_AT, (uint32_t)(b->used + 4));
    pcapng_put32(b, (uint32_t)(b->used + 4));
}
