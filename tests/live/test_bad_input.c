// SPDX-License-Identifier: MIT
//
// What bad input, bad servers and bad networks get: one clear line on standard error and the documented status. Each is
// provoked for real, in a private network.
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "net/raw.h"
#include "rawshake/packet.h"

static void fails(int status, const char *in_err, const char *const *words) {
    struct result r = live_run(NULL, words);
    live_expect(&r, status, NULL, in_err);
    if (!live_one_line(r.err))
        print_error("not one line: %s", r.err);
    assert_true(live_one_line(r.err));
    live_free(&r);
}

// Misuse: the first line says it, the usage follows.
static void misuse(const char *in_err, const char *const *words) {
    struct result r = live_run(NULL, words);
    live_expect(&r, 2, NULL, in_err);
    assert_int_equal(strncmp(r.err, "rawshake: ", 10), 0);
    assert_string_equal(r.out, "");
    live_free(&r);
}

static void test_words_that_make_no_sense(void **state) {
    (void)state;
    misuse("did you mean 'connect'", WORDS("conect"));
    misuse("did you mean '--verbose'", WORDS("connect", "--verbos"));
    misuse("unknown", WORDS("demo", "-z"));
    misuse("needs a value", WORDS("connect", "--ttl"));
    misuse("takes no value", WORDS("connect", "--step=3"));
    misuse("exclude each other", WORDS("connect", "-q", "--step"));
    misuse("one word too many", WORDS("connect", "a", "1", "b"));
    misuse("unknown", WORDS("serve", "--kernel"));
}

static void test_numbers_out_of_range(void **state) {
    static const char *const options[][2] = {
        {"--source-port", "0"},  {"--source-port", "65536"},
        {"--ttl", "0"},          {"--ttl", "256"},
        {"--mss", "0"},          {"--mss", "65496"},
        {"--window", "0"},       {"--window", "4194305"},
        {"--without", "sac"},    {"--without", "mss,"},
        {"--without", ""},       {"--isn", "-1"},
        {"--isn", "4294967296"}, {"--isn", "0x"},
        {"--timeout", "0x10"},   {"--timeout", "1e1"},
        {"--linger", "1.2.3"},   {"--drop", "0x10%"},
        {"--drop", "1e1%"},      {"--delay", "2:0x1s"},
        {"--timeout", "0"},      {"--timeout", "soon"},
        {"--linger", "-3"},      {"--time-wait", "x"},
        {"--ttl", "6 4"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct result r = live_run(NULL, WORDS("connect", options[i][0], options[i][1]));
        live_expect(&r, 2, NULL, options[i][1]);
        assert_true(live_one_line(r.err));
        live_free(&r);
    }
    fails(2, "port 'http'", WORDS("connect", "localhost", "http"));
    fails(2, "port '0'", WORDS("connect", "localhost", "0"));
    fails(2, "port '99999'", WORDS("serve", "-p", "99999"));
    fails(2, "--color", WORDS("connect", "--color=blue"));
}

static void test_nobody_listens(void **state) {
    (void)state;
    live_or_skip();
    fails(1, "Connection refused (ECONNREFUSED)", WORDS("connect", "127.0.0.1", "1999"));
    struct result r = live_run(NULL, WORDS("connect", "127.0.0.1", "1999"));
    live_expect(&r, 1, "RST answered our SYN", NULL);
    live_expect(&r, 1, "No program sent it", NULL);
    live_free(&r);
    fails(1, "ECONNREFUSED", WORDS("connect", "--kernel", "127.0.0.1", "1999"));
}

static void test_nobody_answers(void **state) {
    (void)state;
    live_or_skip();
    live_route_to_nowhere("198.51.100.0");
    struct result r = live_run(NULL, WORDS("connect", "198.51.100.7", "--timeout", "3.5"));
    live_expect(&r, 1, "This time we wait up to 2 s.", "Connection timed out (ETIMEDOUT)");
    live_expect(&r, 1, "This time we wait up to 4 s.", NULL);
    assert_true(live_one_line(r.err));
    int syns = 0;
    for (const char *at = r.out; (at = strstr(at, " SYN seq=0 ")) != NULL; at++)
        syns++;
    assert_int_equal(syns, 3); // at 0, 1 and 3 s
    live_free(&r);
}

static void test_addresses_that_cannot_be(void **state) {
    (void)state;
    live_or_skip();
    fails(1, "0.0.0.0:1712: not the address of one machine", WORDS("connect", "0.0.0.0"));
    fails(1, "not the address of one machine", WORDS("connect", "255.255.255.255"));
    fails(1, "not the address of one machine", WORDS("connect", "224.0.0.1"));
    fails(1, "not the address of one machine", WORDS("connect", "239.255.255.255"));
    fails(1, "127.255.255.255:1712: a broadcast address", WORDS("connect", "127.255.255.255"));
    fails(1, "Network is unreachable (ENETUNREACH)", WORDS("connect", "203.0.113.1"));
    fails(1, "host 'no.such.host.invalid'", WORDS("connect", "no.such.host.invalid"));
    fails(1, "the name of an interface of this machine", WORDS("connect", "fe80::1%nosuch"));
    fails(1, "our own end", WORDS("connect", "127.0.0.1", "40777", "--source-port", "40777"));
}

static void never_close(int listener) {
    accept(listener, NULL, NULL);
    pause();
}

static void test_a_taken_source_port(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1713, never_close);
    fails(1, "source port 1713: Address already in use (EADDRINUSE)", WORDS("connect", "--source-port", "1713"));
    fails(1, "listen on 127.0.0.1:1713: Address already in use", WORDS("serve", "-p", "1713"));
    live_server_end(server);
    fails(1, "not an address of this machine", WORDS("serve", "-b", "203.0.113.1"));
}

