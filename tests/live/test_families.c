// SPDX-License-Identifier: MIT
//
// IPv6 against a real kernel: the way out and in, the guard, the server's word, and what is said where it is missing.
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "../help/servers.h"
#include "net/raw.h"
#include "rawshake/packet.h"

enum { LARGE = 300000 };

static void read_all(int fd) {
    char bytes[65536];
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
}

// The tutorial's server for one client.
// First in this network: not one RST leaves our kernel, and the guard's rule is what keeps it silent.
static void test_the_guard(void **state) {
    (void)state;
    live_or_skip();
    unsigned long resets = live_counter("Tcp:", "OutRsts"), dropped = live_counter("TcpExt:", "TCPMinTTLDrop");
    for (unsigned long i = 1; i <= 5; i++) {
        pid_t server = live_server_at("::1", 1712, serve_to_the_end);
        struct result r = live_run(NULL, WORDS("connect", "-q", "::1"));
        live_expect(&r, 0, NULL, NULL);
        assert_string_equal(r.err, "");
        live_free(&r);
        live_server_end(server);
        assert_int_equal(live_counter("Tcp:", "OutRsts"), resets);
        assert_true(live_counter("TcpExt:", "TCPMinTTLDrop") >= dropped + 3 * i); // SYN-ACK, an ACK, FIN
    }
}

static void test_ways_to_name_it(void **state) {
    static const char *const words[][4] = {{"connect", "::1"}, {"connect", "[::1]", "1712"}, {"connect", "-6"}};
    (void)state;
    live_or_skip();
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        pid_t server = live_server_at("::1", 1712, serve_to_the_end);
        struct result r = live_run(NULL, words[i]);
        live_expect(&r, 0, "server  [::1]:1712        whoever listens there\nclient  [::1]:", NULL);
        live_expect(&r, 0, "SYN,ACK seq=0 ack=1", NULL);
        live_expect(&r, 0, "TIME-WAIT", NULL);
        live_free(&r);
        live_server_end(server);
    }
}

static void test_verbose(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server_at("::1", 1712, serve_to_the_end);
    struct result r = live_run(NULL, WORDS("connect", "-vv", "::1", "--ascii", "--color=never"));
    live_expect(&r, 0, "hop limit below 255", NULL);
    live_expect(&r, 0, "IPV6_MINHOPCOUNT", NULL);
    live_expect(&r, 0, "IPv6 header, 40 bytes", NULL);
    live_expect(&r, 0, "Flow Label", NULL);
    live_expect(&r, 0, "Put together by us of what the kernel told", NULL);
    live_expect(&r, 0, "Hop Limit             64 ", NULL);
    live_free(&r);
    live_server_end(server);
}

static void send_large(int listener) {
    static char bytes[LARGE];
    int fd = accept(listener, NULL, NULL);
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (char)('a' + i % 26);
    (void)!send(fd, bytes, LARGE, 0);
    shutdown(fd, SHUT_WR);
    read_all(fd);
    close(fd);
}

// The loopback's packets of IPv6 are longer than 65535 bytes.
static void test_much_from_the_server(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server_at("::1", 1712, send_large);
    struct result r = live_run(NULL, WORDS("connect", "-q", "::1", "--linger", "20"));
    live_expect(&r, 0, NULL, NULL);
    assert_int_equal(r.out_bytes, LARGE);
    for (size_t i = 0; i < LARGE; i++)
        assert_int_equal(r.out[i], (char)('a' + i % 26));
    live_free(&r);
    live_server_end(server);
}

static void count_bytes(int listener) {
    char bytes[65536];
    size_t total = 0;
    ssize_t size;
    int fd = accept(listener, NULL, NULL);
    while ((size = recv(fd, bytes, sizeof bytes, 0)) > 0)
        total += (size_t)size;
    close(fd);
    _exit(total == LARGE ? 0 : 1);
}

static void test_much_to_the_server(void **state) {
    char path[] = "/tmp/rawshake-test-XXXXXX";
    static char bytes[LARGE];
    int status = -1, fd;
    (void)state;
    live_or_skip();
    fd = mkstemp(path);
    assert_int_equal(write(fd, bytes, LARGE), LARGE);
    fchmod(fd, 0644);
    close(fd);
    pid_t server = live_server_at("::1", 1712, count_bytes);
    struct result r = live_run(NULL, WORDS("connect", "-q", "-f", path, "::1"));
    unlink(path);
    live_expect(&r, 0, NULL, NULL);
    live_free(&r);
    assert_int_equal(waitpid(server, &status, 0), server);
    assert_int_equal(status, 0);
}

// An IPv4 connection to a server for both families is an IPv6 socket in its kernel, and is found all the same.
static void test_a_server_for_both_families(void **state) {
    (void)state;
    live_or_skip();
    const char *const hosts[] = {"127.0.0.1", "::1", "::ffff:127.0.0.1"};
    for (size_t i = 0; i < 3; i++) {
        pid_t server = live_server_at("::", 1712, serve_to_the_end);
        struct result r = live_run(NULL, WORDS("connect", hosts[i]));
        live_expect(&r, 0, i == 1 ? "server  [::1]:1712" : "server  127.0.0.1:1712", NULL);
        live_expect(&r, 0, " LISTEN\n", NULL);
        live_expect(&r, 0, "SYN-RECEIVED", NULL);
        live_free(&r);
        live_server_end(server);
    }
}

