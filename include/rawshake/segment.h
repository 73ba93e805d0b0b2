// SPDX-License-Identifier: MIT
//
// A TCP segment as numbers (RFC 9293, section 3.1): what src/wire makes of bytes, and bytes of. The engine in src/tcp
// takes and gives segments; it never sees a byte of a header. Everything here is in host order.
#ifndef RAWSHAKE_SEGMENT_H
#define RAWSHAKE_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "endpoint.h"

#ifdef __cplusplus
extern "C" {
#endif

// The control bits, as they stand in byte 13 of the header.
enum rs_flag {
    RS_FIN = 0x01,
    RS_SYN = 0x02,
    RS_RST = 0x04,
    RS_PSH = 0x08,
    RS_ACK = 0x10,
    RS_URG = 0x20,
    RS_ECE = 0x40,
    RS_CWR = 0x80
};

enum { RS_TCP_HEADER_MIN = 20, RS_TCP_HEADER_MAX = 60, RS_TCP_OPTIONS_MAX = 40, RS_SACK_BLOCKS_MAX = 4 };

enum { RS_OPTION_ORDER_MAX = RS_TCP_OPTIONS_MAX };

// The kinds of options that are understood (RFC 9293 section 3.2, RFC 7323, RFC 2018).
enum rs_option_kind {
    RS_OPTION_END = 0,
    RS_OPTION_NOP = 1,
    RS_OPTION_MSS = 2,
    RS_OPTION_WINDOW_SCALE = 3,
    RS_OPTION_SACK_PERMITTED = 4,
    RS_OPTION_SACK = 5,
    RS_OPTION_TIMESTAMPS = 8
};

struct rs_sack_block {
    uint32_t left, right; // sequence numbers; right is the first that is *not* in the block
};

struct rs_options {
    bool has_mss, has_window_scale, sack_permitted, has_timestamps;
    bool malformed; // a length that cannot be: what came before it counts, the rest was not read (MUST-7)
    uint16_t mss;
    uint8_t window_scale;
    uint32_t ts_value, ts_echo;
    uint8_t sack_blocks;
    struct rs_sack_block sack[RS_SACK_BLOCKS_MAX];
    // The kinds in the order in which they stand, NOPs included, END and what is not understood left out; parsing fills
    // it in. Building writes exactly these, in this order, those that are not set left out, and pads with zeros to a
    // multiple of four; a kind that stands there twice is written twice, alike. Without any it writes what is set, in
    // Linux's order and padding: all that a SYN can offer takes 20 bytes.
    // So what was parsed is built again byte by byte, if each kind but NOP stood there at most once, with the length
    // that it should have, none was unknown, and at the end were at most three bytes of padding, all zero.
    uint8_t order_count;
    uint8_t order[RS_OPTION_ORDER_MAX];
};

// Some bytes that belong to somebody else.
struct rs_span {
    const uint8_t *bytes;
    size_t size;
};

// payload: two spans, because data that comes out of a ring may go round its end. After parsing only the first is
// used, and points into the packet that was parsed. header_bytes and checksum are filled in by parsing and ignored by
// building, which computes both.
struct rs_segment {
    uint16_t source_port, destination_port;
    uint32_t seq, ack;
    uint8_t header_bytes;
    uint8_t reserved; // four bits, sent as zero, ignored on receipt
    uint8_t flags;
    uint16_t window, checksum, urgent;
    struct rs_options options;
    struct rs_span payload[2];
};

// Bytes of data in the segment.
size_t rs_segment_data_bytes(const struct rs_segment *segment);

// SEG.LEN: the sequence numbers it takes, one for each byte of data, one for SYN and one for FIN (section 3.3.1).
uint32_t rs_segment_length(const struct rs_segment *segment);

// Why bytes could not be read as a packet.
enum rs_wire_error {
    RS_WIRE_OK,
    RS_WIRE_SHORT_IP,
    RS_WIRE_NOT_IPV4,
    RS_WIRE_BAD_IHL,
    RS_WIRE_BAD_TOTAL_LENGTH,
    RS_WIRE_BAD_IP_CHECKSUM,
    RS_WIRE_FRAGMENT,
    RS_WIRE_NOT_TCP,
    RS_WIRE_SHORT_TCP,
    RS_WIRE_BAD_DATA_OFFSET,
    RS_WIRE_BAD_TCP_CHECKSUM,
    RS_WIRE_NOT_IPV6,
    RS_WIRE_BAD_EXTENSION,
    RS_WIRE_NOT_ICMP,
    RS_WIRE_SHORT_ICMP,
    RS_WIRE_BAD_ICMP_CHECKSUM,
    RS_WIRE_BAD_QUOTE,
    RS_WIRE_NOT_OURS, // rs_conn_input_packet: it is not this connection's
    RS_WIRE_ERRORS    // how many there are
};

// One clause for a reader: "the TCP header is cut short". Never NULL.
const char *rs_wire_error_text(enum rs_wire_error error);

// Reads a TCP header and what follows it out of size bytes. On success *out is complete and its payload points into
// bytes. Checks lengths only; the checksum is rs_checksum_verify's. Returns RS_WIRE_OK, _SHORT_TCP or _BAD_DATA_OFFSET.
enum rs_wire_error rs_segment_parse(const uint8_t *bytes, size_t size, struct rs_segment *out);

// Bytes that the header of this segment takes: 20 and its options, padded to a multiple of four.
size_t rs_segment_header_bytes(const struct rs_segment *segment);

// Writes header, options, payload and the checksum over the pseudo-header of these two endpoints. Ports are taken from
// the segment. Returns the bytes written, or 0 if room is too small or the options do not fit in 40 bytes.
size_t rs_segment_build(const struct rs_segment *segment, const struct rs_endpoint *source,
                        const struct rs_endpoint *destination, uint8_t *out, size_t room);

// One option as it stands in the header. size counts kind and length byte; END and NOP have size 1.
struct rs_option {
    enum rs_option_kind kind; // any byte's value: unknown kinds are walked over too
    size_t offset, size;      // in bytes, from the start of the options
};

// Walks the options area: *offset is where to look and is moved past what was found. Returns false at the end of the
// options, and also where a length cannot be (0, 1, or past the header), then *malformed is set (MUST-7).
bool rs_option_next(const uint8_t *options, size_t size, size_t *offset, struct rs_option *out, bool *malformed);

#ifdef __cplusplus
}
#endif

#endif
