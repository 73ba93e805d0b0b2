// SPDX-License-Identifier: MIT
//
// What a TCP option means, in the segment at hand (see words.h). Called by the -v and -vv views.
#include <stdio.h>

#include "rawshake/seq.h"
#include "view/words.h"

#define SAY(...) snprintf(out, room, __VA_ARGS__)

enum { SCALE_MOST = 14 }; // a larger one counts as this (RFC 7323, section 2.3)

static uint32_t number(const uint8_t *bytes, size_t size) {
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

const char *words_option_name(enum rs_option_kind kind) {
    switch (kind) {
    case RS_OPTION_END:
        return "End of options";
    case RS_OPTION_NOP:
        return "No-Operation";
    case RS_OPTION_MSS:
        return "Maximum Segment Size";
    case RS_OPTION_WINDOW_SCALE:
        return "Window Scale";
    case RS_OPTION_SACK_PERMITTED:
        return "SACK permitted";
    case RS_OPTION_SACK:
        return "SACK";
    case RS_OPTION_TIMESTAMPS:
        return "Timestamps";
    default:
        return "unknown option";
    }
}

bool words_option_is_misshapen(const struct rs_option *option) {
    switch (option->kind) {
    case RS_OPTION_MSS:
        return option->size != 4;
    case RS_OPTION_WINDOW_SCALE:
        return option->size != 3;
    case RS_OPTION_SACK_PERMITTED:
        return option->size != 2;
    case RS_OPTION_SACK:
        return option->size < 10 || option->size % 8 != 2;
    case RS_OPTION_TIMESTAMPS:
        return option->size != 10;
    default:
        return false;
    }
}

void words_option_value(const struct rs_option *option, const uint8_t *bytes, char *out, size_t room) {
    out[0] = '\0';
    if (words_option_is_misshapen(option))
        return;
    if (option->kind == RS_OPTION_MSS || option->kind == RS_OPTION_WINDOW_SCALE)
        SAY("%u", number(bytes + 2, option->size - 2));
    else if (option->kind == RS_OPTION_SACK)
        SAY("%zu block%s", option->size / 8, option->size / 8 == 1 ? "" : "s");
}

static void scale_words(uint8_t shift, const struct trace_segment *seg, char *out, size_t room) {
    SAY("if both ends send this option, the windows that %s SYN count times %u (2 to the power of %u%s)",
        seg->of_others ? "this end tells after its"
        : seg->ours    ? "we tell after our"
                       : "the server tells after its",
        1u << (shift < SCALE_MOST ? shift : SCALE_MOST), (unsigned)shift,
        shift > SCALE_MOST ? "; more than 14 counts as 14" : "");
}

// A first block that lies below the ACK, or within the second block, tells of bytes that came again (RFC 2883).
static bool is_duplicate(const struct rs_segment *s, const uint8_t *blocks, size_t count) {
    uint32_t left = number(blocks, 4), right = number(blocks + 4, 4);
    if (rs_seq_lt(left, s->ack))
        return true;
    return count > 1 && rs_seq_leq(number(blocks + 8, 4), left) && rs_seq_leq(right, number(blocks + 12, 4));
}

// The bytes of each block, counted as all numbers are, from the beginning of the direction that is acknowledged.
static void sack_words(const uint8_t *blocks, size_t count, const struct trace_segment *seg, char *out, size_t room) {
    uint32_t base = seg->ours ? seg->irs : seg->iss;
    bool again = is_duplicate(&seg->packet->segment, blocks, count);
    size_t used = 0;
    for (size_t i = 0; i < count && used < room; i++) {
        const char *what = i == 0 && again               ? "arrived once more than needed: "
                           : i == 0 || (i == 1 && again) ? "arrived beyond a gap: "
                                                         : "";
        uint32_t left = number(blocks + 8 * i, 4) - base, last = number(blocks + 8 * i + 4, 4) - base - 1;
        used += (size_t)snprintf(out + used, room - used, "%s%s%u to %u", i > 0 ? ", " : "", what, left, last);
    }
}

static void timestamps_words(const uint8_t *value, const struct trace_segment *seg, char *out, size_t room) {
    uint32_t clock = number(value, 4), echo = number(value + 4, 4);
    const char *whose = seg->of_others          ? "the sender's clock"
                        : words_is_made_up(seg) ? "what it says that the sender's clock is"
                        : seg->ours             ? "our clock, in milliseconds"
                                                : "the server's clock";
    const struct words_ends ends = words_ends(seg);
    const uint8_t flags = seg->packet->segment.flags;
    if ((flags & RS_ACK) && words_is_made_up(seg))
        SAY("value %u: %s; echo %u: what it says that it has got", clock, whose, echo);
    else if ((flags & (RS_ACK | RS_SYN)) == RS_ACK && seg->of_others && echo == 0) // TCP_REPAIR does not carry it over
        SAY("value %u: %s; echo 0: most likely it knows no value of %s yet, as a kernel that has just taken the "
            "connection over",
            clock, whose, ends.receiver.whose);
    else if ((flags & RS_ACK) && seg->of_others)
        SAY("value %u: %s; echo %u: a value of %s, so that it can tell how long there and back took", clock, whose,
            echo, ends.receiver.whose);
    else if (flags & RS_ACK)
        SAY("value %u: %s; echo %u: %s, so that %s can tell how long there and back took", clock, whose, echo,
            seg->ours ? "a value of the server's" : "a value of ours", seg->ours ? "it" : "we");
    else
        SAY("value %u: %s; echo %u: means nothing without ACK", clock, whose, echo);
}

static void known_option(const struct rs_option *option, const uint8_t *bytes, const struct trace_segment *segment,
                         char *out, size_t room) {
    const char *end = segment->of_others ? segment->ours ? "the client's end" : "the server's end"
                      : segment->ours    ? "our end"
                                         : "the server's end";
    switch (option->kind) {
    case RS_OPTION_MSS:
        SAY("%s %s no more than this many bytes of data in one segment", end,
            words_is_made_up(segment) ? "says that it takes" : "takes");
        break;
    case RS_OPTION_WINDOW_SCALE:
        scale_words(bytes[2], segment, out, room);
        break;
    case RS_OPTION_SACK_PERMITTED:
        SAY("%s wants to know what arrived beyond a gap (selective acknowledgment), if both ends send this option",
            end);
        break;
    case RS_OPTION_SACK:
        sack_words(bytes + 2, option->size / 8, segment, out, room);
        break;
    case RS_OPTION_TIMESTAMPS:
        timestamps_words(bytes + 2, segment, out, room);
        break;
    case RS_OPTION_NOP:
        SAY("fills a gap, so that what follows stands well");
        break;
    case RS_OPTION_END:
        SAY("nothing after this is an option");
        break;
    default:
        SAY("kind %u: not known to us, so it is stepped over", (unsigned)bytes[0]);
        break;
    }
}

void words_option(const struct rs_option *option, const uint8_t *bytes, const struct trace_segment *segment, char *out,
                  size_t room) {
    bool for_syn = option->kind == RS_OPTION_MSS || option->kind == RS_OPTION_WINDOW_SCALE ||
                   option->kind == RS_OPTION_SACK_PERMITTED;
    if (words_option_is_misshapen(option))
        SAY("its length is not the one that this option has: it is stepped over");
    else if (for_syn && !(segment->packet->segment.flags & RS_SYN))
        SAY("means nothing outside of a SYN");
    else
        known_option(option, bytes, segment, out, room);
    if (segment->we_listen)
        words_exchange_roles(out);
}
