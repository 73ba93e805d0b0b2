// SPDX-License-Identifier: MIT
//
// The table of connections (capture/table.h): each is found whichever end comes first, and nobody who chooses addresses
// and ports can choose where they are kept, which would make every search as long as the table.
#include "../help/cm.h"
#include "capture/table.h"

enum { MANY = 4096 };

// Ends whose numbers differ where a simple mixing of them would not: what the port has more, the address has less.
static struct rs_endpoint even(uint32_t number, uint8_t host) {
    struct rs_endpoint e = {.family = RS_IPV6, .addr = {0x20, 1, 0xd, 0xb8}, .port = (uint16_t)number};
    e.addr[5] = (uint8_t)number;
    e.addr[6] = (uint8_t)(number >> 8);
    e.addr[15] = host;
    return e;
}

static struct rs_endpoint ipv4(uint32_t address, uint32_t port) {
    return rs_endpoint_ipv4((uint8_t)(address >> 24), (uint8_t)(address >> 16), (uint8_t)(address >> 8),
                            (uint8_t)address, (uint16_t)port);
}

// The how many-th connection of a family that somebody might choose.
static void choose(int family, uint32_t i, struct rs_endpoint ends[2]) {
    uint32_t x = i & 63, y = i >> 6;
    switch (family) {
    case 0: // address and port make up for each other
        ends[0] = even(x, 1);
        ends[1] = even(y, 2);
        break;
    case 1: // one end's address has what the other's lacks
        ends[0] = ipv4(0x0a000000 + i, 80);
        ends[1] = ipv4(0x0b000000 + MANY - i, 80);
        break;
    case 2: // so have the ports
        ends[0] = ipv4(0x0a000001, 1000 + i);
        ends[1] = ipv4(0x0a000002, 1000 + MANY - i);
        break;
    default: // the upper bits alone
        ends[0] = ipv4(x << 26, 0x8000);
        ends[1] = ipv4(y << 26 | 1, 0x8000);
        break;
    }
}

static int compare(const void *a, const void *b) {
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

// By chance one in 2^32 pairs has the same hash, and one in 16384 the same 14 lowest bits of it, where searches begin.
static void test_chosen_numbers_are_spread(void **state) {
    (void)state;
    for (int family = 0; family < 4; family++) {
        struct table *table = table_new(16);
        static uint32_t hashes[MANY];
        size_t distinct = 0, places = 0;
        for (uint32_t i = 0; i < MANY; i++) {
            struct rs_endpoint ends[2];
            choose(family, i, ends);
            assert_null(table_find(table, &ends[0], &ends[1], &hashes[i]));
        }
        qsort(hashes, MANY, sizeof hashes[0], compare);
        for (uint32_t i = 0; i < MANY; i++)
            distinct += i == 0 || hashes[i] != hashes[i - 1];
        for (uint32_t i = 0; i < MANY; i++)
            hashes[i] &= 0x3fff;
        qsort(hashes, MANY, sizeof hashes[0], compare);
        for (uint32_t i = 0; i < MANY; i++)
            places += i == 0 || hashes[i] != hashes[i - 1];
        assert_true(distinct >= MANY - 8);
        assert_true(places >= MANY / 2);
        table_free(table);
    }
}

static void test_another_table_has_another_secret(void **state) {
    (void)state;
    struct table *one = table_new(16), *two = table_new(16);
    uint32_t same = 0;
    for (uint32_t i = 0; i < 64; i++) {
        struct rs_endpoint ends[2];
        uint32_t a, b;
        choose(1, i, ends);
        table_find(one, &ends[0], &ends[1], &a);
        table_find(two, &ends[0], &ends[1], &b);
        same += a == b;
    }
    assert_true(same <= 1);
    table_free(one);
    table_free(two);
}

static void test_either_end_may_come_first(void **state) {
    (void)state;
    struct table *table = table_new(MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        struct rs_endpoint ends[2];
        uint32_t hash;
        choose((int)(i & 3), i, ends);
        assert_null(table_find(table, &ends[0], &ends[1], &hash));
        struct table_entry *entry = table_add(table, hash, i + 1);
        memcpy(entry->follow.endpoint, ends, sizeof ends);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        struct rs_endpoint ends[2];
        uint32_t hash;
        choose((int)(i & 3), i, ends);
        assert_int_equal(table_find(table, &ends[0], &ends[1], &hash)->number, i + 1);
        assert_int_equal(table_find(table, &ends[1], &ends[0], &hash)->number, i + 1);
    }
    table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chosen_numbers_are_spread),
        cmocka_unit_test(test_another_table_has_another_secret),
        cmocka_unit_test(test_either_end_may_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
