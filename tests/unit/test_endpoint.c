// SPDX-License-Identifier: MIT
//
// Endpoints: their texts (IPv6 as RFC 5952 wants it), which addresses a connection may have, and when two are the same.
#include <arpa/inet.h>

#include "../help/bytes.h"
#include "../help/cm.h"
#include "rawshake/endpoint.h"

static struct rs_endpoint ipv6(const char *text, uint16_t port) {
    struct rs_endpoint e = {.family = RS_IPV6, .port = port};
    assert_int_equal(inet_pton(AF_INET6, text, e.addr), 1);
    return e;
}

static struct rs_endpoint ipv4(const char *text) {
    struct rs_endpoint e = {.family = RS_IPV4, .port = 80};
    assert_int_equal(inet_pton(AF_INET, text, e.addr), 1);
    return e;
}

static void test_sizes_of_addresses(void **state) {
    (void)state;
    assert_int_equal(rs_address_bytes(RS_IPV4), 4);
    assert_int_equal(rs_address_bytes(RS_IPV6), 16);
}

static void test_ipv4_texts(void **state) {
    static const struct {
        uint8_t addr[4];
        uint16_t port;
        const char *address, *endpoint;
    } cases[] = {
        {{127, 0, 0, 1}, 1712, "127.0.0.1", "127.0.0.1:1712"},
        {{0, 0, 0, 0}, 0, "0.0.0.0", "0.0.0.0:0"},
        {{255, 255, 255, 255}, 65535, "255.255.255.255", "255.255.255.255:65535"},
        {{10, 9, 100, 99}, 9, "10.9.100.99", "10.9.100.99:9"},
    };
    char text[RS_ENDPOINT_TEXT_BYTES];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const uint8_t *a = cases[i].addr;
        struct rs_endpoint e = rs_endpoint_ipv4(a[0], a[1], a[2], a[3], cases[i].port);
        assert_string_equal(rs_address_text(&e, text, sizeof text), cases[i].address);
        assert_string_equal(rs_endpoint_text(&e, text, sizeof text), cases[i].endpoint);
    }
}

static void test_ipv6_texts(void **state) {
    static const struct {
        const char *written, *expected;
    } cases[] = {
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"}, // 4.1, leading zeros; 4.2.1, as short as can be
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},             // 4.2.2, one group is not shortened
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},                      // 4.2.3, the longest run
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},                // 4.2.3, the first of equals
        {"2001:DB8:0:0:0:0:0:ABCD", "2001:db8::abcd"},                // 4.3, lower case
        {"0:0:1:2:3:4:5:6", "::1:2:3:4:5:6"},                         // a run at the beginning
        {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},                         // and at the end
        {"0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"},                       //
        {"1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"},                       //
        {"0:0:1:0:0:0:2:0", "0:0:1::2:0"},                            //
        {"fe80::a00:27ff:fe4e:66a1", "fe80::a00:27ff:fe4e:66a1"},     //
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}, //
        {"100:20:3:f000:a:b0:c00:d00d", "100:20:3:f000:a:b0:c00:d00d"}, // zeros within a group stay
    };
    char text[RS_ENDPOINT_TEXT_BYTES];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rs_endpoint e = ipv6(cases[i].written, 7);
        assert_string_equal(rs_address_text(&e, text, sizeof text), cases[i].expected);
    }
}

// The library of the system writes the same, but for addresses with an IPv4 address inside.
static void test_ipv6_texts_as_the_system_writes_them(void **state) {
    uint32_t seed = 5952;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct rs_endpoint e = {.family = RS_IPV6};
        char text[RS_ENDPOINT_TEXT_BYTES], expected[INET6_ADDRSTRLEN];
        fill_with_numbers(e.addr, sizeof e.addr, &seed);
        uint32_t zeros = next_number(&seed);
        for (size_t group = 1; group < 8; group++) // the first stays: no IPv4 inside
            if (zeros >> group & 1)
                e.addr[2 * group] = e.addr[2 * group + 1] = 0;
        e.addr[0] = 0x20;
        assert_non_null(inet_ntop(AF_INET6, e.addr, expected, sizeof expected));
        assert_string_equal(rs_address_text(&e, text, sizeof text), expected);
    }
}

