// SPDX-License-Identifier: MIT
//
// Making up events (see events.h).
#include "events.h"

#include <errno.h>

#include "bytes.h"
#include "cm.h"

enum { CLIENT_PORT = 45708, SERVER_PORT = 1712 };

// A name as nobody should have: not UTF-8, with a line break, an escape sequence, and characters that turn text round.
#define HOSTILE                                                                                                        \
    "a\n\"b\\\t\x1b[2J\x7f \xff\xfe \xc3\x28 \xed\xa0\x80 \xe2\x80\xae \xe2\x80\xa8 \xc2\x9b \xf0\x9f\xa6\x80"

struct trace_event *events_add(struct events *e, struct trace_event event) {
    assert_true(e->count < EVENTS_MAX);
    event.number = e->count + 1;
    event.connection = 1;
    event.at_us = 100 * event.number;
    event.wall_ns = UINT64_C(1700000000123456789) + event.number;
    e->list[e->count] = event;
    return &e->list[e->count++];
}

static struct rs_endpoint end(enum rs_family family, uint8_t last, uint16_t port) {
    struct rs_endpoint e = rs_endpoint_ipv4(192, 0, 2, last, port);
    if (family == RS_IPV6)
        e = (struct rs_endpoint){RS_IPV6, {0x20, 0x01, 0x0d, 0xb8, [15] = last}, port};
    return e;
}

struct trace_event *events_segment(struct events *e, enum trace_kind kind, enum rs_family family, bool ours,
                                   const struct rs_segment *segment) {
    assert_true(e->packets_count < EVENT_PACKETS_MAX);
    struct rs_packet *packet = &e->packets[e->packets_count];
    uint8_t *bytes = e->bytes[e->packets_count++];
    const struct rs_endpoint client = end(family, 1, CLIENT_PORT), server = end(family, 2, SERVER_PORT);
    struct rs_packet built = {.source = ours ? client : server,
                              .destination = ours ? server : client,
                              .ip = {.ttl = 64, .id = 7, .dont_fragment = true},
                              .ip6 = {.hop_limit = 64, .flow_label = 0xabcde},
                              .segment = *segment};
    built.segment.source_port = built.source.port;
    built.segment.destination_port = built.destination.port;
    size_t size = rs_packet_build(&built, bytes, RS_IPV6_PACKET_MAX);
    assert_int_equal(rs_packet_parse(bytes, size, packet), RS_WIRE_OK);
    struct trace_event event = {.kind = kind};
    event.u.segment = (struct trace_segment){.packet = packet,
                                             .bytes = bytes,
                                             .size = size,
                                             .state = RS_ESTABLISHED,
                                             .iss = EVENTS_ISS,
                                             .irs = EVENTS_IRS,
                                             .irs_known = true,
                                             .ours = ours,
                                             .of_others = kind == TRACE_SEEN,
                                             .window_shift = 7,
                                             .direction = ours ? TRACE_OUTBOUND : TRACE_INBOUND,
                                             .far_state = RS_SYN_RECEIVED,
                                             .state_proved = true,
                                             .why = RS_SENT_DATA};
    return events_add(e, event);
}

static struct rs_segment syn(void) {
    return (struct rs_segment){.seq = EVENTS_ISS,
                               .flags = RS_SYN,
                               .window = 65495,
                               .options = {.has_mss = true,
                                           .mss = 1460,
                                           .sack_permitted = true,
                                           .has_timestamps = true,
                                           .ts_value = 4294967295u,
                                           .has_window_scale = true,
                                           .window_scale = 7}};
}

static struct rs_segment data(const void *bytes, size_t size) {
    return (struct rs_segment){.seq = EVENTS_ISS + 1,
                               .ack = EVENTS_IRS + 1,
                               .flags = RS_PSH | RS_ACK,
                               .window = 512,
                               .payload = {{bytes, size}}};
}

