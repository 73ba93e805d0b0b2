// SPDX-License-Identifier: MIT
//
// What a program has chosen for its socket (run/choices.h): the kernel's SYN with it, as it passes the wire, and the
// one that our engine makes of the same choices, field by field; and the window of the third segment, the first that is
// told in units. And when the kernel gives up.
#include "run/choices.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../help/capture.h"
#include "../help/cm.h"
#include "../help/live.h"
#include "live/usual.h"
#include "net/habits.h"
#include "net/route.h"

#ifndef TCP_TX_DELAY
#define TCP_TX_DELAY 37
#endif

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif

enum { PORT = 1712, BUFFER = 4 << 20, PATIENCE_MS = 5000 };

static struct capture captured;

struct choice {
    int level, name, value;
};

static int new_socket(enum rs_family family) {
    int fd = socket(family == RS_IPV6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    return fd;
}

static struct address target(enum rs_family family) {
    struct address to = {.endpoint = rs_endpoint_ipv4(127, 0, 0, 1, PORT)};
    if (family == RS_IPV6)
        to.endpoint = (struct rs_endpoint){.family = RS_IPV6, .port = PORT, .addr = {[15] = 1}};
    return to;
}

static bool choose(int fd, const struct choice *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (setsockopt(fd, list[i].level, list[i].name, &list[i].value, sizeof list[i].value) != 0)
            return false;
    return true;
}

// The first SYN that passes then; what answered the one before may come late. Nobody listens.
static struct rs_packet syn_of_the_kernel(int fd, enum rs_family family) {
    const struct address to = target(family);
    const struct kernel_address name = address_to_kernel(&to.endpoint, 0);
    unsigned next = captured.count;
    connect(fd, (const struct sockaddr *)&name.bytes, name.size);
    for (int i = 0; i < PATIENCE_MS; i++, usleep(1000)) {
        capture_read(&captured);
        for (; next < captured.count; next++)
            if (captured.seen[next].packet.segment.flags == RS_SYN)
                return captured.seen[next].packet;
    }
    fail_msg("no SYN has passed");
    return captured.seen[0].packet;
}

static struct rs_conn conn;

static struct rs_packet next_of_ours(void) {
    static uint8_t packet[RS_CONN_PACKET_ROOM(0)];
    struct rs_packet read;
    const size_t size = rs_conn_poll_packet(&conn, 0, packet, sizeof packet);
    assert_int_equal(rs_packet_parse(packet, size, &read), RS_WIRE_OK);
    return read;
}

static struct rs_packet syn_of_ours(int fd, enum rs_family family) {
    static uint8_t receive_buffer[BUFFER], send_buffer[1];
    const struct address to = target(family);
    struct notification_choices choices;
    struct net_error error;
    struct route route;
    int fresh = new_socket(family);
    assert_true(choices_read(fd, fresh, family, &choices));
    close(fresh);
    assert_true(route_find(&to, &route, &error));
    struct rs_conn_config config = {.local = route.source,
                                    .remote = to.endpoint,
                                    .receive_buffer = receive_buffer,
                                    .receive_bytes = sizeof receive_buffer,
                                    .send_buffer = send_buffer,
                                    .send_bytes = sizeof send_buffer};
    config.local.port = 40000;
    usual_path(&config, route.mtu, route.announced_mss, route.ttl);
    const struct habits habits = habits_read();
    usual_habits_of(&config, &habits);
    choices_apply(&choices, &habits, &config);
    rs_conn_init(&conn, &config);
    assert_int_equal(rs_conn_open(&conn, 0), RS_CALL_OK);
    return next_of_ours();
}

static void expect_same(const struct rs_packet *a, const struct rs_packet *b, bool ipv6) {
    const struct rs_segment *s = &a->segment, *t = &b->segment;
    if (ipv6) {
        assert_int_equal(a->ip6.hop_limit, b->ip6.hop_limit);
        assert_int_equal(a->ip6.traffic_class, b->ip6.traffic_class);
    } else {
        assert_int_equal(a->ip.ttl, b->ip.ttl);
        assert_int_equal(a->ip.tos, b->ip.tos);
        assert_int_equal(a->ip.dont_fragment, b->ip.dont_fragment);
    }
    assert_int_equal(s->flags, t->flags);
    assert_int_equal(s->window, t->window);
    assert_int_equal(s->options.mss, t->options.mss);
    assert_int_equal(s->options.has_window_scale, t->options.has_window_scale);
    assert_int_equal(s->options.window_scale, t->options.window_scale);
    assert_int_equal(s->options.order_count, t->options.order_count);
    assert_memory_equal(s->options.order, t->options.order, s->options.order_count);
}

// Before Linux 5.14 nobody can tell a buffer that was chosen from one that is as large by itself.
static bool can_be_told(int fd, enum rs_family family, const struct choice *list, size_t count) {
    int locks, chosen = 0, usual = 0, fresh = new_socket(family);
    if (getsockopt(fd, SOL_SOCKET, SO_BUF_LOCK, &locks, &(socklen_t){sizeof locks}) == 0)
        return close(fresh) == 0;
    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &chosen, &(socklen_t){sizeof chosen});
    getsockopt(fresh, SOL_SOCKET, SO_RCVBUF, &usual, &(socklen_t){sizeof usual});
    close(fresh);
    for (size_t i = 0; i < count; i++)
        if (list[i].level == SOL_SOCKET && list[i].name == SO_RCVBUF && chosen == usual)
            return false;
    return true;
}

