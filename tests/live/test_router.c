// SPDX-License-Identifier: MIT
//
// A router between that says no. Whatever ICMP or ICMPv6 error comes, the kernel's own connect() and the one made by
// hand end in the same way: with the same errno, after as many SYNs, or not at all.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/injector.h"
#include "../help/live.h"
#include "../help/paths.h"
#include "../help/routed.h"

enum { ANSWER_MS = 20, PATIENCE_MS = 10000 };

static struct routed net;
static bool built;

// The router has no route to 10.0.6.0/24 and fd06::/64. To 10.0.9.0/24 and fd09::/64 it says nothing at all: the
// injector speaks.
static const char routes[] = "ip route add unreachable 10.0.4.0/24\n"
                             "ip route add prohibit 10.0.5.0/24\n"
                             "ip route add blackhole 10.0.9.0/24\n";
static const char routes_6[] = "ip -6 route add prohibit fd05::/64\n"
                               "ip -6 route add blackhole fd09::/64\n";

static void net_or_skip(void) {
    paths_or_skip();
    if (built)
        return;
    net = routed_new();
    place_shell(net.router, routes);
    if (net.ipv6)
        place_shell(net.router, routes_6);
    built = true;
}

static bool is_ipv6(const char *host) { return strchr(host, ':') != NULL; }

// ---- the kernel's own

static int connect_to(int fd, const char *host, uint16_t port) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (is_ipv6(host)) {
        assert_int_equal(inet_pton(AF_INET6, host, &in6.sin6_addr), 1);
        return connect(fd, (struct sockaddr *)&in6, sizeof in6);
    }
    assert_int_equal(inet_pton(AF_INET, host, &in.sin_addr), 1);
    return connect(fd, (struct sockaddr *)&in, sizeof in);
}

// connect(), begun: a socket that will tell its outcome.
static int kernel_begin(const char *host, uint16_t port, int ttl) {
    int fd = socket(is_ipv6(host) ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (ttl > 0 && is_ipv6(host))
        assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &ttl, sizeof ttl), 0);
    else if (ttl > 0)
        assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    errno = 0;
    if (connect_to(fd, host, port) != 0 && errno != EINPROGRESS)
        fail_msg("connect to %s: %s", host, strerror(errno));
    return fd;
}

// Its errno; 0: it stands; EINPROGRESS: it goes on trying.
static int kernel_end(int fd, int ms) {
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int number = EINPROGRESS;
    socklen_t size = sizeof number;
    if (poll(&ready, 1, ms) > 0)
        assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size), 0);
    close(fd);
    return number;
}

// ---- by hand

// One sentence on standard error, which gives this errno, and what is to be told; both may be NULL.
static void expect_by_hand(const char *const *words, int number, const char *told, const char *in_error) {
    char why[100];
    struct result r = live_run(NULL, words);
    snprintf(why, sizeof why, ": %s (E", strerror(number));
    live_expect(&r, 1, told, why);
    live_expect(&r, 1, NULL, in_error);
    assert_true(live_one_line(r.err));
    live_free(&r);
}

// ---- each error that there is

// The port says which error is wanted.
static uint16_t port_for(uint8_t type, uint8_t code) { return (uint16_t)(type << 8 | code); }

static bool as_the_port_says(const struct rs_packet *packet, unsigned nth, struct injected *out) {
    out->type = (uint8_t)(packet->segment.destination_port >> 8);
    out->code = (uint8_t)packet->segment.destination_port;
    return nth == 0 && packet->segment.flags & RS_SYN;
}

static struct injector begin_answers(injector_choose *choose) {
    struct injector injector = {.place = net.router, .device = "r1", .delay_ms = ANSWER_MS, .choose = choose};
    injector_start(&injector);
    return injector;
}

struct codes {
    uint8_t type, first, last;
};

static const struct codes errors_4[] = {{3, 0, 3}, {3, 5, 15}, {11, 0, 0}, {11, 2, 2}, {12, 0, 2}},
                          errors_6[] = {{1, 0, 9}, {3, 0, 2}, {4, 0, 3}},
                          // what Linux does not take for a word about the way: "fragmentation needed", an unknown
                          // code, source quench, "reassembly time exceeded"; "packet too big"
    others_4[] = {{3, 4, 4}, {3, 16, 16}, {4, 0, 0}, {11, 1, 1}}, others_6[] = {{2, 0, 0}};

