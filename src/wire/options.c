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

// The size that an option of this kind has with so many SACK blocks, or 0 for a kind that is not understood.
static size_t size_of_kind(uint8_t kind, size_t sack_blocks) {
    switch (kind) {
    case RS_OPTION_NOP:
        return 1;
    case RS_OPTION_MSS:
        return 4;
    case RS_OPTION_WINDOW_SCALE:
        return 3;
    case RS_OPTION_SACK_PERMITTED:
        return 2;
    case RS_OPTION_SACK:
        return 2 + 8 * sack_blocks;
    case RS_OPTION_TIMESTAMPS:
        return 10;
    default:
        return 0;
    }
}

// ---- reading

static void read_sack(const uint8_t *value, size_t blocks, struct rs_options *out) {
    out->sack_blocks = (uint8_t)blocks;
    for (size_t i = 0; i < blocks; i++)
        out->sack[i] = (struct rs_sack_block){get_be32(value + 8 * i), get_be32(value + 8 * i + 4)};
}

// An option whose length is not the one that its kind has is stepped over like an unknown one.
static bool length_is_right(const struct rs_option *option) {
    if (option->kind == RS_OPTION_SACK) // as many blocks as there is room for, and at least one
        return option->size >= 10 && option->size % 8 == 2;
    return option->size == size_of_kind((uint8_t)option->kind, 0);
}

static void read_option(const uint8_t *at, const struct rs_option *option, struct rs_options *out) {
    switch (option->kind) {
    case RS_OPTION_MSS:
        out->has_mss = true;
        out->mss = get_be16(at + 2);
        break;
    case RS_OPTION_WINDOW_SCALE:
        out->has_window_scale = true;
        out->window_scale = at[2];
        break;
    case RS_OPTION_SACK_PERMITTED:
        out->sack_permitted = true;
        break;
    case RS_OPTION_SACK:
        read_sack(at + 2, (option->size - 2) / 8, out);
        break;
    case RS_OPTION_TIMESTAMPS:
        out->has_timestamps = true;
        out->ts_value = get_be32(at + 2);
        out->ts_echo = get_be32(at + 6);
        break;
    default: // NOP
        break;
    }
}

void options_parse(const uint8_t *bytes, size_t size, struct rs_options *out) {
    struct rs_option option;
    size_t offset = 0;
    memset(out, 0, offsetof(struct rs_options, order));
    while (rs_option_next(bytes, size, &offset, &option, &out->malformed)) {
        if (!length_is_right(&option))
            continue;
        read_option(bytes + option.offset, &option, out);
        out->order[out->order_count++] = (uint8_t)option.kind; // each takes a byte at least: there are 40 at most
    }
}

// ---- writing

static bool is_set(const struct rs_options *o, uint8_t kind) {
    switch (kind) {
    case RS_OPTION_NOP:
        return true;
    case RS_OPTION_MSS:
        return o->has_mss;
    case RS_OPTION_WINDOW_SCALE:
        return o->has_window_scale;
    case RS_OPTION_SACK_PERMITTED:
        return o->sack_permitted;
    case RS_OPTION_SACK:
        return o->sack_blocks > 0;
    case RS_OPTION_TIMESTAMPS:
        return o->has_timestamps;
    default:
        return false;
    }
}

// The order of Linux (its tcp_options_write), with its NOPs, which put each number of 32 bits on a multiple of four.
// All that a SYN can offer takes 20 bytes. What is not set is left out later. Returns how many kinds there are.
static size_t default_order(const struct rs_options *o, uint8_t *order) {
    size_t n = 0;
    order[n++] = RS_OPTION_MSS;
    if (o->sack_permitted != o->has_timestamps) { // alone each of them is two bytes off; together they make twelve
        order[n++] = RS_OPTION_NOP;
        order[n++] = RS_OPTION_NOP;
    }
    order[n++] = RS_OPTION_SACK_PERMITTED;
    order[n++] = RS_OPTION_TIMESTAMPS;
    if (o->has_window_scale) {
        order[n++] = RS_OPTION_NOP;
        order[n++] = RS_OPTION_WINDOW_SCALE;
    }
    if (o->sack_blocks > 0) {
        order[n++] = RS_OPTION_NOP;
        order[n++] = RS_OPTION_NOP;
        order[n++] = RS_OPTION_SACK;
    }
    return n;
}

size_t options_plan(const struct rs_options *o, struct options_plan *plan) {
    plan->kinds = o->order;
    plan->count = o->order_count;
    if (plan->count == 0) {
        plan->count = default_order(o, plan->own);
        plan->kinds = plan->own;
    }
    if (plan->count > RS_OPTION_ORDER_MAX)
        return OPTIONS_TOO_LONG;
    size_t size = 0;
    for (size_t i = 0; i < plan->count; i++)
        if (is_set(o, plan->kinds[i]))
            size += size_of_kind(plan->kinds[i], o->sack_blocks);
    size = (size + 3) & ~(size_t)3;
    return size <= RS_TCP_OPTIONS_MAX ? size : OPTIONS_TOO_LONG; // which a fifth SACK block would always be: 42 bytes
}

static void put_value(const struct rs_options *o, uint8_t kind, uint8_t *value) {
    switch (kind) {
    case RS_OPTION_MSS:
        put_be16(value, o->mss);
        break;
    case RS_OPTION_WINDOW_SCALE:
        value[0] = o->window_scale;
        break;
    case RS_OPTION_SACK:
        for (size_t i = 0; i < o->sack_blocks; i++) {
            put_be32(value + 8 * i, o->sack[i].left);
            put_be32(value + 8 * i + 4, o->sack[i].right);
        }
        break;
    case RS_OPTION_TIMESTAMPS:
        put_be32(value, o->ts_value);
        put_be32(value + 4, o->ts_echo);
        break;
    default: // SACK permitted: that it is there says all
        break;
    }
}

void options_build(const struct rs_options *o, const struct options_plan *plan, uint8_t *out) {
    size_t n = 0;
    for (size_t i = 0; i < plan->count; i++) {
        uint8_t kind = plan->kinds[i];
        if (!is_set(o, kind))
            continue;
        size_t size = size_of_kind(kind, o->sack_blocks);
        out[n] = kind;
        if (kind != RS_OPTION_NOP) {
            out[n + 1] = (uint8_t)size;
            put_value(o, kind, out + n + 2);
        }
        n += size;
    }
    while (n % 4 != 0)
        out[n++] = RS_OPTION_END; // padding is zeros (MUST-69)
}
