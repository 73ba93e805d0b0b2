// SPDX-License-Identifier: MIT
//
// Tapes and their collation (trace/tape.h, trace/collate.h): what is kept is a copy down to the last byte, it stays
// within its bounds, and what is missing is counted.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "trace/collate.h"

enum { PLENTY = 1 << 20 };

// An event of a kind whose number tells it from the others.
static struct trace_event decision(uint32_t connection, uint64_t number) {
    struct trace_event event = {.kind = TRACE_DECISION, .connection = connection, .number = number, .at_us = number};
    event.u.decision.value = number;
    return event;
}

// Adds a segment of `data` bytes whose memory is gone when this returns.
static bool add_segment(struct tape *tape, uint64_t number, size_t data, bool apart) {
    uint8_t *bytes = malloc(40 + data), *payload = malloc(data + 1);
    struct rs_packet *packet = calloc(1, sizeof *packet);
    memset(bytes, 7, 40);
    memset(bytes + 40, 9, data);
    memset(payload, 5, data + 1);
    packet->segment.seq = 4711;
    packet->segment.payload[0] = (struct rs_span){apart ? payload : bytes + 40, data};
    struct trace_event event = {.kind = TRACE_SEEN, .number = number};
    event.u.segment = (struct trace_segment){.packet = packet, .bytes = bytes, .size = 40 + data};
    bool added = tape_add(tape, &event);
    memset(bytes, 0, 40 + data);
    free(bytes);
    free(payload);
    free(packet);
    return added;
}

static void test_a_segment_is_kept_with_its_bytes(void **state) {
    (void)state;
    for (int apart = 0; apart < 2; apart++) {
        struct tape *tape = tape_new(PLENTY);
        assert_true(add_segment(tape, 1, 13, apart));
        assert_int_equal(tape_count(tape), 1);
        const struct trace_segment *s = &tape_event(tape, 0)->u.segment;
        const struct rs_span payload = s->packet->segment.payload[0];
        assert_int_equal(s->packet->segment.seq, 4711);
        assert_int_equal(s->bytes[0], 7);
        assert_int_equal(s->bytes[52], 9);
        assert_int_equal(payload.size, 13);
        assert_int_equal(payload.bytes[12], apart ? 5 : 9);
        assert_true(apart || payload.bytes == s->bytes + 40);
        tape_free(tape);
    }
}

static char *own(const char *string) { return (char *)exact_copy((const uint8_t *)string, strlen(string) + 1); }

