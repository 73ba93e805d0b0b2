// SPDX-License-Identifier: MIT
//
// The tap against the real kernel: what it keeps and what it does not, each packet once and in order, whole, with what
// the kernel alone knows of it; and what it says when it could not keep up.
#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "net/clock.h"
#include "net/server.h"
#include "net/tap.h"
#include "rawshake/packet.h"

enum { PORT = 1712, OTHER = 1713, MANY = 20000 };

struct pair {
    int listener, client, server;
};

static struct address local(bool ipv6, uint16_t port) {
    struct address at = {.endpoint = rs_endpoint_ipv4(127, 0, 0, 1, port)};
    if (ipv6) {
        at.endpoint = (struct rs_endpoint){.family = RS_IPV6, .port = port};
        at.endpoint.addr[15] = 1;
    }
    return at;
}

static void talk(struct pair *p, const struct address *at) {
    struct net_error error;
    struct rs_endpoint from;
    const int on = 1;
    const struct kernel_address there = address_to_kernel(&at->endpoint, 0);
    p->listener = server_listen(at, &error);
    assert_true(p->listener >= 0);
    p->client = socket(address_family(at->endpoint.family), SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(address_connect(p->client, &there), 0);
    setsockopt(p->client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    p->server = server_accept(p->listener, &from);
    assert_true(p->server >= 0);
}

static void hang_up(const struct pair *p) {
    close(p->client);
    close(p->server);
    close(p->listener);
}

static void open_tap(struct tap *tap, const struct tap_config *config) {
    struct net_error error;
    if (!tap_open(tap, config, &error))
        fail_msg("%s: %s", error.what, strerror(error.number));
}

// The segments' flags as letters, in order: "S SA A". Each must parse, and be of PORT.
static void flags(struct tap *tap, char *out, size_t room) {
    const char *names = "FSRPA";
    struct tap_packet seen;
    size_t used = 0;
    while (tap_next(tap, &seen)) {
        struct rs_packet packet;
        enum rs_wire_error error = rs_packet_parse(seen.bytes, seen.size, &packet);
        assert_true(error == RS_WIRE_OK || error == RS_WIRE_BAD_TCP_CHECKSUM);
        assert_int_equal(seen.size, seen.wire_size);
        assert_true(packet.segment.source_port == PORT || packet.segment.destination_port == PORT);
        if (used > 0 && used + 1 < room)
            out[used++] = ' ';
        for (unsigned i = 0; names[i]; i++)
            if (packet.segment.flags & 1 << i && used + 1 < room)
                out[used++] = names[i];
    }
    out[used] = '\0';
}

static void test_one_connection(void **state) {
    (void)state;
    live_or_skip();
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        const struct address here = local(ipv6, PORT), other = local(ipv6, OTHER);
        struct tap tap;
        struct pair p, q;
        char seen[200];
        open_tap(&tap, &(struct tap_config){.interface = ipv6 ? NULL : "lo", .port = PORT});
        talk(&q, &other); // nobody wants to know
        talk(&p, &here);
        flags(&tap, seen, sizeof seen);
        assert_string_equal(seen, "S SA A");
        assert_int_equal(send(p.client, "Hello server!", 13, 0), 13);
        flags(&tap, seen, sizeof seen);
        assert_string_equal(seen, "PA A");
        shutdown(p.client, SHUT_WR);
        flags(&tap, seen, sizeof seen);
        assert_memory_equal(seen, "FA", 2); // its ACK may be delayed
        hang_up(&p);
        hang_up(&q);
        assert_int_equal(tap_lost(&tap), 0);
        assert_int_equal(tap_error(&tap), 0);
        tap_close(&tap);
        tap_close(&tap);
    }
}

// The time is that of the passing, from the very first packet on: not that of the reading.
static void test_times(void **state) {
    const struct address here = local(false, PORT);
    const struct clock clock = clock_real();
    struct tap tap;
    struct tap_packet seen;
    struct pair p;
    (void)state;
    live_or_skip();
    for (int round = 0; round < 20; round++) {
        open_tap(&tap, &(struct tap_config){.interface = "lo", .port = PORT});
        uint64_t before = clock.wall_ns(clock.self);
        talk(&p, &here);
        uint64_t after = clock.wall_ns(clock.self), last = before;
        usleep(2000);
        for (int i = 0; i < 3; i++) {
            assert_true(tap_next(&tap, &seen));
            assert_true(seen.wall_ns >= last && seen.wall_ns <= after);
            last = seen.wall_ns;
            assert_int_equal(seen.interface, if_nametoindex("lo"));
            assert_int_equal(seen.direction, TAP_LOOPBACK);
            assert_true(seen.unfinished); // what a kernel sends to itself nobody sums up
        }
        hang_up(&p);
        tap_close(&tap);
    }
}

// What is larger than a frame comes whole, and in its place among the small ones.
static void test_large_ones(void **state) {
    static uint8_t message[300000];
    const struct address here = local(false, PORT);
    struct tap tap;
    struct tap_packet seen;
    struct pair p;
    size_t bytes = 0, largest = 0;
    uint32_t next = 0;
    (void)state;
    live_or_skip();
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)(i * 7 + (i >> 8));
    open_tap(&tap, &(struct tap_config){.interface = "lo", .port = PORT});
    talk(&p, &here);
    for (size_t sent = 0, got = 0; got < sizeof message;) {
        static uint8_t taken[65536];
        ssize_t more = send(p.client, message + sent, sizeof message - sent, MSG_DONTWAIT);
        sent += more > 0 ? (size_t)more : 0;
        more = recv(p.server, taken, sizeof taken, 0);
        assert_true(more > 0);
        got += (size_t)more;
    }
    while (tap_next(&tap, &seen)) {
        struct rs_packet packet;
        rs_packet_parse(seen.bytes, seen.size, &packet);
        const struct rs_span *data = &packet.segment.payload[0];
        assert_int_equal(seen.size, seen.wire_size);
        largest = largest > seen.size ? largest : seen.size;
        if (packet.segment.destination_port != PORT || data->size == 0)
            continue;
        assert_true(next == 0 || packet.segment.seq == next);
        next = packet.segment.seq + (uint32_t)data->size;
        assert_memory_equal(data->bytes, message + bytes, data->size);
        bytes += data->size;
    }
    assert_int_equal(bytes, sizeof message);
    assert_true(largest > 16384);
    hang_up(&p);
    tap_close(&tap);
}