static void compare(enum rs_family family, const struct choice *list, size_t count) {
    int fd = new_socket(family);
    if (choose(fd, list, count) && can_be_told(fd, family, list, count)) { // an older kernel may not have it
        const struct rs_packet ours = syn_of_ours(fd, family), kernels = syn_of_the_kernel(fd, family);
        expect_same(&kernels, &ours, family == RS_IPV6);
    }
    close(fd);
}

static void compare_each(int level, int name, const int *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct choice choice = {level, name, values[i]};
        compare(RS_IPV4, &choice, 1);
        compare(RS_IPV6, &choice, 1);
    }
}

#define VALUES(...) (const int[]){__VA_ARGS__}, sizeof(int[]){__VA_ARGS__} / sizeof(int)

static void begin(void) {
    live_or_skip();
    capture_begin(&captured, "lo", PORT);
}

static void compare_all(void) {
    const struct choice both[] = {{SOL_SOCKET, SO_RCVBUF, 32768}, {IPPROTO_TCP, TCP_WINDOW_CLAMP, 5000}};
    const struct choice three[] = {
        {SOL_SOCKET, SO_RCVBUF, 100000}, {IPPROTO_TCP, TCP_MAXSEG, 700}, {IPPROTO_IP, IP_TOS, 0x10}};
    compare(RS_IPV4, NULL, 0);
    compare(RS_IPV6, NULL, 0);
    compare_each(SOL_SOCKET, SO_RCVBUF,
                 VALUES(1, 2048, 4096, 10000, 16384, 32768, 40000, 65536, 70000, 131072, 1 << 20, 4 << 20));
    compare_each(IPPROTO_TCP, TCP_WINDOW_CLAMP, VALUES(1, 1000, 1460, 4096, 20000, 65535, 65536, 70000, 1 << 20));
    compare_each(IPPROTO_TCP, TCP_MAXSEG, VALUES(88, 100, 535, 537, 1000, 1460, 9000, 32767));
    compare(RS_IPV4, both, 2);
    compare(RS_IPV6, both, 2);
    compare(RS_IPV4, three, 3);
}

static void test_buffers_and_segments(void **state) {
    (void)state;
    begin();
    compare_all();
    capture_end(&captured);
}

// ---- the third segment

static uint16_t port_of(int fd) {
    struct sockaddr_in6 name; // the port stands where that of IPv4 does
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &(socklen_t){sizeof name}), 0);
    return ntohs(name.sin6_port);
}

// Of this connection: the one before it may still be closing.
static struct rs_packet next_with(uint8_t flags, uint16_t port, unsigned *next) {
    for (int i = 0; i < PATIENCE_MS; i++, usleep(1000)) {
        capture_read(&captured);
        while (*next < captured.count) {
            const struct rs_segment *s = &captured.seen[(*next)++].packet.segment;
            if (s->flags == flags && (s->source_port == port || s->destination_port == port))
                return captured.seen[*next - 1].packet;
        }
    }
    fail_msg("no segment with flags %#x has passed", (unsigned)flags);
    return captured.seen[0].packet;
}

