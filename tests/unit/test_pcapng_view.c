// SPDX-License-Identifier: MIT
//
// The capture file (view/pcapng.h): a known file to the byte, what stands in it and what does not, its comments, and
// checksums that are finished. tests/json/test_views.sh lets tshark read it.
#include <stdio.h>

#include "../help/bytes.h"
#include "../help/cm.h"
#include "../help/events.h"
#include "view/pcapng.h"

static struct pcapng_view view;
static struct events events;
static uint8_t room[EVENTS_MAX * 1024 + 8 * PCAPNG_BLOCK_MAX];
static struct text text;

static void begin(size_t size, bool fix) {
    const struct pcapng_settings settings = {
        .version = "1.2.3", .command = "rawshake demo", .interface = "rawshake", .fix_checksums = fix};
    text = (struct text){.bytes = (char *)room, .size = size};
    pcapng_init(&view, &text, &settings);
}

static void take(const struct trace_event *event) {
    const struct trace_sink sink = pcapng_sink(&view);
    sink.take(sink.self, event);
}

static uint32_t get32(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t get16(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8; }

// The first bytes of every file, to the last one: a section with a comment and the program's name, and an interface.
static void test_head_of_a_known_file(void **state) {
    static const uint8_t head[] =
        "\x0a\x0d\x0d\x0a\x54\x00\x00\x00\x4d\x3c\x2b\x1a\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"
        "\x01\x00\x19\x00Written by: rawshake demo\x00\x00\x00"
        "\x04\x00\x0e\x00rawshake 1.2.3\x00\x00"
        "\x00\x00\x00\x00\x54\x00\x00\x00"
        "\x01\x00\x00\x00\x70\x00\x00\x00\x65\x00\x00\x00\x00\x00\x00\x00"
        "\x02\x00\x08\x00rawshake"
        "\x03\x00\x3e\x00IP packets as rawshake sent and saw them, without a link layer\x00\x00"
        "\x09\x00\x01\x00\x09\x00\x00\x00"
        "\x00\x00\x00\x00\x70\x00\x00";
    (void)state;
    begin(sizeof room, false);
    assert_int_equal(text.used, sizeof head);
    assert_memory_equal(room, head, sizeof head);
}

// One packet's block, found in the file.
struct block {
    const uint8_t *bytes, *packet;
    uint32_t size, captured, original;
    uint64_t ns;
    char comment[PCAPNG_COMMENT_MAX];
    uint32_t flags;
    uint64_t dropped;
    bool has_dropped;
};

static void read_options(struct block *b, const uint8_t *at, const uint8_t *end) {
    while (get16(at) != 0) {
        uint32_t code = get16(at), size = get16(at + 2), padded = (size + 3) / 4 * 4;
        assert_true(at + 4 + padded + 4 <= end);
        for (uint32_t i = size; i < padded; i++)
            assert_int_equal(at[4 + i], 0);
        if (code == 1) {
            memcpy(b->comment, at + 4, size);
            b->comment[size] = '\0';
        } else if (code == 2) {
            b->flags = get32(at + 4);
        } else if (code == 4) {
            b->has_dropped = true;
            b->dropped = get32(at + 4) | (uint64_t)get32(at + 8) << 32;
        } else {
            fail_msg("option %u", code);
        }
        at += 4 + padded;
    }
    assert_true(at + 4 == end);
}

// Reads the at-th packet, from 0, checking the lengths of all blocks up to there; false: there are not so many.
static bool packet(size_t at, struct block *out) {
    size_t offset = 0;
    for (size_t packets = 0; offset < text.used;) {
        const uint8_t *b = room + offset;
        uint32_t size = get32(b + 4);
        assert_true(size % 4 == 0 && size >= 12 && offset + size <= text.used);
        assert_int_equal(get32(b + size - 4), size);
        offset += size;
        if (get32(b) != 6 || packets++ < at)
            continue;
        *out = (struct block){.bytes = b, .size = size, .packet = b + 28};
        assert_int_equal(get32(b + 8), 0);
        out->ns = (uint64_t)get32(b + 12) << 32 | get32(b + 16);
        out->captured = get32(b + 20);
        out->original = get32(b + 24);
        read_options(out, out->packet + (out->captured + 3) / 4 * 4, b + size - 4);
        return true;
    }
    assert_int_equal(offset, text.used);
    return false;
}

static void test_a_packet(void **state) {
    const struct rs_segment fin = {.seq = EVENTS_ISS + 14,
                                   .ack = EVENTS_IRS + 1,
                                   .flags = RS_FIN | RS_ACK,
                                   .payload = {{(const uint8_t *)"!", 1}}};
    struct block b;
    (void)state;
    events.count = events.packets_count = 0;
    const struct trace_event *event = events_segment(&events, TRACE_SENT, RS_IPV4, true, &fin);
    begin(sizeof room, false);
    take(event);
    assert_true(packet(0, &b));
    assert_false(packet(1, &b));
    assert_true(packet(0, &b));
    assert_int_equal(b.ns, event->wall_ns);
    assert_int_equal(b.captured, 41);
    assert_int_equal(b.original, 41);
    assert_memory_equal(b.packet, events.bytes[0], 41);
    assert_memory_equal(b.packet + 41, "\0\0\0", 3);
    assert_int_equal(b.flags, 2); // outbound
    assert_string_equal(b.comment, rs_reason_sentence(RS_SENT_DATA));
}

// Wireshark takes what has no direction as such.
static void test_directions(void **state) {
    const struct rs_segment ack = {.seq = EVENTS_IRS + 1, .ack = EVENTS_ISS + 1, .flags = RS_ACK};
    static const enum trace_direction ways[] = {TRACE_OUTBOUND, TRACE_INBOUND, TRACE_DIRECTION_UNKNOWN};
    static const uint32_t flags[] = {2, 1, 0};
    (void)state;
    begin(sizeof room, false);
    for (size_t i = 0; i < COUNT(ways); i++) {
        struct block b;
        events.count = events.packets_count = 0;
        struct trace_event *event = events_segment(&events, TRACE_SEEN, RS_IPV6, false, &ack);
        event->u.segment.direction = ways[i];
        take(event);
        assert_true(packet(i, &b));
        assert_int_equal(b.flags, flags[i]);
    }
}

static bool should_be_there(const struct trace_event *event) {
    switch (event->kind) {
    case TRACE_SENT:
    case TRACE_RECEIVED:
    case TRACE_SEEN:
    case TRACE_IGNORED:
    case TRACE_UNTAKEN:
    case TRACE_ICMP:
        return true;
    default:
        return false;
    }
}

static const uint8_t *bytes_of(const struct trace_event *event, size_t *size) {
    bool icmp = event->kind == TRACE_ICMP;
    *size = icmp ? event->u.icmp.size : event->u.segment.size;
    return icmp ? event->u.icmp.bytes : event->u.segment.bytes;
}

// Exactly what was on the wire, in order, byte for byte; each with a comment that is UTF-8 and harmless.
static void test_what_was_on_the_wire_stands_in_the_file(void **state) {
    size_t at = 0;
    (void)state;
    begin(sizeof room, false);
    events_of_every_kind(&events);
    for (size_t i = 0; i < events.count; i++)
        take(&events.list[i]);
    assert_int_equal(text.lost, 0);
    for (size_t i = 0; i < events.count; i++) {
        struct block b;
        size_t size;
        if (!should_be_there(&events.list[i]))
            continue;
        assert_true(packet(at++, &b));
        const uint8_t *bytes = bytes_of(&events.list[i], &size);
        assert_int_equal(b.captured, size);
        assert_memory_equal(b.packet, bytes, size);
        assert_int_equal(b.ns, events.list[i].wall_ns);
        assert_in_range(strlen(b.comment), 10, 1600);
        for (const char *c = b.comment; *c; c++)
            assert_in_range((uint8_t)*c, 0x20, 0x7e);
    }
    struct block none;
    assert_true(at > 10);
    assert_false(packet(at, &none));
}

static void test_a_cut_packet_tells_how_large_it_was(void **state) {
    struct block b;
    (void)state;
    events_of_every_kind(&events);
    begin(sizeof room, true);
    for (size_t i = 0; i < events.count; i++)
        if (events.list[i].kind == TRACE_SEEN && events.list[i].u.segment.wire_size > 0)
            take(&events.list[i]);
    assert_true(packet(0, &b));
    assert_int_equal(b.captured, 64);
    assert_int_equal(b.original, 65535);
}

// The call is named once, with the first segment that comes of it.
static void test_a_segment_names_the_call_that_it_comes_of(void **state) {
    const struct rs_segment syn = {.seq = EVENTS_ISS, .flags = RS_SYN},
                            ack = {.seq = EVENTS_IRS + 1, .ack = EVENTS_ISS + 1, .flags = RS_ACK};
    struct block b;
    (void)state;
    events.count = events.packets_count = 0;
    begin(sizeof room, false);
    take(events_add(&events, (struct trace_event){.kind = TRACE_CALL, .u.call.call = TRACE_SHUTDOWN}));
    take(events_segment(&events, TRACE_SENT, RS_IPV4, true, &syn));
    take(events_segment(&events, TRACE_SENT, RS_IPV4, true, &syn));
    take(events_add(&events, (struct trace_event){.kind = TRACE_CALL, .u.call.call = TRACE_CONNECT}));
    take(events_segment(&events, TRACE_UNSENT, RS_IPV4, true, &syn));
    take(events_segment(&events, TRACE_SENT, RS_IPV4, true, &syn));
    take(events_add(&events, (struct trace_event){.kind = TRACE_CALL, .u.call.call = TRACE_CLOSE}));
    take(events_segment(&events, TRACE_SEEN, RS_IPV4, false, &ack)); // it is not the program's
    take(events_segment(&events, TRACE_SEEN, RS_IPV4, true, &syn));  // the kernel made this one
    assert_true(packet(0, &b));
    assert_memory_equal(b.comment, "The program calls shutdown(). ", 30);
    assert_true(packet(1, &b));
    assert_null(strstr(b.comment, "calls"));
    assert_true(packet(2, &b)); // the call's own segment was dropped: this is another
    assert_null(strstr(b.comment, "calls"));
    assert_true(packet(3, &b));
    assert_null(strstr(b.comment, "calls"));
    assert_true(packet(4, &b));
    assert_memory_equal(b.comment, "The program calls close(). ", 27);
}

static void test_lost_packets_are_counted_at_the_next(void **state) {
    const struct rs_segment ack = {.seq = EVENTS_IRS + 1, .ack = EVENTS_ISS + 1, .flags = RS_ACK};
    struct block b;
    (void)state;
    events.count = events.packets_count = 0;
    begin(sizeof room, false);
    take(events_add(&events, (struct trace_event){.kind = TRACE_LOST, .u.lost = {.packets = 3}}));
    take(events_add(&events, (struct trace_event){.kind = TRACE_LOST, .u.lost = {.packets = UINT64_C(1) << 32}}));
    take(events_segment(&events, TRACE_RECEIVED, RS_IPV4, false, &ack));
    take(events_segment(&events, TRACE_RECEIVED, RS_IPV4, false, &ack));
    assert_true(packet(0, &b));
    assert_true(b.has_dropped);
    assert_true(b.dropped == (UINT64_C(1) << 32) + 3);
    assert_true(packet(1, &b));
    assert_false(b.has_dropped);
}

// A segment of theirs whose checksum holds the pseudo-header's sum only, as loopback hands it over.
static const struct trace_event *unfinished(enum rs_family family, size_t data) {
    static const uint8_t payload[1460] = {1, 2, 3, 250};
    const struct rs_segment segment = {
        .seq = EVENTS_IRS + 1, .ack = EVENTS_ISS + 1, .flags = RS_PSH | RS_ACK, .payload = {{payload, data}}};
    struct trace_event *event = events_segment(&events, TRACE_RECEIVED, family, false, &segment);
    size_t at = events.packets_count - 1, ip = family == RS_IPV6 ? 40 : 20;
    struct rs_packet *p = &events.packets[at];
    uint16_t sum = rs_sum_fold(rs_sum_pseudo_header(&p->source, &p->destination, 20 + data, NULL, NULL));
    events.bytes[at][ip + 16] = (uint8_t)(sum >> 8);
    events.bytes[at][ip + 17] = (uint8_t)sum;
    assert_int_equal(rs_packet_parse(events.bytes[at], event->u.segment.size, p), RS_WIRE_OK);
    assert_int_equal(p->tcp_checksum, RS_CHECKSUM_UNFINISHED);
    return event;
}

static void test_unfinished_checksums_are_finished_if_asked(void **state) {
    static const size_t sizes[] = {0, 1, 13, 1460};
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(sizes); i++) {
        struct block b;
        struct rs_packet parsed;
        char was[16];
        events.count = events.packets_count = 0;
        const struct trace_event *event = unfinished(i % 2 ? RS_IPV6 : RS_IPV4, sizes[i / 2]);
        begin(sizeof room, true);
        take(event);
        assert_true(packet(0, &b));
        assert_int_equal(rs_packet_parse(b.packet, b.captured, &parsed), RS_WIRE_OK);
        assert_int_equal(parsed.tcp_checksum, RS_CHECKSUM_GOOD);
        snprintf(was, sizeof was, "it was 0x%04x.", (unsigned)event->u.segment.packet->segment.checksum);
        assert_non_null(strstr(b.comment, "is finished in this file"));
        assert_non_null(strstr(b.comment, was));
    }
}