static void test_files(void **state) {
    (void)state;
    live_or_skip();
    fails(1, "file '/nonexistent': No such file or directory (ENOENT): nothing was sent",
          WORDS("connect", "-f", "/nonexistent"));
    fails(1, "file '/tmp': Is a directory (EISDIR): nothing was sent", WORDS("connect", "-f", "/tmp"));
}

static void take_then(int listener, bool read_first, bool reset) {
    char bytes[1024];
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    int fd = accept(listener, NULL, NULL);
    if (read_first)
        (void)!recv(fd, bytes, sizeof bytes, 0);
    if (reset)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

static void reset_in_the_middle(int listener) { take_then(listener, true, true); }

static void test_the_server_resets(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, reset_in_the_middle);
    // Standard input stays open, so the connection is in its middle when the RST comes.
    struct child child = live_start(WORDS("connect", "-f", "-"));
    assert_int_equal(write(child.input, "x", 1), 1);
    assert_true(live_wait_for(&child, true, "\n"));
    struct result r = live_finish(&child, 10);
    live_expect(&r, 1, "RST", "Connection reset by peer (ECONNRESET)");
    assert_true(live_one_line(r.err));
    live_free(&r);
    live_server_end(server);
}

static void close_first(int listener) {
    char bytes[64];
    int fd = accept(listener, NULL, NULL);
    shutdown(fd, SHUT_WR);
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
    close(fd);
}

static void test_the_server_closes_first(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, close_first);
    struct child child = live_start(WORDS("connect", "-f", "-"));
    assert_true(live_wait_for(&child, false, "CLOSE-WAIT"));
    assert_int_equal(write(child.input, "late", 4), 4);
    struct result r = live_finish(&child, 10);
    live_expect(&r, 0, "LAST-ACK", NULL);
    live_expect(&r, 0, "nothing is left of the connection", NULL);
    assert_string_equal(r.err, "");
    live_free(&r);
    live_server_end(server);
}

static void test_the_server_never_closes(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, never_close);
    struct result r = live_run(NULL, WORDS("connect", "--linger", "1"));
    live_expect(&r, 1, "We wait up to 1 s of silence for its FIN", "has not closed its side within 1 s");
    assert_true(live_one_line(r.err));
    live_free(&r);
    live_server_end(server);
}

