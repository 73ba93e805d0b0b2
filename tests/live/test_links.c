// SPDX-License-Identifier: MIT
//
// Private networks made by our own means: going from one to another, their settings, the proof of being in one, links,
// and a router. Nothing here calls ip(8), and no root is needed.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../help/cm.h"
#include "net/links.h"
#include "net/namespace.h"
#include "net/router.h"

enum { PORT = 1712, PATIENCE_MS = 2000 };

static struct namespace_proof proof;
static struct net_error error;

static int enter(void **state) {
    bool through_user;
    (void)state;
    if (!namespace_enter_with_proof(&through_user, &proof, &error))
        fprintf(stderr, "no private network: %s\n", error.what);
    return 0;
}

static void enter_or_skip(void) {
    if (!proof.entered)
        skip();
}

static void expect(bool done) {
    if (!done)
        print_error("%s: %s\n", error.what, error.why ? error.why : strerror(error.number));
    assert_true(done);
}

static ino_t network_now(void) {
    struct stat status;
    assert_int_equal(stat("/proc/self/ns/net", &status), 0);
    return status.st_ino;
}

static bool is_setting(const char *setting, const char *value) {
    char text[64];
    expect(namespace_get(setting, text, sizeof text, &error));
    return strcmp(text, value) == 0;
}

// Each test that builds something does so in a network of its own.
static void in_network(void (*what)(void)) {
    enter_or_skip();
    int home = namespace_here(&error), own = -1;
    expect(home >= 0 && namespace_another(&own, &error));
    close(own); // the process keeps it
    what();
    expect(namespace_go(home, &error));
    close(home);
}

// ---- the proof

static void test_nothing_entered_proves_nothing(void **state) {
    (void)state;
    assert_false(namespace_is_private(&(struct namespace_proof){0}));
}

// For who begins in one private network, that one is outside.
static void begin_inside(void) {
    struct namespace_proof mine;
    bool through_user;
    int outside = namespace_here(&error), another;
    assert_true(namespace_is_private(&proof));
    expect(namespace_enter_with_proof(&through_user, &mine, &error));
    assert_false(through_user); // whoever is in one already needs no user namespace for the next
    assert_true(namespace_is_private(&mine));
    expect(namespace_another(&another, &error));
    assert_true(namespace_is_private(&mine));
    expect(namespace_go(outside, &error));
    assert_false(namespace_is_private(&mine));
    assert_true(namespace_is_private(&proof));
    expect(namespace_go(another, &error));
    assert_true(namespace_is_private(&mine));
}

static void test_private_is_what_is_not_outside(void **state) {
    (void)state;
    in_network(begin_inside);
}

// The last to leave a network takes it away, and on a quiet machine its number goes to the next one that is made. The
// proof counts on the number of the network that it knows as outside: no other may get it.
static void leave_nothing_behind(void) {
    const struct timespec until_it_has_gone = {.tv_nsec = 150000000};
    struct namespace_proof mine;
    bool through_user;
    int fd;
    nanosleep(&until_it_has_gone, NULL);
    expect(namespace_another(&fd, &error));
    close(fd);
    ino_t outside = network_now();
    expect(namespace_enter_with_proof(&through_user, &mine, &error));
    for (int i = 0; i < 4; i++) {
        nanosleep(&until_it_has_gone, NULL);
        expect(namespace_another(&fd, &error));
        close(fd);
        assert_true(network_now() != outside);
        assert_true(namespace_is_private(&mine));
    }
}

static void test_the_number_of_what_we_left_stays_ours(void **state) {
    (void)state;
    in_network(leave_nothing_behind);
}

// ---- going

static void go_there_and_back(void) {
    ino_t here = network_now();
    int first = namespace_here(&error), second;
    expect(namespace_set("net.ipv4.tcp_synack_retries", "7", &error));
    expect(namespace_another(&second, &error));
    assert_true(network_now() != here);
    assert_int_equal(if_nametoindex("lo"), 1);
    assert_true(is_setting("net.ipv4.tcp_synack_retries", "5"));
    expect(namespace_go(first, &error));
    assert_true(network_now() == here);
    assert_true(is_setting("net.ipv4.tcp_synack_retries", "7"));
    expect(namespace_go(second, &error));
    assert_true(network_now() != here);
    int pipe_fd[2];
    assert_int_equal(pipe(pipe_fd), 0);
    assert_false(namespace_go(pipe_fd[0], &error));
    assert_int_equal(error.number, EINVAL);
}