// Nobody reads, and more passes than is kept: how many were lost is said where they are missing, and none is lost
// without being counted.
static void test_overrun(void **state) {
    const struct address here = local(false, PORT);
    struct tap tap;
    struct tap_packet seen;
    struct pair p;
    char byte;
    uint64_t kept = 0, lost = 0, lost_at = 0;
    (void)state;
    live_or_skip();
    open_tap(&tap, &(struct tap_config){.interface = "lo", .port = PORT});
    talk(&p, &here);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(send(p.client, "x", 1, 0), 1);
        assert_int_equal(recv(p.server, &byte, 1, 0), 1);
    }
    for (int i = 0; i < 100 && tap_next(&tap, &seen); i++, kept++)
        assert_int_equal(seen.lost, 0);
    assert_int_equal(send(p.client, "y", 1, 0), 1); // finds room again
    while (tap_next(&tap, &seen)) {
        kept++;
        if (seen.lost > 0)
            lost_at = kept;
        lost += seen.lost;
    }
    assert_true(lost > 0);
    assert_true(lost_at > 8000); // behind those that were kept
    assert_true(kept + lost > MANY);
    assert_int_equal(tap_lost(&tap), 0);
    hang_up(&p);
    tap_close(&tap);
}

// One address alone; before it is known, nothing.
static void test_narrow(void **state) {
    const struct address here = local(false, PORT), there = local(true, PORT);
    struct address list[17];
    struct net_error error;
    struct tap tap;
    struct pair p;
    char seen[200];
    (void)state;
    live_or_skip();
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        const struct address *wanted = ipv6 ? &there : &here, *other = ipv6 ? &here : &there;
        open_tap(&tap, &(struct tap_config){.port = PORT, .wait = true});
        talk(&p, wanted);
        flags(&tap, seen, sizeof seen);
        assert_string_equal(seen, "");
        hang_up(&p);
        for (int i = 0; i < 17; i++) { // neighbours of it, and it
            list[i] = *wanted;
            list[i].endpoint.addr[ipv6 ? 14 : 2] = (uint8_t)(15 - i);
        }
        assert_true(tap_narrow(&tap, list, 16, &error));
        talk(&p, other);
        hang_up(&p);
        flags(&tap, seen, sizeof seen);
        assert_string_equal(seen, "");
        talk(&p, wanted);
        flags(&tap, seen, sizeof seen);
        assert_string_equal(seen, "S SA A");
        hang_up(&p);
        assert_false(tap_narrow(&tap, list, 17, &error));
        tap_close(&tap);
    }
}

