// SPDX-License-Identifier: MIT
//
// ICMP errors from a real kernel: they reach the connection that they quote, and become the errno of connect().
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "net/raw.h"
#include "rawshake/icmp.h"
#include "rawshake/packet.h"

enum { OUR_PORT = 40001 };

static const char rules[] = "nft -f - <<'END'\n"
                            "table inet icmp_test {\n"
                            "  chain in {\n"
                            "    type filter hook input priority 0;\n"
                            "    ip version 4 tcp dport 2001 reject with icmp type port-unreachable\n"
                            "    ip version 4 tcp dport 2002 reject with icmp type host-unreachable\n"
                            "    ip version 4 tcp dport 2003 reject with icmp type prot-unreachable\n"
                            "    tcp dport 2004 reject with tcp reset\n"
                            "    ip6 version 6 tcp dport 2001 reject with icmpv6 type port-unreachable\n"
                            "    ip6 version 6 tcp dport 2002 reject with icmpv6 type no-route\n"
                            "    ip6 version 6 tcp dport 2003 reject with icmpv6 type admin-prohibited\n"
                            "  }\n"
                            "}\n"
                            "END\n";

static void rules_or_skip(void) {
    static bool set;
    live_or_skip();
    if (!live_has("nft"))
        skip();
    if (!set)
        live_do(rules);
    set = true;
}

// Of several words each must be there; both ways must end with the same errno.
static void expect(const char *host, const char *port, const char *told, const char *ends_with) {
    struct result r = live_run(NULL, WORDS("connect", host, port, "--color=never"));
    live_expect(&r, 1, told, ends_with);
    live_expect(&r, 1, "our own machine. It says: ", "an ICMP error from ");
    assert_true(live_one_line(r.err));
    live_free(&r);
    r = live_run(NULL, WORDS("connect", "--kernel", host, port));
    live_expect(&r, 1, NULL, ends_with);
    live_free(&r);
}

static void test_hard_errors(void **state) {
    (void)state;
    rules_or_skip();
    expect("127.0.0.1", "2001", "An ICMP error comes from 127.0.0.1, our own machine. It says: port unreachable.",
           "connect to 127.0.0.1:2001: Connection refused (ECONNREFUSED)");
    expect("127.0.0.1", "2003", "protocol unreachable", "Protocol not available (ENOPROTOOPT)");
    expect("::1", "2001", "An ICMP error comes from ::1, our own machine. It says: port unreachable.",
           "connect to [::1]:2001: Connection refused (ECONNREFUSED)");
}

// Here they come while the kernel's connect() still sends: it notes them, sends its SYN again, and ends by the next.
static void test_soft_errors(void **state) {
    (void)state;
    rules_or_skip();
    expect("127.0.0.1", "2002", "host unreachable", "No route to host (EHOSTUNREACH)");
    expect("::1", "2002", "It says: no route", "Network is unreachable (ENETUNREACH)");
    expect("::1", "2003", "administratively prohibited", "Permission denied (EACCES)");
}

// ---- RST in the server's place

static void never_called(int listener) { (void)accept(listener, NULL, NULL); }

// A socket listens, so "nobody listens" would be false; and with -q nobody knows.
static void test_a_firewall_refuses(void **state) {
    (void)state;
    rules_or_skip();
    struct result r = live_run(NULL, WORDS("connect", "127.0.0.1", "2004", "--color=never"));
    live_expect(&r, 1, "since no socket listens on that port.", "nobody listens there: start a server");
    live_free(&r);
    pid_t server = live_server(2004, never_called);
    r = live_run(NULL, WORDS("connect", "127.0.0.1", "2004", "--color=never"));
    live_expect(&r, 1, "Yet a socket does listen on that port", "a firewall rule of this machine answered");
    live_free(&r);
    r = live_run(NULL, WORDS("connect", "-q", "127.0.0.1", "2004"));
    live_expect(&r, 1, "", "nobody listens there, or a firewall answered");
    live_free(&r);
    live_server_end(server);
}

