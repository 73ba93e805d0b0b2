// SPDX-License-Identifier: MIT
//
// One segment, looked at closely: its fields (-v), and its bytes, the RFC's boxes and the checksum's sum (-vv).
#ifndef VIEW_EXPLAIN_H
#define VIEW_EXPLAIN_H

#include "trace/trace.h"
#include "view/text.h"
#include "view/words.h"

// The IP header of a segment, whichever family's.
struct explain_ip {
    const struct rs_field *fields;
    size_t count;
    const char *name, *rfc;           // "IPv6 header", "RFC 8200"
    size_t fixed_bytes, header_bytes; // without options and extension headers, and with them
    uint8_t first_kind;               // IPv6: the kind of what follows the fixed part
    size_t packet_bytes, tcp_bytes;   // the whole packet; TCP's header and data
};
struct explain_ip explain_ip(const struct trace_segment *segment);

// A field's value as people write it; header is where the field's header begins.
void explain_value(const struct rs_field *field, const uint8_t *header, const struct trace_segment *segment, char *out,
                   size_t room);

// Every field of both headers and every option: name, value, bits, meaning here.
void explain_fields(struct text *text, const struct trace_segment *segment, const struct trace_about *about);

// The headers as the RFCs draw them, with the values in the boxes.
void explain_boxes(struct text *text, const struct trace_segment *segment);

// The bytes in hexadecimal, each run beside the fields that it holds.
void explain_bytes(struct text *text, const struct trace_segment *segment);

// The checksum's arithmetic: the words shown are the words summed, by the function that sums them.
void explain_checksum(struct text *text, const struct trace_segment *segment);

// What the sum shows: pseudo is the pseudo-header's alone, folded; folded is all of it with the field as zero.
void explain_verdict(const struct trace_segment *segment, uint16_t pseudo, uint16_t folded, char *out, size_t room);

// Step mode: what was expected beside what came, field by field.
void explain_arrival(struct text *text, const struct trace_segment *segment);

#endif
