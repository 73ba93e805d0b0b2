// SPDX-License-Identifier: MIT
//
// A listener behind a fake link: packets of many clients, interleaved; a backlog that is full; SYNs by the thousand;
// and what belongs to no connection.
#include <stdio.h>

#include "../help/cm.h"
#include "live/listener.h"

enum { BUFFER = 8192, QUEUE = 2048, SENT = 4096, BACKLOG = 3, PLACES = 6, THEIRS = 7000, SECOND = 1000000 };

static struct {
    uint8_t bytes[QUEUE][200];
    size_t size[QUEUE], first, count;
} queue;

// What has left.
static struct {
    struct rs_endpoint to;
    struct rs_segment segment;
    size_t data;
} sent[SENT];
static size_t sent_count;

static struct listener listener;
static struct trace trace;
static uint64_t now_us;
static unsigned begun, over[HOST_ABORTED + 1];
static char heard[256]; // what was read, each with its client's port

static int fake_send(void *self, const struct rs_endpoint *to, const uint8_t *bytes, size_t size) {
    struct rs_packet packet;
    (void)self;
    assert_int_equal(rs_packet_parse(bytes, size, &packet), RS_WIRE_OK);
    assert_true(sent_count < SENT);
    sent[sent_count].to = *to;
    sent[sent_count].data = rs_segment_data_bytes(&packet.segment);
    sent[sent_count++].segment = packet.segment;
    return 0;
}

static ssize_t fake_receive(void *self, uint8_t *out, size_t room) {
    (void)self;
    if (queue.first == queue.count)
        return 0;
    const size_t size = queue.size[queue.first];
    assert_true(size <= room);
    memcpy(out, queue.bytes[queue.first++], size);
    return (ssize_t)size;
}

static uint64_t fake_clock(void *self) {
    (void)self;
    return now_us;
}

static void hear(void *self, const struct trace_event *event) {
    const size_t used = strlen(heard);
    (void)self;
    if (event->kind == TRACE_DATA)
        snprintf(heard + used, sizeof heard - used, "%u:%.*s ", (unsigned)event->connection, (int)event->u.data.size,
                 (const char *)event->u.data.bytes);
}

static bool prepare(void *self, struct session_config *config) {
    (void)self;
    config->conn.iss = 1000u * config->conn.remote.port;
    config->conn.mss = config->conn.path_mss = 1460;
    config->conn.ttl = 64;
    config->clock = (struct clock){.monotonic_us = fake_clock, .wall_ns = fake_clock};
    config->trace = &trace;
    config->connection = config->conn.remote.port;
    return true;
}

static void count_begun(void *self, struct session *session) {
    (void)self, (void)session;
    begun++;
}

static void count_over(void *self, const struct host *host) {
    (void)self;
    over[host->end]++;
}

static struct rs_endpoint server_at(void) { return rs_endpoint_ipv4(192, 0, 2, 1, 1712); }

static int set_up(void **state) {
    (void)state;
    const struct listener_config config = {
        .link = {.send = fake_send, .receive = fake_receive, .fd = -1, .icmp_fd = -1, .send_fd = -1},
        .clock = {.monotonic_us = fake_clock},
        .local = server_at(),
        .backlog = BACKLOG,
        .places = PLACES,
        .send_bytes = BUFFER,
        .receive_bytes = BUFFER,
        .host = {.echo = true, .read_bytes = 1024},
        .prepare = prepare,
        .begun = count_begun,
        .over = count_over,
    };
    queue.first = queue.count = sent_count = begun = 0;
    memset(over, 0, sizeof over);
    heard[0] = '\0';
    now_us = SECOND;
    trace = (struct trace){.sinks_count = 0};
    trace_add(&trace, (struct trace_sink){.take = hear});
    return listener_open(&listener, &config) ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    listener_close(&listener);
    return 0;
}

