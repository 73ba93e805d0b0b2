// SPDX-License-Identifier: MIT
//
// watch against the real kernel: programs of others connect, and what passes is told, of each connection all of it and
// of nobody else's anything, until it is told to end.
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/told.h"
#include "../help/watching.h"

enum { CLIENTS = WATCHED_BACKLOG, EXCHANGES = 20000 };

// What must be there however busy the machine is: an ACK may come later, and then for more than one segment.
static void expect_conversation(const char *story) {
    static const char opening[] = "begin SYN SYN,ACK ACK PSH,ACK ";
    assert_memory_equal(story, opening, strlen(opening));
    told_in_order(story, WORDS("PSH,ACK", "FIN,ACK", "FIN,ACK", "ACK end"));
}

// The tutorial's own server and client, in Python.
static const char tutorial[] = "import socket, threading\n"
                               "server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n"
                               "server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
                               "server.bind(('localhost', 1712))\n"
                               "server.listen(1)\n"
                               "def serve():\n"
                               "    client, address = server.accept()\n"
                               "    while True:\n"
                               "        message = client.recv(1024)\n"
                               "        if not message: break\n"
                               "    client.close()\n"
                               "thread = threading.Thread(target=serve)\n"
                               "thread.start()\n"
                               "client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n"
                               "client.connect(('localhost', 1712))\n"
                               "client.sendall('Hello server!'.encode())\n"
                               "client.close()\n"
                               "thread.join()\n";

static void test_the_tutorials_programs(void **state) {
    char story[2000], script[1200];
    (void)state;
    live_or_skip();
    if (!live_has("python3"))
        skip();
    struct child child = watching_start(WORDS("watch", "--count", "1", "--json", "localhost", "1712"));
    snprintf(script, sizeof script, "python3 - <<'EOF'\n%sEOF\n", tutorial);
    struct result python = live_shell(script, 20), r = live_finish(&child, 20);
    live_expect(&python, 0, NULL, NULL);
    live_expect(&r, 0, "\"source\":\"watched\"", "1 connection in all.");
    told_story(r.out, 1, story, sizeof story);
    expect_conversation(story);
    assert_non_null(strstr(r.out, "\"ending\":\"closed\""));
    assert_non_null(strstr(r.out, "\"text\":\"Hello server!\""));
    live_free(&python);
    live_free(&r);
}

static void test_for_people(void **state) {
    (void)state;
    live_or_skip();
    struct child child = watching_start(WORDS("watch", "--color=never", "--count", "1"));
    watched_talk("127.0.0.1");
    struct result r = live_finish(&child, 20);
    live_expect(&r, 0, "Watching TCP port 1712 on every interface; Ctrl-C ends it.\n", NULL);
    told_in_order(r.out, WORDS("server  127.0.0.1:1712", "client  127.0.0.1:", "SYN-SENT", "SYN seq=0",
                               "(SYN-RECEIVED)", "(ESTABLISHED)", "SYN,ACK seq=0 ack=1", "SYN-RECEIVED",
                               "ACK seq=1 ack=1", "(ESTABLISHED)", "PSH,ACK seq=1 ack=1 len=13", "ACK seq=1 ack=14",
                               "FIN-WAIT-1", "FIN,ACK seq=14 ack=1", "(CLOSE-WAIT)", "FIN,ACK seq=1 ack=15", "LAST-ACK",
                               "TIME-WAIT", "ACK seq=15 ack=2", "(CLOSED)", "1 connection in all.\n"));
    assert_string_equal(r.err, "");
    live_free(&r);
}

// A line for each segment, while the connection is still open.
static void test_live(void **state) {
    struct kernel_address at;
    (void)state;
    live_or_skip();
    struct child child = watching_start(WORDS("watch", "--live", "--color=never", "--count", "1"));
    int listener = watched_listen("127.0.0.1", &at), client = watched_call(&at);
    assert_true(live_wait_for(&child, false, "SYN,ACK seq=0 ack=1"));
    close(client);
    close(accept(listener, NULL, NULL));
    close(listener);
    struct result r = live_finish(&child, 20);
    live_expect(&r, 0, "1 connection in all.\n", NULL);
    told_in_order(r.out, WORDS("#1", "begins: client 127.0.0.1:", "#1", "SYN seq=0", "#1", "SYN,ACK seq=0 ack=1", "#1",
                               "ACK seq=1 ack=1", "FIN,ACK", "FIN,ACK"));
    live_free(&r);
}

// Fifty at once: none is missing, and of each everything is there.
static void test_many_at_once(void **state) {
    int clients[CLIENTS], servers[CLIENTS];
    struct kernel_address at;
    char story[2000];
    (void)state;
    live_or_skip();
    struct child child = watching_start(WORDS("watch", "--count", "50", "--json", "1712"));
    int listener = watched_listen("127.0.0.1", &at);
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = watched_call(&at);
    for (int i = 0; i < CLIENTS; i++) {
        servers[i] = accept(listener, NULL, NULL);
        assert_int_equal(send(clients[i], "Hello server!", 13, 0), 13);
    }
    for (int i = 0; i < CLIENTS; i++)
        close(clients[i]);
    for (int i = 0; i < CLIENTS; i++) {
        char bytes[64];
        while (recv(servers[i], bytes, sizeof bytes, 0) > 0) {
        }
        close(servers[i]);
    }
    close(listener);
    struct result r = live_finish(&child, 20);
    live_expect(&r, 0, NULL, "50 connections in all.");
    assert_int_equal(told_count(r.out, "\"event\":\"begin\""), CLIENTS);
    assert_int_equal(told_count(r.out, "\"ending\":\"closed\""), CLIENTS);
    for (unsigned i = 1; i <= CLIENTS; i++) {
        told_story(r.out, i, story, sizeof story);
        expect_conversation(story);
    }
    live_free(&r);
}