static void test_unfinished_checksums_stay_as_they_were(void **state) {
    struct block b;
    (void)state;
    events.count = events.packets_count = 0;
    const struct trace_event *event = unfinished(RS_IPV4, 13);
    begin(sizeof room, false);
    take(event);
    assert_true(packet(0, &b));
    assert_memory_equal(b.packet, event->u.segment.bytes, b.captured);
    assert_non_null(strstr(b.comment, "Wireshark, if it checks, finds them incorrect or partial (--fix-checksums"));
    take(event); // once is enough
    assert_true(packet(1, &b));
    assert_null(strstr(b.comment, "checksum"));
}

// What is bad is bad in the file too.
static void test_only_unfinished_checksums_are_touched(void **state) {
    (void)state;
    events_of_every_kind(&events);
    for (size_t i = 0; i < events.count; i++) {
        const struct trace_event *event = &events.list[i];
        struct block b;
        if (!should_be_there(event) || event->kind == TRACE_ICMP ||
            event->u.segment.packet->tcp_checksum == RS_CHECKSUM_UNFINISHED)
            continue;
        begin(sizeof room, true);
        take(event);
        assert_true(packet(0, &b));
        assert_memory_equal(b.packet, event->u.segment.bytes, b.captured);
    }
}

static void test_a_block_goes_in_whole_or_not_at_all(void **state) {
    const struct rs_segment syn = {.seq = EVENTS_ISS, .flags = RS_SYN};
    struct block b;
    (void)state;
    begin(sizeof room, false);
    size_t head = text.used;
    events.count = events.packets_count = 0;
    const struct trace_event *event = events_segment(&events, TRACE_SENT, RS_IPV4, true, &syn);
    take(event);
    size_t whole = text.used;
    for (size_t size = head; size <= whole; size++) {
        begin(size, false);
        take(event);
        assert_int_equal(text.used, size < whole ? head : whole);
        assert_int_equal(text.lost, size < whole ? whole - head : 0);
        assert_int_equal(packet(0, &b), size == whole);
    }
}

static void test_names_are_utf8(void **state) {
    const struct pcapng_settings settings = {
        .version = "1", .command = "a \xff\x1b \xc3\xa9", .interface = "\xe2\x80\xae"};
    (void)state;
    text = (struct text){.bytes = (char *)room, .size = sizeof room};
    pcapng_init(&view, &text, &settings);
    assert_memory_equal(room + 28, "Written by: a \\xff\\x1b \xc3\xa9", 26);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head_of_a_known_file),
        cmocka_unit_test(test_a_packet),
        cmocka_unit_test(test_directions),
        cmocka_unit_test(test_what_was_on_the_wire_stands_in_the_file),
        cmocka_unit_test(test_a_cut_packet_tells_how_large_it_was),
        cmocka_unit_test(test_a_segment_names_the_call_that_it_comes_of),
        cmocka_unit_test(test_lost_packets_are_counted_at_the_next),
        cmocka_unit_test(test_unfinished_checksums_are_finished_if_asked),
        cmocka_unit_test(test_unfinished_checksums_stay_as_they_were),
        cmocka_unit_test(test_only_unfinished_checksums_are_touched),
        cmocka_unit_test(test_a_block_goes_in_whole_or_not_at_all),
        cmocka_unit_test(test_names_are_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
