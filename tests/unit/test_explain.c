// SPDX-License-Identifier: MIT
//
// Segments looked at closely, of kinds that no transcript has: headers between IP and TCP, an IP header that was put
// together, selective acknowledgments, scaled windows, options that cannot be. Whatever comes, it fits the screen.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "view/explain.h"

enum { ISS = 1000, IRS = 5000, COLUMNS = 80 };

static const struct rs_packet base_4 = {
    .source = {.family = RS_IPV4, .addr = {10, 0, 0, 2}, .port = 7},
    .destination = {.family = RS_IPV4, .addr = {10, 0, 0, 1}, .port = 1712},
    .ip = {.dont_fragment = true, .ttl = 64},
    .segment = {.seq = IRS + 1, .ack = ISS + 101, .flags = RS_ACK, .window = 100},
};

static const struct rs_packet base_6 = {
    .source = {.family = RS_IPV6, .addr = {0x20, 1, 0x0d, 0xb8, [15] = 2}, .port = 7},
    .destination = {.family = RS_IPV6, .addr = {0x20, 1, 0x0d, 0xb8, [15] = 1}, .port = 1712},
    .ip6 = {.flow_label = 0xabcde, .hop_limit = 64},
    .segment = {.seq = IRS + 1, .ack = ISS + 101, .flags = RS_ACK, .window = 100},
};

// A packet under the glass: its bytes, what was read of them, and what was written about it.
struct glass {
    uint8_t bytes[400];
    struct rs_packet packet;
    struct trace_segment segment;
    char text[60000];
};

static void put_word(uint8_t *bytes, size_t at, size_t value) {
    bytes[at] = (uint8_t)(value >> 8);
    bytes[at + 1] = (uint8_t)value;
}

// Line breaks and the blanks after them become one blank, so that sentences can be looked for.
static void unwrap(char *text) {
    char *out = text;
    for (const char *in = text; *in; in++) {
        bool blank = *in == ' ' || *in == '\n';
        if (!blank || (out > text && out[-1] != ' '))
            *out++ = blank ? ' ' : *in;
    }
    *out = '\0';
}

static void look(struct glass *g, size_t size) {
    struct text text = {.bytes = g->text, .size = sizeof g->text - 1, .style = {true, false, COLUMNS}};
    const struct trace_about about = {0};
    uint8_t *exact = exact_copy(g->bytes, size); // so that a sanitizer sees what is read behind it
    g->segment.packet = &g->packet;
    g->segment.bytes = exact;
    g->segment.size = size;
    g->segment.iss = ISS;
    g->segment.irs = IRS;
    g->segment.irs_known = true;
    enum rs_wire_error error = rs_packet_parse(exact, size, &g->packet);
    assert_true(error == RS_WIRE_OK || error == RS_WIRE_BAD_TCP_CHECKSUM);
    explain_fields(&text, &g->segment, &about);
    explain_boxes(&text, &g->segment);
    explain_bytes(&text, &g->segment);
    explain_checksum(&text, &g->segment);
    free(exact);
    assert_int_equal(text.lost, 0);
    g->text[text.used] = '\0';
    for (const char *line = g->text; *line;) {
        size_t length = strcspn(line, "\n");
        if (length > COLUMNS)
            print_error("too long: %.*s\n", (int)length, line);
        assert_true(length <= COLUMNS); // no glyph here takes more than one byte
        line += length + (line[length] == '\n');
    }
    unwrap(g->text);
}

static void look_at(struct glass *g, const struct rs_packet *packet) {
    size_t size = rs_packet_build(packet, g->bytes, sizeof g->bytes);
    assert_true(size > 0);
    look(g, size);
}

static void expect(const struct glass *g, const char *words) {
    if (!strstr(g->text, words))
        fail_msg("'%s' is not said in: %s", words, g->text);
}

static void expect_not(const struct glass *g, const char *words) {
    if (strstr(g->text, words))
        fail_msg("'%s' is said in: %s", words, g->text);
}