static void each_ends_both(const struct injector *router, const char *host, const struct codes *codes) {
    for (unsigned code = codes->first; code <= codes->last; code++) {
        uint16_t at = port_for(codes->type, (uint8_t)code);
        char port[8];
        snprintf(port, sizeof port, "%u", at);
        unsigned before = router->syns[at];
        int number = kernel_end(kernel_begin(host, at, 0), PATIENCE_MS);
        unsigned kernel = router->syns[at] - before;
        if (number == 0 || number == EINPROGRESS)
            print_error("%s: type %u, code %u does not end connect()\n", host, codes->type, code);
        assert_true(number != 0 && number != EINPROGRESS);
        expect_by_hand(WORDS("connect", host, port, "--color=never"), number, "An ICMP error comes from ",
                       ": an ICMP error from ");
        assert_int_equal(router->syns[at] - before - kernel, kernel);
        assert_int_equal(kernel, 1); // it ends when the error comes, and no SYN is sent again
    }
}

static void test_each_error_is_that_of_connect(void **state) {
    (void)state;
    net_or_skip();
    struct injector router = begin_answers(as_the_port_says);
    for (size_t i = 0; i < sizeof errors_4 / sizeof *errors_4; i++)
        each_ends_both(&router, "10.0.9.1", &errors_4[i]);
    for (size_t i = 0; net.ipv6 && i < sizeof errors_6 / sizeof *errors_6; i++)
        each_ends_both(&router, "fd09::1", &errors_6[i]);
    injector_end(&router);
}

static int begin_unheard(const char *host, const struct codes *codes) {
    return kernel_begin(host, port_for(codes->type, codes->first), 0);
}

static void ends_neither(const char *host, const struct codes *codes, int kernel) {
    char port[8];
    snprintf(port, sizeof port, "%u", port_for(codes->type, codes->first));
    expect_by_hand(WORDS("connect", host, port, "--timeout", "0.5", "--color=never"), ETIMEDOUT, "ICMP error", NULL);
    assert_int_equal(kernel_end(kernel, 0), EINPROGRESS); // it has been told as well, meanwhile
}

static void test_what_ends_nothing(void **state) {
    enum { OTHERS_4 = sizeof others_4 / sizeof *others_4, OTHERS_6 = sizeof others_6 / sizeof *others_6 };
    int kernel[OTHERS_4 + OTHERS_6];
    (void)state;
    net_or_skip();
    struct injector router = begin_answers(as_the_port_says);
    for (size_t i = 0; i < OTHERS_4; i++)
        kernel[i] = begin_unheard("10.0.9.1", &others_4[i]);
    for (size_t i = 0; net.ipv6 && i < OTHERS_6; i++)
        kernel[OTHERS_4 + i] = begin_unheard("fd09::1", &others_6[i]);
    for (size_t i = 0; i < OTHERS_4; i++)
        ends_neither("10.0.9.1", &others_4[i], kernel[i]);
    for (size_t i = 0; net.ipv6 && i < OTHERS_6; i++)
        ends_neither("fd09::1", &others_6[i], kernel[OTHERS_4 + i]);
    injector_end(&router);
}

// ---- what a router's kernel says by itself

static const char rules[] = "table inet router_test {\n"
                            "  chain through {\n"
                            "    type filter hook forward priority 0;\n"
                            "    ip version 4 tcp dport 2001 reject with icmp type port-unreachable\n"
                            "    ip version 4 tcp dport 2002 reject with icmp type admin-prohibited\n"
                            "    ip version 4 tcp dport 2003 reject with icmp type host-prohibited\n"
                            "    ip version 4 tcp dport 2004 reject with icmp type net-prohibited\n"
                            "    ip version 4 tcp dport 2005 reject with icmp type prot-unreachable\n"
                            "    ip6 version 6 tcp dport 2001 reject with icmpv6 type port-unreachable\n"
                            "    ip6 version 6 tcp dport 2002 reject with icmpv6 type admin-prohibited\n"
                            "    ip6 version 6 tcp dport 2003 reject with icmpv6 type addr-unreachable\n"
                            "    tcp dport 2006 reject with tcp reset\n"
                            "    tcp dport 2007 drop\n"
                            "  }\n"
                            "}";

// told: in the narration, which is wrapped; reason: in the one sentence at the end.
struct refusal {
    const char *host, *port, *told, *reason;
    const char *ttl;
    bool nft;
};

