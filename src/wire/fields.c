// SPDX-License-Identifier: MIT
//
// The table of header fields. The views walk it to name, draw and explain each bit; a test holds it against what the
// parsers read, bit by bit.
#include "rawshake/fields.h"

#include "bytes.h"

#define IP(id, name, label, offset, bits)                                                                              \
    { RS_FIELD_IP_##id, name, label, offset, bits, "RFC 791 3.1" }
#define IP6(id, name, label, offset, bits)                                                                             \
    { RS_FIELD_IP6_##id, name, label, offset, bits, "RFC 8200 3" }
#define TCP(id, name, label, offset, bits)                                                                             \
    { RS_FIELD_TCP_##id, name, label, offset, bits, "RFC 9293 3.1" }

const struct rs_field rs_fields_ipv4[] = {
    IP(VERSION, "Version", "Ver", 0, 4),
    IP(IHL, "Header Length", "IHL", 4, 4),
    {RS_FIELD_IP_DSCP, "DSCP", "DSCP", 8, 6, "RFC 2474 3"},
    {RS_FIELD_IP_ECN, "ECN", "ECN", 14, 2, "RFC 3168 5"},
    IP(TOTAL_LENGTH, "Total Length", "Total Length", 16, 16),
    IP(ID, "Identification", "Identification", 32, 16),
    IP(RESERVED, "Reserved", "0", 48, 1),
    IP(DF, "Don't Fragment", "D", 49, 1),
    IP(MF, "More Fragments", "M", 50, 1),
    IP(FRAGMENT_OFFSET, "Fragment Offset", "Frag. Offset", 51, 13),
    IP(TTL, "Time to Live", "TTL", 64, 8),
    IP(PROTOCOL, "Protocol", "Protocol", 72, 8),
    IP(CHECKSUM, "Header Checksum", "Checksum", 80, 16),
    IP(SOURCE, "Source Address", "Source", 96, 32),
    IP(DESTINATION, "Destination Address", "Destination", 128, 32),
};
const size_t rs_fields_ipv4_count = sizeof rs_fields_ipv4 / sizeof *rs_fields_ipv4;

const struct rs_field rs_fields_ipv6[] = {
    IP6(VERSION, "Version", "Ver", 0, 4),
    {RS_FIELD_IP6_DSCP, "DSCP", "DSCP", 4, 6, "RFC 2474 3"},
    {RS_FIELD_IP6_ECN, "ECN", "ECN", 10, 2, "RFC 3168 5"},
    IP6(FLOW_LABEL, "Flow Label", "Flow Label", 12, 20),
    IP6(PAYLOAD_LENGTH, "Payload Length", "Payload Length", 32, 16),
    IP6(NEXT_HEADER, "Next Header", "Next Header", 48, 8),
    IP6(HOP_LIMIT, "Hop Limit", "Hop Limit", 56, 8),
    IP6(SOURCE, "Source Address", "Source Address (128 bits)", 64, 128),
    IP6(DESTINATION, "Destination Address", "Destination Address (128 bits)", 192, 128),
};
const size_t rs_fields_ipv6_count = sizeof rs_fields_ipv6 / sizeof *rs_fields_ipv6;

const struct rs_field rs_fields_tcp[] = {
    TCP(SOURCE_PORT, "Source Port", "Source Port", 0, 16),
    TCP(DESTINATION_PORT, "Destination Port", "Dest. Port", 16, 16),
    TCP(SEQ, "Sequence Number", "Sequence Number", 32, 32),
    TCP(ACK, "Acknowledgment Number", "Acknowledgment", 64, 32),
    TCP(DATA_OFFSET, "Data Offset", "Offs", 96, 4),
    TCP(RESERVED, "Reserved", "Rsvd", 100, 4),
    {RS_FIELD_TCP_CWR, "CWR", "C", 104, 1, "RFC 3168 6.1"},
    {RS_FIELD_TCP_ECE, "ECE", "E", 105, 1, "RFC 3168 6.1"},
    TCP(URG, "URG", "U", 106, 1),
    TCP(ACK_BIT, "ACK", "A", 107, 1),
    TCP(PSH, "PSH", "P", 108, 1),
    TCP(RST, "RST", "R", 109, 1),
    TCP(SYN, "SYN", "S", 110, 1),
    TCP(FIN, "FIN", "F", 111, 1),
    TCP(WINDOW, "Window", "Window", 112, 16),
    TCP(CHECKSUM, "Checksum", "Checksum", 128, 16),
    TCP(URGENT, "Urgent Pointer", "Urgent", 144, 16),
};
const size_t rs_fields_tcp_count = sizeof rs_fields_tcp / sizeof *rs_fields_tcp;

uint32_t rs_field_value(const struct rs_field *field, const uint8_t *bytes) {
    // No such field crosses a 32-bit row of the RFC's drawing, so the row that it stands in holds all of it.
    uint32_t row = get_be32(bytes + field->bit_offset / 32 * 4);
    unsigned below = 32u - field->bit_offset % 32u - field->bits;
    return row >> below & (UINT32_MAX >> (32u - field->bits));
}
