// SPDX-License-Identifier: MIT
//
// ICMP and ICMPv6 errors: known packets, cut at every byte, quotes of every kind, and the names of what they say.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "rawshake/icmp.h"
#include "rawshake/packet.h"

enum { TCP = 6, ICMP = 1, ICMP6 = 58 };

// 10.0.0.254 says "host unreachable" to 10.0.0.1, about the segment 9abcdef0 from its port 1712 to 10.0.0.2, port 7.
static const uint8_t known_4[56] = {0x45, 0xc0, 0x00, 0x38, 0x00, 0x01, 0x00, 0x00, 0x40, 0x01, 0x65, 0x06, 0x0a, 0x00,
                                    0x00, 0xfe, 0x0a, 0x00, 0x00, 0x01, 0x03, 0x01, 0x7c, 0x9a, 0x00, 0x00, 0x00, 0x00,
                                    0x45, 0x00, 0x00, 0x3c, 0xab, 0xcd, 0x40, 0x00, 0x40, 0x06, 0x7a, 0xec, 0x0a, 0x00,
                                    0x00, 0x01, 0x0a, 0x00, 0x00, 0x02, 0x06, 0xb0, 0x00, 0x07, 0x9a, 0xbc, 0xde, 0xf0};

// 2001:db8::fe says "address unreachable" to 2001:db8::1, about the same segment to 2001:db8::2.
static const uint8_t known_6[96] = {
    0x60, 0x00, 0x00, 0x00, 0x00,        0x38, 0x3a, 0x40, 0x20, 0x01, 0x0d, 0xb8, [23] = 0xfe,
    0x20, 0x01, 0x0d, 0xb8, [39] = 0x01, 0x01, 0x03, 0xa3, 0x02, 0x00, 0x00, 0x00, 0x00, // ICMPv6
    0x60, 0x0a, 0xbc, 0xde, 0x00,        0x14, 0x06, 0x40, 0x20, 0x01, 0x0d, 0xb8, [71] = 0x01,
    0x20, 0x01, 0x0d, 0xb8, [87] = 0x02, 0x06, 0xb0, 0x00, 0x07, 0x9a, 0xbc, 0xde, 0xf0};

static const struct rs_endpoint program_4 = {.family = RS_IPV4, .addr = {10, 0, 0, 1}, .port = 1712};
static const struct rs_endpoint server_4 = {.family = RS_IPV4, .addr = {10, 0, 0, 2}, .port = 7};
static const struct rs_endpoint router_4 = {.family = RS_IPV4, .addr = {10, 0, 0, 254}};
static const struct rs_endpoint program_6 = {.family = RS_IPV6, .addr = {0x20, 1, 0x0d, 0xb8, [15] = 1}, .port = 1712};
static const struct rs_endpoint server_6 = {.family = RS_IPV6, .addr = {0x20, 1, 0x0d, 0xb8, [15] = 2}, .port = 7};
static const struct rs_endpoint router_6 = {.family = RS_IPV6, .addr = {0x20, 1, 0x0d, 0xb8, [15] = 0xfe}};

static enum rs_wire_error parse(const uint8_t *bytes, size_t size, struct rs_icmp *out) {
    uint8_t *copy = exact_copy(bytes, size);
    memset(out, UNTOUCHED, sizeof *out);
    enum rs_wire_error error = rs_icmp_parse(copy, size, out);
    free(copy);
    return error;
}

// ---- packets to order

static void put_word(uint8_t *bytes, size_t at, size_t value) {
    bytes[at] = (uint8_t)(value >> 8);
    bytes[at + 1] = (uint8_t)value;
}

// The complement of the sum modulo 65535: another way than the library's.
static unsigned rest_of(unsigned rest, const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        rest = (rest + (i % 2 ? 1u : 256u) * bytes[i]) % 65535;
    return rest;
}

struct message {
    uint8_t bytes[1300];
    size_t size;
};