static void test_strings_and_lists_are_kept(void **state) {
    (void)state;
    struct tape *tape = tape_new(PLENTY);
    char *where = own("run.pcapng"), *name = own("TcpInCsumErrors"), *why = own("it does not say"),
         *said = own("Now once more.");
    uint8_t *bytes = exact_copy((const uint8_t *)"Hello", 5);
    struct trace_about about = {.source = TRACE_READ,
                                .where = where,
                                .experiment = said,
                                .server_is = name,
                                .client_is = why,
                                .client = {.port = 45708}};
    struct trace_counter *list = malloc(2 * sizeof *list);
    list[0] = (struct trace_counter){name, 2, 1};
    list[1] = (struct trace_counter){name, 3, 0};
    struct trace_socket *told = calloc(1, sizeof *told);
    told->cells[TRACE_SOCKET_RTT][TRACE_SOCKET_OURS].value = 43;
    struct trace_event events[] = {
        {.kind = TRACE_BEGIN, .u.about = &about},
        {.kind = TRACE_COUNTERS, .u.counters = {list, 2}},
        {.kind = TRACE_PEER, .u.peer.why_not = why},
        {.kind = TRACE_CALL, .u.call = {.message = bytes, .message_bytes = 5}},
        {.kind = TRACE_DATA, .u.data = {bytes, 5}},
        {.kind = TRACE_SERVER, .u.server = {.bytes = bytes, .size = 5}},
        {.kind = TRACE_ICMP, .u.icmp = {.bytes = bytes, .size = 5}},
        {.kind = TRACE_NOTE, .u.note.text = said},
        {.kind = TRACE_EVIDENCE, .u.evidence = {.expected = said, .seen = name, .holds = true}},
        {.kind = TRACE_SENT, .u.segment = {.purpose = said}},
        {.kind = TRACE_SOCKET, .u.socket = told},
    };
    for (size_t i = 0; i < COUNT(events); i++)
        assert_true(tape_add(tape, &events[i]));
    memset(&about, 0, sizeof about);
    free(where);
    free(name);
    free(why);
    free(said);
    free(bytes);
    free(list);
    free(told);
    assert_string_equal(tape_event(tape, 0)->u.about->where, "run.pcapng");
    assert_int_equal(tape_event(tape, 0)->u.about->client.port, 45708);
    assert_null(tape_event(tape, 0)->u.about->weather);
    assert_int_equal(tape_event(tape, 10)->u.socket->cells[TRACE_SOCKET_RTT][TRACE_SOCKET_OURS].value, 43);
    assert_string_equal(tape_event(tape, 1)->u.counters.list[1].name, "TcpInCsumErrors");
    assert_int_equal(tape_event(tape, 1)->u.counters.list[1].moved, 3);
    assert_string_equal(tape_event(tape, 2)->u.peer.why_not, "it does not say");
    assert_memory_equal(tape_event(tape, 3)->u.call.message, "Hello", 5);
    assert_memory_equal(tape_event(tape, 4)->u.data.bytes, "Hello", 5);
    assert_memory_equal(tape_event(tape, 5)->u.server.bytes, "Hello", 5);
    assert_memory_equal(tape_event(tape, 6)->u.icmp.bytes, "Hello", 5);
    assert_string_equal(tape_event(tape, 0)->u.about->experiment, "Now once more.");
    assert_string_equal(tape_event(tape, 0)->u.about->server_is, "TcpInCsumErrors");
    assert_string_equal(tape_event(tape, 0)->u.about->client_is, "it does not say");
    assert_string_equal(tape_event(tape, 7)->u.note.text, "Now once more.");
    assert_string_equal(tape_event(tape, 8)->u.evidence.expected, "Now once more.");
    assert_string_equal(tape_event(tape, 8)->u.evidence.seen, "TcpInCsumErrors");
    assert_true(tape_event(tape, 8)->u.evidence.holds);
    assert_string_equal(tape_event(tape, 9)->u.segment.purpose, "Now once more.");
    tape_free(tape);
}

static void test_beginning_and_end_are_kept_and_the_rest_is_counted(void **state) {
    (void)state;
    struct tape *tape = tape_new(10000);
    enum { ALL = 1000 };
    for (uint64_t i = 1; i <= ALL; i++)
        assert_true(add_segment(tape, i, 20, false));
    size_t count = tape_count(tape), gap = 0;
    while (tape_event(tape, gap)->kind != TRACE_OMITTED)
        assert_int_equal(tape_event(tape, gap)->number, gap + 1), gap++;
    assert_true(gap > 5);
    assert_true(tape_bytes(tape) < 22000);
    const struct trace_event *omitted = tape_event(tape, gap);
    assert_int_equal(omitted->u.omitted.events, ALL - (count - 1));
    assert_int_equal(omitted->u.omitted.segments, ALL - (count - 1));
    assert_int_equal(omitted->u.omitted.bytes, 20 * (ALL - (count - 1)));
    for (size_t i = gap + 1; i < count; i++)
        assert_int_equal(tape_event(tape, i)->number, ALL + 1 - (count - i));
    assert_null(tape_event(tape, count));
    tape_free(tape);
}

// Small events: the ring of the last ones is bounded by their number.
static void test_the_last_events_are_so_many(void **state) {
    (void)state;
    struct tape *tape = tape_new(64000);
    for (uint64_t i = 1; i <= 2000; i++) {
        struct trace_event event = decision(1, i);
        assert_true(tape_add(tape, &event));
    }
    size_t count = tape_count(tape);
    assert_int_equal(tape_event(tape, count - TAPE_TAIL_EVENTS - 1)->kind, TRACE_OMITTED);
    assert_int_equal(tape_event(tape, count - 1)->number, 2000);
    assert_int_equal(tape_event(tape, count - TAPE_TAIL_EVENTS)->number, 2001 - TAPE_TAIL_EVENTS);
    tape_free(tape);
}

