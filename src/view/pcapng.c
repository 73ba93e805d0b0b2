// SPDX-License-Identifier: MIT
//
// The sink that writes a capture file (see pcapng.h). Called by the trace.
#include "view/pcapng.h"

#include <stdio.h>
#include <string.h>

#include "view/pcapng_block.h"
#include "view/pcapng_comment.h"

enum {
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    LINKTYPE_RAW = 101, // the packet begins with its IP header, of either family
    // Options of every block, of the section, of the interface and of the packet (sections 3.5, 4.1, 4.2, 4.3).
    OPT_COMMENT = 1,
    SHB_USERAPPL = 4,
    IF_NAME = 2,
    IF_DESCRIPTION = 3,
    IF_TSRESOL = 9,
    EPB_FLAGS = 2,
    EPB_DROPCOUNT = 4,
    CHECKSUM_AT = 16 // where a TCP header has its checksum
};

// One packet, and what is known of it.
struct record {
    const uint8_t *bytes;
    size_t size, wire_size;
    enum trace_direction direction;
};

static void write(struct pcapng_view *v, struct pcapng_block *block) {
    pcapng_end(block);
    text_put(v->text, block->bytes, block->used);
}

static void write_section(struct pcapng_view *v, const struct pcapng_settings *settings) {
    char program[64], command[1200];
    struct pcapng_block b = pcapng_begin(PCAPNG_SECTION, v->block, sizeof v->block);
    pcapng_put32(&b, BYTE_ORDER_MAGIC);
    pcapng_put16(&b, 1); // version 1.0
    pcapng_put16(&b, 0);
    pcapng_put32(&b, UINT32_MAX); // how long the section is going to be is not known
    pcapng_put32(&b, UINT32_MAX);
    snprintf(program, sizeof program, "rawshake %s", settings->version);
    snprintf(command, sizeof command, "Written by: %s", settings->command);
    pcapng_text_option(&b, OPT_COMMENT, command);
    pcapng_text_option(&b, SHB_USERAPPL, program);
    write(v, &b);
}

static void write_interface(struct pcapng_view *v, const struct pcapng_settings *settings) {
    static const uint8_t nanoseconds = 9; // 10^-9
    struct pcapng_block b = pcapng_begin(PCAPNG_INTERFACE, v->block, sizeof v->block);
    pcapng_put16(&b, LINKTYPE_RAW);
    pcapng_put16(&b, 0);
    pcapng_put32(&b, 0); // packets are not cut
    pcapng_text_option(&b, IF_NAME, settings->interface);
    pcapng_text_option(&b, IF_DESCRIPTION, "IP packets as rawshake sent and saw them, without a link layer");
    pcapng_option(&b, IF_TSRESOL, &nanoseconds, 1);
    write(v, &b);
}

void pcapng_init(struct pcapng_view *v, struct text *text, const struct pcapng_settings *settings) {
    v->text = text;
    v->fix_checksums = settings->fix_checksums;
    v->called = v->warned = v->warned_of_header = false;
    v->lost = 0;
    write_section(v, settings);
    write_interface(v, settings);
}

static void put_options(struct pcapng_view *v, struct pcapng_block *b, const struct record *r, const char *comment) {
    uint8_t number[8] = {(uint8_t)r->direction}; // 0 unknown, 1 inbound, 2 outbound, as enum trace_direction
    _Static_assert(TRACE_DIRECTION_UNKNOWN == 0 && TRACE_INBOUND == 1 && TRACE_OUTBOUND == 2, "as in epb_flags");
    pcapng_text_option(b, OPT_COMMENT, comment);
    if (r->direction != TRACE_DIRECTION_UNKNOWN)
        pcapng_option(b, EPB_FLAGS, number, 4);
    if (v->lost == 0)
        return;
    for (unsigned i = 0; i < sizeof number; i++)
        number[i] = (uint8_t)(v->lost >> 8 * i);
    pcapng_option(b, EPB_DROPCOUNT, number, sizeof number);
    v->lost = 0;
}

// Finishes a checksum that was left to a network card, in the copy of the packet at `bytes`. Returns what it was.
static uint16_t finish_checksum(const struct rs_packet *packet, uint8_t *bytes, size_t size) {
    size_t ip = rs_packet_ip_bytes(packet), data = rs_segment_data_bytes(&packet->segment);
    size_t tcp = packet->segment.header_bytes + data;
    if (ip + tcp > size) // only a beginning is there: what is missing counts too
        return 0;
    uint64_t sum = rs_sum_pseudo_header(&packet->source, &packet->destination, tcp, NULL, NULL);
    uint16_t right = (uint16_t)~rs_sum_fold(rs_sum_segment(sum, bytes + ip, tcp, NULL, NULL));
    bytes[ip + CHECKSUM_AT] = (uint8_t)(right >> 8);
    bytes[ip + CHECKSUM_AT + 1] = (uint8_t)right;
    return packet->segment.checksum;
}