static void arrive_from(struct rs_endpoint from, struct rs_endpoint to, uint8_t flags, uint32_t seq, uint32_t ack,
                        const char *data) {
    struct rs_packet packet = {.source = from, .destination = to, .ip = {.ttl = 64}};
    packet.segment = (struct rs_segment){
        .source_port = from.port, .destination_port = to.port, .seq = seq, .ack = ack, .flags = flags, .window = 8000};
    packet.segment.payload[0] = (struct rs_span){(const uint8_t *)data, strlen(data)};
    assert_true(queue.count < QUEUE);
    queue.size[queue.count] = rs_packet_build(&packet, queue.bytes[queue.count], sizeof *queue.bytes);
    assert_true(queue.size[queue.count++] > 0);
}

static void arrive(uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack, const char *data) {
    arrive_from(rs_endpoint_ipv4(192, 0, 2, 9, port), server_at(), flags, seq, ack, data);
}

static void go(void) {
    for (int i = 0; i < 1000 && listener_advance(&listener); i++) {
    }
}

// The last segment that left for this client.
static const struct rs_segment *last_for(uint16_t port) {
    for (size_t i = sent_count; i-- > 0;)
        if (sent[i].to.port == port)
            return &sent[i].segment;
    fail_msg("nothing was sent to port %u", (unsigned)port);
    return NULL;
}

static uint32_t ours(uint16_t port) { return 1000u * port; }

static void open_connection(uint16_t port) {
    arrive(port, RS_SYN, THEIRS, 0, "");
    go();
    assert_int_equal(last_for(port)->flags, RS_SYN | RS_ACK);
    assert_int_equal(last_for(port)->ack, THEIRS + 1);
    arrive(port, RS_ACK, THEIRS + 1, ours(port) + 1, "");
    go();
}

static void test_interleaved_clients_get_their_own(void **state) {
    (void)state;
    arrive(1, RS_SYN, THEIRS, 0, "");
    arrive(2, RS_SYN, THEIRS, 0, "");
    go();
    arrive(2, RS_ACK, THEIRS + 1, ours(2) + 1, "");
    arrive(1, RS_ACK, THEIRS + 1, ours(1) + 1, "");
    arrive(2, RS_ACK | RS_PSH, THEIRS + 1, ours(2) + 1, "two");
    arrive(1, RS_ACK | RS_PSH, THEIRS + 1, ours(1) + 1, "one");
    go();
    assert_non_null(strstr(heard, "1:one"));
    assert_non_null(strstr(heard, "2:two"));
    assert_int_equal(last_for(1)->ack, THEIRS + 4); // with the echo
    assert_int_equal(listener_open_count(&listener), 2);
    for (uint16_t port = 1; port <= 2; port++) {
        arrive(port, RS_ACK | RS_FIN, THEIRS + 4, ours(port) + 4, "");
        go();
        assert_true(last_for(port)->flags & RS_FIN);
        arrive(port, RS_ACK, THEIRS + 5, ours(port) + 5, "");
        go();
    }
    assert_int_equal(over[HOST_DONE], 2);
    assert_int_equal(listener_open_count(&listener), 0);
    assert_int_equal(listener_wait_us(&listener), UINT64_MAX);
}

static void test_what_is_beyond_the_backlog_is_not_answered(void **state) {
    (void)state;
    for (uint16_t port = 1; port <= 5; port++)
        arrive(port, RS_SYN, THEIRS, 0, "");
    go();
    assert_int_equal(begun, BACKLOG);
    assert_int_equal(sent_count, BACKLOG);
    assert_int_equal(listener.unanswered, 2);
    arrive(2, RS_ACK, THEIRS + 1, ours(2) + 1, ""); // it stands: a place in the backlog is free
    arrive(4, RS_SYN, THEIRS, 0, "");
    go();
    assert_int_equal(begun, BACKLOG + 1);
    assert_int_equal(last_for(4)->flags, RS_SYN | RS_ACK);
}