static void add_sent(struct events *e) {
    static const uint8_t odd[] = "\0\x80\xff\"\\\n{}\x1b[2J\xe2\x80\xae";
    const struct rs_segment first = syn(), bytes = data(odd, sizeof odd - 1);
    struct trace_event *event = events_segment(e, TRACE_SENT, RS_IPV4, true, &first);
    event->u.segment.why = RS_SENT_SYN;
    event->u.segment.state = RS_SYN_SENT;
    event->u.segment.irs_known = false;
    event = events_segment(e, TRACE_SENT, RS_IPV6, true, &bytes);
    event->u.segment.bent = 0xff;
    event->u.segment.bent_us = 100;
    event->u.segment.purpose = "It is \"bent\" in every way: <&>.";
    events_segment(e, TRACE_PENDING, RS_IPV4, true, &bytes);
    events_segment(e, TRACE_PENDING, RS_IPV4, true, &bytes)->u.segment.bent = TRACE_BENT_FORGED;
    events_segment(e, TRACE_HELD, RS_IPV4, true, &bytes)->u.segment.bent = TRACE_BENT_DELAYED;
    events_segment(e, TRACE_UNSENT, RS_IPV4, true, &bytes)->u.segment.failure = EPERM;
    events_segment(e, TRACE_UNSENT, RS_IPV4, true, &bytes)->u.segment.bent = TRACE_BENT_DROPPED;
}

// An ACK of theirs with SACK blocks, a refusal before anything is known, and one that is kept from us.
static void add_received(struct events *e) {
    const struct rs_segment ack = {.seq = EVENTS_IRS + 1,
                                   .ack = EVENTS_ISS + 14,
                                   .flags = RS_ACK | RS_ECE | RS_URG,
                                   .urgent = 3,
                                   .options = {.sack_blocks = 2, .sack = {{2000, 3000}, {4000, 4294967295u}}}};
    const struct rs_segment rst = {.ack = EVENTS_ISS + 1, .flags = RS_RST | RS_ACK};
    struct trace_event *event = events_segment(e, TRACE_RECEIVED, RS_IPV6, false, &ack);
    event->u.segment.ip_rebuilt = true;
    event->u.segment.expected = (struct trace_expected){.flags = RS_ACK, .seq = EVENTS_IRS + 1, .ack = EVENTS_ISS + 14};
    event = events_segment(e, TRACE_RECEIVED, RS_IPV4, false, &rst);
    event->u.segment.irs_known = false;
    event->u.segment.expected = (struct trace_expected){.flags = RS_SYN | RS_ACK, .any_seq = true};
    event = events_segment(e, TRACE_UNTAKEN, RS_IPV4, false, &ack);
    event->u.segment.bent = TRACE_BENT_CORRUPTED;
    e->packets[e->packets_count - 1].tcp_checksum = RS_CHECKSUM_BAD;
}

// Some of what options can be: a wrong length, an unknown kind, and one that goes beyond the header.
static void spoil_options(struct events *e) {
    static const uint8_t odd[] = {2, 3, 0, 253, 4, 0xbe, 0xef, 1, 8, 10, 0};
    uint8_t *bytes = e->bytes[e->packets_count - 1];
    memcpy(bytes + 40, odd, sizeof odd);
    size_t data_bytes;
    (void)rs_packet_parse_headers(bytes, e->list[e->count - 1].u.segment.size, &e->packets[e->packets_count - 1],
                                  &data_bytes);
}

static void add_seen(struct events *e) {
    static uint8_t most[65495];
    memset(most, 0xff, sizeof most);
    const struct rs_segment first = syn(), bytes = data(most, sizeof most);
    struct trace_event *event = events_segment(e, TRACE_SEEN, RS_IPV4, true, &first);
    event->u.segment.state = RS_SYN_SENT;
    spoil_options(e);
    event = events_segment(e, TRACE_SEEN, RS_IPV6, true, &bytes); // the largest line that there can be
    event->u.segment.marks = 0xfffff & ~(uint32_t)TRACE_MARK_CUT;
    event->u.segment.mark_bytes = 4294967295u;
    event->u.segment.direction = TRACE_DIRECTION_UNKNOWN;
    event->u.segment.frame = UINT64_C(1) << 60;
    event->u.segment.midway = event->u.segment.far_midway = event->u.segment.window_unknown = true;
    e->packets[e->packets_count - 1].tcp_checksum = RS_CHECKSUM_UNFINISHED;
    event = events_segment(e, TRACE_SEEN, RS_IPV4, true, &bytes); // of which a capture kept 64 bytes
    event->u.segment.wire_size = event->u.segment.size;
    event->u.segment.size = 64;
    event->u.segment.marks = TRACE_MARK_CUT;
    e->packets[e->packets_count - 1].segment.payload[0].size = 24;
}

