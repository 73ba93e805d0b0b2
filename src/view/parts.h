// SPDX-License-Identifier: MIT
//
// A packet, part by part: which bits belong to which field, option or data. Made of the one table of fields
// (rawshake/fields.h) and the walks over options and extension headers; the page draws the header, the bytes and the
// table of fields from one such list, so that a byte and its field always find each other.
#ifndef VIEW_PARTS_H
#define VIEW_PARTS_H

#include "rawshake/fields.h"
#include "trace/trace.h"

enum part_kind {
    PART_FIELD,      // of the IP or the TCP header: has `field`
    PART_IP_OPTIONS, // IPv4's, as a whole
    PART_EXTENSION,  // a header between IPv6 and TCP: has `extension`
    PART_OPTION,     // of TCP: has `option`
    PART_PADDING,    // what follows the last option of TCP, up to the header's end
    PART_DATA
};

struct part {
    enum part_kind kind;
    bool tcp;            // it stands in the TCP header or behind it; otherwise in IP's
    size_t bit, bits;    // where, from the first bit of the packet
    const char *name;    // "Sequence Number"
    const char *label;   // short enough for its place in the RFC's drawing
    const char *section; // where it is defined, or ""
    union {
        const struct rs_field *field;
        struct rs_option option;
        struct rs_extension extension;
    } u;
};

enum { PARTS_MAX = 128, PARTS_EXTENSIONS_MAX = 16 };

struct parts {
    const struct trace_segment *segment;
    size_t count;
    size_t tcp_at, data_at, size; // bytes: where TCP begins, where data begins, how many of the packet are there
    bool malformed;               // an option's length cannot be: the padding is the rest, which was not read
    struct part list[PARTS_MAX];
};

// Lists all parts of a segment's packet of which any byte is there, in the order of their bits. Every byte of the
// packet that is there belongs to at least one part, and every bit to exactly one.
void parts_list(const struct trace_segment *segment, struct parts *parts);

// Its value as people write it, or "". A part that is not all there has none.
void parts_value(const struct parts *parts, const struct part *part, char *out, size_t room);

// What it means in this segment.
void parts_meaning(const struct parts *parts, const struct part *part, const struct trace_about *about, char *out,
                   size_t room);

// True if the part has bits of this byte.
bool part_has(const struct part *part, size_t byte);

#endif