// The oldest that had to be told again gives way; what its client then says belongs to nobody.
static void test_half_open_for_long_gives_way(void **state) {
    (void)state;
    for (uint16_t port = 1; port <= BACKLOG; port++)
        arrive(port, RS_SYN, THEIRS, 0, "");
    go();
    now_us += 2 * SECOND;
    go();
    assert_int_equal(sent_count, 2 * BACKLOG); // each SYN,ACK once more
    arrive(9, RS_SYN, THEIRS, 0, "");
    go();
    assert_int_equal(over[HOST_GAVE_WAY], 1);
    assert_int_equal(last_for(9)->flags, RS_SYN | RS_ACK);
    arrive(1, RS_ACK, THEIRS + 1, ours(1) + 1, "");
    go();
    assert_int_equal(last_for(1)->flags, RS_RST);
    assert_int_equal(last_for(1)->seq, ours(1) + 1);
    assert_int_equal(listener.strays, 1);
}

static void test_a_flood_keeps_to_the_bounds(void **state) {
    (void)state;
    open_connection(60000);
    sent_count = 0;
    for (uint16_t port = 1; port <= 1500; port++)
        arrive(port, RS_SYN, THEIRS, 0, "");
    go();
    assert_int_equal(sent_count, BACKLOG);
    assert_int_equal(listener.unanswered, 1500 - BACKLOG);
    assert_int_equal(listener_open_count(&listener), BACKLOG + 1);
    arrive(60000, RS_ACK | RS_PSH, THEIRS + 1, ours(60000) + 1, "still here");
    go();
    assert_non_null(strstr(heard, "60000:still here"));
}

static void test_what_belongs_to_nobody(void **state) {
    (void)state;
    arrive(1, RS_ACK, 5, 77, "data");
    go();
    assert_int_equal(sent_count, 1); // section 3.10.7.2, second step
    assert_int_equal(last_for(1)->flags, RS_RST);
    assert_int_equal(last_for(1)->seq, 77);
    arrive(2, RS_RST | RS_ACK, 5, 77, "");
    arrive(3, RS_FIN, 5, 0, "");
    arrive(4, RS_SYN | RS_RST, 5, 0, "");
    arrive_from(rs_endpoint_ipv4(224, 0, 0, 1, 5), server_at(), RS_SYN, 5, 0, "");
    arrive_from(rs_endpoint_ipv4(192, 0, 2, 9, 6), rs_endpoint_ipv4(192, 0, 2, 2, 1712), RS_SYN, 5, 0, "");
    arrive(7, RS_SYN, 5, 0, "");
    queue.bytes[queue.count - 1][30] ^= 1; // damaged
    go();
    assert_int_equal(sent_count, 1);
    assert_int_equal(begun, 0);
}

// The next connection with the same four numbers, right behind the end of the one before.
static void test_the_same_client_again_at_once(void **state) {
    (void)state;
    open_connection(1);
    arrive(1, RS_RST, THEIRS + 1, 0, "");
    arrive(1, RS_SYN, THEIRS + 99, 0, "");
    go();
    assert_int_equal(over[HOST_FAILED], 1);
    assert_int_equal(begun, 2);
    assert_int_equal(last_for(1)->flags, RS_SYN | RS_ACK);
    assert_int_equal(last_for(1)->ack, THEIRS + 100);
    arrive(1, RS_RST, THEIRS + 100, 0, ""); // and it is taken back
    go();
    assert_int_equal(over[HOST_NOT_OPENED], 1);
    assert_int_equal(listener_open_count(&listener), 0);
}

static void test_abort_tells_all(void **state) {
    (void)state;
    open_connection(1);
    open_connection(2);
    arrive(3, RS_SYN, THEIRS, 0, "");
    go();
    assert_int_equal(listener_abort(&listener), 3);
    for (uint16_t port = 1; port <= 3; port++)
        assert_true(last_for(port)->flags & RS_RST);
    assert_int_equal(over[HOST_ABORTED], 3);
    assert_int_equal(listener_open_count(&listener), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_interleaved_clients_get_their_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_beyond_the_backlog_is_not_answered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_half_open_for_long_gives_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_flood_keeps_to_the_bounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_belongs_to_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_same_client_again_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_abort_tells_all, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
