// SPDX-License-Identifier: MIT
//
// pcap, the format of tcpdump's files (draft-ietf-opsawg-pcap): a head, then packets one after the other. Each number
// is in the order of bytes of the machine that wrote the file; the first one tells which, and what time counts.
//
//      0  magic            a1b2c3d4 microseconds, a1b23c4d nanoseconds, a1b2cd34 microseconds and longer records
//      4  version          2 bytes major, 2 bytes minor: 2.4
//      8  time zone        never used
//     12  accuracy         never used
//     16  snapshot length  as much of each packet was to be kept; writers do not keep to it
//     20  link layer       low 16 bits
//
// and each packet:
//
//      0  seconds since 1970
//      4  micro- or nanoseconds
//      8  bytes kept
//     12  bytes that it had
//     16  a1b2cd34 alone: interface, protocol, direction
//
// Called by frames.c.
#include "capture/internal.h"
#include "capture/numbers.h"

enum { HEAD_BYTES = 24, VERSION_MAJOR = 4, VERSION_MINOR = 6, LINK = 20 };
enum { SECONDS = 0, FRACTION = 4, KEPT = 8, HAD = 12, RECORD_BYTES = 16, KIND = 22, LONG_RECORD_BYTES = 24 };

// What the Linux kernel calls the ways of a packet, in a long record (and in LINUX_SLL, link.c).
enum { PACKET_HOST = 0, PACKET_OUTGOING = 4 };

static const uint32_t micro = 0xa1b2c3d4, nano = 0xa1b23c4d, longer = 0xa1b2cd34;

static bool is_magic(uint32_t number) { return number == micro || number == nano || number == longer; }

bool pcap_is(const uint8_t *bytes) { return is_magic(number_32(bytes, true)) || is_magic(number_32(bytes, false)); }

static void set_times(const uint8_t *record, struct capture *c, struct capture_frame *out) {
    uint64_t seconds = number_32(record + SECONDS, c->big);
    out->wall_ns = seconds * 1000000000 + (uint64_t)number_32(record + FRACTION, c->big) * c->fraction_ns;
}

static void set_direction(const uint8_t *record, struct capture *c, struct capture_frame *out) {
    out->direction = TRACE_DIRECTION_UNKNOWN;
    if (c->record_bytes == RECORD_BYTES)
        return;
    if (record[KIND] == PACKET_HOST)
        out->direction = TRACE_INBOUND;
    else if (record[KIND] == PACKET_OUTGOING)
        out->direction = TRACE_OUTBOUND;
}

static enum capture_status pcap_next(struct capture *c, struct capture_frame *out) {
    c->at = c->in.offset;
    const uint8_t *record = intake_need(&c->in, c->record_bytes);
    if (!record && c->in.error == 0 && c->in.end == c->in.begin)
        return CAPTURE_END;
    if (!record)
        return capture_cut(c, true, "packet");
    uint32_t kept = number_32(record + KEPT, c->big), had = number_32(record + HAD, c->big);
    if (c->lengths_swapped) {
        uint32_t first = kept;
        kept = had;
        had = first;
    }
    if (kept > CAPTURE_FRAME_MAX)
        return capture_bad_packet(c, "it says that it has %u bytes here; no packet is so large", kept);
    record = intake_need(&c->in, c->record_bytes + (size_t)kept);
    if (!record)
        return capture_cut(c, true, "packet");
    set_times(record, c, out);
    set_direction(record, c, out);
    out->bytes = record + c->record_bytes;
    out->size = kept;
    out->wire_size = had > kept ? had : kept;
    out->number = ++c->packets;
    out->link = c->link;
    out->interface = 0;
    out->lost = 0;
    intake_take(&c->in, c->record_bytes + (size_t)kept);
    return CAPTURE_FRAME;
}

enum capture_status pcap_begin(struct capture *c) {
    const uint8_t *head = intake_need(&c->in, HEAD_BYTES);
    if (!head)
        return capture_cut(c, false, "file's head");
    c->big = is_magic(number_32(head, true));
    uint32_t magic = number_32(head, c->big);
    c->fraction_ns = magic == nano ? 1 : 1000;
    c->record_bytes = magic == longer ? LONG_RECORD_BYTES : RECORD_BYTES;
    unsigned major = number_16(head + VERSION_MAJOR, c->big), minor = number_16(head + VERSION_MINOR, c->big);
    if (major != 2)
        return capture_bad(c, "file's head", "pcap of version %u.%u; versions 2.0 to 2.4 are known", major, minor);
    c->lengths_swapped = minor < 3; // until 1996 the two lengths stood the other way round
    c->link = number_32(head + LINK, c->big) & 0xffff;
    c->next = pcap_next;
    intake_take(&c->in, HEAD_BYTES);
    return CAPTURE_FRAME;
}
