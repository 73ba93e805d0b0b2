// SPDX-License-Identifier: MIT
//
// Link layers: the IP packet is found behind each of them, and nothing is taken for one that is none.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "capture/link.h"

enum { IP_BYTES = 20 };

static const uint8_t ip[IP_BYTES] = {0x45, 0, 0, 20};

// Opens a frame of these bytes and an IP header behind them.
static enum link_found open_frame(uint32_t link, const void *header, size_t size, struct passing *out) {
    static uint8_t bytes[200];
    memcpy(bytes, header, size);
    memcpy(bytes + size, ip, IP_BYTES);
    const struct capture_frame frame = {.bytes = bytes,
                                        .size = size + IP_BYTES,
                                        .wire_size = size + 1000,
                                        .wall_ns = 5,
                                        .number = 7,
                                        .link = link,
                                        .interface = 3};
    return link_open(&frame, out);
}

static void expect_ip(uint32_t link, const void *header, size_t size) {
    struct passing p;
    assert_int_equal(open_frame(link, header, size, &p), LINK_IP);
    assert_memory_equal(p.bytes, ip, IP_BYTES);
    assert_int_equal(p.size, IP_BYTES);
    assert_int_equal(p.wire_size, 1000);
    assert_int_equal(p.wall_ns, 5);
    assert_int_equal(p.frame, 7);
    assert_int_equal(p.checksum, PASSING_UNKNOWN);
}

static void expect(uint32_t link, const void *header, size_t size, enum link_found found) {
    struct passing p;
    assert_int_equal(open_frame(link, header, size, &p), found);
}

#define ADDRESSES "\1\2\3\4\5\6\7\10\11\12\13\14"

static void test_ethernet(void **state) {
    (void)state;
    expect_ip(1, ADDRESSES "\x08\x00", 14);
    expect_ip(1, ADDRESSES "\x86\xdd", 14);
    expect_ip(1, ADDRESSES "\x81\x00\x00\x07\x08\x00", 18);
    expect_ip(1, ADDRESSES "\x88\xa8\x00\x07\x81\x00\x00\x08\x86\xdd", 22);
    expect_ip(1, ADDRESSES "\x91\x00\x00\x07\x92\x00\x00\x08\x81\x00\x00\x09\x08\x00", 26);
    expect(1, ADDRESSES "\x08\x06", 14, LINK_OTHER);                 // ARP
    expect(1, ADDRESSES "\x00\x20", 14, LINK_OTHER);                 // a length: 802.3
    expect(1, ADDRESSES "\x81\x00\x00\x07\x08\x06", 18, LINK_OTHER); // ARP in a VLAN
}

// Kind of packet, kind of link, length and bytes of the address, protocol.
#define SLL(KIND, PROTOCOL) "\0" KIND "\0\1\0\6\1\2\3\4\5\6\0\0" PROTOCOL
// Protocol, nothing, interface, kind of link, kind of packet, length and bytes of the address.
#define SLL2(PROTOCOL, KIND) PROTOCOL "\0\0\0\0\0\2\0\1" KIND "\6\1\2\3\4\5\6\0\0"

static void test_linux_cooked(void **state) {
    struct passing p;
    (void)state;
    expect_ip(113, SLL("\0", "\x08\x00"), 16);
    expect_ip(113, SLL("\4", "\x86\xdd"), 16);
    expect_ip(113, SLL("\0", "\x81\x00") "\0\7\x08\x00", 20);
    expect(113, SLL("\0", "\x08\x06"), 16, LINK_OTHER);
    expect(113, SLL("\0", "\x00\x04"), 16, LINK_OTHER); // 802.2
    expect_ip(276, SLL2("\x08\x00", "\0"), 20);
    expect_ip(276, SLL2("\x86\xdd", "\4"), 20);
    expect(276, SLL2("\x08\x06", "\0"), 20, LINK_OTHER);
    open_frame(113, SLL("\0", "\x08\x00"), 16, &p);
    assert_int_equal(p.direction, TRACE_INBOUND);
    assert_int_equal(p.interface, 3);
    open_frame(113, SLL("\4", "\x08\x00"), 16, &p);
    assert_int_equal(p.direction, TRACE_OUTBOUND);
    open_frame(113, SLL("\3", "\x08\x00"), 16, &p); // to somebody else
    assert_int_equal(p.direction, TRACE_DIRECTION_UNKNOWN);
    open_frame(276, SLL2("\x08\x00", "\4"), 20, &p);
    assert_int_equal(p.direction, TRACE_OUTBOUND);
    assert_int_not_equal(p.interface, 3); // the interface of the frame itself tells places apart
}

static void test_raw(void **state) {
    static const uint32_t links[] = {12, 14, 101, 228, 229};
    (void)state;
    for (size_t i = 0; i < COUNT(links); i++)
        expect_ip(links[i], "", 0);
}

static void test_loopback(void **state) {
    static const char *const numbers[] = {"\2\0\0\0",   "\0\0\0\2",   "\12\0\0\0",  "\0\0\0\12",  "\x17\0\0\0",
                                          "\x18\0\0\0", "\x1c\0\0\0", "\x1e\0\0\0", "\0\0\0\x1e", "\0\0\0\x18"};
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        expect_ip(0, numbers[i], 4);
        expect_ip(108, numbers[i], 4);
    }
    expect(0, "\0\0\0\1", 4, LINK_OTHER);
    expect(108, "\x23\0\0\0", 4, LINK_OTHER);
}

static void test_others_are_named(void **state) {
    (void)state;
    expect(105, "", 0, LINK_UNKNOWN);
    expect(UINT32_MAX, "", 0, LINK_UNKNOWN);
    assert_string_equal(link_name(105), "IEEE 802.11");
    assert_string_equal(link_name(1), "Ethernet");
    assert_null(link_name(9999));
}

// Nothing beyond the frame is read, and less than the header is no packet.
static void test_cut_at_every_byte(void **state) {
    static const struct {
        uint32_t link;
        const char *header;
        size_t size;
    } frames[] = {{1, ADDRESSES "\x88\xa8\x00\x07\x81\x00\x00\x08\x86\xdd", 22},
                  {113, SLL("\0", "\x81\x00") "\0\7\x08\x00", 20},
                  {276, SLL2("\x81\x00", "\4") "\0\7\x08\x00", 24},
                  {0, "\2\0\0\0", 4},
                  {101, "", 0}};
    (void)state;
    for (size_t i = 0; i < COUNT(frames); i++)
        for (size_t size = 0; size <= frames[i].size + 1; size++) {
            uint8_t whole[64] = {0};
            struct passing p;
            memcpy(whole, frames[i].header, frames[i].size);
            uint8_t *bytes = exact_copy(whole, size);
            const struct capture_frame frame = {.bytes = bytes, .size = size, .wire_size = 60, .link = frames[i].link};
            assert_int_equal(link_open(&frame, &p), size > frames[i].size ? LINK_IP : LINK_CUT);
            free(bytes);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ethernet),
        cmocka_unit_test(test_linux_cooked),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_loopback),
        cmocka_unit_test(test_others_are_named),
        cmocka_unit_test(test_cut_at_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