static void test_no_room_keeps_the_first_and_the_last(void **state) {
    (void)state;
    struct tape *tape = tape_new(0);
    for (uint64_t i = 1; i <= 9; i++)
        assert_true(add_segment(tape, i, 5, false));
    assert_int_equal(tape_count(tape), 3);
    assert_int_equal(tape_event(tape, 0)->number, 1);
    assert_int_equal(tape_event(tape, 1)->u.omitted.events, 7);
    assert_int_equal(tape_event(tape, 2)->number, 9);
    tape_free(tape);
}

// A tape that was made shorter takes nothing more at its beginning, even if there is room again.
// Many tapes without room must not take 64 KB each because their last segment is so large.
static void test_no_room_keeps_no_large_segment(void **state) {
    (void)state;
    struct tape *tape = tape_new(0);
    assert_true(add_segment(tape, 1, 5, false));
    size_t empty = tape_bytes(tape);
    assert_true(add_segment(tape, 2, 1460, false)); // as large as on an ordinary wire
    assert_int_equal(tape_event(tape, 1)->number, 2);
    assert_true(add_segment(tape, 3, 65000, false));
    assert_true(tape_bytes(tape) < empty + TAPE_LAST_BYTES);
    assert_int_equal(tape_count(tape), 2);
    assert_int_equal(tape_event(tape, 1)->u.omitted.segments, 2);
    assert_int_equal(tape_event(tape, 1)->u.omitted.bytes, 1460 + 65000);
    struct trace_event event = decision(1, 4);
    assert_true(tape_add(tape, &event));
    assert_int_equal(tape_event(tape, 2)->number, 4);
    tape_free(tape);
}

// A capture that keeps only the beginning of each packet knows how large they were.
static void test_what_was_cut_counts_as_left_out_too(void **state) {
    (void)state;
    static const uint8_t bytes[40] = {0x45};
    struct rs_packet packet = {.source.family = RS_IPV4, .ip = {.total_bytes = 1040}};
    packet.segment.header_bytes = 20;
    struct trace_event event = {.kind = TRACE_SEEN};
    event.u.segment = (struct trace_segment){
        .packet = &packet, .bytes = bytes, .size = sizeof bytes, .marks = TRACE_MARK_CUT, .wire_size = 1040};
    struct tape *tape = tape_new(0);
    for (size_t i = 0; i < 4; i++)
        assert_true(tape_add(tape, &event));
    assert_int_equal(trace_data_bytes(&event.u.segment), 1000);
    assert_int_equal(tape_event(tape, 1)->u.omitted.bytes, 2000);
    tape_free(tape);
}

static void test_order_survives_another_limit(void **state) {
    (void)state;
    struct tape *tape = tape_new(PLENTY);
    uint64_t last = 0;
    for (uint64_t i = 1; i <= 300; i++) {
        struct trace_event event = decision(1, i);
        tape_limit(tape, i > 100 && i < 110 ? 0 : PLENTY);
        assert_true(tape_add(tape, &event));
    }
    for (size_t i = 0; i < tape_count(tape); i++) {
        assert_true(tape_event(tape, i)->number > last);
        last = tape_event(tape, i)->number;
    }
    assert_int_equal(last, 300);
    tape_free(tape);
}

static void count_events(void *self, const struct trace_event *event) {
    (void)event;
    ++*(size_t *)self;
}

static void test_playing_hands_on_all(void **state) {
    (void)state;
    size_t count = 0;
    struct trace_sink counter = {.self = &count, .take = count_events};
    struct tape *tape = tape_new(PLENTY);
    struct trace_sink sink = tape_sink(tape);
    for (uint64_t i = 1; i <= 12; i++) {
        struct trace_event event = decision(1, i);
        sink.take(sink.self, &event);
    }
    tape_play(tape, &counter);
    assert_int_equal(count, 12);
    tape_free(tape);
    tape_free(NULL);
}

// What a collation has handed on: the numbers of the connections, and how many events each had.
struct handed {
    size_t count;
    uint32_t connection[4];
    size_t events[4];
};