static void test_demo(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("demo", "-6"));
    live_expect(&r, 0, "server  [::1]:1712        ordinary sockets, listen(1)", NULL);
    live_expect(&r, 0, "13 bytes unread", NULL);
    live_expect(&r, 0, "FROM: [::1]:", NULL);
    live_expect(&r, 0, "MESSAGE: Hello server!\n", NULL);
    assert_string_equal(r.err, "");
    live_free(&r);
}

static void test_serve_listens_on_both(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("serve"));
    assert_true(live_wait_for(&server, false, "Listening on 127.0.0.1:1712 and [::1]:1712 "));
    struct result r = live_run(NULL, WORDS("connect", "-q", "::1", "-m", "six"));
    live_expect(&r, 0, NULL, NULL);
    live_free(&r);
    r = live_run(NULL, WORDS("connect", "-q", "127.0.0.1", "-m", "four"));
    live_expect(&r, 0, NULL, NULL);
    live_free(&r);
    r = live_run(NULL, WORDS("connect", "--kernel", "-6", "-m", "kernel"));
    live_expect(&r, 0, "socket(AF_INET6, SOCK_STREAM)", NULL);
    live_expect(&r, 0, ", [::1]:1712)", NULL);
    live_free(&r);
    assert_true(live_wait_for(&server, false, "MESSAGE: kernel\n"));
    kill(server.pid, SIGTERM);
    r = live_finish(&server, 5);
    live_expect(&r, 128 + SIGTERM, "MESSAGE: six\nFROM: 127.0.0.1:", NULL);
    live_expect(&r, 128 + SIGTERM, "MESSAGE: four\nFROM: [::1]:", NULL);
    live_free(&r);
}

static void test_serve_on_one(void **state) {
    (void)state;
    live_or_skip();
    struct child six = live_start(WORDS("serve", "-6", "--once"));
    assert_true(live_wait_for(&six, false, "Listening on [::1]:1712 "));
    struct child four = live_start(WORDS("serve", "-4", "--once")); // the port of the other family is free
    assert_true(live_wait_for(&four, false, "Listening on 127.0.0.1:1712 "));
    struct result r = live_run(NULL, WORDS("connect", "-q", "-6"));
    live_free(&r);
    r = live_finish(&six, 10);
    live_expect(&r, 0, "FROM: [::1]:", NULL);
    live_free(&r);
    r = live_run(NULL, WORDS("connect", "-q", "-4"));
    live_free(&r);
    r = live_finish(&four, 10);
    live_expect(&r, 0, "FROM: 127.0.0.1:", NULL);
    live_free(&r);
}

// ---- what arrives is put together again as it was

static ssize_t wait_for_packet(const struct link *door, uint8_t *out, size_t room) {
    ssize_t size = 0;
    for (int i = 0; i < 2000 && size == 0; i++) {
        size = door->receive(door->self, out, room);
        if (size == 0)
            usleep(1000);
    }
    return size;
}

static void test_the_header_is_rebuilt(void **state) {
    static uint8_t sent[256], received[RS_IPV6_PACKET_MAX];
    struct raw_link raw;
    struct net_error error;
    (void)state;
    live_or_skip();
    const struct rs_endpoint here = {.family = RS_IPV6, .addr = {[15] = 1}, .port = 4444};
    struct rs_packet packet = {.source = here,
                               .destination = here,
                               .ip6 = {.traffic_class = 0xb9, .flow_label = 0xabcde, .hop_limit = 33},
                               .segment = {.seq = 1, .flags = RS_RST}};
    packet.source.port = 5555;
    size_t size = rs_packet_build(&packet, sent, sizeof sent);
    assert_true(raw_link_open(&raw, RS_IPV6, 4444, &error));
    struct link door = raw_link_door(&raw);
    assert_true(door.rebuilds_ip_header);
    assert_int_equal(door.send(door.self, &here, sent, size), 0);
    assert_int_equal(wait_for_packet(&door, received, sizeof received), size);
    assert_memory_equal(received, sent, size);
    packet.ip6.traffic_class = 0; // then the kernel tells nothing of the first word
    packet.ip6.flow_label = 0;
    packet.destination.port = 4445; // and this is for somebody else
    size = rs_packet_build(&packet, sent, sizeof sent);
    assert_int_equal(door.send(door.self, &here, sent, size), 0);
    packet.destination.port = 4444;
    size = rs_packet_build(&packet, sent, sizeof sent);
    assert_int_equal(door.send(door.self, &here, sent, size), 0);
    assert_int_equal(wait_for_packet(&door, received, sizeof received), size);
    assert_memory_equal(received, sent, size);
    assert_int_equal(door.receive(door.self, received, sizeof received), 0);
    raw_link_close(&raw);
}

// ---- the SYN is the kernel's own but for what must differ

