// SPDX-License-Identifier: MIT
//
// The handover: a handshake by hand, and then the kernel's own socket goes on with it. What counts is the whole list of
// segments on the wire, and what both programs get.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/capture.h"
#include "../help/cm.h"
#include "../help/live.h"
#include "../help/opening.h"
#include "../help/servers.h"
#include "live/takeover.h"
#include "net/clock.h"
#include "net/description.h"
#include "net/privileges.h"

enum { PORT = 1712, QUIET_MS = 60, PATIENCE_S = 30, MUCH = 5000000, MANY = 100, ATTEMPTS = 4 };

// The last thing that our engine does is to send the ACK.
static void shake_hands(struct opening *o) {
    if (!opening_shake(o))
        fail_msg("%s: %s", o->error.what, strerror(o->error.number));
}

// Speaks first, then sends back what it hears.
static void banner_and_echo(int listener) {
    char bytes[4096];
    ssize_t size;
    int fd = accept(listener, NULL, NULL);
    if (send(fd, "220 hello\n", 10, 0) != 10)
        _exit(1);
    while ((size = recv(fd, bytes, sizeof bytes, 0)) > 0)
        if (send(fd, bytes, (size_t)size, 0) != size)
            _exit(1);
    close(fd);
}

static void expect_text(int fd, const char *text) {
    char got[128] = {0};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ssize_t size = recv(fd, got, strlen(text), MSG_WAITALL);
    if (size < 0)
        fail_msg("recv() of \"%s\": %s", text, strerror(errno));
    assert_int_equal(size, strlen(text));
    assert_string_equal(got, text);
}

static void converse(int fd) {
    expect_text(fd, "220 hello\n");
    assert_int_equal(send(fd, "Hello server!", 13, 0), 13);
    expect_text(fd, "Hello server!");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    char rest;
    assert_int_equal(recv(fd, &rest, 1, 0), 0);
}

static unsigned count(const struct capture *c, uint8_t flags) {
    unsigned found = 0;
    for (unsigned i = 0; i < c->count; i++)
        found += (c->seen[i].packet.segment.flags & flags) == flags;
    return found;
}

// SYN, SYN-ACK, ACK: and then only what both programs have to say. Nothing is sent twice, and nobody sends RST.
static void expect_a_clean_wire(const struct capture *c) {
    uint32_t next[2] = {0};
    assert_true(c->count >= 3);
    assert_int_equal(c->seen[0].packet.segment.flags, RS_SYN);
    assert_int_equal(c->seen[1].packet.segment.flags, RS_SYN | RS_ACK);
    assert_int_equal(c->seen[2].packet.segment.flags, RS_ACK);
    assert_int_equal(c->seen[2].data_bytes, 0);
    assert_true(c->seen[2].to_server);
    assert_int_equal(count(c, RS_RST), 0);
    assert_int_equal(count(c, RS_SYN), 2);
    assert_int_equal(count(c, RS_FIN), 2);
    for (unsigned i = 0; i < c->count; i++) {
        const struct rs_segment *s = &c->seen[i].packet.segment;
        const uint32_t length = c->seen[i].data_bytes + !!(s->flags & RS_SYN) + !!(s->flags & RS_FIN);
        if (s->flags & RS_SYN)
            next[c->seen[i].to_server] = s->seq;
        if (length > 0)
            assert_int_equal(s->seq, next[c->seen[i].to_server]);
        next[c->seen[i].to_server] += length;
    }
}

static struct capture captured;

static void converse_once(const char *host, void (*change)(struct rs_conn_config *), struct handover_helper *helper) {
    live_or_skip();
    pid_t server = live_server_at(host, PORT, banner_and_echo);
    struct opening *o = opening_new(host, PORT, change);
    o->helper = helper;
    capture_begin(&captured, "lo", PORT);
    shake_hands(o);
    converse(o->fd);
    capture_until_quiet(&captured, QUIET_MS);
    capture_end(&captured);
    opening_close(o);
    live_server_end(server);
    expect_a_clean_wire(&captured);
}

static void test_ipv4(void **state) {
    (void)state;
    converse_once("127.0.0.1", NULL, NULL);
}

static void test_ipv6(void **state) {
    (void)state;
    converse_once("::1", NULL, NULL);
}

static void no_scale(struct rs_conn_config *c) { c->no_window_scale = true; }
static void no_timestamps(struct rs_conn_config *c) { c->no_timestamps = true; }
static void no_sack(struct rs_conn_config *c) { c->no_sack = true; }
static void nothing_but_mss(struct rs_conn_config *c) { c->no_window_scale = c->no_timestamps = c->no_sack = true; }

