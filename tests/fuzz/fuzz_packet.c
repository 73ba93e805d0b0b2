// SPDX-License-Identifier: MIT
//
// Properties of everything that reads bytes from a stranger: nothing is read beyond them (the sanitizers see to that),
// lengths fit, and what was read can be written and read again without a change.
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rawshake/icmp.h"
#include "rawshake/packet.h"
#include "reader.h"

enum { ROOM = RS_PACKET_MAX };

static const char *broken;

static void expect(bool holds, const char *property) {
    if (!holds && !broken)
        broken = property;
}

// ---- what is read

static bool lies_within(const struct rs_span *span, const uint8_t *bytes, size_t size) {
    return span->size == 0 || (span->bytes >= bytes && span->size <= size && span->bytes + span->size <= bytes + size);
}

static void look_at_segment(const struct rs_segment *s, const uint8_t *bytes, size_t size) {
    expect(s->header_bytes >= RS_TCP_HEADER_MIN && s->header_bytes <= RS_TCP_HEADER_MAX,
           "TCP header of 20 to 60 bytes");
    expect(lies_within(&s->payload[0], bytes, size) && s->payload[1].size == 0, "the payload lies in the packet");
    expect(s->options.sack_blocks <= RS_SACK_BLOCKS_MAX, "at most four SACK blocks");
    expect(s->options.order_count <= RS_OPTION_ORDER_MAX, "at most 40 options");
    expect(rs_segment_length(s) - rs_segment_data_bytes(s) <= 2, "SEG.LEN counts data, SYN and FIN");
}

static void walk_options(const uint8_t *bytes, size_t size) {
    struct rs_option option;
    bool malformed = false;
    size_t offset = 0, before = 0, most = size < RS_TCP_OPTIONS_MAX ? size : RS_TCP_OPTIONS_MAX;
    while (rs_option_next(bytes, most, &offset, &option, &malformed)) {
        expect(offset > before && offset <= most, "the walk over the options goes on");
        expect(option.size >= 1 && option.offset + option.size <= most, "an option lies in the options");
        before = offset;
        if (broken)
            return;
    }
}

static bool same_options(const struct rs_options *a, const struct rs_options *b) {
    bool same = a->has_mss == b->has_mss && a->has_window_scale == b->has_window_scale &&
                a->sack_permitted == b->sack_permitted && a->has_timestamps == b->has_timestamps &&
                a->sack_blocks == b->sack_blocks;
    same = same && (!a->has_mss || a->mss == b->mss) && (!a->has_window_scale || a->window_scale == b->window_scale);
    same = same && (!a->has_timestamps || (a->ts_value == b->ts_value && a->ts_echo == b->ts_echo));
    for (int i = 0; same && i < a->sack_blocks; i++)
        same = a->sack[i].left == b->sack[i].left && a->sack[i].right == b->sack[i].right;
    return same;
}

static bool same_payload(const struct rs_segment *a, const struct rs_segment *b) {
    size_t first = a->payload[0].size;
    if (rs_segment_data_bytes(a) != b->payload[0].size)
        return false;
    if (first > 0 && memcmp(a->payload[0].bytes, b->payload[0].bytes, first) != 0)
        return false;
    return a->payload[1].size == 0 || memcmp(a->payload[1].bytes, b->payload[0].bytes + first, a->payload[1].size) == 0;
}

static void compare(const struct rs_packet *a, const struct rs_packet *b) {
    const struct rs_segment *s = &a->segment, *t = &b->segment;
    expect(rs_endpoint_equal(&a->source, &b->source) && rs_endpoint_equal(&a->destination, &b->destination),
           "the endpoints come back");
    expect(s->seq == t->seq && s->ack == t->ack && s->flags == t->flags && s->window == t->window &&
               s->urgent == t->urgent,
           "the numbers come back");
    expect(t->reserved == 0, "reserved bits are sent as zero");
    expect(same_options(&s->options, &t->options), "the options come back");
    expect(!t->options.malformed, "what is built is well formed");
    expect(same_payload(s, t), "the payload comes back");
    expect(b->tcp_checksum == RS_CHECKSUM_GOOD, "what is built has a good checksum");
    if (a->source.family == RS_IPV4)
        expect(a->ip.tos == b->ip.tos && a->ip.ttl == b->ip.ttl && a->ip.id == b->ip.id &&
                   a->ip.dont_fragment == b->ip.dont_fragment,
               "the IPv4 header comes back");
    else
        expect(a->ip6.traffic_class == b->ip6.traffic_class && a->ip6.flow_label == b->ip6.flow_label &&
                   a->ip6.hop_limit == b->ip6.hop_limit,
               "the IPv6 header comes back");
}

// Builds it, reads that, builds it again: the same numbers, and the same bytes. False if it could not be built.
static bool there_and_back(const struct rs_packet *packet) {
    static uint8_t first[ROOM], second[ROOM];
    struct rs_packet again;
    size_t size = rs_packet_build(packet, first, sizeof first);
    if (size == 0)
        return false;
    expect(rs_packet_parse(first, size, &again) == RS_WIRE_OK, "what is built can be read");
    if (broken)
        return true;
    compare(packet, &again);
    expect(rs_packet_ip_bytes(&again) + again.segment.header_bytes + rs_segment_data_bytes(&again.segment) == size,
           "the parts add up to the whole");
    expect(rs_packet_build(&again, second, sizeof second) == size && memcmp(first, second, size) == 0,
           "what was built and read is built the same again");
    expect(rs_packet_build(packet, second, size - 1) == 0, "nothing is built where there is no room");
    return true;
}