// A datagram to a closed port brings back "port unreachable", which quotes it.
static void provoke(int family, const char *address) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(OUR_PORT)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(OUR_PORT)};
    inet_pton(family, address, family == AF_INET ? (void *)&in.sin_addr : (void *)&in6.sin6_addr);
    const struct sockaddr *at = family == AF_INET ? (struct sockaddr *)&in : (struct sockaddr *)&in6;
    socklen_t size = family == AF_INET ? sizeof in : sizeof in6;
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char byte = 0;
    if (bind(fd, at, size) != 0)
        _exit(1);
    in.sin_port = in6.sin6_port = htons(9);
    if (connect(fd, at, size) != 0 || send(fd, "x", 1, 0) != 1 || recv(fd, &byte, 1, 0) >= 0) // ECONNREFUSED: it came
        _exit(2);
    close(fd);
}

static void serve_beside_others(int listener) {
    char bytes[1024];
    int fd = accept(listener, NULL, NULL);
    for (int i = 0; i < 3; i++) {
        provoke(AF_INET, "127.0.0.1");
        provoke(AF_INET6, "::1");
    }
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
    close(fd);
}

// Somebody else's datagrams have our port number by chance: that is no business of ours, and not even told.
static void test_what_quotes_others(void **state) {
    static const char *const hosts[] = {"127.0.0.1", "::1"};
    (void)state;
    live_or_skip();
    for (size_t i = 0; i < 2; i++) {
        pid_t server = live_server_at(hosts[i], 1712, serve_beside_others);
        struct result r = live_run(NULL, WORDS("connect", hosts[i], "-v", "--source-port", "40001", "--color=never"));
        live_expect(&r, 0, "TIME-WAIT", NULL);
        assert_null(strstr(r.out, "ICMP"));
        assert_null(strstr(r.out, "Ignored"));
        live_free(&r);
        live_server_end(server);
    }
}

// ---- forged errors: "port unreachable", quoting a segment from our port to this one, with a wrong sequence number

static void forge(uint16_t quoted_port) {
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    const struct rs_endpoint here = rs_endpoint_ipv4(127, 0, 0, 1, 0);
    struct rs_ipv4 ip = {.total_bytes = 56, .ttl = 64, .protocol = RS_PROTOCOL_ICMP};
    uint8_t packet[56] = {0}, *icmp = packet + 20, *quote = icmp + 8;
    struct raw_link raw;
    struct net_error error;
    memcpy(ip.source, loopback, 4);
    memcpy(ip.destination, loopback, 4);
    rs_ipv4_build(&ip, packet);
    ip.total_bytes = 40;
    ip.protocol = RS_PROTOCOL_TCP;
    rs_ipv4_build(&ip, quote);
    const uint8_t ports[4] = {OUR_PORT >> 8, OUR_PORT & 255, (uint8_t)(quoted_port >> 8), (uint8_t)quoted_port};
    memcpy(quote + 20, ports, 4);
    icmp[0] = RS_ICMP_UNREACHABLE;
    icmp[1] = 3;
    uint16_t sum = (uint16_t)~rs_sum_fold(rs_sum(0, icmp, 36, NULL, NULL));
    icmp[2] = (uint8_t)(sum >> 8);
    icmp[3] = (uint8_t)sum;
    if (!raw_link_open(&raw, RS_IPV4, 9, &error))
        _exit(3);
    struct link door = raw_link_door(&raw);
    if (door.send(door.self, &here, packet, sizeof packet) != 0)
        _exit(4);
    raw_link_close(&raw);
}

static uint16_t forged_port;

static void serve_among_forgers(int listener) {
    char bytes[1024];
    int fd = accept(listener, NULL, NULL);
    forge(forged_port);
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
    close(fd);
}

// One that quotes another connection from our port is passed over; one that quotes ours is told, and not believed.
static void test_forged_errors(void **state) {
    static const uint16_t ports[] = {1713, 1712};
    (void)state;
    live_or_skip();
    for (size_t i = 0; i < 2; i++) {
        forged_port = ports[i];
        pid_t server = live_server(1712, serve_among_forgers);
        struct result r = live_run(NULL, WORDS("connect", "-v", "--source-port", "40001", "--color=never"));
        live_expect(&r, 0, "TIME-WAIT", NULL);
        assert_int_equal(strstr(r.out, "It says: port unreachable.") != NULL, i == 1);
        assert_int_equal(strstr(r.out, "icmp-ignored") != NULL, i == 1);
        live_free(&r);
        live_server_end(server);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hard_errors),        cmocka_unit_test(test_soft_errors),
        cmocka_unit_test(test_a_firewall_refuses), cmocka_unit_test(test_what_quotes_others),
        cmocka_unit_test(test_forged_errors),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
