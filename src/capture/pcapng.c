// SPDX-License-Identifier: MIT
//
// pcapng, Wireshark's format (draft-ietf-opsawg-pcapng): blocks, each with its kind and its length before it and the
// length once more behind it, so what is not known can be stepped over. A section begins with its own block, which
// tells the order of bytes; then interfaces are told, which later blocks name by number; then packets come.
//
//      0  kind             4 bytes
//      4  length           of the whole block, a multiple of four
//      8  body             what the kind says, perhaps options behind it
//     -4  length           again
//
// Called by frames.c; packets and their options are read by pcapng_packet.c.
#include "capture/pcapng.h"

#include <stdlib.h>
#include <string.h>

#include "capture/numbers.h"

enum { KIND = 0, LENGTH = 4, BODY = 8, TRAILER = 4, BLOCK_LEAST = 12 };

// The section's block: the order of bytes, then the version, then how long the section is, which is left unused.
enum { SECTION_ORDER = 8, SECTION_MAJOR = 12, SECTION_LEAST = 28, SECTION_KNOWN = 16 };

// The interface's.
enum { INTERFACE_LINK = 0, INTERFACE_SNAP = 4, INTERFACE_FIXED = 8 };
enum { OPTION_RESOLUTION = 9, OPTION_OFFSET = 14, MICROSECONDS = 6 };

static const uint32_t section_kind = 0x0a0d0d0a, order_magic = 0x1a2b3c4d;

bool pcapng_is(const uint8_t *bytes) { return number_32(bytes, true) == section_kind; } // the same either way round

bool pcapng_next_option(const uint8_t *options, size_t size, bool big, size_t *at, struct pcapng_option *out) {
    enum { HEAD = 4 };
    if (size - *at < HEAD)
        return false;
    const uint8_t *head = options + *at;
    *out = (struct pcapng_option){number_16(head, big), number_16(head + 2, big), head + HEAD};
    if (out->code == 0 || out->size > size - *at - HEAD)
        return false;
    size_t padded = HEAD + (((size_t)out->size + 3) & ~(size_t)3);
    *at += padded < size - *at ? padded : size - *at;
    return true;
}

// ---- sections and interfaces

static enum capture_status begin_section(struct capture *c, const uint8_t *block) {
    unsigned major = number_16(block + SECTION_MAJOR, c->big);
    if (major != 1)
        return capture_bad(c, "section", "pcapng of version %u; only version 1 is known", major);
    c->interfaces_count = 0;
    return CAPTURE_FRAME;
}

static bool grow(struct capture *c) {
    if (c->interfaces_count < c->interfaces_room)
        return true;
    size_t room = c->interfaces_room == 0 ? 8 : 2 * c->interfaces_room;
    struct capture_interface *larger = realloc(c->interfaces, room * sizeof *larger);
    if (!larger)
        return false;
    c->interfaces = larger;
    c->interfaces_room = room;
    return true;
}

static void read_interface_options(const uint8_t *options, size_t size, bool big, struct capture_interface *out) {
    struct pcapng_option option;
    size_t at = 0;
    while (pcapng_next_option(options, size, big, &at, &option)) {
        if (option.code == OPTION_RESOLUTION && option.size >= 1)
            out->resolution = option.value[0];
        if (option.code == OPTION_OFFSET && option.size >= 8)
            out->offset_seconds = number_64(option.value, big);
    }
}

static enum capture_status add_interface(struct capture *c, const uint8_t *body, size_t size) {
    if (size < INTERFACE_FIXED)
        return capture_bad(c, "interface", "its block is too short");
    if (c->interfaces_count == CAPTURE_INTERFACES_MAX)
        return capture_bad(c, "interface", "more than %d interfaces in one section", CAPTURE_INTERFACES_MAX);
    if (!grow(c))
        return capture_bad(c, "interface", "there is no memory for it");
    struct capture_interface *interface = &c->interfaces[c->interfaces_count++];
    *interface = (struct capture_interface){.link = number_16(body + INTERFACE_LINK, c->big),
                                            .snap_bytes = number_32(body + INTERFACE_SNAP, c->big),
                                            .resolution = MICROSECONDS};
    read_interface_options(body + INTERFACE_FIXED, size - INTERFACE_FIXED, c->big, interface);
    return CAPTURE_FRAME;
}