static void test_going_from_one_to_another(void **state) {
    (void)state;
    in_network(go_there_and_back);
}

// ---- settings

static void set_and_get(void) {
    expect(namespace_set("net.ipv4.tcp_syn_retries", "2", &error));
    assert_true(is_setting("net.ipv4.tcp_syn_retries", "2"));
    expect(namespace_set("net.ipv4.tcp_rmem", "4096 8192 16384", &error));
    assert_true(is_setting("net.ipv4.tcp_rmem", "4096\t8192\t16384"));
    expect(namespace_set("net.ipv4.conf.lo.forwarding", "1", &error));
    assert_true(is_setting("net.ipv4.conf.lo.forwarding", "1"));
    char two[2];
    expect(namespace_get("net.ipv4.tcp_rmem", two, sizeof two, &error));
    assert_string_equal(two, "4");
    namespace_be_patient();
    assert_true(is_setting("net.ipv4.tcp_synack_retries", "255"));
}

static void test_settings_are_written_and_read(void **state) {
    (void)state;
    in_network(set_and_get);
}

static void set_what_is_wrong(void) {
    assert_false(namespace_set("net.ipv4.no_such_thing", "1", &error));
    assert_int_equal(error.number, ENOENT);
    assert_string_equal(error.what, "writing the setting net.ipv4.no_such_thing");
    assert_string_equal(error.why, "this kernel has no such setting");
    assert_false(namespace_set("net.ipv4.tcp_syn_retries", "many", &error));
    assert_int_equal(error.number, EINVAL);
    assert_null(error.why);
    assert_false(namespace_set("net.ipv4", "1", &error));
    assert_int_equal(error.number, EISDIR);
}

static void test_wrong_settings_are_told(void **state) {
    (void)state;
    in_network(set_what_is_wrong);
}

// Refused by their names, before any file is opened: this runs outside of a private network too.
static void test_only_a_network_has_settings(void **state) {
    static const char *const names[] = {"",
                                        "net",
                                        "net.",
                                        "kernel.hostname",
                                        "vm.swappiness",
                                        "network.ipv4.ip_forward",
                                        " net.ipv4.ip_forward",
                                        "/net/ipv4/ip_forward",
                                        "net/ipv4/ip_forward",
                                        "net.ipv4.ip_forward ",
                                        "net.ipv4.ip_forward.",
                                        "net..kernel.hostname",
                                        "net...kernel.hostname",
                                        "net./../kernel/hostname",
                                        "net.ipv4/../../kernel/hostname",
                                        "net.ipv4.ip_forward\n"};
    char longest[200] = "net.", value[16];
    (void)state;
    memset(longest + 4, 'x', sizeof longest - 5);
    for (size_t i = 0; i <= sizeof names / sizeof *names; i++) {
        const char *name = i < sizeof names / sizeof *names ? names[i] : longest;
        error = (struct net_error){0};
        assert_false(namespace_set(name, "1", &error));
        assert_int_equal(error.number, EINVAL);
        assert_non_null(error.why);
        error = (struct net_error){0};
        assert_false(namespace_get(name, value, sizeof value, &error));
        assert_int_equal(error.number, EINVAL);
        assert_non_null(error.why);
    }
}

// ---- links

struct place {
    int family;
    struct sockaddr_storage bytes;
    socklen_t size;
};

static struct place place(const char *address, uint16_t port) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct place place = {.family = AF_INET, .size = sizeof in};
    if (inet_pton(AF_INET, address, &in.sin_addr) == 1) {
        memcpy(&place.bytes, &in, sizeof in);
        return place;
    }
    assert_int_equal(inet_pton(AF_INET6, address, &in6.sin6_addr), 1);
    place.family = AF_INET6;
    place.size = sizeof in6;
    memcpy(&place.bytes, &in6, sizeof in6);
    return place;
}