// A packet from the test's own raw socket.
static void inject(struct raw_link *raw, const struct rs_packet *packet, size_t cut) {
    uint8_t bytes[256];
    size_t size = rs_packet_build(packet, bytes, sizeof bytes);
    struct link door = raw_link_door(raw);
    assert_true(size > cut);
    assert_int_equal(door.send(door.self, &packet->destination, bytes, size - cut), 0);
}

static struct rs_packet to_port(uint16_t from, uint16_t to, uint8_t flags) {
    return (struct rs_packet){.source = rs_endpoint_ipv4(127, 0, 0, 1, from),
                              .destination = rs_endpoint_ipv4(127, 0, 0, 1, to),
                              .ip = {.ttl = 64},
                              .segment = {.seq = 77, .ack = 99, .flags = flags}};
}

static void test_garbage_at_our_port(void **state) {
    struct raw_link raw;
    struct net_error error;
    (void)state;
    live_or_skip();
    assert_true(raw_link_open(&raw, RS_IPV4, 4444, &error));
    pid_t server = live_server(1712, close_first);
    struct child child = live_start(WORDS("connect", "-v", "-f", "-", "--source-port", "40002"));
    assert_true(live_wait_for(&child, false, "CLOSE-WAIT"));
    struct rs_packet foreign = to_port(4444, 40002, RS_RST), cut = to_port(1712, 40002, RS_ACK);
    inject(&raw, &foreign, 0);
    inject(&raw, &cut, 8); // a TCP header of 12 bytes; the IP total length is mended by the kernel
    assert_true(live_wait_for(&child, false, "belongs to another connection"));
    assert_true(live_wait_for(&child, false, "the TCP header is cut short"));
    assert_int_equal(write(child.input, "x", 1), 1);
    struct result r = live_finish(&child, 10);
    live_expect(&r, 0, "2 packets at our port were not this connection's", NULL);
    live_free(&r);
    live_server_end(server);
    raw_link_close(&raw);
}

// While the program is stopped, more arrives than its queue takes.
static void test_our_receive_queue_overflows(void **state) {
    struct raw_link raw;
    struct net_error error;
    static uint8_t bytes[20000], data[19000];
    (void)state;
    live_or_skip();
    assert_true(raw_link_open(&raw, RS_IPV4, 4444, &error));
    pid_t server = live_server(1712, close_first);
    struct child child = live_start(WORDS("connect", "-f", "-", "--source-port", "40003"));
    assert_true(live_wait_for(&child, false, "CLOSE-WAIT"));
    kill(child.pid, SIGSTOP);
    struct rs_packet packet = to_port(4444, 40003, RS_ACK);
    packet.segment.payload[0] = (struct rs_span){data, sizeof data};
    struct link door = raw_link_door(&raw);
    size_t size = rs_packet_build(&packet, bytes, sizeof bytes);
    for (int i = 0; i < 1200; i++)
        assert_int_equal(door.send(door.self, &packet.destination, bytes, size), 0);
    kill(child.pid, SIGCONT);
    usleep(300000);
    struct rs_packet one = to_port(4444, 40003, RS_ACK);
    inject(&raw, &one, 0); // the kernel tells of the loss with the next packet
    assert_true(live_wait_for(&child, false, "lost in our own receive queue"));
    struct result r = live_finish(&child, 10);
    live_expect(&r, 0, NULL, NULL);
    live_free(&r);
    live_server_end(server);
    raw_link_close(&raw);
}

// The interface loses its address, and with it the route.
static void test_sending_fails_in_the_middle(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, never_close);
    struct child child = live_start(WORDS("connect", "-f", "-", "--timeout", "1.5"));
    assert_true(live_wait_for(&child, false, "connect() returns"));
    live_loopback_address(false);
    assert_int_equal(write(child.input, "x", 1), 1);
    struct result r = live_finish(&child, 20);
    live_loopback_address(true);
    live_expect(&r, 1, "our own kernel refused to send it: Network is unreachable", "Connection timed out (ETIMEDOUT)");
    assert_true(live_one_line(r.err));
    live_free(&r);
    live_server_end(server);
}