static void note(void *self, const struct tape *tape) {
    struct handed *handed = self;
    assert_true(handed->count < 4);
    handed->connection[handed->count] = tape_event(tape, 0)->connection;
    handed->events[handed->count++] = tape_count(tape);
}

static void give(struct trace_sink sink, enum trace_kind kind, uint32_t connection) {
    static const struct trace_about about = {.source = TRACE_WATCHED};
    struct trace_event event = {.kind = kind, .connection = connection};
    if (kind == TRACE_BEGIN)
        event.u.about = &about;
    sink.take(sink.self, &event);
}

static void test_connections_come_whole_and_in_the_order_of_their_ends(void **state) {
    (void)state;
    struct handed handed = {0};
    struct collate *c = collate_new(PLENTY, note, &handed);
    struct trace_sink sink = collate_sink(c);
    give(sink, TRACE_DECISION, 7); // before its beginning
    give(sink, TRACE_BEGIN, 1);
    give(sink, TRACE_BEGIN, 4097); // in the same list as 1
    give(sink, TRACE_BEGIN, 3);
    give(sink, TRACE_DECISION, 1);
    give(sink, TRACE_DECISION, 4097);
    give(sink, TRACE_DECISION, 4097);
    give(sink, TRACE_END, 4097);
    give(sink, TRACE_DECISION, 4097); // after its end
    assert_int_equal(handed.count, 1);
    assert_int_equal(handed.connection[0], 4097);
    assert_int_equal(handed.events[0], 4);
    collate_finish(c);
    assert_int_equal(handed.count, 3);
    assert_int_equal(handed.connection[1], 1);
    assert_int_equal(handed.events[1], 2);
    assert_int_equal(handed.connection[2], 3);
    assert_int_equal(handed.events[2], 1);
    collate_finish(c);
    assert_int_equal(handed.count, 3);
    collate_free(c);
}

static void test_a_number_that_begins_anew_ends_what_it_was(void **state) {
    (void)state;
    struct handed handed = {0};
    struct collate *c = collate_new(PLENTY, note, &handed);
    struct trace_sink sink = collate_sink(c);
    give(sink, TRACE_BEGIN, 1);
    give(sink, TRACE_DECISION, 1);
    give(sink, TRACE_BEGIN, 1);
    assert_int_equal(handed.count, 1);
    assert_int_equal(handed.events[0], 2);
    collate_free(c); // with one still open
    collate_free(NULL);
}

static void weigh(void *self, const struct tape *tape) { *(size_t *)self += tape_bytes(tape); }

static void test_all_tapes_together_are_bounded(void **state) {
    (void)state;
    enum { MOST = 4 << 20, CONNECTIONS = 300 }; // much more than the least that each takes
    size_t bytes = 0;
    struct collate *c = collate_new(MOST, weigh, &bytes);
    struct trace_sink sink = collate_sink(c);
    for (uint32_t n = 1; n <= CONNECTIONS; n++) {
        give(sink, TRACE_BEGIN, n);
        for (size_t i = 0; i < 500; i++)
            give(sink, TRACE_DECISION, n);
    }
    collate_finish(c);
    assert_true(bytes > MOST / 2);
    assert_true(bytes < MOST + MOST / 4);
    collate_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_segment_is_kept_with_its_bytes),
        cmocka_unit_test(test_strings_and_lists_are_kept),
        cmocka_unit_test(test_beginning_and_end_are_kept_and_the_rest_is_counted),
        cmocka_unit_test(test_the_last_events_are_so_many),
        cmocka_unit_test(test_no_room_keeps_the_first_and_the_last),
        cmocka_unit_test(test_no_room_keeps_no_large_segment),
        cmocka_unit_test(test_what_was_cut_counts_as_left_out_too),
        cmocka_unit_test(test_order_survives_another_limit),
        cmocka_unit_test(test_playing_hands_on_all),
        cmocka_unit_test(test_connections_come_whole_and_in_the_order_of_their_ends),
        cmocka_unit_test(test_a_number_that_begins_anew_ends_what_it_was),
        cmocka_unit_test(test_all_tapes_together_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