static void write_packet(struct pcapng_view *v, const struct trace_event *event, const struct record *r,
                         struct pcapng_told *told) {
    char comment[PCAPNG_COMMENT_MAX];
    size_t size = r->size < RS_IPV6_PACKET_MAX ? r->size : RS_IPV6_PACKET_MAX;
    struct pcapng_block b = pcapng_begin(PCAPNG_PACKET, v->block, sizeof v->block);
    pcapng_put32(&b, 0); // the one interface
    pcapng_put32(&b, (uint32_t)(event->wall_ns >> 32));
    pcapng_put32(&b, (uint32_t)event->wall_ns);
    pcapng_put32(&b, (uint32_t)size);
    pcapng_put32(&b, (uint32_t)(r->wire_size > size ? r->wire_size : size));
    uint8_t *packet = b.bytes + b.used;
    pcapng_put(&b, r->bytes, size);
    if (told->fixed)
        told->checksum = finish_checksum(event->u.segment.packet, packet, size);
    bool icmp = event->kind == TRACE_ICMP;
    told->warned = v->warned;
    told->warned_of_header = v->warned_of_header;
    pcapng_comment(event, told, comment, sizeof comment);
    v->warned_of_header |= icmp ? event->u.icmp.ip_rebuilt : event->u.segment.ip_rebuilt;
    v->warned |= !icmp && event->u.segment.packet->tcp_checksum == RS_CHECKSUM_UNFINISHED;
    put_options(v, &b, r, comment);
    write(v, &b);
}

// The program's call that this segment comes of, once.
static const char *take_call(struct pcapng_view *v, const struct trace_event *event) {
    static const char *const names[] = {[TRACE_CONNECT] = "connect()",
                                        [TRACE_SENDALL] = "sendall()",
                                        [TRACE_SHUTDOWN] = "shutdown()",
                                        [TRACE_CLOSE] = "close()",
                                        [TRACE_ACCEPT] = "accept()"};
    bool passed = event->kind == TRACE_SENT || event->kind == TRACE_SEEN;
    bool comes = v->called && passed && event->u.segment.ours && event->connection == v->connection;
    if (comes)
        v->called = false;
    return comes ? names[v->call] : NULL;
}

static void take_segment(struct pcapng_view *v, const struct trace_event *event) {
    const struct trace_segment *s = &event->u.segment;
    // IP alone can be told from its first bits; whatever else has come to our port is not what this file is for.
    if (s->size == 0 || (s->bytes[0] >> 4 != RS_IPV4 && s->bytes[0] >> 4 != RS_IPV6))
        return;
    const struct record record = {s->bytes, s->size, s->wire_size, s->direction};
    struct pcapng_told told = {
        .call = take_call(v, event),
        .fixed = v->fix_checksums && s->error == RS_WIRE_OK && s->packet->tcp_checksum == RS_CHECKSUM_UNFINISHED,
    };
    write_packet(v, event, &record, &told);
}

static void take_icmp(struct pcapng_view *v, const struct trace_event *event) {
    const struct record record = {event->u.icmp.bytes, event->u.icmp.size, 0, TRACE_INBOUND};
    struct pcapng_told told = {.fixed = false};
    if (record.size > 0)
        write_packet(v, event, &record, &told);
}

static void take(void *self, const struct trace_event *event) {
    struct pcapng_view *v = self;
    switch (event->kind) {
    case TRACE_CALL:
        v->called = true;
        v->call = event->u.call.call;
        v->connection = event->connection;
        break;
    case TRACE_SENT:
    case TRACE_RECEIVED:
    case TRACE_SEEN:
    case TRACE_IGNORED:
    case TRACE_UNTAKEN:
        take_segment(v, event);
        break;
    case TRACE_UNSENT: // what comes of the call never left; later segments come of a timer
        v->called = v->called && event->connection != v->connection;
        break;
    case TRACE_ICMP:
        take_icmp(v, event);
        break;
    case TRACE_LOST:
        v->lost += event->u.lost.packets;
        break;
    default:
        break;
    }
}

struct trace_sink pcapng_sink(struct pcapng_view *view) {
    return (struct trace_sink){.self = view, .take = take};
}