static const char says_so[] = "10.0.1.1, which is neither end";
static const struct refusal refusals[] = {
    {"10.0.4.1", "1712", says_so, "10.0.1.1 says so (host unreachable)", NULL, false},
    {"10.0.5.1", "1712", says_so, "10.0.1.1 says so (administratively prohibited)", NULL, false},
    {"10.0.6.1", "1712", says_so, "10.0.1.1 says so (network unreachable)", NULL, false},
    {"10.0.2.2", "1712", says_so, "10.0.1.1 says so (time to live exceeded in transit)", "1", false},
    {"10.0.2.2", "1713", "RST answered our SYN", "nobody listens there, or a firewall answered", NULL, false},
    {"10.0.2.2", "2001", says_so, "10.0.1.1 says so (port unreachable)", NULL, true},
    {"10.0.2.2", "2002", says_so, "10.0.1.1 says so (administratively prohibited)", NULL, true},
    {"10.0.2.2", "2003", says_so, "10.0.1.1 says so (host administratively prohibited)", NULL, true},
    {"10.0.2.2", "2004", says_so, "10.0.1.1 says so (network administratively prohibited)", NULL, true},
    {"10.0.2.2", "2005", says_so, "10.0.1.1 says so (protocol unreachable)", NULL, true},
    {"10.0.2.2", "2006", "RST answered our SYN", "nobody listens there, or a firewall answered", NULL, true},
    {"fd05::1", "1712", "fd01::1, which is neither end", "fd01::1 says so (administratively prohibited)", NULL, false},
    {"fd06::1", "1712", "fd01::1, which is neither end", "fd01::1 says so (no route to destination)", NULL, false},
    {"fd02::2", "1712", "fd01::1, which is neither end", "fd01::1 says so (hop limit exceeded in transit)", "1", false},
    {"fd02::2", "2001", "fd01::1, which is neither end", "fd01::1 says so (port unreachable)", NULL, true},
    {"fd02::2", "2002", "fd01::1, which is neither end", "fd01::1 says so (administratively prohibited)", NULL, true},
    {"fd02::2", "2003", "fd01::1, which is neither end", "fd01::1 says so (address unreachable)", NULL, true},
    {"fd02::2", "2006", "RST answered our SYN", "nobody listens there, or a firewall answered", NULL, true},
};
enum { REFUSALS = sizeof refusals / sizeof *refusals };

// The kernel notes an error that comes while connect() still sends, and such errors come at once here: it then fails
// when its SYN has been sent again. So all of its attempts run at the same time.
static void test_what_routers_say(void **state) {
    int fds[REFUSALS] = {0};
    (void)state;
    net_or_skip();
    bool nft = routed_rules(&net, rules);
    for (size_t i = 0; i < REFUSALS; i++) {
        const struct refusal *r = &refusals[i];
        bool tried = (!r->nft || nft) && (!is_ipv6(r->host) || net.ipv6);
        uint16_t port = (uint16_t)strtoul(r->port, NULL, 10);
        fds[i] = tried ? kernel_begin(r->host, port, r->ttl ? 1 : 0) : -1;
    }
    for (size_t i = 0; i < REFUSALS; i++) {
        const struct refusal *r = &refusals[i];
        if (fds[i] < 0)
            continue;
        expect_by_hand(WORDS("connect", r->host, r->port, "--color=never", "--ttl", r->ttl ? r->ttl : "64"),
                       kernel_end(fds[i], PATIENCE_MS), r->told, r->reason);
    }
    if (!nft)
        skip();
    expect_by_hand(WORDS("connect", "10.0.2.2", "2007", "--timeout", "0.3"), ETIMEDOUT, "The limit was 300 ms",
                   "a firewall drops our segments");
    place_shell(net.router, "nft delete table inet router_test");
}

// ---- this machine's own routes

static void refused_here(const char *host, int number) {
    int fd = socket(is_ipv6(host) ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect_to(fd, host, 1712), -1);
    assert_int_equal(errno, number);
    close(fd);
    struct result r = live_run(NULL, WORDS("connect", host, "--color=never"));
    live_expect(&r, 1, NULL, strerror(number));
    live_expect(&r, 1, NULL, "'ip route get' with that address shows what the kernel would do");
    assert_true(live_one_line(r.err));
    assert_string_equal(r.out, ""); // not a word of a connection: there was none
    live_free(&r);
}

