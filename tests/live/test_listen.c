// SPDX-License-Identifier: MIT
//
// listen: the passive side by hand, against ordinary clients of this machine's kernel.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/bytes.h"
#include "../help/clients.h"
#include "../help/cm.h"
#include "../help/live.h"
#include "../help/told.h"

enum { MEGABYTE = 1 << 20 };

// Ends it as Ctrl-C does.
static struct result interrupt(struct child *server) {
    kill(server->pid, SIGINT);
    return live_finish(server, 5);
}

// The tutorial's client, and what both ends' states are: ours the engine's, the client's its kernel's.
static void test_the_tutorials_client(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("listen", "--ascii", "--count", "1"));
    assert_true(live_wait_for(&server, false, "Listening by hand on 127.0.0.1:1712 and [::1]:1712 (backlog 8)"));
    int fd = client_connect(false, 1712);
    assert_true(live_wait_for(&server, false, "accept() returns"));
    client_say(fd, "Hello server!");
    assert_true(live_wait_for(&server, false, "recv() would return 13 bytes"));
    close(fd);
    struct result r = live_finish(&server, 30);
    live_expect(&r, 0, "server (us)  on the wire", NULL);
    told_in_order(r.out,
                  WORDS("by hand: our own IP and TCP headers", "whoever connects from there", "holds port 1712",
                        "client's kernel", "listen(8)", "LISTEN", "SYN-SENT", "<--- SYN seq=0",
                        "---- SYN,ACK seq=0 ack=1", "ESTABLISHED  <--- ACK seq=1 ack=1", "ESTABLISHED",
                        "accept() returns", "<--- PSH,ACK seq=1 ack=1 len=13",
                        "recv() would return 13 bytes: b\"Hello server!\"", "CLOSE-WAIT   <--- FIN,ACK seq=14",
                        "FIN-WAIT-1", "CLOSE-WAIT   ---- ACK seq=1 ack=15", "FIN-WAIT-2",
                        "LAST-ACK     ---- FIN,ACK seq=1 ack=15", "TIME-WAIT", "CLOSED       <--- ACK seq=15 ack=2",
                        "Our program printed:", "FROM: 127.0.0.1:", "MESSAGE: Hello server!", "1 connection in all."));
    assert_string_equal(r.err, "");
    assert_null(strstr(r.out, "the server's kernel"));
    live_free(&r);
}

// Two at once and of both families; one that goes without a word, one that is killed.
static void test_several_clients(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("listen", "1800", "--ascii"));
    assert_true(live_wait_for(&server, false, "Ctrl-C ends it"));
    const unsigned long resent = live_counter("Tcp:", "RetransSegs");
    int a = client_connect(false, 1800), b = client_connect(true, 1800), c = client_connect(false, 1800);
    client_say(b, "second");
    assert_true(live_wait_for(&server, false, "b\"second\""));
    client_say(a, "the server\033[2J");
    assert_true(live_wait_for(&server, false, "b\"the server\\x1b[2J\""));
    client_reset(c);
    client_finish(a);
    client_finish(b);
    pid_t pid = fork();
    if (pid == 0) {
        client_say(client_connect(false, 1800), "dies");
        pause();
    }
    assert_true(live_wait_for(&server, false, "b\"dies\""));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_true(live_wait_for(&server, false, "MESSAGE: dies"));
    struct result r = interrupt(&server);
    live_expect(&r, 128 + SIGINT, "Connection 1 again (client port", "Connection reset by peer (ECONNRESET)");
    live_expect(&r, 128 + SIGINT, "Connection 3: client 127.0.0.1:", NULL);
    live_expect(&r, 128 + SIGINT, "4 connections in all.", NULL);
    live_expect(&r, 128 + SIGINT, "MESSAGE: the server\\x1b[2J", NULL);
    assert_null(strchr(r.out, '\033'));
    assert_int_equal(live_counter("Tcp:", "RetransSegs"), resent);
    live_free(&r);
}

// Whoever reads what strangers send has no capability, and cannot get one.
static void expect_no_capability(pid_t pid) {
    char path[32], line[256];
    unsigned found = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *status = fopen(path, "re");
    assert_non_null(status);
    while (fgets(line, sizeof line, status))
        found += strcmp(line, "CapEff:\t0000000000000000\n") == 0 || strcmp(line, "CapPrm:\t0000000000000000\n") == 0 ||
                 strcmp(line, "NoNewPrivs:\t1\n") == 0;
    fclose(status);
    assert_int_equal(found, 3);
}

