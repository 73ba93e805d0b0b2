// SPDX-License-Identifier: MIT
//
// The three kinds of pcapng blocks that carry a packet, and how their time is told. Called by pcapng.c.
#include "capture/numbers.h"
#include "capture/pcapng.h"

// An enhanced packet, and the obsolete one, which has a count where the other has half of the interface's number.
enum { INTERFACE = 0, OLD_DROPS = 2, TIME_HIGH = 4, TIME_LOW = 8, KEPT = 12, HAD = 16, DATA = 20 };

// A simple one has its length and nothing else.
enum { SIMPLE_HAD = 0, SIMPLE_DATA = 4 };

enum { OPTION_FLAGS = 2, OPTION_DROPS = 4 }; // epb_flags, epb_dropcount
enum { INBOUND = 1, OUTBOUND = 2, WAYS = 3 };

enum { NANOSECONDS = 9, OF_TWO = 0x80, OLD_DROPS_UNKNOWN = 0xffff };

bool pcapng_carries(uint32_t kind) {
    return kind == PCAPNG_PACKET || kind == PCAPNG_SIMPLE_PACKET || kind == PCAPNG_OLD_PACKET;
}

// ---- time

static uint64_t power_of_ten(unsigned exponent) {
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

// `time` in units of 10^-exponent seconds.
static uint64_t decimal_ns(unsigned exponent, uint64_t time) {
    if (exponent <= NANOSECONDS)
        return time * power_of_ten(NANOSECONDS - exponent);
    return exponent - NANOSECONDS <= 19 ? time / power_of_ten(exponent - NANOSECONDS) : 0; // 10^19 is below 2^64
}

// `time` in units of 2^-exponent seconds. What is below 2^-32 seconds is dropped: it is less than a nanosecond.
static uint64_t binary_ns(unsigned exponent, uint64_t time) {
    uint64_t seconds = exponent < 64 ? time >> exponent : 0;
    uint64_t fraction = exponent < 64 ? time - (seconds << exponent) : time;
    if (exponent > 32) {
        fraction = exponent - 32 < 64 ? fraction >> (exponent - 32) : 0;
        exponent = 32;
    }
    return seconds * 1000000000 + (fraction * 1000000000 >> exponent);
}

uint64_t pcapng_time_ns(const struct capture_interface *interface, uint64_t time) {
    unsigned exponent = interface->resolution & ~(unsigned)OF_TWO;
    uint64_t ns = interface->resolution & OF_TWO ? binary_ns(exponent, time) : decimal_ns(exponent, time);
    return ns + interface->offset_seconds * 1000000000;
}

// ---- packets

static void read_options(const uint8_t *options, size_t size, struct capture *c, struct capture_frame *out) {
    struct pcapng_option option;
    size_t at = 0;
    while (pcapng_next_option(options, size, c->big, &at, &option)) {
        uint32_t way = option.code == OPTION_FLAGS && option.size >= 4 ? number_32(option.value, c->big) & WAYS : 0;
        if (way == INBOUND)
            out->direction = TRACE_INBOUND;
        if (way == OUTBOUND)
            out->direction = TRACE_OUTBOUND;
        if (option.code == OPTION_DROPS && option.size >= 8)
            out->lost = number_64(option.value, c->big);
    }
}

// The interface of that number, or NULL after saying that there is none.
static const struct capture_interface *interface_of(struct capture *c, uint32_t number) {
    if (number < c->interfaces_count)
        return &c->interfaces[number];
    capture_bad_packet(c, "it names interface %u, and the file has told of %zu so far", number, c->interfaces_count);
    return NULL;
}

static enum capture_status finish(struct capture *c, const struct capture_interface *interface, uint32_t had,
                                  struct capture_frame *out) {
    if (out->size > CAPTURE_FRAME_MAX)
        return capture_bad_packet(c, "it says that it has %zu bytes here; no packet is so large", out->size);
    out->link = interface->link;
    out->wire_size = had > out->size ? had : out->size;
    out->number = ++c->packets + c->others;
    return CAPTURE_FRAME;
}

static enum capture_status simple_packet(struct capture *c, const uint8_t *body, size_t size,
                                         struct capture_frame *out) {
    const struct capture_interface *interface = interface_of(c, 0);
    if (!interface)
        return CAPTURE_DAMAGED;
    if (size < SIMPLE_DATA)
        return capture_bad_packet(c, "its block is too short");
    uint32_t had = number_32(body + SIMPLE_HAD, c->big);
    uint32_t kept = interface->snap_bytes != 0 && interface->snap_bytes < had ? interface->snap_bytes : had;
    if (kept > size - SIMPLE_DATA)
        return capture_bad_packet(c, "it says that it has %u bytes here, and its block has room for %zu", kept,
                                  size - SIMPLE_DATA);
    *out = (struct capture_frame){.bytes = body + SIMPLE_DATA, .size = kept};
    return finish(c, interface, had, out);
}

enum capture_status pcapng_packet(struct capture *c, uint32_t kind, const uint8_t *body, size_t size,
                                  struct capture_frame *out) {
    if (kind == PCAPNG_SIMPLE_PACKET)
        return simple_packet(c, body, size, out);
    if (size < DATA)
        return capture_bad_packet(c, "its block is too short");
    bool old = kind == PCAPNG_OLD_PACKET;
    uint32_t number = old ? number_16(body + INTERFACE, c->big) : number_32(body + INTERFACE, c->big);
    const struct capture_interface *interface = interface_of(c, number);
    if (!interface)
        return CAPTURE_DAMAGED;
    uint32_t kept = number_32(body + KEPT, c->big);
    if (kept > size - DATA)
        return capture_bad_packet(c, "it says that it has %u bytes here, and its block has room for %zu", kept,
                                  size - DATA);
    uint64_t time = (uint64_t)number_32(body + TIME_HIGH, c->big) << 32 | number_32(body + TIME_LOW, c->big);
    *out = (struct capture_frame){.bytes = body + DATA, .size = kept, .interface = number};
    out->wall_ns = pcapng_time_ns(interface, time);
    uint16_t drops = old ? number_16(body + OLD_DROPS, c->big) : 0;
    out->lost = drops == OLD_DROPS_UNKNOWN ? 0 : drops;
    size_t options = DATA + (((size_t)kept + 3) & ~(size_t)3);
    if (options < size)
        read_options(body + options, size - options, c, out);
    return finish(c, interface, number_32(body + HAD, c->big), out);
}
