// SPDX-License-Identifier: MIT
//
// Segments that leave in batches, through a fake link: in order, each once, and what the kernel has no room for later.
#include <errno.h>

#include "../help/cm.h"
#include "live/session.h"

enum { MSS = 1000, BYTES = 40 * MSS, BUFFER = 1 << 17, SEEN = 200 };

static struct {
    uint64_t now_us;
    size_t room; // packets that the kernel takes before it says `failure`
    int failure; // then
    size_t calls, seen;
    uint32_t seq[SEEN];
    uint8_t answer[100];
    size_t answer_bytes;
} world;

static struct session session;
static struct bulk bulk;
static uint8_t buffers[2][BUFFER];
static struct trace trace;

static size_t fake_send_many(void *self, const struct rs_endpoint *to, const struct iovec *packets, size_t count,
                             int *failure) {
    size_t sent = 0;
    (void)self;
    (void)to;
    world.calls++;
    for (; sent < count && world.room > 0; sent++, world.room--) {
        struct rs_packet packet;
        assert_int_equal(rs_packet_parse(packets[sent].iov_base, packets[sent].iov_len, &packet), RS_WIRE_OK);
        assert_true(world.seen < SEEN);
        world.seq[world.seen++] = packet.segment.seq;
    }
    if (sent < count)
        *failure = world.failure;
    return sent;
}

static ssize_t fake_receive(void *self, uint8_t *out, size_t room) {
    size_t size = world.answer_bytes;
    (void)self;
    assert_true(size <= room);
    memcpy(out, world.answer, size);
    world.answer_bytes = 0;
    return (ssize_t)size;
}

static uint64_t fake_clock(void *self) {
    (void)self;
    return world.now_us;
}

static void server_says(uint8_t flags, uint32_t seq, uint32_t ack) {
    const struct rs_packet packet = {
        .source = session.conn.remote,
        .destination = session.conn.local,
        .ip = {.ttl = 64},
        .segment = {.flags = flags,
                    .seq = seq,
                    .ack = ack,
                    .window = 65000,
                    .options = {.has_mss = flags & RS_SYN, .mss = MSS}},
    };
    world.answer_bytes = rs_packet_build(&packet, world.answer, sizeof world.answer);
    assert_true(world.answer_bytes > 0);
}

// An established connection whose SYN had the number 1000; no congestion window limits it.
static void begin(void) {
    const struct session_config config = {
        .conn = {.local = rs_endpoint_ipv4(192, 0, 2, 1, 40000),
                 .remote = rs_endpoint_ipv4(192, 0, 2, 2, 80),
                 .iss = 1000,
                 .mss = MSS,
                 .no_timestamps = true,
                 .send_buffer = buffers[0],
                 .send_bytes = BUFFER,
                 .receive_buffer = buffers[1],
                 .receive_bytes = BUFFER,
                 .ttl = 64},
        .bulk = &bulk,
        .link = {.send_many = fake_send_many, .receive = fake_receive, .fd = -1, .send_fd = -1},
        .clock = {NULL, fake_clock, fake_clock},
        .trace = &trace,
    };
    memset(&world, 0, sizeof world);
    memset(&bulk, 0, sizeof bulk);
    world.now_us = 1000000;
    world.room = SIZE_MAX;
    session_init(&session, &config);
    rs_conn_open(&session.conn, session_now(&session));
    session_advance(&session);
    server_says(RS_SYN | RS_ACK, 5000, 1001);
    while (session_advance(&session)) {
    }
    assert_int_equal(session.conn.state, RS_ESTABLISHED);
    session.conn.snd.cwnd = BUFFER;
    world.calls = world.seen = 0;
}

static void send_bytes(void) {
    static uint8_t bytes[BYTES];
    size_t taken;
    rs_conn_send(&session.conn, bytes, sizeof bytes, &taken);
    assert_int_equal(taken, sizeof bytes);
}

static void expect_all_in_order(void) {
    assert_int_equal(world.seen, BYTES / MSS);
    for (size_t i = 0; i < world.seen; i++)
        assert_int_equal(world.seq[i], 1001 + i * MSS);
}

static void test_one_call_for_all(void **state) {
    (void)state;
    begin();
    send_bytes();
    session_advance(&session);
    expect_all_in_order();
    assert_int_equal(world.calls, 1);
}

static void test_no_room_is_no_loss(void **state) {
    static const int failures[] = {EAGAIN, ENOBUFS};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        begin();
        send_bytes();
        world.failure = failures[i];
        world.room = 7;
        session_advance(&session);
        assert_int_equal(world.seen, 7);
        assert_true(session.blocked);
        assert_int_equal(session.link_failure, 0);
        assert_in_range(session_wait_us(&session), 1, 1000); // soon, but not at once
        session_advance(&session);
        assert_int_equal(world.seen, 7);
        world.room = SIZE_MAX;
        session_advance(&session);
        assert_false(session.blocked);
        expect_all_in_order(); // each once: nothing was sent again
        assert_true(session_wait_us(&session) > 1000);
    }
}

// A packet that the kernel refuses for another reason is lost like on the way; those behind it go.
static void test_a_refused_packet_is_lost(void **state) {
    (void)state;
    begin();
    send_bytes();
    world.failure = ENETUNREACH;
    world.room = 0;
    session_advance(&session);
    assert_int_equal(world.seen, 0);
    assert_int_equal(world.calls, BYTES / MSS);
    assert_false(session.blocked);
    world.room = SIZE_MAX;
    world.now_us += 2000000; // the timer
    session_advance(&session);
    assert_int_equal(world.seq[0], 1001);
}

static void test_a_lasting_failure_ends_it(void **state) {
    static const int failures[] = {EPERM, ENOSYS}; // a firewall's word; a sandbox's
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        begin();
        send_bytes();
        world.failure = failures[i];
        world.room = 2;
        session_advance(&session);
        assert_int_equal(session.link_failure, failures[i]);
        assert_int_equal(world.calls, 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_call_for_all),
        cmocka_unit_test(test_no_room_is_no_loss),
        cmocka_unit_test(test_a_refused_packet_is_lost),
        cmocka_unit_test(test_a_lasting_failure_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
