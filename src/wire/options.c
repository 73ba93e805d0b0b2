// SPDX-License-Identifier: MIT
//
// TCP options (RFC 9293, section 3.1): a kind, a length and a value each, but for END and NOP, which are one byte.
// They come from a stranger: lengths of 0, 1 or past the header end the walk (MUST-7), unknown kinds are stepped over
// by their length (MUST-6), and nothing need stand at an even address (MUST-64).
//
//      +--------+--------+---------+--------+
//      |00000010|00000100|   max seg size   |      the one option that every stack sends: kind 2, length 4
//      +--------+--------+---------+--------+
//
// Called by segment.c; the views walk the options with rs_option_next.
#include "options.h"

#include <string.h>

#include "bytes.h"

bool rs_option_next(const uint8_t *options, size_t size, size_t *offset, struct rs_option *out, bool *malformed) {
    size_t at = *offset;
    if (at >= size)
        return false;
    *out = (struct rs_option){.kind = (enum rs_option_kind)options[at], .offset = at, .size = 1};
    if (out->kind == RS_OPTION_END) {
        *offset = size; // nothing after END is an option (section 3.1)
        return true;
    }
    if (out->kind != RS_OPTION_NOP) {
        if (size - at < 2 || options[at + 1] < 2 || options[at + 1] > size - at) {
            *malformed = true;
            return false;
        }
        out->size = options[at + 1];
    }
    *offset = at + out->size;
    return true;
}

static void read_sack(const uint8_t *value, size_t size, struct rs_options *out) {
    out->sack_blocks = 0;
    for (size_t at = 0; at + 8 <= size && out->sack_blocks < RS_SACK_BLOCKS_MAX; at += 8)
        out->sack[out->sack_blocks++] = (struct rs_sack_block){get_be32(value + at), get_be32(value + at + 4)};
}

// An option whose length is not the one that its kind has is stepped over like an unknown one.
static void read_option(const uint8_t *at, size_t size, struct rs_options *out) {
    switch (at[0]) {
    case RS_OPTION_MSS:
        if (size == 4) {
            out->has_mss = true;
            out->mss = get_be16(at + 2);
        }
        break;
    case RS_OPTION_WINDOW_SCALE:
        if (size == 3) {
            out->has_window_scale = true;
            out->window_scale = at[2];
        }
        break;
    case RS_OPTION_SACK_PERMITTED:
        if (size == 2)
            out->sack_permitted = true;
        break;
    case RS_OPTION_SACK:
        if ((size - 2) % 8 == 0)
            read_sack(at + 2, size - 2, out);
        break;
    case RS_OPTION_TIMESTAMPS:
        if (size == 10) {
            out->has_timestamps = true;
            out->ts_value = get_be32(at + 2);
            out->ts_echo = get_be32(at + 6);
        }
        break;
    default:
        break;
    }
}

void options_parse(const uint8_t *bytes, size_t size, struct rs_options *out) {
    struct rs_option option;
    size_t offset = 0;
    *out = (struct rs_options){0};
    while (rs_option_next(bytes, size, &offset, &option, &out->malformed))
        read_option(bytes + option.offset, option.size, out);
}

static size_t put_timestamps(const struct rs_options *o, uint8_t *p) {
    p[0] = RS_OPTION_TIMESTAMPS;
    p[1] = 10;
    put_be32(p + 2, o->ts_value);
    put_be32(p + 6, o->ts_echo);
    return 10;
}

static size_t put_sack(const struct rs_options *o, uint8_t *p) {
    p[0] = RS_OPTION_SACK;
    p[1] = (uint8_t)(2 + 8 * o->sack_blocks);
    for (int i = 0; i < o->sack_blocks; i++) {
        put_be32(p + 2 + 8 * i, o->sack[i].left);
        put_be32(p + 6 + 8 * i, o->sack[i].right);
    }
    return p[1];
}

size_t options_build(const struct rs_options *o, uint8_t *out) {
    uint8_t p[64]; // more than all options together: 4 + 2 + 10 + 4 + 34
    size_t n = 0;
    if (o->has_mss) {
        p[n++] = RS_OPTION_MSS;
        p[n++] = 4;
        put_be16(p + n, o->mss);
        n += 2;
    }
    if (o->sack_permitted) {
        p[n++] = RS_OPTION_SACK_PERMITTED;
        p[n++] = 2;
    }
    if (o->has_timestamps)
        n += put_timestamps(o, p + n);
    if (o->has_window_scale) {
        p[n++] = RS_OPTION_NOP;
        p[n++] = RS_OPTION_WINDOW_SCALE;
        p[n++] = 3;
        p[n++] = o->window_scale;
    }
    if (o->sack_blocks > 0 && o->sack_blocks <= RS_SACK_BLOCKS_MAX)
        n += put_sack(o, p + n);
    while (n % 4 != 0)
        p[n++] = RS_OPTION_END; // padding is zeros (MUST-69)
    if (n > RS_TCP_OPTIONS_MAX)
        return OPTIONS_TOO_LONG;
    memcpy(out, p, n);
    return n;
}
