// SPDX-License-Identifier: MIT
//
// What a script writes by hand, in a session with fake doors: it leaves as it was written, with a checksum that is
// right, before anything of the engine's; in step mode it is held; its purpose reaches the record. And an end without
// an engine answers nothing.
#include <stdio.h>

#include "../help/cm.h"
#include "live/session.h"

enum { ISS = 1000, IRS = 5000, BUFFER = 8192, PACKETS_MAX = 16, EVENTS_KEPT = 64, OPTIONS_AT = 20 };

static struct session session;
static uint8_t buffers[2][BUFFER];
static struct trace trace;
static uint64_t now_us;

// What has left.
static struct {
    uint8_t bytes[PACKETS_MAX][RS_PACKET_MAX];
    size_t size[PACKETS_MAX], count;
} left;

static struct {
    uint8_t bytes[RS_PACKET_MAX];
    size_t size;
} arrival;

// Segments in the record.
static struct {
    struct {
        enum trace_kind kind;
        uint8_t flags, bent;
        const char *purpose;
    } list[EVENTS_KEPT];
    size_t count;
} record;

static int fake_send(void *self, const struct rs_endpoint *to, const uint8_t *packet, size_t size) {
    (void)self, (void)to;
    assert_true(left.count < PACKETS_MAX && size <= RS_PACKET_MAX);
    memcpy(left.bytes[left.count], packet, size);
    left.size[left.count++] = size;
    return 0;
}

static ssize_t fake_receive(void *self, uint8_t *out, size_t room) {
    const size_t size = arrival.size;
    (void)self;
    assert_true(size <= room);
    memcpy(out, arrival.bytes, size);
    arrival.size = 0;
    return (ssize_t)size;
}

static uint64_t fake_clock(void *self) {
    (void)self;
    return now_us;
}

static void keep(void *self, const struct trace_event *event) {
    (void)self;
    if ((event->kind != TRACE_SENT && event->kind != TRACE_PENDING && event->kind != TRACE_RECEIVED) ||
        record.count == EVENTS_KEPT)
        return;
    record.list[record.count].kind = event->kind;
    record.list[record.count].flags = event->u.segment.packet->segment.flags;
    record.list[record.count].bent = event->u.segment.bent;
    record.list[record.count++].purpose = event->u.segment.purpose;
}

static void begin(bool step, bool no_engine) {
    const struct session_config config = {
        .no_engine = no_engine,
        .step = step,
        .conn = {.local = rs_endpoint_ipv4(192, 0, 2, 1, 40000),
                 .remote = rs_endpoint_ipv4(192, 0, 2, 2, 80),
                 .iss = ISS,
                 .mss = 1000,
                 .send_buffer = buffers[0],
                 .send_bytes = BUFFER,
                 .receive_buffer = buffers[1],
                 .receive_bytes = BUFFER,
                 .ttl = 64},
        .link = {.send = fake_send, .receive = fake_receive, .fd = -1, .icmp_fd = -1, .send_fd = -1},
        .clock = {NULL, fake_clock, fake_clock},
        .trace = &trace,
    };
    trace = (struct trace){.events = 0};
    trace_add(&trace, (struct trace_sink){.take = keep});
    left.count = record.count = arrival.size = 0;
    now_us = 1000000;
    session_init(&session, &config);
}

static void advance(void) {
    while (session_advance(&session)) {
    }
}

// From the other end.
static void arrives(uint8_t flags, uint32_t seq, uint32_t ack, const char *data) {
    const struct rs_packet packet = {
        .source = session.config.conn.remote,
        .destination = session.config.conn.local,
        .ip = {.ttl = 64},
        .segment = {.source_port = session.config.conn.remote.port,
                    .destination_port = session.config.conn.local.port,
                    .flags = flags,
                    .seq = seq,
                    .ack = ack,
                    .window = 1000,
                    .payload = {{(const uint8_t *)data, strlen(data)}}},
    };
    arrival.size = rs_packet_build(&packet, arrival.bytes, sizeof arrival.bytes);
    assert_true(arrival.size > 0);
    advance();
}