static void test_a_plain_ipv6_segment(void **state) {
    struct glass g = {.segment = {.ours = false}};
    (void)state;
    look_at(&g, &base_6);
    expect(&g, "IPv6 header, 40 bytes Version 6 4 bits IPv6");
    expect(&g, "Flow Label 0xabcde 20 bits");
    expect(&g, "Payload Length 20 16 bits bytes after this header: 20 of TCP header, 0 of data");
    expect(&g, "Source Address 2001:db8::2 128 bits the server's");
    expect(&g, "The packet's 60 bytes: 0000 60 0a bc de");
    expect(&g, "segment length in 32 bits, next header 6 2001 0db8 0000 0000 0000 0000 0000 0002 2001 0db8 0000 0000 "
               "0000 0000 0000 0001 0000 0014 0000 0006 segment: ");
    expect(&g, "All ones, so the segment is whole.");
    expect_not(&g, "Put together");
    expect_not(&g, "extension header");
}

static void test_an_ip_header_that_was_put_together(void **state) {
    struct glass g = {.segment = {.ip_rebuilt = true}};
    (void)state;
    look_at(&g, &base_6);
    expect(&g, "an IPv6 raw socket hands over no IP header. Whether extension headers stood between it and TCP, we "
               "cannot know.");
    expect(&g, "TCP; whether extension headers stood in between is unknown to us");
    expect(&g, "0 of data; extension headers, if there were any, are not counted");
    expect(&g, "Whether extension headers stood here, we cannot know.");
    expect(&g, "The packet's 60 bytes; the first 40 were put together by us");
}

static void test_extension_headers_are_named(void **state) {
    struct glass g = {.segment = {.ours = false}};
    uint8_t plain[60];
    (void)state;
    assert_int_equal(rs_packet_build(&base_6, plain, sizeof plain), 60);
    memset(g.bytes, 0, sizeof g.bytes);
    memcpy(g.bytes, plain, 40);
    memcpy(g.bytes + 64, plain + 40, 20);
    put_word(g.bytes, 4, 44);
    g.bytes[6] = 0;
    g.bytes[40] = 60; // hop-by-hop options, then 16 bytes of destination options, then TCP
    g.bytes[48] = 6;
    g.bytes[49] = 1;
    look(&g, 84);
    expect(&g, "IPv6 header, 40 bytes");
    expect(&g, "bytes after this header: 24 of extension headers, 20 of TCP header, 0 of data");
    expect(&g, "Next Header 0 8 bits Hop-by-Hop Options: an extension header stands between this header and TCP's");
    expect(&g, "Extension headers, 24 bytes Hop-by-Hop Options 8 bytes");
    expect(&g, "Destination Options 16 bytes");
    expect(&g, "0028 3c 00 00 00 00 00 00 00 Hop-by-Hop Options");
    expect(&g, "0030 06 01 00 00 00 00 00 00 Destination Options 0038 00");
    expect(&g, "0040 00 07 Source Port 7");
    expect(&g, "0000 0014 0000 0006 segment:"); // TCP's own length, not IPv6's
    expect(&g, "All ones, so the segment is whole.");
}

static void test_ip_options_of_ipv4(void **state) {
    struct glass g = {.segment = {.ours = false}};
    uint8_t plain[40];
    (void)state;
    assert_int_equal(rs_packet_build(&base_4, plain, sizeof plain), 40);
    memcpy(g.bytes, plain, 20);
    memset(g.bytes + 20, 1, 12);
    memcpy(g.bytes + 32, plain + 20, 20);
    g.bytes[0] = 0x48;
    put_word(g.bytes, 2, 52);
    put_word(g.bytes, 10, 0);
    put_word(g.bytes, 10, (uint16_t)~rs_sum_fold(rs_sum(0, g.bytes, 32, NULL, NULL)));
    look(&g, 52);
    expect(&g, "IP header, 32 bytes");
    expect(&g, "0014 01 01 01 01 01 01 01 01 IP options 001c 01 01 01 01 0020 00 07 Source Port 7");
    expect(&g, "All ones, so the segment is whole.");
}