static const uint8_t segment_start[8] = {0x06, 0xb0, 0x00, 0x07, 0x9a, 0xbc, 0xde, 0xf0};

// The outer header, and an ICMP header with type, code and second word; the quote is added behind it.
static void begin(struct message *m, enum rs_family family, uint8_t type, uint8_t code, uint32_t word) {
    m->size = family == RS_IPV6 ? 48 : 28;
    memcpy(m->bytes, family == RS_IPV6 ? known_6 : known_4, m->size);
    uint8_t *icmp = m->bytes + m->size - 8;
    icmp[0] = type;
    icmp[1] = code;
    put_word(icmp, 4, word >> 16);
    put_word(icmp, 6, word & 0xffff);
}

static void add(struct message *m, const uint8_t *bytes, size_t size) {
    assert_true(m->size + size <= sizeof m->bytes);
    if (size > 0)
        memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}

static void add_quote(struct message *m, enum rs_family family) {
    if (family == RS_IPV6)
        add(m, known_6 + 48, 40);
    else
        add(m, known_4 + 28, 20);
    add(m, segment_start, sizeof segment_start);
}

static void finish(struct message *m) {
    uint8_t *b = m->bytes;
    bool ipv6 = b[0] >> 4 == 6;
    size_t header = ipv6 ? 40 : 20, size = m->size - header;
    put_word(b, ipv6 ? 4 : 2, ipv6 ? size : m->size);
    if (!ipv6) {
        put_word(b, 10, 0);
        put_word(b, 10, 65535 - rest_of(0, b, 20));
    }
    put_word(b, header + 2, 0);
    unsigned rest = ipv6 ? rest_of((unsigned)(ICMP6 + size), b + 8, 32) : 0;
    put_word(b, header + 2, 65535 - rest_of(rest, b + header, size));
}

static enum rs_wire_error error_with(enum rs_family family, uint8_t type, uint8_t code, uint32_t word,
                                     struct rs_icmp *out) {
    struct message m;
    begin(&m, family, type, code, word);
    add_quote(&m, family);
    finish(&m);
    return parse(m.bytes, m.size, out);
}

// ---- tests

static void test_the_known_ipv4_error(void **state) {
    struct rs_icmp icmp;
    (void)state;
    assert_int_equal(parse(known_4, sizeof known_4, &icmp), RS_WIRE_OK);
    assert_int_equal(icmp.family, RS_IPV4);
    assert_int_equal(icmp.type, RS_ICMP_UNREACHABLE);
    assert_int_equal(icmp.code, 1);
    assert_int_equal(icmp.mtu, 0);
    assert_true(rs_endpoint_equal(&icmp.reporter, &router_4));
    assert_true(rs_endpoint_equal(&icmp.source, &program_4));
    assert_true(rs_endpoint_equal(&icmp.destination, &server_4));
    assert_int_equal(icmp.seq, 0x9abcdef0);
    assert_string_equal(rs_icmp_name(&icmp), "host unreachable");
}

static void test_the_known_ipv6_error(void **state) {
    struct rs_icmp icmp;
    (void)state;
    assert_int_equal(parse(known_6, sizeof known_6, &icmp), RS_WIRE_OK);
    assert_int_equal(icmp.family, RS_IPV6);
    assert_int_equal(icmp.type, RS_ICMP6_UNREACHABLE);
    assert_int_equal(icmp.code, 3);
    assert_int_equal(icmp.mtu, 0);
    assert_true(rs_endpoint_equal(&icmp.reporter, &router_6));
    assert_true(rs_endpoint_equal(&icmp.source, &program_6));
    assert_true(rs_endpoint_equal(&icmp.destination, &server_6));
    assert_int_equal(icmp.seq, 0x9abcdef0);
    assert_string_equal(rs_icmp_name(&icmp), "address unreachable");
}