static void test_ipv6_with_a_port_has_brackets(void **state) {
    char text[RS_ENDPOINT_TEXT_BYTES];
    (void)state;
    struct rs_endpoint e = ipv6("::1", 80);
    assert_string_equal(rs_endpoint_text(&e, text, sizeof text), "[::1]:80");
    e = ipv6("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535);
    assert_string_equal(rs_endpoint_text(&e, text, sizeof text), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
    assert_int_equal(strlen(text) + 1, RS_ENDPOINT_TEXT_BYTES); // the room that the header promises is enough
}

static void assert_cut_anywhere(const struct rs_endpoint *e, const char *whole) {
    for (size_t room = 0; room <= strlen(whole) + 1; room++) {
        char *text = malloc(room > 0 ? room : 1); // exactly: a byte too far is seen by a sanitizer
        assert_non_null(text);
        text[0] = '?';
        assert_ptr_equal(rs_endpoint_text(e, text, room), text);
        if (room == 0) {
            assert_int_equal(text[0], '?');
        } else {
            assert_int_equal(strlen(text), room - 1);
            assert_memory_equal(text, whole, room - 1);
        }
        free(text);
    }
}

static void test_texts_are_cut_to_the_room(void **state) {
    char text[4];
    (void)state;
    struct rs_endpoint e = rs_endpoint_ipv4(192, 168, 100, 200, 54321);
    assert_cut_anywhere(&e, "192.168.100.200:54321");
    e = ipv6("2001:db8::1", 443);
    assert_cut_anywhere(&e, "[2001:db8::1]:443");
    assert_string_equal(rs_address_text(&e, text, sizeof text), "200");
}

static void test_unicast_ipv4(void **state) {
    static const struct {
        const char *address;
        bool unicast;
    } cases[] = {
        {"0.0.0.0", false},   {"0.0.0.1", false},         {"0.255.255.255", false},   {"1.0.0.0", true},
        {"10.0.0.1", true},   {"127.0.0.1", true},        {"192.168.0.255", true},    {"223.255.255.255", true},
        {"224.0.0.0", false}, {"224.0.0.1", false},       {"239.255.255.255", false}, {"240.0.0.0", false},
        {"255.0.0.1", false}, {"255.255.255.255", false},
    };
    (void)state;
    RULE(3);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rs_endpoint e = ipv4(cases[i].address);
        if (rs_endpoint_is_unicast(&e) != cases[i].unicast)
            fail_msg("%s", cases[i].address);
    }
}

static void test_unicast_ipv6(void **state) {
    static const struct {
        const char *address;
        bool unicast;
    } cases[] = {
        {"::", false},     {"::1", true},     {"2001:db8::1", true}, {"fe80::1", true},
        {"feff::1", true}, {"ff00::", false}, {"ff02::1", false},    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},
        {"e000::1", true}, // looks like IPv4 multicast, but is not IPv4
        {"0:1::", true},
    };
    (void)state;
    RULE(3);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rs_endpoint e = ipv6(cases[i].address, 80);
        if (rs_endpoint_is_unicast(&e) != cases[i].unicast)
            fail_msg("%s", cases[i].address);
    }
}

static void test_equality_looks_at_everything(void **state) {
    (void)state;
    for (int family = RS_IPV4; family <= RS_IPV6; family += 2) {
        const struct rs_endpoint a = {
            (enum rs_family)family, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 7};
        struct rs_endpoint b = a;
        assert_true(rs_endpoint_equal(&a, &b));
        b.port = 0x0107;
        assert_false(rs_endpoint_equal(&a, &b));
        for (size_t i = 0; i < rs_address_bytes(a.family); i++) {
            b = a;
            b.addr[i] ^= 0x80;
            assert_false(rs_endpoint_equal(&a, &b));
            assert_false(rs_endpoint_equal(&b, &a));
        }
        b = a;
        b.family = a.family == RS_IPV4 ? RS_IPV6 : RS_IPV4;
        assert_false(rs_endpoint_equal(&a, &b));
    }
}

static void test_ipv4_equality_stops_at_four_bytes(void **state) {
    struct rs_endpoint a = rs_endpoint_ipv4(1, 2, 3, 4, 5), b = a;
    (void)state;
    b.addr[4] = 99; // not part of an IPv4 address
    assert_true(rs_endpoint_equal(&a, &b));
}

static void test_making_an_ipv4_endpoint(void **state) {
    static const uint8_t zeros[12];
    (void)state;
    struct rs_endpoint e = rs_endpoint_ipv4(1, 2, 3, 4, 0x1234);
    assert_int_equal(e.family, RS_IPV4);
    assert_memory_equal(e.addr, "\1\2\3\4", 4);
    assert_memory_equal(e.addr + 4, zeros, 12);
    assert_int_equal(e.port, 0x1234);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_of_addresses),
        cmocka_unit_test(test_ipv4_texts),
        cmocka_unit_test(test_ipv6_texts),
        cmocka_unit_test(test_ipv6_texts_as_the_system_writes_them),
        cmocka_unit_test(test_ipv6_with_a_port_has_brackets),
        cmocka_unit_test(test_texts_are_cut_to_the_room),
        cmocka_unit_test(test_unicast_ipv4),
        cmocka_unit_test(test_unicast_ipv6),
        cmocka_unit_test(test_equality_looks_at_everything),
        cmocka_unit_test(test_ipv4_equality_stops_at_four_bytes),
        cmocka_unit_test(test_making_an_ipv4_endpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