static void test_a_damaged_segment(void **state) {
    struct glass g = {.segment = {.ours = true}};
    (void)state;
    size_t size = rs_packet_build(&base_4, g.bytes, sizeof g.bytes);
    g.bytes[size - 1] ^= 1;
    look(&g, size);
    expect(&g, "added: 0001. Not all ones: the segment is damaged");
    expect_not(&g, "this goes into the field");
}

static void test_congestion_marks(void **state) {
    static const char *const words[] = {
        "ECN 0 2 bits takes no part in congestion marking", "ECN 1 2 bits routers may mark congestion here",
        "ECN 2 2 bits routers may mark congestion here", "ECN 3 2 bits marked: it says that there was congestion"};
    struct glass g = {.segment = {.ours = true}};
    (void)state;
    for (uint8_t ecn = 0; ecn < 4; ecn++) {
        struct rs_packet packet = base_4;
        packet.ip.tos = ecn;
        look_at(&g, &packet);
        expect(&g, words[ecn]);
    }
}

static void test_scaled_windows(void **state) {
    struct glass g = {.segment = {.window_shift = 7}};
    (void)state;
    look_at(&g, &base_4);
    expect(&g, "times 128, as the window scale has it: we may send 12800 bytes more before the next ACK");
    g.segment.window_shift = 0;
    look_at(&g, &base_4);
    expect(&g, "we may send this many bytes more before the next ACK");
}

static void test_options_of_a_syn(void **state) {
    struct glass g = {.segment = {.ours = true}};
    struct rs_packet p = base_4;
    (void)state;
    p.segment.flags = RS_SYN;
    p.segment.options = (struct rs_options){.has_mss = true,
                                            .mss = 1460,
                                            .has_window_scale = true,
                                            .window_scale = 10,
                                            .sack_permitted = true,
                                            .has_timestamps = true,
                                            .ts_value = 777};
    look_at(&g, &p);
    expect(&g, "Maximum Segment Size 1460 4 bytes our end takes no more than this many bytes of data");
    expect(&g, "Window Scale 10 3 bytes if both ends send this option, the windows that we tell after our SYN count "
               "times 1024 (2 to the power of 10)");
    expect(&g, "value 777: our clock, in milliseconds; echo 0: means nothing without ACK");
    expect(&g, "SACK permitted 2 bytes our end wants to know what arrived beyond a gap");
    p.segment.options.window_scale = 15;
    look_at(&g, &p);
    expect(&g, "times 16384 (2 to the power of 15; more than 14 counts as 14)");
    p.segment.flags = RS_ACK; // where none of the three belongs
    look_at(&g, &p);
    expect(&g, "Maximum Segment Size 1460 4 bytes means nothing outside of a SYN");
    expect(&g, "Window Scale 15 3 bytes means nothing outside of a SYN");
    expect(&g, "SACK permitted 2 bytes means nothing outside of a SYN");
}

static void test_selective_acknowledgments(void **state) {
    struct glass g = {.segment = {.ours = false}};
    struct rs_packet p = base_4;
    (void)state;
    p.segment.options = (struct rs_options){.has_timestamps = true,
                                            .ts_value = 9,
                                            .ts_echo = 8,
                                            .sack_blocks = 2,
                                            .sack = {{ISS + 301, ISS + 401}, {ISS + 201, ISS + 251}}};
    look_at(&g, &p);
    expect(&g, "SACK 2 blocks 18 bytes arrived beyond a gap: 301 to 400, 201 to 250");
    expect(&g,
           "value 9: the server's clock; echo 8: a value of ours, so that we can tell how long there and back took");
    p.segment.options.sack[0] = (struct rs_sack_block){ISS + 1, ISS + 51}; // below the ACK (RFC 2883)
    look_at(&g, &p);
    expect(&g, "arrived once more than needed: 1 to 50, arrived beyond a gap: 201 to 250");
    p.segment.options.sack[0] = (struct rs_sack_block){ISS + 211, ISS + 221}; // within the second
    look_at(&g, &p);
    expect(&g, "arrived once more than needed: 211 to 220, arrived beyond a gap: 201 to 250");
    p.source = base_4.destination;
    p.destination = base_4.source;
    p.segment.seq = ISS + 1;
    p.segment.ack = IRS + 1;
    p.segment.options = (struct rs_options){.sack_blocks = 1, .sack = {{IRS + 11, IRS + 21}}};
    g.segment.ours = true; // ours count from their first number
    look_at(&g, &p);
    expect(&g, "SACK 1 block 10 bytes arrived beyond a gap: 11 to 20");
}