static void test_whatever_was_negotiated(void **state) {
    (void)state;
    converse_once("127.0.0.1", no_scale, NULL);
    converse_once("127.0.0.1", no_timestamps, NULL);
    converse_once("127.0.0.1", no_sack, NULL);
    converse_once("127.0.0.1", nothing_but_mss, NULL);
}

// What the kernel says of its new socket is what our engine had. Its segments leave room for what the timestamps take.
static void compare_numbers(const char *host) {
    enum { TIMESTAMPS_TAKE = 12 };
    struct description is;
    struct handover_told told;
    struct rs_conn_facts facts;
    live_or_skip();
    pid_t server = live_server_at(host, PORT, serve_to_the_end); // what it says would move the kernel's numbers
    struct opening *o = opening_new(host, PORT, NULL);
    assert_true(description_of(o->fd, &is));
    assert_int_equal(is.state, RS_CLOSED);
    o->told = &told;
    shake_hands(o);
    rs_conn_facts(&o->session.conn, &facts);
    assert_true(description_of(o->fd, &is));
    assert_int_equal(is.state, RS_ESTABLISHED);
    assert_int_equal(is.local_port, facts.local.port);
    assert_int_equal(is.remote_port, PORT);
    assert_int_equal(is.timestamps, facts.timestamps);
    assert_int_equal(is.sack, facts.sack);
    assert_int_equal(is.window_scale, facts.window_scale);
    assert_int_equal(is.send_scale, facts.send_scale);
    assert_int_equal(is.receive_scale, facts.receive_scale);
    assert_int_equal(is.snd_mss, facts.send_mss - (facts.timestamps ? TIMESTAMPS_TAKE : 0));
    assert_true(!is.snd_wnd_known || is.snd_wnd == facts.snd_wnd);
    assert_true(!is.rcv_wnd_known || is.rcv_wnd == facts.rcv_wnd);
    assert_int_equal(is.segments_out, 0);
    assert_true(told.known);
    assert_int_equal(told.snd_nxt, facts.snd_nxt);
    assert_int_equal(told.rcv_nxt, facts.rcv_nxt);
    assert_false(description_of(-1, &is));
    assert_int_equal(send(o->fd, "Hello server!", 13, 0), 13);
    opening_close(o);
    live_server_end(server);
}

static void test_the_kernel_knows_our_numbers(void **state) {
    (void)state;
    compare_numbers("127.0.0.1");
    compare_numbers("::1");
}