static void read_headers(const uint8_t *bytes, size_t size, const struct rs_packet *whole) {
    struct rs_packet packet;
    size_t data_bytes;
    enum rs_wire_error error = rs_packet_parse_headers(bytes, size, &packet, &data_bytes);
    expect(!whole || error == RS_WIRE_OK, "what is whole has headers");
    if (error != RS_WIRE_OK)
        return;
    look_at_segment(&packet.segment, bytes, size);
    expect(packet.segment.payload[0].size <= data_bytes, "no more data are there than the segment has");
    expect(!whole || (data_bytes == rs_segment_data_bytes(&whole->segment) &&
                      same_payload(&whole->segment, &packet.segment) &&
                      same_options(&whole->segment.options, &packet.segment.options)),
           "headers are the same of a whole packet");
}

static void read_packet(const uint8_t *bytes, size_t size) {
    struct rs_packet packet;
    struct rs_icmp icmp;
    enum rs_wire_error error = rs_packet_parse(bytes, size, &packet);
    expect((unsigned)error < RS_WIRE_ERRORS && rs_wire_error_text(error), "an error has a text");
    if (error == RS_WIRE_OK || error == RS_WIRE_BAD_TCP_CHECKSUM) {
        look_at_segment(&packet.segment, bytes, size);
        there_and_back(&packet); // may fail: doubled options may take more room than they had
    }
    read_headers(bytes, size, error == RS_WIRE_OK || error == RS_WIRE_BAD_TCP_CHECKSUM ? &packet : NULL);
    error = rs_icmp_parse(bytes, size, &icmp);
    expect((unsigned)error < RS_WIRE_ERRORS, "an ICMP error has a text");
    if (error == RS_WIRE_OK)
        expect(rs_icmp_name(&icmp) && icmp.family == icmp.source.family && icmp.family == icmp.reporter.family,
               "an ICMP error has a name and one family");
}

// The same with the checksum of the IPv4 header put right, and that of the ICMP message: chance would not find them.
static void read_repaired(const uint8_t *bytes, size_t size) {
    enum { IP_CHECKSUM = 10, IP_PROTOCOL = 9, ICMP_CHECKSUM = 2 };
    uint8_t *copy = malloc(size > 0 ? size : 1);
    size_t header = size > 0 ? (size_t)(bytes[0] & 15) * 4 : 0;
    if (copy && size >= header && header >= RS_IPV4_HEADER_MIN) {
        memcpy(copy, bytes, size);
        size_t sums[] = {IP_CHECKSUM, header + ICMP_CHECKSUM};
        size_t from[] = {0, header}, to[] = {header, size};
        for (int i = 0; i < (copy[IP_PROTOCOL] == RS_PROTOCOL_ICMP && size >= header + 4 ? 2 : 1); i++) {
            copy[sums[i]] = copy[sums[i] + 1] = 0;
            uint16_t sum = (uint16_t)~rs_sum_fold(rs_sum(0, copy + from[i], to[i] - from[i], NULL, NULL));
            copy[sums[i]] = (uint8_t)(sum >> 8);
            copy[sums[i] + 1] = (uint8_t)sum;
        }
        read_packet(copy, size);
    }
    free(copy);
}

// ---- what is built

static void choose_options(struct reader *r, struct rs_options *o) {
    uint8_t which = read_8(r);
    *o = (struct rs_options){.has_mss = which & 1, .has_window_scale = which & 2, .sack_permitted = which & 4};
    o->has_timestamps = which & 8;
    o->mss = o->has_mss ? read_16(r) : 0;
    o->window_scale = o->has_window_scale ? read_8(r) : 0;
    o->ts_value = o->has_timestamps ? read_32(r) : 0;
    o->ts_echo = o->has_timestamps ? read_32(r) : 0;
    o->sack_blocks = (which >> 4) % (RS_SACK_BLOCKS_MAX + 1);
    for (int i = 0; i < o->sack_blocks; i++)
        o->sack[i] = (struct rs_sack_block){read_32(r), read_32(r)};
}

static void build_packet(const uint8_t *bytes, size_t size) {
    struct reader reader = {bytes, size}, *r = &reader;
    struct rs_packet packet = {.source = rs_endpoint_ipv4(192, 0, 2, read_8(r), read_16(r))};
    packet.destination = packet.source;
    packet.destination.port = read_16(r);
    if (read_8(r) & 1)
        packet.source.family = packet.destination.family = RS_IPV6;
    packet.ip = (struct rs_ipv4){.tos = read_8(r), .ttl = read_8(r), .id = read_16(r), .dont_fragment = true};
    packet.ip6 = (struct rs_ipv6){.traffic_class = packet.ip.tos, .hop_limit = packet.ip.ttl};
    packet.ip6.flow_label = read_32(r) & 0xfffff;
    struct rs_segment *s = &packet.segment;
    *s = (struct rs_segment){.seq = read_32(r), .ack = read_32(r), .flags = read_8(r), .window = read_16(r)};
    s->source_port = packet.source.port;
    s->destination_port = packet.destination.port;
    s->urgent = read_16(r);
    s->reserved = read_8(r) & 15;
    choose_options(r, &s->options);
    s->payload[0].bytes = read_bytes(r, read_8(r), &s->payload[0].size);
    s->payload[1].bytes = read_bytes(r, read_8(r), &s->payload[1].size);
    bool built = there_and_back(&packet);
    expect(built || s->options.sack_blocks > 1, "options of up to 40 bytes can be built");
}

const char *fuzz_packet(const uint8_t *bytes, size_t size) {
    struct rs_segment segment;
    broken = NULL;
    read_packet(bytes, size);
    read_repaired(bytes, size);
    if (rs_segment_parse(bytes, size, &segment) == RS_WIRE_OK)
        look_at_segment(&segment, bytes, size);
    walk_options(bytes, size);
    build_packet(bytes, size);
    return broken;
}