static void test_what_our_own_routes_say(void **state) {
    (void)state;
    net_or_skip();
    struct injector router = begin_answers(as_the_port_says);
    place_shell(net.here, "ip route add unreachable 10.1.1.0/24\n"
                          "ip route add prohibit 10.1.2.0/24\n"
                          "ip route add blackhole 10.1.3.0/24\n"
                          "ip route add throw 10.1.4.0/24\n");
    refused_here("10.1.1.1", EHOSTUNREACH);
    refused_here("10.1.2.1", EACCES);
    refused_here("10.1.3.1", EINVAL);
    refused_here("10.1.4.1", ENETUNREACH);
    if (net.ipv6) {
        place_shell(net.here, "ip -6 route add unreachable fd11::/64\n"
                              "ip -6 route add prohibit fd12::/64\n"
                              "ip -6 route add blackhole fd13::/64\n");
        refused_here("fd11::1", EHOSTUNREACH);
        refused_here("fd12::1", EACCES);
        refused_here("fd13::1", EINVAL);
    }
    assert_int_equal(router.syns[1712], 0);
    injector_end(&router);
}

// ---- what stands already

static bool about_data(const struct rs_packet *packet, unsigned nth, struct injected *out) {
    static const struct injected ipv4[] = {{3, 0}, {3, 1}, {3, 2}, {3, 3}, {3, 13}, {11, 0}, {12, 0}};
    static const struct injected ipv6[] = {{1, 0}, {1, 1}, {1, 3}, {1, 4}, {1, 5}, {3, 0}, {4, 1}};
    if (rs_segment_data_bytes(&packet->segment) == 0 || nth >= sizeof ipv4 / sizeof *ipv4)
        return false;
    *out = packet->source.family == RS_IPV6 ? ipv6[nth] : ipv4[nth];
    return true;
}

static void read_all(int listener) {
    char bytes[100];
    for (;;) {
        size_t heard = 0;
        ssize_t size;
        int fd = accept(listener, NULL, NULL);
        while ((size = recv(fd, bytes, sizeof bytes, 0)) > 0)
            heard += (size_t)size;
        if (heard == 13)
            (void)!send(fd, "all of it", 9, MSG_NOSIGNAL);
        close(fd);
    }
}

// The first segment with data is lost, and the router speaks of it in all words that it has; the next gets through.
static void lose_the_first(void) {
    assert_true(routed_rules(&net, "table inet loss { chain c { type filter hook forward priority 0;\n"
                                   "tcp dport 1712 tcp flags & psh == psh numgen inc mod 1000 0 drop; }; }"));
}

static void kernel_survives(const char *host) {
    char bytes[100];
    lose_the_first();
    int fd = socket(is_ipv6(host) ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect_to(fd, host, 1712), 0);
    assert_int_equal(send(fd, "Hello server!", 13, 0), 13);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_int_equal(recv(fd, bytes, 9, MSG_WAITALL), 9);
    close(fd);
    place_shell(net.router, "nft delete table inet loss");
}

static void hand_survives(const char *host) {
    lose_the_first();
    struct child child = live_start(WORDS("connect", "-v", "-f", "-", host, "1712", "--color=never"));
    assert_int_equal(write(child.input, "Hello server!", 13), 13);
    struct result r = live_finish(&child, 20);
    live_expect(&r, 0, "all of it", NULL);
    live_expect(&r, 0, "about our segment is only noted", NULL);
    live_expect(&r, 0, strerror(ECONNREFUSED), NULL); // the hard ones too
    assert_null(strstr(r.out, "icmp-refused"));
    live_free(&r);
    place_shell(net.router, "nft delete table inet loss");
}

static void test_what_stands_is_not_ended(void **state) {
    (void)state;
    net_or_skip();
    if (!live_has("nft"))
        skip();
    struct injector router = begin_answers(about_data);
    pid_t server = routed_server(&net, "10.0.2.2", 1712, read_all);
    hand_survives("10.0.2.2");
    kernel_survives("10.0.2.2");
    live_server_end(server);
    if (net.ipv6) {
        server = routed_server(&net, "fd02::2", 1712, read_all);
        hand_survives("fd02::2");
        kernel_survives("fd02::2");
        live_server_end(server);
    }
    injector_end(&router);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_error_is_that_of_connect),
        cmocka_unit_test(test_what_ends_nothing),
        cmocka_unit_test(test_what_routers_say),
        cmocka_unit_test(test_what_our_own_routes_say),
        cmocka_unit_test(test_what_stands_is_not_ended),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