// ---- blocks

static bool is_wanted(uint32_t kind) {
    return kind == section_kind || kind == PCAPNG_INTERFACE || pcapng_carries(kind);
}

// The length that stands before a block, held against what can be. A section's is in the order that it tells itself.
static enum capture_status measure(struct capture *c, const uint8_t *head, uint32_t *kind, uint32_t *length) {
    *kind = number_32(head + KIND, c->big);
    if (*kind == section_kind) {
        const uint8_t *section = intake_need(&c->in, SECTION_KNOWN);
        if (!section)
            return capture_cut(c, false, "section");
        bool big = number_32(section + SECTION_ORDER, true) == order_magic;
        if (!big && number_32(section + SECTION_ORDER, false) != order_magic)
            return capture_bad(c, "section", "it tells no order of bytes");
        c->big = big;
        head = section;
    }
    *length = number_32(head + LENGTH, c->big);
    if (*length < (*kind == section_kind ? SECTION_LEAST : BLOCK_LEAST) || *length % 4 != 0)
        return capture_bad(c, "block", "its length of %u cannot be", *length);
    if (is_wanted(*kind) && *length > INTAKE_MOST)
        return capture_bad(c, "block", "its length of %u is larger than what is read here", *length);
    return CAPTURE_FRAME;
}

static enum capture_status check_trailer(struct capture *c, const uint8_t *trailer, uint32_t length) {
    uint32_t again = number_32(trailer, c->big);
    if (again == length)
        return CAPTURE_FRAME;
    return capture_bad(c, "block", "before it stands a length of %u, behind it one of %u", length, again);
}

// Blocks that Wireshark lists among the packets, and gives a number: the journal's entries, what programs have put in
// for themselves, and a system call. The packets behind them should have the numbers that it shows.
static bool is_numbered(uint32_t kind) {
    return kind == 9 || kind == 0x00000bad || kind == 0x40000bad || kind == 0x204;
}

// Steps over a block of any length.
static enum capture_status pass_over(struct capture *c, uint32_t length) {
    if (!intake_skip(&c->in, length - TRAILER))
        return capture_cut(c, false, "block");
    const uint8_t *trailer = intake_need(&c->in, TRAILER);
    if (!trailer)
        return capture_cut(c, false, "block");
    enum capture_status status = check_trailer(c, trailer, length);
    if (status == CAPTURE_FRAME)
        intake_take(&c->in, TRAILER);
    return status;
}

static enum capture_status take_block(struct capture *c, uint32_t kind, uint32_t length, struct capture_frame *out) {
    const uint8_t *block = intake_need(&c->in, length);
    if (!block)
        return capture_cut(c, pcapng_carries(kind), "block");
    enum capture_status status = check_trailer(c, block + length - TRAILER, length);
    if (status != CAPTURE_FRAME)
        return status;
    const uint8_t *body = block + BODY;
    size_t size = length - BLOCK_LEAST;
    if (kind == section_kind)
        status = begin_section(c, block);
    else if (kind == PCAPNG_INTERFACE)
        status = add_interface(c, body, size);
    else
        status = pcapng_packet(c, kind, body, size, out);
    if (status == CAPTURE_FRAME)
        intake_take(&c->in, length);
    return status;
}

static enum capture_status pcapng_next(struct capture *c, struct capture_frame *out) {
    for (;;) {
        uint32_t kind = 0, length = 0;
        c->at = c->in.offset;
        const uint8_t *head = intake_need(&c->in, BODY);
        if (!head && c->in.error == 0 && c->in.end == c->in.begin)
            return CAPTURE_END;
        if (!head)
            return capture_cut(c, false, "block");
        enum capture_status status = measure(c, head, &kind, &length);
        if (status != CAPTURE_FRAME)
            return status;
        status = is_wanted(kind) ? take_block(c, kind, length, out) : pass_over(c, length);
        if (status != CAPTURE_FRAME || pcapng_carries(kind))
            return status;
        if (is_numbered(kind))
            c->others++;
    }
}

enum capture_status pcapng_open(struct capture *c) {
    c->next = pcapng_next; // the file's head is the first section's block
    return CAPTURE_FRAME;
}