// The interface goes down: the kernel takes the segments and loses them.
static void test_the_interface_goes_down(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, never_close);
    struct child child = live_start(WORDS("connect", "-f", "-", "--timeout", "1.5"));
    assert_true(live_wait_for(&child, false, "connect() returns"));
    live_loopback(false);
    assert_int_equal(write(child.input, "x", 1), 1);
    struct result r = live_finish(&child, 20);
    live_loopback(true);
    live_expect(&r, 1, "No ACK of it came in time", "Connection timed out (ETIMEDOUT)");
    assert_true(live_one_line(r.err));
    live_free(&r);
    live_server_end(server);
}

static void test_a_firewall_rule_in_the_middle(void **state) {
    (void)state;
    live_or_skip();
    if (!live_has("nft"))
        skip();
    pid_t server = live_server(1712, never_close);
    struct child child = live_start(WORDS("connect", "-f", "-"));
    assert_true(live_wait_for(&child, false, "connect() returns"));
    if (system("nft add table ip t && nft 'add chain ip t o { type filter hook output priority 0; }' && "
               "nft add rule ip t o tcp dport 1712 drop") != 0)
        skip();
    assert_int_equal(write(child.input, "x", 1), 1);
    struct result r = live_finish(&child, 10);
    assert_int_equal(system("nft delete table ip t"), 0);
    live_expect(&r, 1, "It did not leave", "Operation not permitted (EPERM): a firewall rule");
    assert_true(live_one_line(r.err));
    live_free(&r);
    live_server_end(server);
}

static void read_all(int listener) { take_then(listener, true, false); }

static void test_standard_output_is_closed(void **state) {
    int pair[2], status;
    char path[] = "/tmp/rawshake-test-XXXXXX", err[400] = {0};
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, read_all);
    int err_fd = mkostemp(path, O_CLOEXEC);
    assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGPIPE, SIG_DFL);
        dup2(pair[1], 1);
        dup2(err_fd, 2);
        close(pair[0]);
        close(pair[1]);
        execl(getenv("RAWSHAKE"), "rawshake", "connect", (char *)NULL);
        _exit(127);
    }
    close(pair[0]); // the reader goes away before the first line
    close(pair[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_true(pread(err_fd, err, sizeof err - 1, 0) > 0);
    assert_non_null(strstr(err, "standard output: Broken pipe (EPIPE)"));
    assert_true(live_one_line(err));
    assert_int_equal(waitpid(server, &status, 0), server); // and the server saw an orderly end
    assert_int_equal(status, 0);
    close(err_fd);
    unlink(path);
}

// The reader is there but does not read: timers run, the connection is made and ended in order all the same.
static void test_a_blocked_reader(void **state) {
    int pair[2], status;
    char junk[4096] = {0};
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, read_all);
    live_full_pipe(pair);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pair[1], 1);
        execl(getenv("RAWSHAKE"), "rawshake", "connect", (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(server, &status, 0), server); // it ends when it has read the end of file
    assert_int_equal(status, 0);
    assert_int_equal(waitpid(pid, &status, WNOHANG), 0); // only the last lines still wait for the reader
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 1000 && waitpid(pid, &status, WNOHANG) == 0; i++) {
        while (read(pair[0], junk, sizeof junk) > 0) {
        }
        usleep(5000);
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(pair[0]);
    close(pair[1]);
}

// ---- signals

static void served_and_told(int listener) {
    char byte;
    int fd = accept(listener, NULL, NULL);
    ssize_t size;
    while ((size = recv(fd, &byte, 1, 0)) > 0) {
    }
    _exit(size < 0 ? 10 : 11); // 10: reset, 11: end of file
}

static void interrupted(int number, const char *const *words, const char *when, int server_saw) {
    int status;
    pid_t server = live_server(1712, served_and_told);
    struct child child = live_start(words);
    assert_true(live_wait_for(&child, false, when));
    kill(child.pid, number);
    struct result r = live_finish(&child, 10);
    live_expect(&r, 128 + number, NULL, "aborted");
    assert_true(live_one_line(r.err));
    live_free(&r);
    if (server_saw) {
        assert_int_equal(waitpid(server, &status, 0), server);
        assert_int_equal(WEXITSTATUS(status), server_saw);
    } else {
        live_server_end(server);
    }
}