static void test_no_flipped_bit_passes(void **state) {
    struct rs_icmp icmp;
    uint8_t bytes[sizeof known_6];
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof known_4; bit++) {
        memcpy(bytes, known_4, sizeof known_4);
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ (0x80 >> bit % 8));
        assert_int_not_equal(parse(bytes, sizeof known_4, &icmp), RS_WIRE_OK);
    }
    for (size_t bit = 8 * 8; bit < 8 * sizeof known_6; bit++) { // behind what nothing covers
        memcpy(bytes, known_6, sizeof known_6);
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ (0x80 >> bit % 8));
        assert_int_equal(parse(bytes, sizeof known_6, &icmp), RS_WIRE_BAD_ICMP_CHECKSUM);
    }
}

static void test_cut_at_every_byte(void **state) {
    struct rs_icmp icmp;
    (void)state;
    for (size_t size = 0; size < sizeof known_4; size++)
        assert_int_equal(parse(known_4, size, &icmp), size < 20 ? RS_WIRE_SHORT_IP : RS_WIRE_BAD_TOTAL_LENGTH);
    for (size_t size = 0; size < sizeof known_6; size++)
        assert_int_equal(parse(known_6, size, &icmp), size < 40 ? RS_WIRE_SHORT_IP : RS_WIRE_BAD_TOTAL_LENGTH);
}

// The cut is hidden from IP and from the checksum.
static void assert_cut_quotes_are_refused(const uint8_t *known, size_t header, size_t whole) {
    for (size_t size = header; size <= whole; size++) {
        struct message m = {.size = 0};
        struct rs_icmp icmp;
        add(&m, known, size);
        if (size >= header + 8)
            finish(&m);
        else { // too short to have a checksum
            put_word(m.bytes, header == 40 ? 4 : 2, header == 40 ? size - 40 : size);
            if (header == 20) {
                put_word(m.bytes, 10, 0);
                put_word(m.bytes, 10, 65535 - rest_of(0, m.bytes, 20));
            }
        }
        assert_int_equal(parse(m.bytes, m.size, &icmp), size < header + 8 ? RS_WIRE_SHORT_ICMP
                                                        : size < whole    ? RS_WIRE_BAD_QUOTE
                                                                          : RS_WIRE_OK);
    }
}

static void test_cut_where_only_icmp_can_tell(void **state) {
    (void)state;
    assert_cut_quotes_are_refused(known_4, 20, sizeof known_4);
    assert_cut_quotes_are_refused(known_6, 40, sizeof known_6);
}

static void test_only_errors_are_taken(void **state) {
    struct rs_icmp icmp;
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        bool error_4 = type == 3 || type == 4 || type == 11 || type == 12, error_6 = type >= 1 && type <= 4;
        assert_int_equal(error_with(RS_IPV4, (uint8_t)type, 1, 0, &icmp), error_4 ? RS_WIRE_OK : RS_WIRE_NOT_ICMP);
        assert_int_equal(error_with(RS_IPV6, (uint8_t)type, 1, 0, &icmp), error_6 ? RS_WIRE_OK : RS_WIRE_NOT_ICMP);
    }
}

static void test_the_next_hops_mtu(void **state) {
    struct rs_icmp icmp;
    (void)state;
    assert_int_equal(error_with(RS_IPV4, RS_ICMP_UNREACHABLE, 4, 0xffff0578, &icmp), RS_WIRE_OK);
    assert_int_equal(icmp.mtu, 1400); // the upper half is not used (RFC 1191)
    error_with(RS_IPV4, RS_ICMP_UNREACHABLE, 4, 0, &icmp);
    assert_int_equal(icmp.mtu, 0); // a router from before RFC 1191
    error_with(RS_IPV4, RS_ICMP_UNREACHABLE, 1, 0xffff0578, &icmp);
    assert_int_equal(icmp.mtu, 0);
    error_with(RS_IPV4, RS_ICMP_TIME_EXCEEDED, 4, 0xffff0578, &icmp);
    assert_int_equal(icmp.mtu, 0);
    assert_int_equal(error_with(RS_IPV6, RS_ICMP6_TOO_BIG, 0, 0x00010500, &icmp), RS_WIRE_OK);
    assert_int_equal(icmp.mtu, 0x10500);
    error_with(RS_IPV6, RS_ICMP6_TOO_BIG, 7, 1280, &icmp); // the code is to be ignored (RFC 4443, section 3.2)
    assert_int_equal(icmp.mtu, 1280);
    error_with(RS_IPV6, RS_ICMP6_PARAMETER, 0, 1280, &icmp);
    assert_int_equal(icmp.mtu, 0);
}