// Another port and, with HOST, another address are nobody's business.
static void test_only_what_was_asked_for(void **state) {
    (void)state;
    live_or_skip();
    struct child child = watching_start(WORDS("watch", "--json", "::1", "1712"));
    watched_talk("127.0.0.1");
    watched_talk("127.0.0.2");
    watched_talk("::1");
    struct result r = watching_end(&child);
    live_expect(&r, 0, NULL, "1 connection in all");
    assert_int_equal(told_count(r.out, "\"event\":\"begin\""), 1);
    assert_non_null(strstr(r.out, "\"server\":{\"family\":\"ipv6\",\"address\":\"::1\",\"port\":1712}"));
    live_free(&r);
    child = watching_start(WORDS("watch", "-4", "--json", "1713"));
    watched_talk("127.0.0.1");
    r = watching_end(&child);
    live_expect(&r, 0, NULL, "No connection was seen.");
    assert_string_equal(r.out, "");
    live_free(&r);
}

// Ctrl-C is how one ends it: what is open is told as that, the files are whole, and the status is 0.
static void test_interrupted_in_the_middle(void **state) {
    char path[] = "/tmp/rawshake-test-XXXXXX";
    struct kernel_address at;
    (void)state;
    live_or_skip();
    close(mkostemp(path, O_CLOEXEC));
    chmod(path, 0666);
    struct child child = watching_start(WORDS("watch", "--json", "-w", path, "1712"));
    int listener = watched_listen("127.0.0.1", &at), client = watched_call(&at);
    struct result r = watching_end(&child);
    live_expect(&r, 0, "\"ending\":\"still_open\"", "1 connection in all, of which 1 had not ended yet.");
    assert_int_equal(r.out[r.out_bytes - 1], '\n');
    if (live_has("tshark")) {
        char script[200];
        snprintf(script, sizeof script, "HOME=/nonexistent tshark -r %s -T fields -e tcp.flags.str", path);
        struct result tshark = live_shell(script, 30);
        live_expect(&tshark, 0, NULL, NULL);
        assert_int_equal(told_count(tshark.out, "S"), 2);
        live_free(&tshark);
    }
    close(client);
    close(listener);
    unlink(path);
    live_free(&r);
    child = watching_start(WORDS("watch", "1712"));
    kill(child.pid, SIGTERM);
    r = live_finish(&child, 10);
    live_expect(&r, 128 + SIGTERM, "No connection was seen.", NULL);
    live_free(&r);
}

static void test_refused(void **state) {
    struct kernel_address at;
    (void)state;
    live_or_skip();
    close(watched_listen("127.0.0.1", &at));
    struct child child = watching_start(WORDS("watch", "--json", "--count", "1"));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(address_connect(fd, &at), -1);
    close(fd);
    struct result r = live_finish(&child, 10);
    live_expect(&r, 0, "\"ending\":\"refused\"", NULL);
    live_free(&r);
}

// Nobody is left to look: then there is nothing to watch for.
static void test_a_reader_that_goes_away(void **state) {
    static const char *const ways[] = {"--color=never 2>&1", "--json 2>$d/told", "-v --color=never 2>$d/told"};
    (void)state;
    live_or_skip();
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char script[600];
        snprintf(script, sizeof script,
                 "d=$(mktemp -d); (timeout 15 \"$RAWSHAKE\" watch %s; echo $? >$d/status) | head -c 1 >/dev/null & "
                 "until [ -s $d/status ]; do \"$RAWSHAKE\" connect --kernel -q 2>/dev/null; done; "
                 "status=$(cat $d/status); rm -r $d; exit $status",
                 ways[i]);
        struct result r = live_shell(script, 20);
        assert_int_equal(r.status, 1);
        live_free(&r);
    }
}

// A process that is stopped reads nothing, and what passes meanwhile is more than is kept: that is said.
static void test_what_was_missed_is_said(void **state) {
    struct kernel_address at;
    const int on = 1;
    char byte;
    (void)state;
    live_or_skip();
    struct child child = watching_start(WORDS("watch", "--json", "1712"));
    int listener = watched_listen("127.0.0.1", &at), client = watched_call(&at), server = accept(listener, NULL, NULL);
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    kill(child.pid, SIGSTOP);
    for (int i = 0; i < EXCHANGES; i++) {
        assert_int_equal(send(client, "x", 1, 0), 1);
        assert_int_equal(recv(server, &byte, 1, 0), 1);
    }
    kill(child.pid, SIGCONT);
    close(client);
    close(server);
    close(listener);
    struct result r = watching_end(&child);
    live_expect(&r, 0, "\"event\":\"lost\"", "packets passed that were not caught: our own queue was full");
    live_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_tutorials_programs),
        cmocka_unit_test(test_for_people),
        cmocka_unit_test(test_live),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_only_what_was_asked_for),
        cmocka_unit_test(test_interrupted_in_the_middle),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_a_reader_that_goes_away),
        cmocka_unit_test(test_what_was_missed_is_said),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