static void catch_syn(const struct link *door, const char *const *words, struct rs_packet *out, uint8_t *room) {
    pid_t server = live_server_at("::1", 1712, serve_to_the_end);
    struct result r = live_run(NULL, words);
    live_expect(&r, 0, NULL, NULL);
    live_free(&r);
    live_server_end(server);
    ssize_t size = wait_for_packet(door, room, RS_IPV6_PACKET_MAX);
    assert_true(size > 0);
    (void)rs_packet_parse(room, (size_t)size, out);
    static uint8_t rest[RS_IPV6_PACKET_MAX];
    while (door->receive(door->self, rest, sizeof rest) > 0) {
    }
}

static void test_the_syn_is_the_kernels(void **state) {
    static uint8_t rooms[2][RS_IPV6_PACKET_MAX];
    struct rs_packet theirs, ours;
    struct raw_link raw;
    struct net_error error;
    (void)state;
    live_or_skip();
    assert_true(raw_link_open(&raw, RS_IPV6, 1712, &error));
    struct link door = raw_link_door(&raw);
    catch_syn(&door, WORDS("connect", "--kernel", "::1"), &theirs, rooms[0]);
    catch_syn(&door, WORDS("connect", "-q", "::1"), &ours, rooms[1]);
    raw_link_close(&raw);
    assert_int_equal(theirs.segment.flags, RS_SYN);
    assert_int_equal(ours.segment.flags, RS_SYN);
    assert_int_equal(ours.ip6.hop_limit, theirs.ip6.hop_limit);
    assert_int_equal(ours.ip6.traffic_class, theirs.ip6.traffic_class);
    assert_int_equal(ours.ip6.payload_bytes, theirs.ip6.payload_bytes);
    assert_int_equal(ours.segment.window, theirs.segment.window);
    assert_int_equal(ours.segment.options.mss, theirs.segment.options.mss);
    assert_int_equal(ours.segment.options.window_scale, theirs.segment.options.window_scale);
    assert_int_equal(ours.segment.options.order_count, theirs.segment.options.order_count);
    assert_memory_equal(ours.segment.options.order, theirs.segment.options.order, ours.segment.options.order_count);
}

// ---- an address that is good on one link only

static void test_link_local(void **state) {
    (void)state;
    live_or_skip();
    if (!live_has("ip"))
        skip();
    live_do("ip link add link0 type veth peer name link1 && ip link set link1 up && ip link set link0 up && "
            "ip -6 addr add fe80::1234/64 dev link0 nodad");
    struct child server = live_start(WORDS("serve", "--once", "-b", "fe80::1234%link0"));
    assert_true(live_wait_for(&server, false, "Listening on [fe80::1234]:1712"));
    struct result r = live_run(NULL, WORDS("connect", "fe80::1234%link0"));
    live_expect(&r, 0, "[fe80::1234]:1712", NULL);
    live_expect(&r, 0, "SYN-RECEIVED", NULL);
    live_free(&r);
    r = live_finish(&server, 10);
    live_expect(&r, 0, "MESSAGE: Hello server!", NULL);
    live_free(&r);
    r = live_run(NULL, WORDS("connect", "fe80::1234"));
    live_expect(&r, 1, NULL, "as in fe80::1%eth0");
    live_free(&r);
    live_do("ip link del link0");
}

// ---- where there is no IPv6

static void test_switched_off(void **state) {
    static const char off[] = "/proc/sys/net/ipv6/conf/all/disable_ipv6";
    (void)state;
    live_or_skip();
    live_setting(off, "1");
    struct result r = live_run(NULL, WORDS("connect", "::1"));
    live_expect(&r, 1, NULL, "route to ::1: Cannot assign requested address (EADDRNOTAVAIL): no interface here has");
    assert_true(live_one_line(r.err));
    live_free(&r);
    r = live_run(NULL, WORDS("serve", "-6"));
    live_expect(&r, 1, NULL, "listen on [::1]:1712: Cannot assign requested address (EADDRNOTAVAIL): IPv6 is switched");
    live_free(&r);
    struct child server = live_start(WORDS("serve", "--once")); // IPv4 is enough where nobody asked for more
    assert_true(live_wait_for(&server, false, "Listening on 127.0.0.1:1712 (backlog"));
    r = live_run(NULL, WORDS("connect", "localhost", "-4"));
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.err, "");
    live_free(&r);
    r = live_finish(&server, 10);
    live_expect(&r, 0, "MESSAGE: Hello server!", NULL);
    live_free(&r);
    live_setting(off, "0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_guard), // first: in a network where nothing has happened yet
        cmocka_unit_test(test_ways_to_name_it),
        cmocka_unit_test(test_verbose),
        cmocka_unit_test(test_much_from_the_server),
        cmocka_unit_test(test_much_to_the_server),
        cmocka_unit_test(test_a_server_for_both_families),
        cmocka_unit_test(test_demo),
        cmocka_unit_test(test_serve_listens_on_both),
        cmocka_unit_test(test_serve_on_one),
        cmocka_unit_test(test_the_header_is_rebuilt),
        cmocka_unit_test(test_the_syn_is_the_kernels),
        cmocka_unit_test(test_link_local),
        cmocka_unit_test(test_switched_off),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