static void test_quoted_ip_options(void **state) {
    (void)state;
    for (unsigned words = 0; words < 16; words++) {
        struct message m;
        struct rs_icmp icmp;
        uint8_t header[60];
        memset(header, 1, sizeof header);
        memcpy(header, known_4 + 28, 20);
        header[0] = (uint8_t)(0x40 | words);
        begin(&m, RS_IPV4, RS_ICMP_TIME_EXCEEDED, 0, 0);
        add(&m, header, words < 5 ? 20 : 4 * words);
        add(&m, segment_start, 8);
        finish(&m);
        assert_int_equal(parse(m.bytes, m.size, &icmp), words < 5 ? RS_WIRE_BAD_QUOTE : RS_WIRE_OK);
        if (words >= 5)
            assert_int_equal(icmp.seq, 0x9abcdef0);
    }
}

// Routers lower the time to live, and some turn the bytes of the lengths round: nobody checks a quote's checksum.
static void test_a_changed_quote_is_taken(void **state) {
    struct message m;
    struct rs_icmp icmp;
    (void)state;
    begin(&m, RS_IPV4, RS_ICMP_TIME_EXCEEDED, 0, 0);
    add_quote(&m, RS_IPV4);
    m.bytes[28 + 8] = 0;
    put_word(m.bytes, 28 + 2, 0x3c00);
    finish(&m);
    assert_int_equal(parse(m.bytes, m.size, &icmp), RS_WIRE_OK);
    put_word(m.bytes, 28 + 2, 0);
    finish(&m);
    assert_int_equal(parse(m.bytes, m.size, &icmp), RS_WIRE_OK);
}

static void test_a_whole_segment_is_quoted(void **state) {
    static const enum rs_family families[] = {RS_IPV4, RS_IPV6};
    (void)state;
    for (size_t i = 0; i < COUNT(families); i++) {
        struct message m;
        struct rs_icmp icmp;
        begin(&m, families[i], families[i] == RS_IPV6 ? 2 : 3, 4, 1400);
        add_quote(&m, families[i]);
        while (m.size < 576)
            add(&m, (const uint8_t *)"data", 4);
        finish(&m);
        assert_int_equal(parse(m.bytes, m.size, &icmp), RS_WIRE_OK);
        assert_int_equal(icmp.seq, 0x9abcdef0);
        assert_int_equal(icmp.mtu, 1400);
    }
}

static enum rs_wire_error quote_with(enum rs_family family, size_t at, uint8_t value, struct rs_icmp *out) {
    struct message m;
    begin(&m, family, 3, 1, 0);
    size_t quote = m.size;
    add_quote(&m, family);
    m.bytes[quote + at] = value;
    finish(&m);
    return parse(m.bytes, m.size, out);
}

static void test_quotes_of_something_else(void **state) {
    struct rs_icmp icmp;
    (void)state;
    for (unsigned protocol = 0; protocol < 256; protocol++) {
        bool extension = protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60;
        assert_int_equal(quote_with(RS_IPV4, 9, (uint8_t)protocol, &icmp),
                         protocol == TCP ? RS_WIRE_OK : RS_WIRE_NOT_ICMP);
        if (!extension)
            assert_int_equal(quote_with(RS_IPV6, 6, (uint8_t)protocol, &icmp),
                             protocol == TCP ? RS_WIRE_OK : RS_WIRE_NOT_ICMP);
    }
    for (unsigned version = 0; version < 16; version++) {
        assert_int_equal(quote_with(RS_IPV4, 0, (uint8_t)(version << 4 | 5), &icmp),
                         version == 4 ? RS_WIRE_OK : RS_WIRE_BAD_QUOTE);
        assert_int_equal(quote_with(RS_IPV6, 0, (uint8_t)(version << 4), &icmp),
                         version == 6 ? RS_WIRE_OK : RS_WIRE_BAD_QUOTE);
    }
}