// The window of both third segments in bytes: the kernel's server answers the kernel's SYN, and what it answers is
// given to our engine as well.
struct thirds {
    bool comparable;
    uint32_t kernels, ours;
};

static struct thirds third_segments(enum rs_family family, const struct choice *list, size_t count) {
    const struct address to = target(family);
    const struct kernel_address name = address_to_kernel(&to.endpoint, 0);
    int fd = new_socket(family);
    assert_true(choose(fd, list, count));
    const bool comparable = can_be_told(fd, family, list, count);
    const struct rs_packet syn = syn_of_ours(fd, family);
    capture_read(&captured);
    unsigned next = captured.count;
    connect(fd, (const struct sockaddr *)&name.bytes, name.size);
    struct rs_packet answer = next_with(RS_SYN | RS_ACK, port_of(fd), &next);
    const struct rs_packet kernels = next_with(RS_ACK, port_of(fd), &next);
    answer.segment.destination_port = syn.segment.source_port;
    answer.segment.ack = syn.segment.seq + 1;
    answer.segment.options.ts_echo = syn.segment.options.ts_value;
    rs_conn_input(&conn, &to.endpoint, &answer.segment, 0);
    const struct rs_packet ours = next_of_ours();
    assert_int_equal(ours.segment.flags, RS_ACK);
    close(fd);
    const uint8_t scale = syn.segment.options.window_scale;
    return (struct thirds){comparable, (uint32_t)kernels.segment.window << scale,
                           (uint32_t)ours.segment.window << scale};
}

// Linux 6.1 does not say yet that there is more than 64 KiB, however much the program has chosen (docs/kernels.md).
static bool kernel_is_modest(void) {
    const struct choice much = {SOL_SOCKET, SO_RCVBUF, 200000};
    return third_segments(RS_IPV4, &much, 1).kernels <= 65536;
}

static void compare_third(enum rs_family family, const struct choice *list, size_t count) {
    const struct thirds t = third_segments(family, list, count);
    if (!t.comparable || (t.kernels <= 65536 && t.ours > 65536 && kernel_is_modest()))
        return;
    if (list && t.kernels != t.ours)
        print_error("option %d, value %d:\n", list->name, list->value);
    assert_int_equal(t.ours, t.kernels);
}

static void accept_all(int listener) {
    int fd;
    while ((fd = accept(listener, NULL, NULL)) >= 0)
        close(fd);
}

static void compare_thirds(void) {
    static const int buffers[] = {1, 4096, 20000, 65536, 70000, 80000, 90000, 100000, 131072, 150000, 196608, 200000};
    const struct choice small[] = {{IPPROTO_TCP, TCP_MAXSEG, 700}, {SOL_SOCKET, SO_RCVBUF, 90000}};
    const struct choice clamp = {IPPROTO_TCP, TCP_WINDOW_CLAMP, 50000};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) {
        const struct choice buffer = {SOL_SOCKET, SO_RCVBUF, buffers[i]};
        compare_third(RS_IPV4, &buffer, 1);
        compare_third(RS_IPV6, &buffer, 1);
    }
    compare_third(RS_IPV4, small, 2);
    compare_third(RS_IPV4, &clamp, 1);
    compare_third(RS_IPV4, NULL, 0);
}

static void test_the_third_segment(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server_at("::", PORT, accept_all);
    capture_begin(&captured, "lo", PORT);
    compare_thirds();
    live_do("ip link set lo mtu 9000");
    compare_thirds();
    live_do("ip link set lo mtu 65536");
    capture_end(&captured);
    live_server_end(server);
}

static void test_the_same_where_segments_are_small(void **state) {
    (void)state;
    begin();
    live_do("ip link set lo mtu 1500");
    compare_all();
    live_do("ip link set lo mtu 65536");
    capture_end(&captured);
}

static void test_the_same_with_other_settings(void **state) {
    (void)state;
    begin();
    live_setting("/proc/sys/net/ipv4/tcp_window_scaling", "0");
    compare_all();
    live_setting("/proc/sys/net/ipv4/tcp_window_scaling", "1");
    live_setting("/proc/sys/net/ipv4/tcp_rmem", "4096 20000 100000");
    compare_all();
    live_setting("/proc/sys/net/ipv4/tcp_rmem", "4096 131072 33554432");
    capture_end(&captured);
}