static void establish(void) {
    assert_int_equal(rs_conn_open(&session.conn, session_now(&session)), RS_CALL_OK);
    advance();
    arrives(RS_SYN | RS_ACK, IRS, ISS + 1, "");
    assert_int_equal(session.conn.state, RS_ESTABLISHED);
    left.count = record.count = 0;
}

static struct forged written(uint8_t flags, const char *data) {
    const struct rs_segment segment = {.source_port = session.config.conn.local.port,
                                       .destination_port = session.config.conn.remote.port,
                                       .flags = flags,
                                       .seq = 777,
                                       .ack = flags & RS_ACK ? 888u : 0,
                                       .window = 99,
                                       .payload = {{(const uint8_t *)data, strlen(data)}}};
    return (struct forged){.packet = session_wrap(&session, &segment), .purpose = "Written for a test."};
}

static struct rs_packet parsed(size_t i) {
    struct rs_packet packet;
    assert_true(i < left.count);
    assert_int_equal(rs_packet_parse(left.bytes[i], left.size[i], &packet), RS_WIRE_OK); // its checksum is verified too
    return packet;
}

static void test_it_leaves_as_it_was_written(void **state) {
    (void)state;
    begin(false, false);
    establish();
    const struct forged forged = written(RS_RST | RS_ACK, "seven b");
    session_forge(&session, &forged);
    assert_true(session_has_forged(&session));
    advance();
    assert_false(session_has_forged(&session));
    assert_int_equal(left.count, 1);
    const struct rs_packet packet = parsed(0);
    assert_int_equal(packet.segment.flags, RS_RST | RS_ACK);
    assert_int_equal(packet.segment.seq, 777);
    assert_int_equal(packet.segment.ack, 888);
    assert_int_equal(packet.segment.window, 99);
    assert_int_equal(rs_segment_data_bytes(&packet.segment), 7);
    assert_int_equal(session.conn.state, RS_ESTABLISHED); // the engine knows nothing of it
}

// Options that no builder would write: an unknown kind, a length of its own, padding in odd places. Only the length of
// all of it is a multiple of four.
static void test_raw_options_have_a_right_checksum(void **state) {
    static const uint8_t rows[][8] = {
        {1, 1, 1, 1, 1, 1, 1, 0},                   // NOPs and an end
        {253, 6, 'r', 's', 'h', 'k', 0, 0},         // an experimental kind
        {2, 4, 0, 1, 1, 1, 1, 1},                   // MSS 1
        {2, 4, 0, 0, 0, 0xff, 0xff, 0xff},          // MSS 0, and bytes behind the end
        {8, 40, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe} // a length that leads out of the header
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t size = 4; size <= 8; size += 4) {
            begin(false, true);
            struct forged forged = written(RS_SYN, "odd");
            forged.options = rows[i];
            forged.options_bytes = size;
            session_forge(&session, &forged);
            advance();
            assert_int_equal(left.count, 1);
            const uint8_t *tcp = left.bytes[0] + RS_IPV4_HEADER_MIN;
            const size_t tcp_bytes = left.size[0] - RS_IPV4_HEADER_MIN;
            assert_int_equal(tcp[12] >> 4, (OPTIONS_AT + size) / 4);
            assert_memory_equal(tcp + OPTIONS_AT, rows[i], size);
            assert_memory_equal(tcp + OPTIONS_AT + size, "odd", 3);
            assert_int_equal(tcp_bytes, OPTIONS_AT + size + 3);
            // Summed with its checksum, a segment gives all ones.
            uint64_t sum =
                rs_sum_pseudo_header(&forged.packet.source, &forged.packet.destination, tcp_bytes, NULL, NULL);
            assert_int_equal(rs_sum_fold(rs_sum(sum, tcp, tcp_bytes, NULL, NULL)), 0xffff);
        }
}

static void test_it_leaves_before_what_the_engine_has_to_say(void **state) {
    size_t taken;
    (void)state;
    begin(false, false);
    establish();
    rs_conn_send(&session.conn, (const uint8_t *)"hello", 5, &taken);
    const struct forged forged = written(RS_ACK | RS_URG, "");
    session_forge(&session, &forged);
    advance();
    assert_int_equal(left.count, 2);
    assert_int_equal(parsed(0).segment.flags, RS_ACK | RS_URG);
    const struct rs_packet second = parsed(1);
    assert_int_equal(rs_segment_data_bytes(&second.segment), 5);
}