// Ctrl-C: who is still there is told by RST; the port is free at once.
static void test_ctrl_c(void **state) {
    (void)state;
    live_or_skip();
    char byte;
    struct child server = live_start(WORDS("listen", "1801", "-4"));
    assert_true(live_wait_for(&server, false, "Listening by hand on 127.0.0.1:1801 (backlog"));
    expect_no_capability(server.pid);
    int fd = client_connect(false, 1801);
    assert_true(live_wait_for(&server, false, "accept() returns"));
    struct result r = interrupt(&server);
    live_expect(&r, 128 + SIGINT, "1 connection had not ended: RST ended it.", NULL);
    assert_int_equal(recv(fd, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
    close(fd);
    live_free(&r);
    assert_false(live_listens(1801));
    struct child again = live_start(WORDS("serve", "-p", "1801", "-4"));
    assert_true(live_wait_for(&again, false, "Listening on 127.0.0.1:1801"));
    r = interrupt(&again);
    live_free(&r);
}

static void test_port_taken(void **state) {
    (void)state;
    live_or_skip();
    struct child serve = live_start(WORDS("serve", "-p", "1802", "-4"));
    assert_true(live_wait_for(&serve, false, "Listening on"));
    struct result r = live_run(NULL, WORDS("listen", "1802"));
    live_expect(&r, 1, NULL, "rawshake: port 1802: Address already in use (EADDRINUSE): another program holds it");
    assert_true(live_one_line(r.err));
    live_free(&r);
    r = interrupt(&serve);
    live_free(&r);
    r = live_run(NULL, WORDS("listen", "-b", "192.0.2.1"));
    live_expect(&r, 1, NULL, "rawshake: 192.0.2.1 is no address of this machine");
    live_free(&r);
}

static void test_ordinary_user(void **state) {
    (void)state;
    struct result r = live_run_refused(WORDS("listen"));
    live_expect(&r, 3, NULL, "CAP_NET_RAW: Operation not permitted (EPERM): run it with sudo");
    live_expect(&r, 3, NULL, "setcap");
    live_expect(&r, 3, NULL, "rawshake demo --both");
    assert_true(live_one_line(r.err));
    live_free(&r);
}

static void test_quiet(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("listen", "-q", "--count", "2"));
    for (int i = 0; i < 400 && !live_listens(1712); i++)
        usleep(5000);
    usleep(100000);
    int fd = client_connect(false, 1712);
    assert_int_equal(send(fd, "a\0\033b", 4, 0), 4);
    client_finish(fd);
    fd = client_connect(true, 1712);
    client_say(fd, "c");
    client_finish(fd);
    struct result r = live_finish(&server, 5);
    live_expect(&r, 0, NULL, NULL);
    assert_int_equal(r.out_bytes, 5);
    assert_memory_equal(r.out, "a\0\033bc", 5);
    assert_string_equal(r.err, "");
    live_free(&r);
}

static void test_echo_of_a_megabyte(void **state) {
    (void)state;
    live_or_skip();
    static uint8_t bytes[MEGABYTE];
    uint32_t seed = 77;
    fill_with_numbers(bytes, sizeof bytes, &seed);
    struct child server = live_start(WORDS("listen", "1803", "-q", "--echo", "--count", "2"));
    for (int i = 0; i < 400 && !live_listens(1803); i++)
        usleep(5000);
    usleep(100000);
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        int fd = client_connect(ipv6 == 1, 1803);
        client_exchange(fd, bytes, sizeof bytes);
        client_finish(fd);
    }
    struct result r = live_finish(&server, 10);
    live_expect(&r, 0, NULL, NULL);
    assert_int_equal(r.out_bytes, 2 * MEGABYTE);
    live_free(&r);
}