// A kernel that has taken a connection over has no timestamp of the other end's to give back (TCP_REPAIR has no word
// for it), and gives back zero.
static void test_an_echo_of_nothing(void **state) {
    struct glass g = {.segment = {.ours = true, .of_others = true}};
    struct rs_packet p = base_4;
    (void)state;
    p.segment.options = (struct rs_options){.has_timestamps = true, .ts_value = 9};
    look_at(&g, &p);
    expect(&g,
           "value 9: the sender's clock; echo 0: most likely it knows no value of the server's yet, as a kernel that "
           "has just taken the connection over");
    p.segment.options.ts_echo = 8;
    look_at(&g, &p);
    expect(&g, "echo 8: a value of the server's, so that it can tell how long there and back took");
}

static void test_options_that_cannot_be(void **state) {
    static const uint8_t odd[12] = {2, 3, 5, 5, 2, 8, 4, 1, 1, 77, 2, 0};
    struct glass g = {.segment = {.ours = false}};
    struct rs_packet p = base_4;
    (void)state;
    p.segment.options = (struct rs_options){.has_timestamps = true};
    size_t size = rs_packet_build(&p, g.bytes, sizeof g.bytes);
    memcpy(g.bytes + 40, odd, sizeof odd);
    look(&g, size);
    expect(&g, "Maximum Segment Size 3 bytes its length is not the one that this option has: it is stepped over");
    expect(&g, "SACK 2 bytes its length is not");
    expect(&g, "Timestamps 4 bytes its length is not");
    expect(&g, "kind 77: not known to us, so it is stepped over");
    expect(&g, "End of options");
    g.bytes[41] = 0;
    look(&g, size);
    expect(&g, "(malformed) the next option's length cannot be; the rest is not read");
}

static void test_whatever_comes_fits_the_screen(void **state) {
    uint32_t seed = 80;
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct glass g = {.segment = {.ours = round % 3 == 0, .window_shift = (uint8_t)(round % 15)}};
        struct rs_packet p = round % 2 ? base_6 : base_4;
        size_t header = round % 2 ? 40 : 20, size = header + 60 + next_number(&seed) % 200;
        uint8_t data[300];
        fill_with_numbers(data, sizeof data, &seed);
        fill_with_numbers(p.source.addr, rs_address_bytes(p.source.family), &seed);
        p.segment.payload[0] = (struct rs_span){data, size - header - 20};
        assert_int_equal(rs_packet_build(&p, g.bytes, sizeof g.bytes), size);
        fill_with_numbers(g.bytes + header, 12, &seed);
        g.bytes[header + 12] = (uint8_t)((5 + next_number(&seed) % 11) << 4); // some of the data are options now
        for (size_t at = header + 20; at < header + 60; at += 2) {
            g.bytes[at] = (uint8_t)(next_number(&seed) % 10);
            g.bytes[at + 1] = (uint8_t)(next_number(&seed) % 12);
        }
        look(&g, size);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plain_ipv6_segment),
        cmocka_unit_test(test_an_ip_header_that_was_put_together),
        cmocka_unit_test(test_extension_headers_are_named),
        cmocka_unit_test(test_ip_options_of_ipv4),
        cmocka_unit_test(test_a_damaged_segment),
        cmocka_unit_test(test_congestion_marks),
        cmocka_unit_test(test_scaled_windows),
        cmocka_unit_test(test_options_of_a_syn),
        cmocka_unit_test(test_selective_acknowledgments),
        cmocka_unit_test(test_an_echo_of_nothing),
        cmocka_unit_test(test_options_that_cannot_be),
        cmocka_unit_test(test_whatever_comes_fits_the_screen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