static void test_signals(void **state) {
    (void)state;
    live_or_skip();
    live_route_to_nowhere("198.51.100.0");
    const int numbers[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        interrupted(numbers[i], WORDS("connect", "198.51.100.7"), "SYN-SENT", 0);
        interrupted(numbers[i], WORDS("connect", "-f", "-"), "connect() returns", 10);
        interrupted(numbers[i], WORDS("connect", "--step"), "next: SYN", 0);
        interrupted(numbers[i], WORDS("connect", "198.51.100.7", "--step"), "next: SYN", 0);
    }
}

// FIN-WAIT-2: both directions were fine so far; the RST ends what is left.
static void test_signal_in_fin_wait_2(void **state) {
    (void)state;
    live_or_skip();
    const int numbers[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        pid_t server = live_server(1712, never_close);
        struct child child = live_start(WORDS("connect"));
        assert_true(live_wait_for(&child, false, "FIN-WAIT-2"));
        kill(child.pid, numbers[i]);
        struct result r = live_finish(&child, 10);
        live_expect(&r, 128 + numbers[i], "RST,ACK", "aborted");
        live_free(&r);
        live_server_end(server);
    }
}

// FIN-WAIT-1 lasts when our FIN is lost: a rule keeps it from the server, and lets our RST pass. That RST lies beyond
// the lost FIN, so the server asks back (challenge ACK), and the second RST fits.
static void test_signal_in_fin_wait_1(void **state) {
    (void)state;
    live_or_skip();
    if (!live_has("nft"))
        skip();
    const int numbers[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        int status;
        pid_t server = live_server(1712, served_and_told);
        struct child child = live_start(WORDS("connect", "-f", "-"));
        assert_true(live_wait_for(&child, false, "connect() returns"));
        assert_int_equal(
            system("nft add table ip t && nft 'add chain ip t i { type filter hook input priority 0; }' && "
                   "nft 'add rule ip t i tcp dport 1712 tcp flags & (fin|rst) == fin drop'"),
            0);
        close(child.input);
        child.input = -1;
        assert_true(live_wait_for(&child, false, "FIN-WAIT-1"));
        kill(child.pid, numbers[i]);
        struct result r = live_finish(&child, 10);
        assert_int_equal(system("nft delete table ip t"), 0);
        live_expect(&r, 128 + numbers[i], "RST,ACK", "aborted: RST was sent");
        live_free(&r);
        assert_int_equal(waitpid(server, &status, 0), server);
        assert_int_equal(WEXITSTATUS(status), 10); // the RST has reached the server's program
    }
}

// After kill -9 the port can be taken again at once: nothing held it but the process.
static void test_killed_for_good(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, never_close);
    struct child child = live_start(WORDS("connect", "-f", "-", "--source-port", "40004"));
    assert_true(live_wait_for(&child, false, "connect() returns"));
    kill(child.pid, SIGKILL);
    struct result r = live_finish(&child, 10);
    assert_int_equal(r.status, 128 + SIGKILL);
    live_free(&r);
    live_server_end(server);
    server = live_server(1712, read_all);
    r = live_run(NULL, WORDS("connect", "-q", "--source-port", "40004"));
    live_expect(&r, 0, NULL, NULL);
    live_free(&r);
    live_server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_that_make_no_sense),
        cmocka_unit_test(test_numbers_out_of_range),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_addresses_that_cannot_be),
        cmocka_unit_test(test_a_taken_source_port),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_the_server_resets),
        cmocka_unit_test(test_the_server_closes_first),
        cmocka_unit_test(test_the_server_never_closes),
        cmocka_unit_test(test_garbage_at_our_port),
        cmocka_unit_test(test_our_receive_queue_overflows),
        cmocka_unit_test(test_sending_fails_in_the_middle),
        cmocka_unit_test(test_the_interface_goes_down),
        cmocka_unit_test(test_a_firewall_rule_in_the_middle),
        cmocka_unit_test(test_standard_output_is_closed),
        cmocka_unit_test(test_a_blocked_reader),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_signal_in_fin_wait_2),
        cmocka_unit_test(test_signal_in_fin_wait_1),
        cmocka_unit_test(test_killed_for_good),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