// Programs that nobody here wrote.
static void test_other_peoples_clients(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("listen", "1804", "--echo"));
    assert_true(live_wait_for(&server, false, "Ctrl-C ends it"));
    if (live_has("nc")) {
        struct result r = live_shell("echo from nc | nc -N 127.0.0.1 1804", 10);
        live_expect(&r, 0, "from nc\n", NULL);
        live_free(&r);
    }
    if (live_has("curl")) { // the echo is no answer of HTTP, but it is passed on
        struct result r = live_shell("curl -s --http0.9 --max-time 1 http://127.0.0.1:1804/path; true", 10);
        live_expect(&r, 0, "GET /path HTTP/1.1", NULL);
        live_free(&r);
    }
    if (live_has("python3")) {
        struct result r = live_shell("python3 -c \"import socket\n"
                                     "s = socket.create_connection(('localhost', 1804))\n"
                                     "s.sendall(b'Hello server!')\n"
                                     "print(s.recv(1024))\n"
                                     "s.close()\"",
                                     10);
        live_expect(&r, 0, "b'Hello server!'", NULL);
        live_free(&r);
    }
    struct result r = interrupt(&server);
    live_expect(&r, 128 + SIGINT, "in all.", NULL);
    live_free(&r);
}

// Enter lets a segment leave; the prompt knows that the other end is a client.
static void test_step(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("listen", "1805", "--step", "--ascii", "--count", "1"));
    assert_true(live_wait_for(&server, false, "Ctrl-C ends it"));
    pid_t client = fork();
    if (client == 0) {
        close(server.input); // its end is to be the end
        client_finish(client_connect(false, 1805));
        _exit(0);
    }
    assert_true(live_wait_for(&server, false, "> next: SYN,ACK seq=0 ack=1"));
    assert_int_equal(write(server.input, "s\n", 2), 2);
    assert_true(live_wait_for(&server, false, "client: SYN-SENT, 0 bytes unread (its kernel says so)"));
    assert_int_equal(write(server.input, "?\n", 2), 2);
    assert_true(live_wait_for(&server, false, "The client's does not"));
    close(server.input); // the rest goes alone
    server.input = -1;
    struct result r = live_finish(&server, 10);
    live_expect(&r, 0, "We expect an ACK: the third segment.", NULL);
    live_free(&r);
    waitpid(client, NULL, 0);
}

static void test_views(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("listen", "1806", "--json", "--count", "1"));
    assert_true(live_wait_for(&server, true, "Ctrl-C ends it"));
    int fd = client_connect(false, 1806);
    client_say(fd, "x");
    client_finish(fd);
    struct result r = live_finish(&server, 5);
    live_expect(&r, 0, "\"we_listen\":true,\"backlog\":8", "1 connection in all.");
    char story[600];
    told_story(r.out, 1, story, sizeof story);
    assert_non_null(strstr(story, "begin peer received peer decision sent"));
    assert_non_null(strstr(story, "call:close"));
    assert_true(told_count(r.out, "\"from\":\"client\"") >= 4);
    assert_true(told_count(r.out, "\"client_state\":\"SYN-SENT\",\"server_state\":null") >= 1);
    live_free(&r);
}

// A client made by hand against a server made by hand.
static void test_both(void **state) {
    (void)state;
    live_private_or_skip();
    struct result r = live_run(NULL, WORDS("demo", "--both", "--ascii"));
    live_expect(&r, 0, "no kernel's TCP takes part in this conversation", NULL);
    told_in_order(r.out, WORDS("another engine of ours", "LISTEN", "SYN seq=0", "SYN-RECEIVED", "SYN,ACK seq=0 ack=1",
                               "ACK seq=1 ack=1", "ESTABLISHED", "connect() returns", "len=13", "FIN,ACK seq=14",
                               "LAST-ACK", "TIME-WAIT", "ACK seq=15 ack=2", "CLOSED", "MESSAGE: Hello server!"));
    assert_null(strstr(r.out, "server's kernel"));
    assert_string_equal(r.err, "");
    live_free(&r);
    r = live_run(NULL, WORDS("demo", "--both", "-6", "-q", "-m", "six"));
    live_expect(&r, 0, NULL, NULL);
    live_free(&r);
    r = live_run(NULL, WORDS("demo", "--both", "--kernel"));
    live_expect(&r, 2, NULL, "--both and --kernel: they exclude each other");
    live_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_tutorials_client),
        cmocka_unit_test(test_several_clients),
        cmocka_unit_test(test_ctrl_c),
        cmocka_unit_test(test_port_taken),
        cmocka_unit_test(test_ordinary_user),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_echo_of_a_megabyte),
        cmocka_unit_test(test_other_peoples_clients),
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_both),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