// Of these ports, at either end, in both families; aimed again, of others.
static void test_aim(void **state) {
    struct filter_ports ports = {.count = FILTER_PORTS_MAX}, none = {.count = 0};
    (void)state;
    live_or_skip();
    for (int ipv6 = 0; ipv6 < 2; ipv6++)
        for (size_t at = 0; at < FILTER_PORTS_MAX; at += FILTER_PORTS_MAX - 1) { // the first one, and the last
            const struct address there = local(ipv6, PORT);
            struct tap tap;
            struct pair p;
            char seen[200];
            for (size_t i = 0; i < ports.count; i++)
                ports.list[i] = (uint16_t)(i == at ? PORT : OTHER + i);
            open_tap(&tap, &(struct tap_config){.wait = true});
            talk(&p, &there);
            flags(&tap, seen, sizeof seen);
            assert_string_equal(seen, "");
            hang_up(&p);
            assert_true(tap_aim(&tap, &ports));
            talk(&p, &there);
            flags(&tap, seen, sizeof seen);
            assert_string_equal(seen, "S SA A");
            hang_up(&p);
            flags(&tap, seen, sizeof seen);
            ports.list[at] = OTHER;
            assert_true(tap_aim(&tap, &ports));
            talk(&p, &there);
            hang_up(&p);
            assert_true(tap_aim(&tap, &none));
            talk(&p, &there);
            hang_up(&p);
            flags(&tap, seen, sizeof seen);
            assert_string_equal(seen, "");
            tap_close(&tap);
        }
}

static void test_a_family(void **state) {
    const struct address here = local(false, PORT), there = local(true, PORT);
    (void)state;
    live_or_skip();
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        struct tap tap;
        struct pair p;
        char seen[200];
        open_tap(&tap, &(struct tap_config){.port = PORT, .family = ipv6 ? RS_IPV6 : RS_IPV4});
        talk(&p, ipv6 ? &here : &there);
        hang_up(&p);
        flags(&tap, seen, sizeof seen);
        assert_string_equal(seen, "");
        talk(&p, ipv6 ? &there : &here);
        hang_up(&p);
        flags(&tap, seen, sizeof seen);
        assert_memory_equal(seen, "S SA A", 6);
        tap_close(&tap);
    }
}

// IPv6 extension headers stand before TCP, and the filter looks behind them.
static void test_extension_headers(void **state) {
    const struct address here = local(true, PORT);
    uint8_t options[8] = {0, 0, 1, 4, 0, 0, 0, 0}; // PadN
    struct tap tap;
    struct tap_packet seen;
    struct pair p;
    (void)state;
    live_or_skip();
    open_tap(&tap, &(struct tap_config){.interface = "lo", .port = PORT});
    talk(&p, &here);
    assert_int_equal(setsockopt(p.client, IPPROTO_IPV6, IPV6_HOPOPTS, options, sizeof options), 0);
    assert_int_equal(setsockopt(p.client, IPPROTO_IPV6, IPV6_DSTOPTS, options, sizeof options), 0);
    while (tap_next(&tap, &seen)) {
    }
    assert_int_equal(send(p.client, "x", 1, 0), 1);
    assert_true(tap_next(&tap, &seen));
    assert_int_equal(seen.bytes[6], 0);   // hop by hop
    assert_int_equal(seen.bytes[40], 60); // destination
    hang_up(&p);
    tap_close(&tap);
}

static void test_interfaces(void **state) {
    struct net_error error;
    struct tap tap;
    (void)state;
    live_or_skip();
    assert_false(tap_open(&tap, &(struct tap_config){.interface = "nowhere0", .port = PORT}, &error));
    assert_int_equal(error.number, ENODEV);
    assert_string_equal(error.what, "interface 'nowhere0'");
    assert_false(tap_open(&tap, &(struct tap_config){.interface = "longer-than-any-name", .port = PORT}, &error));
    assert_int_equal(error.number, ENODEV);
    live_loopback(false);
    bool opened = tap_open(&tap, &(struct tap_config){.interface = "lo", .port = PORT}, &error);
    live_loopback(true);
    assert_false(opened);
    assert_int_equal(error.number, ENETDOWN);
    open_tap(&tap, &(struct tap_config){.interface = "lo", .port = PORT});
    live_loopback(false);
    int number = tap_error(&tap), again = tap_error(&tap);
    live_loopback(true);
    assert_int_equal(number, ENETDOWN);
    assert_int_equal(again, 0);
    tap_close(&tap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_connection),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_large_ones),
        cmocka_unit_test(test_overrun),
        cmocka_unit_test(test_narrow),
        cmocka_unit_test(test_a_family),
        cmocka_unit_test(test_aim),
        cmocka_unit_test(test_extension_headers),
        cmocka_unit_test(test_interfaces),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