static void add_ignored(struct events *e) {
    const struct rs_segment ack = {.seq = 1, .flags = RS_ACK};
    struct trace_event *event = events_segment(e, TRACE_IGNORED, RS_IPV4, false, &ack);
    event = events_segment(e, TRACE_IGNORED, RS_IPV4, false, &ack);
    event->u.segment.error = RS_WIRE_BAD_TCP_CHECKSUM;
    e->packets[e->packets_count - 1].tcp_checksum = RS_CHECKSUM_BAD;
    event = events_segment(e, TRACE_IGNORED, RS_IPV4, false, &ack); // three bytes that are no packet at all
    event->u.segment.size = 3;
    event->u.segment.error = rs_packet_parse(e->bytes[e->packets_count - 1], 3, &e->packets[e->packets_count - 1]);
    assert_int_equal(event->u.segment.error, RS_WIRE_SHORT_IP);
}

static void add_calls(struct events *e) {
    static const uint8_t hello[] = "Hello server!\n\xff";
    const struct rs_endpoint server = end(RS_IPV6, 2, SERVER_PORT), client = end(RS_IPV6, 1, CLIENT_PORT);
    for (int call = TRACE_CONNECT; call <= TRACE_CLOSE; call++) {
        struct trace_event event = {.kind = TRACE_CALL};
        event.u.call.call = (enum trace_call)call;
        event.u.call.remote = server;
        event.u.call.message = hello;
        event.u.call.message_bytes = sizeof hello - 1;
        events_add(e, event);
        event.kind = TRACE_RETURN;
        event.u.call.message = NULL; // as the session does it
        event.u.call.message_bytes = 100;
        event.u.call.error = call == TRACE_CONNECT ? ECONNREFUSED : 0;
        events_add(e, event);
    }
    for (int call = TRACE_SERVER_ACCEPT; call <= TRACE_SERVER_SHUTDOWN; call++) {
        events_add(
            e, (struct trace_event){.kind = TRACE_SERVER,
                                    .u.server = {(enum trace_server_call)call, hello, sizeof hello - 1, client, 0}});
        events_add(e, (struct trace_event){
                          .kind = TRACE_SERVER,
                          .u.server = {(enum trace_server_call)call, .error = call % 2 ? ECONNRESET : ENOTBLK}});
    }
    events_add(e, (struct trace_event){.kind = TRACE_DATA, .u.data = {hello, sizeof hello - 1}});
}

static void add_begin_and_end(struct events *e) {
    static struct trace_about hand, seen;
    hand = (struct trace_about){.source = TRACE_BY_HAND,
                                .client = end(RS_IPV4, 1, CLIENT_PORT),
                                .server = end(RS_IPV4, 2, SERVER_PORT),
                                .guarded = true,
                                .timeout_us = UINT64_MAX,
                                .weather = HOSTILE,
                                .experiment = "made-up",
                                .control = true,
                                .server_is = HOSTILE,
                                .client_is = HOSTILE,
                                .choices = {.isn = true}};
    seen = (struct trace_about){.source = TRACE_READ,
                                .client = end(RS_IPV6, 1, CLIENT_PORT),
                                .server = end(RS_IPV6, 2, SERVER_PORT),
                                .roles_guessed = true,
                                .where = HOSTILE};
    events_add(e, (struct trace_event){.kind = TRACE_BEGIN, .u.about = &hand});
    events_add(e, (struct trace_event){.kind = TRACE_BEGIN, .u.about = &seen});
    struct trace_event event = {.kind = TRACE_END};
    event.u.end.state = RS_TIME_WAIT;
    event.u.end.in_order = true;
    event.u.end.ignored = 2;
    events_add(e, event);
    event.u.end.far_state = RS_STATE_UNKNOWN;
    event.u.end.opening = TRACE_OPENED;
    event.u.end.ending = TRACE_RESET;
    event.u.end.segments[0] = 5;
    event.u.end.segments[1] = 4;
    event.u.end.bytes[0] = UINT64_MAX;
    event.u.end.handshake_timed = true;
    event.u.end.handshake_ns = 38000;
    event.u.end.handshake_us = 38;
    events_add(e, event);
}