static void expect_error(bool done, int number, const char *what) {
    assert_false(done);
    assert_string_equal(error.what, what);
    assert_int_equal(error.number, number);
}

// An address that IPv6 still asks about cannot be bound.
static void try_at_once(const char *address) {
    if (access("/proc/sys/net/ipv6", F_OK) != 0)
        return;
    expect(links_address("one", address, 64, &error));
    const struct place at = place(address, PORT);
    int fd = socket(at.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at.bytes, at.size), 0);
    close(fd);
}

static void make_links(void) {
    int here = namespace_here(&error), there;
    expect(namespace_another(&there, &error));
    expect(namespace_go(here, &error));
    expect(links_cable("one", "other", there, &error));
    assert_int_not_equal(if_nametoindex("one"), 0);
    assert_int_equal(if_nametoindex("other"), 0);
    expect_error(links_cable("one", "third", there, &error), EEXIST, "making the link from 'one' to 'third'");
    expect(links_address("one", "10.9.0.1", 24, &error));
    expect_error(links_address("one", "10.9.0.1", 24, &error), EEXIST, "giving 'one' the address 10.9.0.1/24");
    expect_error(links_address("two", "10.9.0.1", 24, &error), ENODEV, "giving 'two' the address 10.9.0.1/24");
    expect_error(links_address("one", "10.9.0", 24, &error), EINVAL, "giving 'one' the address 10.9.0/24");
    expect_error(links_address("one", "10.9.0.3", 33, &error), EINVAL, "giving 'one' the address 10.9.0.3/33");
    expect_error(links_address("one", "10.9.0.3", 256 + 24, &error), EINVAL, "giving 'one' the address 10.9.0.3/280");
    expect_error(links_raise("two", &error), ENODEV, "switching on the link 'two'");
    expect_error(links_raise("a-name-as-long-as-this", &error), ENODEV,
                 "switching on the link 'a-name-as-long-as-this'");
    expect_error(links_default_route("10.8.0.1", &error), ENETUNREACH, "the default route by way of 10.8.0.1");
    expect_error(links_default_route("nowhere", &error), EINVAL, "the default route by way of nowhere");
    expect(links_raise("one", &error));
    try_at_once("fd09::1");
    expect_error(links_wait("one", &error), ENETDOWN, "waiting for the link 'one'"); // its other end is down
    expect(namespace_go(there, &error));
    assert_int_not_equal(if_nametoindex("other"), 0);
    expect(links_remove("other", &error));
    expect_error(links_remove("other", &error), ENODEV, "removing the link 'other'");
    expect(namespace_go(here, &error));
    assert_int_equal(if_nametoindex("one"), 0); // a cable has two ends or none
}

static void test_links(void **state) {
    (void)state;
    in_network(make_links);
}

static void make_a_long_name(void) {
    char name[1000];
    int here = namespace_here(&error);
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(links_cable(name, "other", here, &error));
    assert_int_equal(error.number, EMSGSIZE);
    name[300] = '\0';
    assert_false(links_cable("one", name, here, &error));
    assert_int_not_equal(error.number, 0);
    assert_int_equal(if_nametoindex("one"), 0);
}

static void test_a_name_that_is_too_long(void **state) {
    (void)state;
    in_network(make_a_long_name);
}

// ---- the router

static int socket_at(int network, const struct place *at, int type) {
    expect(namespace_go(network, &error));
    int fd = socket(at->family, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    return fd;
}

// A connection by way of the router; a listener in the server's network, connect() in the client's.
static void talk(const struct router_net *net, const char *server) {
    const struct place at = place(server, PORT);
    char text[16] = "";
    int listener = socket_at(net->server, &at, SOCK_STREAM);
    assert_int_equal(bind(listener, (const struct sockaddr *)&at.bytes, at.size), 0);
    assert_int_equal(listen(listener, 1), 0);
    int client = socket_at(net->client, &at, SOCK_STREAM);
    assert_int_equal(connect(client, (const struct sockaddr *)&at.bytes, at.size), 0);
    int accepted = accept(listener, NULL, NULL);
    assert_true(accepted >= 0);
    assert_int_equal(send(client, "Hello server!", 13, 0), 13);
    assert_int_equal(recv(accepted, text, sizeof text, 0), 13);
    assert_string_equal(text, "Hello server!");
    close(accepted);
    close(client);
    close(listener);
}

// Waits for an ICMP error about a datagram of this socket, and gives its type.
static int icmp_type(int fd, bool ipv6) {
    union {
        char bytes[512];
        struct cmsghdr align;
    } control;
    char data[64];
    struct iovec part = {.iov_base = data, .iov_len = sizeof data};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct pollfd ready = {.fd = fd};
    assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
    assert_true(recvmsg(fd, &message, MSG_ERRQUEUE) >= 0);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        struct sock_extended_err told;
        memcpy(&told, CMSG_DATA(c), sizeof told);
        assert_int_equal(told.ee_origin, ipv6 ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP);
        return told.ee_type;
    }
    fail_msg("no ICMP error");
    return -1;
}