static void test_quotes_of_fragments(void **state) {
    struct rs_icmp icmp;
    (void)state;
    assert_int_equal(quote_with(RS_IPV4, 6, 0x20, &icmp), RS_WIRE_OK); // the first piece has the ports
    assert_int_equal(quote_with(RS_IPV4, 7, 0x01, &icmp), RS_WIRE_BAD_QUOTE);
}

static enum rs_wire_error quote_with_extension(const uint8_t *extension, size_t size, uint8_t kind,
                                               struct rs_icmp *out) {
    struct message m;
    begin(&m, RS_IPV6, RS_ICMP6_UNREACHABLE, 0, 0);
    add(&m, known_6 + 48, 40);
    m.bytes[48 + 6] = kind;
    add(&m, extension, size);
    add(&m, segment_start, 8);
    finish(&m);
    return parse(m.bytes, m.size, out);
}

static void test_quoted_extension_headers(void **state) {
    static const uint8_t options[16] = {TCP, 1}, too_long[16] = {TCP, 3};
    static const uint8_t atomic[8] = {TCP}, first[8] = {TCP, [3] = 1}, later[8] = {TCP, [3] = 8};
    struct rs_icmp icmp;
    (void)state;
    assert_int_equal(quote_with_extension(options, 16, 60, &icmp), RS_WIRE_OK);
    assert_int_equal(icmp.seq, 0x9abcdef0);
    assert_int_equal(quote_with_extension(options, 16, 0, &icmp), RS_WIRE_OK);
    assert_int_equal(quote_with_extension(options, 16, 43, &icmp), RS_WIRE_OK);
    assert_int_equal(quote_with_extension(too_long, 16, 60, &icmp), RS_WIRE_BAD_QUOTE);
    assert_int_equal(quote_with_extension(atomic, 8, 44, &icmp), RS_WIRE_OK);
    assert_int_equal(quote_with_extension(first, 8, 44, &icmp), RS_WIRE_OK);
    assert_int_equal(quote_with_extension(later, 8, 44, &icmp), RS_WIRE_NOT_ICMP);
}

static void test_other_packets(void **state) {
    struct message m;
    struct rs_icmp icmp;
    (void)state;
    begin(&m, RS_IPV4, 3, 1, 0);
    add_quote(&m, RS_IPV4);
    m.bytes[9] = TCP;
    finish(&m);
    assert_int_equal(parse(m.bytes, m.size, &icmp), RS_WIRE_NOT_ICMP);
    m.bytes[9] = ICMP6; // IPv4 has another number for it
    finish(&m);
    assert_int_equal(parse(m.bytes, m.size, &icmp), RS_WIRE_NOT_ICMP);
    m.bytes[9] = ICMP;
    m.bytes[6] = 0x20; // a piece of a larger packet
    finish(&m);
    assert_int_equal(parse(m.bytes, m.size, &icmp), RS_WIRE_FRAGMENT);
    begin(&m, RS_IPV6, 1, 1, 0);
    add_quote(&m, RS_IPV6);
    m.bytes[6] = ICMP;
    finish(&m);
    assert_int_equal(parse(m.bytes, m.size, &icmp), RS_WIRE_NOT_ICMP);
}