static void test_it_is_held_in_step_mode(void **state) {
    (void)state;
    begin(true, true);
    const struct forged forged = written(RS_FIN | RS_ACK, "");
    session_forge(&session, &forged);
    advance();
    assert_true(session.held);
    assert_int_equal(left.count, 0);
    assert_int_equal(record.count, 1);
    assert_int_equal(record.list[0].kind, TRACE_PENDING);
    assert_string_equal(record.list[0].purpose, "Written for a test.");
    session_permit(&session);
    advance();
    assert_false(session.held);
    assert_false(session_has_forged(&session));
    assert_int_equal(left.count, 1);
    assert_int_equal(parsed(0).segment.flags, RS_FIN | RS_ACK);
}

// While it is held, the engine's segment waits behind it, and is asked about next.
static void test_in_step_mode_the_engine_comes_after_it(void **state) {
    (void)state;
    begin(true, false);
    assert_int_equal(rs_conn_open(&session.conn, session_now(&session)), RS_CALL_OK);
    const struct forged forged = written(RS_FIN | RS_ACK, "");
    session_forge(&session, &forged);
    advance();
    assert_int_equal(record.count, 1);
    assert_int_equal(record.list[0].flags, RS_FIN | RS_ACK);
    session_permit(&session);
    advance();
    assert_int_equal(left.count, 1);
    assert_true(session.held);
    assert_int_equal(record.list[record.count - 1].kind, TRACE_PENDING);
    assert_int_equal(record.list[record.count - 1].flags, RS_SYN);
    session_permit(&session);
    advance();
    assert_int_equal(parsed(1).segment.flags, RS_SYN);
}

static void test_its_purpose_is_in_the_record(void **state) {
    (void)state;
    begin(false, true);
    const struct forged forged = written(RS_SYN, "");
    session_forge(&session, &forged);
    advance();
    assert_int_equal(record.count, 1);
    assert_int_equal(record.list[0].kind, TRACE_SENT);
    assert_int_equal(record.list[0].bent, TRACE_BENT_FORGED);
    assert_string_equal(record.list[0].purpose, "Written for a test.");
}

// A bend is for what the engine says: what is forged is as its script wants it already.
static struct bent drop(void *self, struct rs_packet *packet) {
    (void)self, (void)packet;
    return (struct bent){.copies = 0};
}

static void test_no_bend_touches_it(void **state) {
    (void)state;
    begin(false, true);
    session.config.bend = (struct bend){.outgoing = drop};
    const struct forged forged = written(RS_SYN, "");
    session_forge(&session, &forged);
    advance();
    assert_int_equal(left.count, 1);
}

// Whatever comes is recorded, nothing leaves, now or later, and no state moves.
static void test_without_an_engine_nothing_is_answered(void **state) {
    static const uint8_t flags[] = {RS_SYN, RS_SYN | RS_ACK, RS_ACK, RS_FIN | RS_ACK, RS_RST, RS_PSH | RS_ACK, 0};
    (void)state;
    begin(false, true);
    for (size_t i = 0; i < sizeof flags; i++)
        arrives(flags[i], IRS + (uint32_t)i, ISS + 1, "some data");
    now_us += 600000000;
    advance();
    assert_int_equal(left.count, 0);
    assert_int_equal(record.count, sizeof flags);
    assert_int_equal(session.conn.state, RS_CLOSED);
    assert_int_equal(session_wait_us(&session), UINT64_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_leaves_as_it_was_written),
        cmocka_unit_test(test_raw_options_have_a_right_checksum),
        cmocka_unit_test(test_it_leaves_before_what_the_engine_has_to_say),
        cmocka_unit_test(test_it_is_held_in_step_mode),
        cmocka_unit_test(test_in_step_mode_the_engine_comes_after_it),
        cmocka_unit_test(test_its_purpose_is_in_the_record),
        cmocka_unit_test(test_no_bend_touches_it),
        cmocka_unit_test(test_without_an_engine_nothing_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