static void test_the_packet_around_it(void **state) {
    static const struct choice six[] = {{IPPROTO_IPV6, IPV6_UNICAST_HOPS, 7}, {IPPROTO_IPV6, IPV6_TCLASS, 0xff}};
    (void)state;
    begin();
    for (int value = 1; value < 256; value += 127) {
        compare(RS_IPV4, &(struct choice){IPPROTO_IP, IP_TTL, value}, 1);
        compare(RS_IPV4, &(struct choice){IPPROTO_IP, IP_TOS, value}, 1);
        compare(RS_IPV6, &(struct choice){IPPROTO_IPV6, IPV6_UNICAST_HOPS, value}, 1);
        compare(RS_IPV6, &(struct choice){IPPROTO_IPV6, IPV6_TCLASS, value}, 1);
    }
    compare(RS_IPV6, six, 2);
    compare(RS_IPV4, &(struct choice){IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO}, 1);
    capture_end(&captured);
}

static bool is_special(enum rs_family family, const struct choice *choice) {
    struct notification_choices choices;
    int fd = new_socket(family), fresh = new_socket(family);
    if (!choose(fd, choice, 1))
        skip();
    bool special = !choices_read(fd, fresh, family, &choices);
    close(fd);
    close(fresh);
    return special;
}

static void test_what_only_the_kernel_can_do(void **state) {
    static const struct choice list[] = {
        {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT},
        {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE},
        {IPPROTO_IP, IP_MINTTL, 255},
        {IPPROTO_TCP, TCP_QUICKACK, 0},
        {IPPROTO_TCP, TCP_DEFER_ACCEPT, 1},
        {SOL_SOCKET, SO_DONTROUTE, 1},
        {SOL_SOCKET, SO_MARK, 7},
        {IPPROTO_IP, IP_TRANSPARENT, 1},
    };
    static const struct choice not [] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},   {SOL_SOCKET, SO_KEEPALIVE, 1},          {SOL_SOCKET, SO_REUSEADDR, 1},
        {SOL_SOCKET, SO_SNDBUF, 100000}, {IPPROTO_TCP, TCP_KEEPIDLE, 10},        {SOL_SOCKET, SO_PRIORITY, 4},
        {SOL_SOCKET, SO_RCVBUF, 100000}, {IPPROTO_TCP, TCP_USER_TIMEOUT, 10000}, {IPPROTO_IP, IP_TTL, 5},
    };
    (void)state;
    live_or_skip();
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (!is_special(RS_IPV4, &list[i]))
            fail_msg("option %d of level %d is the kernel's", list[i].name, list[i].level);
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        if (is_special(RS_IPV4, &not [i]))
            fail_msg("option %d of level %d is no matter of the kernel's alone", not [i].name, not [i].level);
    assert_true(is_special(RS_IPV6, &(struct choice){IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE}));
}

static void test_options_of_its_packets(void **state) {
    static const uint8_t options[4] = {1, 1, 1, 0}, header[8] = {0};
    struct notification_choices choices;
    (void)state;
    live_or_skip();
    int fd = new_socket(RS_IPV4), fresh = new_socket(RS_IPV4);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, options, sizeof options), 0);
    assert_false(choices_read(fd, fresh, RS_IPV4, &choices));
    assert_true(choices_read(fresh, fresh, RS_IPV4, &choices));
    close(fd);
    close(fresh);
    fd = new_socket(RS_IPV6), fresh = new_socket(RS_IPV6);
    assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_DSTOPTS, header, sizeof header), 0);
    assert_false(choices_read(fd, fresh, RS_IPV6, &choices));
    assert_true(choices_read(fresh, fresh, RS_IPV6, &choices));
    close(fd);
    close(fresh);
}

static void test_a_device(void **state) {
    struct notification_choices choices;
    (void)state;
    live_or_skip();
    int fd = new_socket(RS_IPV4), fresh = new_socket(RS_IPV4);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2), 0);
    assert_false(choices_read(fd, fresh, RS_IPV4, &choices));
    close(fd);
    close(fresh);
}

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