static void test_names(void **state) {
    static const struct {
        enum rs_family family;
        uint8_t type, code;
        const char *name;
    } expected[] = {
        {RS_IPV4, 3, 0, "network unreachable"},
        {RS_IPV4, 3, 1, "host unreachable"},
        {RS_IPV4, 3, 2, "protocol unreachable"},
        {RS_IPV4, 3, 3, "port unreachable"},
        {RS_IPV4, 3, 4, "fragmentation needed"},
        {RS_IPV4, 3, 5, "source route failed"},
        {RS_IPV4, 3, 13, "administratively prohibited"},
        {RS_IPV4, 3, 16, "destination unreachable"},
        {RS_IPV4, 4, 0, "source quench"},
        {RS_IPV4, 11, 0, "time to live exceeded in transit"},
        {RS_IPV4, 11, 9, "time exceeded"},
        {RS_IPV4, 12, 1, "required IP option missing"},
        {RS_IPV6, 1, 0, "no route to destination"},
        {RS_IPV6, 1, 1, "administratively prohibited"},
        {RS_IPV6, 1, 3, "address unreachable"},
        {RS_IPV6, 1, 4, "port unreachable"},
        {RS_IPV6, 1, 255, "destination unreachable"},
        {RS_IPV6, 2, 0, "packet too big"},
        {RS_IPV6, 3, 0, "hop limit exceeded in transit"},
        {RS_IPV6, 4, 1, "unrecognized next header"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(expected); i++) {
        struct rs_icmp icmp = {.family = expected[i].family, .type = expected[i].type, .code = expected[i].code};
        assert_string_equal(rs_icmp_name(&icmp), expected[i].name);
    }
}

static void test_everything_has_a_name(void **state) {
    (void)state;
    for (unsigned family = 4; family <= 6; family += 2) {
        for (unsigned number = 0; number < 65536; number++) {
            struct rs_icmp icmp = {
                .family = (enum rs_family)family, .type = (uint8_t)(number >> 8), .code = (uint8_t)number};
            assert_true(strlen(rs_icmp_name(&icmp)) > 5);
        }
    }
}

static void test_no_bytes_at_random_are_read_too_far(void **state) {
    uint32_t seed = 792;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        enum rs_family family = round % 2 ? RS_IPV6 : RS_IPV4;
        struct message m;
        struct rs_icmp icmp;
        uint8_t quote[120];
        size_t size = next_number(&seed) % sizeof quote;
        fill_with_numbers(quote, sizeof quote, &seed);
        memcpy(quote, family == RS_IPV6 ? known_6 + 48 : known_4 + 28, 4);
        if (family == RS_IPV6)
            quote[6] = (const uint8_t[]){TCP, 60, 43, 44, 0, 17}[next_number(&seed) % 6];
        else
            quote[0] = (uint8_t)(0x40 | next_number(&seed) % 16);
        for (size_t at = 40; at + 1 < sizeof quote; at += 8) {
            quote[at] = (const uint8_t[]){TCP, 60, 43, 44}[next_number(&seed) % 4];
            quote[at + 1] %= 4;
        }
        begin(&m, family, 1 + next_number(&seed) % 4, 1, 0);
        add(&m, quote, size);
        finish(&m);
        enum rs_wire_error error = parse(m.bytes, m.size, &icmp);
        assert_true(error == RS_WIRE_OK || error == RS_WIRE_BAD_QUOTE || error == RS_WIRE_NOT_ICMP);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_known_ipv4_error),
        cmocka_unit_test(test_the_known_ipv6_error),
        cmocka_unit_test(test_no_flipped_bit_passes),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_cut_where_only_icmp_can_tell),
        cmocka_unit_test(test_only_errors_are_taken),
        cmocka_unit_test(test_the_next_hops_mtu),
        cmocka_unit_test(test_quoted_ip_options),
        cmocka_unit_test(test_a_changed_quote_is_taken),
        cmocka_unit_test(test_a_whole_segment_is_quoted),
        cmocka_unit_test(test_quotes_of_something_else),
        cmocka_unit_test(test_quotes_of_fragments),
        cmocka_unit_test(test_quoted_extension_headers),
        cmocka_unit_test(test_other_packets),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_everything_has_a_name),
        cmocka_unit_test(test_no_bytes_at_random_are_read_too_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