// With a time to live of 1 a datagram ends at the router, which says so: every time, though routers usually stop after
// six of them to one neighbour, and after 50 in all.
static void end_at_the_router(const struct router_net *net, const char *server) {
    const struct place at = place(server, PORT);
    const bool ipv6 = at.family == AF_INET6;
    const int on = 1, ttl = 1, time_exceeded = ipv6 ? 3 : 11;
    int fd = socket_at(net->client, &at, SOCK_DGRAM);
    assert_int_equal(setsockopt(fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_UNICAST_HOPS : IP_TTL, &ttl, 4), 0);
    assert_int_equal(setsockopt(fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_RECVERR : IP_RECVERR, &on, 4), 0);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(sendto(fd, "?", 1, 0, (const struct sockaddr *)&at.bytes, at.size), 1);
        assert_int_equal(icmp_type(fd, ipv6), time_exceeded);
    }
    close(fd);
}

static void use_router(void) {
    struct router_net net;
    ino_t here = network_now();
    expect(router_net_open(&net, &error));
    assert_true(network_now() == here);
    assert_true(namespace_is_private(&proof));
    talk(&net, ROUTER_NET_SERVER);
    end_at_the_router(&net, ROUTER_NET_SERVER);
    assert_int_equal(net.ipv6, access("/proc/sys/net/ipv6", F_OK) == 0);
    if (net.ipv6) {
        talk(&net, ROUTER_NET_SERVER_IPV6);
        end_at_the_router(&net, ROUTER_NET_SERVER_IPV6);
    }
    router_net_close(&net);
    assert_true(network_now() == here);
}

static void test_a_router_between(void **state) {
    (void)state;
    in_network(use_router);
}

static void use_router_twice(void) {
    struct router_net net;
    for (int i = 0; i < 3; i++) {
        expect(router_net_open(&net, &error));
        expect(namespace_go(net.server, &error)); // wherever the process is: closing brings it back
        router_net_close(&net);
        assert_int_equal(if_nametoindex("near"), 0);
        assert_int_equal(net.server, -1);
    }
}

static void test_a_router_again(void **state) {
    (void)state;
    in_network(use_router_twice);
}

static void find_near_taken(void) {
    struct router_net net;
    ino_t here = network_now();
    expect(links_cable("near", "also", namespace_here(&error), &error));
    expect_error(router_net_open(&net, &error), EEXIST, "making the link from 'near' to 'r1'");
    assert_true(network_now() == here);
    assert_int_equal(net.router, -1);
}

static void test_a_router_that_cannot_be_built(void **state) {
    (void)state;
    in_network(find_near_taken);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_entered_proves_nothing),
        cmocka_unit_test(test_private_is_what_is_not_outside),
        cmocka_unit_test(test_the_number_of_what_we_left_stays_ours),
        cmocka_unit_test(test_going_from_one_to_another),
        cmocka_unit_test(test_settings_are_written_and_read),
        cmocka_unit_test(test_wrong_settings_are_told),
        cmocka_unit_test(test_only_a_network_has_settings),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_a_name_that_is_too_long),
        cmocka_unit_test(test_a_router_between),
        cmocka_unit_test(test_a_router_again),
        cmocka_unit_test(test_a_router_that_cannot_be_built),
    };
    return cmocka_run_group_tests_name("links", tests, enter, NULL);
}
