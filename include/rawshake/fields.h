// SPDX-License-Identifier: MIT
//
// The one table of header fields: name, where its bits are, and the section that defines it. Every view that shows a
// header walks this table, so no view can disagree with another about what a byte means.
#ifndef RAWSHAKE_FIELDS_H
#define RAWSHAKE_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rs_field_id {
    RS_FIELD_IP_VERSION,
    RS_FIELD_IP_IHL,
    RS_FIELD_IP_DSCP,
    RS_FIELD_IP_ECN,
    RS_FIELD_IP_TOTAL_LENGTH,
    RS_FIELD_IP_ID,
    RS_FIELD_IP_RESERVED,
    RS_FIELD_IP_DF,
    RS_FIELD_IP_MF,
    RS_FIELD_IP_FRAGMENT_OFFSET,
    RS_FIELD_IP_TTL,
    RS_FIELD_IP_PROTOCOL,
    RS_FIELD_IP_CHECKSUM,
    RS_FIELD_IP_SOURCE,
    RS_FIELD_IP_DESTINATION,
    RS_FIELD_IP6_VERSION,
    RS_FIELD_IP6_DSCP,
    RS_FIELD_IP6_ECN,
    RS_FIELD_IP6_FLOW_LABEL,
    RS_FIELD_IP6_PAYLOAD_LENGTH,
    RS_FIELD_IP6_NEXT_HEADER,
    RS_FIELD_IP6_HOP_LIMIT,
    RS_FIELD_IP6_SOURCE,
    RS_FIELD_IP6_DESTINATION,
    RS_FIELD_TCP_SOURCE_PORT,
    RS_FIELD_TCP_DESTINATION_PORT,
    RS_FIELD_TCP_SEQ,
    RS_FIELD_TCP_ACK,
    RS_FIELD_TCP_DATA_OFFSET,
    RS_FIELD_TCP_RESERVED,
    RS_FIELD_TCP_CWR,
    RS_FIELD_TCP_ECE,
    RS_FIELD_TCP_URG,
    RS_FIELD_TCP_ACK_BIT,
    RS_FIELD_TCP_PSH,
    RS_FIELD_TCP_RST,
    RS_FIELD_TCP_SYN,
    RS_FIELD_TCP_FIN,
    RS_FIELD_TCP_WINDOW,
    RS_FIELD_TCP_CHECKSUM,
    RS_FIELD_TCP_URGENT,
    RS_FIELDS // how many there are
};

// bit_offset counts from the first bit of that header, most significant bit first, as the RFCs draw it. bits is 1 to
// 32, but for the addresses of IPv6: these have 128, four whole rows, and are no number.
struct rs_field {
    enum rs_field_id id;
    const char *name;
    const char *label; // short enough for its place in the RFC's box: one character for a flag
    uint16_t bit_offset;
    uint8_t bits;
    const char *section;
};

// The fields of each header, in the order of their bits, without gap or overlap: 160 bits each, and 320 of IPv6.
extern const struct rs_field rs_fields_ipv4[];
extern const size_t rs_fields_ipv4_count;
extern const struct rs_field rs_fields_ipv6[];
extern const size_t rs_fields_ipv6_count;
extern const struct rs_field rs_fields_tcp[];
extern const size_t rs_fields_tcp_count;

// The value of a field of at most 32 bits in the header that starts at bytes. The caller has checked that the field
// lies within it.
uint32_t rs_field_value(const struct rs_field *field, const uint8_t *bytes);

#ifdef __cplusplus
}
#endif

#endif