static void add_the_rest(struct events *e) {
    // A number that both have, one that nobody measured, one that they have differently.
    static const struct trace_socket told = {
        .cells = {[TRACE_SOCKET_STATE] = {{true, RS_ESTABLISHED}, {true, RS_CLOSED}, {true, RS_ESTABLISHED}},
                  [TRACE_SOCKET_SND_NXT] = {{true, UINT32_MAX}, {false, 0}, {true, UINT32_MAX}},
                  [TRACE_SOCKET_SACK] = {{true, 1}, {true, 0}, {true, 1}},
                  [TRACE_SOCKET_RTT] = {{true, 43}, {false, 0}, {false, 0}}}};
    static const struct trace_counter moved[] = {{"TcpInCsumErrors", 3, 1}, {"TcpExtTCPMinTTLDrop", 3, 3}};
    static const uint8_t error[] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1};
    struct trace_event event = {.kind = TRACE_ICMP};
    event.u.icmp.icmp = (struct rs_icmp){RS_IPV4,
                                         RS_ICMP_UNREACHABLE,
                                         4,
                                         1400,
                                         end(RS_IPV4, 254, 0),
                                         end(RS_IPV4, 1, CLIENT_PORT),
                                         end(RS_IPV4, 2, SERVER_PORT),
                                         EVENTS_ISS};
    event.u.icmp.bytes = error;
    event.u.icmp.size = sizeof error;
    events_add(e, event);
    events_add(e, (struct trace_event){.kind = TRACE_PEER, .u.peer = {.known = false, .why_not = HOSTILE}});
    events_add(e, (struct trace_event){.kind = TRACE_PEER, .u.peer = {.known = true, .state = RS_LISTEN}});
    events_add(
        e,
        (struct trace_event){
            .kind = TRACE_PEER,
            .u.peer = {.known = true, .state = RS_ESTABLISHED, .unread_bytes = 13, .accepted = true, .existed = true}});
    events_add(e, (struct trace_event){.kind = TRACE_COUNTERS, .u.counters = {moved, COUNT(moved)}});
    events_add(e, (struct trace_event){.kind = TRACE_NOTE, .u.note.text = HOSTILE});
    events_add(e, (struct trace_event){.kind = TRACE_SOCKET, .u.socket = &told});
    for (int place = TRACE_ON_THE_WIRE; place <= TRACE_AT_OUR_END; place++)
        events_add(e, (struct trace_event){.kind = TRACE_EVIDENCE,
                                           .u.evidence = {.place = (enum trace_place)place,
                                                          .expected = "RST,ACK",
                                                          .seen = HOSTILE,
                                                          .holds = place % 2 == 0,
                                                          .of_linux = place == TRACE_IN_THE_COUNTERS}});
    events_add(e, (struct trace_event){.kind = TRACE_WITHDRAWN});
    events_add(e, (struct trace_event){.kind = TRACE_PEER_GONE});
    events_add(e, (struct trace_event){.kind = TRACE_LOST, .u.lost = {.packets = 2}});
    events_add(e, (struct trace_event){.kind = TRACE_WAITING, .u.waiting = {10000000}});
    events_add(e, (struct trace_event){.kind = TRACE_WAITING, .u.waiting = {UINT64_MAX}});
    events_add(e, (struct trace_event){.kind = TRACE_OMITTED, .u.omitted = {9, 8, 7}});
    events_add(e, (struct trace_event){.kind = TRACE_DECISION,
                                       .u.decision = {RS_TIMER_SET, RS_SYN_SENT, RS_SYN_SENT, 1000000}});
    events_add(
        e, (struct trace_event){.kind = TRACE_DECISION, .u.decision = {RS_SYN_ACKED, RS_SYN_SENT, RS_ESTABLISHED, 0}});
}

void events_of_every_kind(struct events *e) {
    e->count = e->packets_count = 0;
    add_begin_and_end(e);
    add_calls(e);
    add_sent(e);
    add_received(e);
    add_seen(e);
    add_ignored(e);
    add_the_rest(e);
}