// The process that hands over has the one capability; ours needs none. (SO_REUSEADDR, which repair mode clears, stays.)
static void test_by_a_helper(void **state) {
    struct handover_helper helper;
    struct net_error error;
    const int on = 1;
    int status = 0, reuse = 0;
    (void)state;
    live_or_skip();
    pid_t server = live_server(PORT, banner_and_echo);
    pid_t pid = fork();
    if (pid == 0) {
        struct opening *o = opening_new("127.0.0.1", PORT, NULL);
        assert_int_equal(setsockopt(o->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
        assert_true(handover_helper_start(&helper, privileges_keep, &error));
        assert_true(privileges_drop(&error));
        const struct handover nothing = {.local = o->session.conn.local, .remote = o->session.conn.remote};
        assert_false(handover_take(o->fd, &nothing, &error)); // we cannot
        assert_int_equal(error.number, EPERM);
        o->helper = &helper;
        shake_hands(o);
        assert_int_equal(helper.told.snd_nxt, o->session.conn.snd.nxt);
        converse(o->fd);
        assert_int_equal(getsockopt(o->fd, SOL_SOCKET, SO_REUSEADDR, &reuse, &(socklen_t){sizeof reuse}), 0);
        assert_int_equal(reuse, 1);
        handover_helper_stop(&helper);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    live_server_end(server);
}

static void send_much(int listener) {
    static char bytes[65536];
    int fd = accept(listener, NULL, NULL);
    for (int left = MUCH; left > 0;) {
        ssize_t sent = send(fd, bytes, left < (int)sizeof bytes ? (size_t)left : sizeof bytes, 0);
        if (sent <= 0)
            _exit(1);
        left -= (int)sent;
    }
    close(fd);
}

// With a window scale that was not told, this would crawl.
static void test_a_download(void **state) {
    static char bytes[65536];
    struct timeval patience = {.tv_sec = PATIENCE_S};
    (void)state;
    live_or_skip();
    pid_t server = live_server(PORT, send_much);
    struct opening *o = opening_new("127.0.0.1", PORT, NULL);
    shake_hands(o);
    setsockopt(o->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ssize_t size, all = 0;
    while ((size = recv(o->fd, bytes, sizeof bytes, 0)) > 0)
        all += size;
    assert_int_equal(all, MUCH);
    opening_close(o);
    live_server_end(server);
}

static void many_banners(int listener) {
    for (int i = 0; i < MANY; i++) {
        int fd = accept(listener, NULL, NULL);
        if (send(fd, "220 hello\n", 10, 0) != 10)
            _exit(1);
        char byte;
        while (recv(fd, &byte, 1, 0) > 0) {
        }
        close(fd);
    }
}

static unsigned long unwanted(void) { return live_counter("Tcp:", "OutRsts") + live_counter("Tcp:", "RetransSegs"); }

// How many segments the kernel has sent again, or answered with RST.
static unsigned long unwanted_of_many(void) {
    pid_t server = live_server(PORT, many_banners);
    const unsigned long before = unwanted();
    for (int i = 0; i < MANY; i++) {
        struct opening *o = opening_new("127.0.0.1", PORT, NULL);
        shake_hands(o);
        expect_text(o->fd, "220 hello\n");
        opening_close(o);
    }
    live_server_end(server);
    return unwanted() - before;
}

// A server that speaks at once finds somebody each time. On a machine that is slow or stands still, its kernel may send
// again what has arrived, and of two segments that two processors send the second may arrive first: then an ACK comes
// twice, and the second one may meet nobody. A gap of ours would be met by each hundred.
static void test_no_gap(void **state) {
    unsigned long count = 1;
    (void)state;
    live_or_skip();
    for (int i = 0; i < ATTEMPTS && count > 0; i++)
        count = unwanted_of_many();
    assert_int_equal(count, 0);
}

// A socket that cannot take it says why, and is as good as before.
static void test_a_socket_that_is_connected_already(void **state) {
    struct net_error error;
    char byte = 'x';
    int pair[2];
    (void)state;
    live_or_skip();
    pid_t server = live_server(PORT, banner_and_echo);
    struct opening *o = opening_new("127.0.0.1", PORT, NULL);
    shake_hands(o);
    const struct handover again = takeover_numbers(&o->session, 0);
    assert_false(handover_take(o->fd, &again, &error));
    converse(o->fd);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_false(handover_take(pair[0], &again, &error));
    assert_int_equal(send(pair[0], &byte, 1, 0), 1);
    close(pair[0]);
    close(pair[1]);
    opening_close(o);
    live_server_end(server);
}

// Another thread of its program may have bound it while we shook hands.
static void test_a_socket_that_is_bound_elsewhere(void **state) {
    struct net_error error;
    (void)state;
    live_or_skip();
    pid_t server = live_server(PORT, banner_and_echo);
    struct opening *o = opening_new("127.0.0.1", PORT, NULL);
    const struct sockaddr_in any = {.sin_family = AF_INET};
    shake_hands(o);
    const struct handover same = takeover_numbers(&o->session, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&any, sizeof any), 0);
    assert_false(handover_take(fd, &same, &error));
    assert_int_equal(error.number, EADDRINUSE);
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0); // it is as good as before
    close(fd);
    converse(o->fd);
    opening_close(o);
    live_server_end(server);
}

// On a machine that has much to do it takes a while until the kernel has the numbers. What our own segments say
// meanwhile must not be ahead of what the kernel's will say: their reader would throw these away as old.
static void test_the_clock_does_not_stand_still(void **state) {
    enum { VALUE = 123456, LATE_MS = 500 };
    const struct clock clock = clock_real();
    struct net_error error;
    int value = 0;
    (void)state;
    live_or_skip();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct handover late = {.local = rs_endpoint_ipv4(127, 0, 0, 1, PORT + 1),
                                  .remote = rs_endpoint_ipv4(127, 0, 0, 1, PORT),
                                  .snd_wnd = 65535,
                                  .rcv_wnd = 65535,
                                  .mss = 1460,
                                  .timestamps = true,
                                  .ts_value = VALUE,
                                  .ts_since_us = clock.monotonic_us(clock.self) - LATE_MS * 1000};
    assert_true(handover_take(fd, &late, &error));
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_TIMESTAMP, &value, &(socklen_t){sizeof value}), 0);
    assert_true(value >= VALUE + LATE_MS);
    assert_true(handover_undo(fd, &error));
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_whatever_was_negotiated),
        cmocka_unit_test(test_the_kernel_knows_our_numbers),
        cmocka_unit_test(test_by_a_helper),
        cmocka_unit_test(test_a_download),
        cmocka_unit_test(test_no_gap),
        cmocka_unit_test(test_a_socket_that_is_connected_already),
        cmocka_unit_test(test_a_socket_that_is_bound_elsewhere),
        cmocka_unit_test(test_the_clock_does_not_stand_still),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