// Returns when the kernel should give up, having waited until it has. Its next chance would be four seconds later.
static uint64_t wait_for_the_kernel(const struct choice *list, size_t count) {
    const struct rs_endpoint nowhere = rs_endpoint_ipv4(192, 0, 2, 1, PORT);
    const struct kernel_address name = address_to_kernel(&nowhere, 0);
    struct notification_choices choices;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fresh = new_socket(RS_IPV4);
    assert_true(choose(fd, list, count));
    assert_true(choices_read(fd, fresh, RS_IPV4, &choices));
    uint64_t before = now_us();
    assert_int_equal(connect(fd, (const struct sockaddr *)&name.bytes, name.size), -1);
    assert_int_equal(errno, ETIMEDOUT);
    uint64_t took = now_us() - before;
    close(fd);
    close(fresh);
    const struct habits habits = habits_read();
    const uint64_t expected = choices_open_timeout_us(&choices, &habits);
    assert_true(took + 50000 >= expected && took < expected + 3000000);
    return expected;
}

static void test_when_the_kernel_gives_up(void **state) {
    const struct choice limit = {IPPROTO_TCP, TCP_USER_TIMEOUT, 1500}, once = {IPPROTO_TCP, TCP_SYNCNT, 1};
    (void)state;
    live_or_skip();
    live_route_to_nowhere("192.0.2.0");
    assert_int_equal(wait_for_the_kernel(&once, 1), 3000000);
    live_setting("/proc/sys/net/ipv4/tcp_syn_retries", "1");
    assert_int_equal(wait_for_the_kernel(NULL, 0), 3000000);
    assert_int_equal(wait_for_the_kernel(&limit, 1), 1500000);
    live_setting("/proc/sys/net/ipv4/tcp_syn_retries", "6");
}

// What is read again from files that stay open is as it is now.
static void test_settings_that_change(void **state) {
    struct habits_files files;
    (void)state;
    live_or_skip();
    habits_open(&files);
    assert_true(habits_of(&files).sack);
    live_setting("/proc/sys/net/ipv4/tcp_sack", "0");
    assert_false(habits_of(&files).sack);
    assert_true(habits_of(&files).timestamps);
    live_setting("/proc/sys/net/ipv4/tcp_sack", "1");
    assert_true(habits_of(&files).sack);
    habits_close(&files);
    habits_close(&files);
}

// Measured: SYNs without an answer, on Linux 6.18, with TCP_SYNCNT and both settings of tcp_syn_linear_timeouts.
static void test_how_long_connect_tries(void **state) {
    static const uint64_t s = 1000000;
    (void)state;
    for (uint32_t linear = 0; linear <= 4; linear += 4) {
        assert_int_equal(habits_open_timeout_us(1, linear, 0), 3 * s);
        assert_int_equal(habits_open_timeout_us(2, linear, 0), 7 * s);
        assert_int_equal(habits_open_timeout_us(3, linear, 0), (linear ? 19 : 15) * s);
        assert_int_equal(habits_open_timeout_us(4, linear, 0), (linear ? 35 : 31) * s);
        assert_int_equal(habits_open_timeout_us(6, linear, 0), (linear ? 131 : 127) * s);
        assert_int_equal(habits_open_timeout_us(3, linear, 300000), s);
        assert_int_equal(habits_open_timeout_us(3, linear, 5500000), 5500000);
    }
    assert_int_equal(habits_open_timeout_us(8, 0, 0), (127 + 2 * 120) * s);
    assert_true(habits_open_timeout_us(UINT32_MAX, UINT32_MAX, UINT64_MAX) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buffers_and_segments),
        cmocka_unit_test(test_the_third_segment),
        cmocka_unit_test(test_the_same_where_segments_are_small),
        cmocka_unit_test(test_the_same_with_other_settings),
        cmocka_unit_test(test_the_packet_around_it),
        cmocka_unit_test(test_what_only_the_kernel_can_do),
        cmocka_unit_test(test_options_of_its_packets),
        cmocka_unit_test(test_a_device),
        cmocka_unit_test(test_when_the_kernel_gives_up),
        cmocka_unit_test(test_settings_that_change),
        cmocka_unit_test(test_how_long_connect_tries),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
