// SPDX-License-Identifier: MIT
//
// rawshake run --follow: what is told of a connection when the kernel has it, of several at once, of more than can be
// followed, and of those on which nothing passes.
#include <stdio.h>
#include <string.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "../help/told.h"
#include "run/filter.h"

enum { PATIENCE_S = 60 };

#define RUN(...) live_run(NULL, WORDS("run", "--follow", "--color=never", __VA_ARGS__))

static void ready_or_skip(void) {
    struct net_error error;
    live_or_skip();
    if (!connect_filter_possible(&error) || !live_has("python3"))
        skip();
}

static void expect_conversation(const char *address) {
    char client[200];
    snprintf(client, sizeof client,
             "import socket\ns = socket.create_connection((\"%s\", 1712))\ns.sendall(b\"Hello server!\")\ns.close()\n",
             address);
    struct result r = RUN("--with", "tutorial", "--", "python3", "-c", client);
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.out, "");
    told_in_order(r.err, WORDS("SYN seq=0", "SYN,ACK seq=0 ack=1", "ACK seq=1 ack=1", "connect() returns 0",
                               "our own TCP forgets it, and rawshake only looks on.",
                               "Connection 1 goes on as connection 2, the kernel's now: client", "states",
                               "PSH,ACK seq=1 ack=1 len=13", "FIN,ACK seq=14 ack=1", "LAST-ACK", "TIME-WAIT",
                               "Both ends have closed", "Seen: 13 bytes in "));
    told_in_order(r.err, WORDS("PSH,ACK seq=1 ack=1 len=13", "MESSAGE: Hello server!"));
    assert_int_equal(told_count(r.err, "SYN seq=0"), 1); // the handshake is not told again
    assert_null(strstr(r.err, "--follow"));
    live_free(&r);
}

static void test_the_tutorials_conversation(void **state) {
    (void)state;
    ready_or_skip();
    expect_conversation("127.0.0.1");
    expect_conversation("::1");
}

// Without it, the way to it is said.
static void test_it_is_pointed_to(void **state) {
    (void)state;
    ready_or_skip();
    struct result r = live_run(NULL, WORDS("run", "--with", "tutorial", "--", "python3", "-c",
                                           "import socket; socket.create_connection(('127.0.0.1', 1712))"));
    live_expect(&r, 0, NULL, "sees no more of\n   it (--follow tells the rest).");
    live_free(&r);
}

// One after the other, each closed before the next begins: what passes is told before what is about to be.
static void test_one_after_the_other(void **state) {
    static const char script[] = "import socket\n"
                                 "for i in range(3):\n"
                                 "    s = socket.create_connection(('127.0.0.1', 1712))\n"
                                 "    s.sendall(b'x')\n"
                                 "    s.shutdown(socket.SHUT_WR)\n"
                                 "    assert s.recv(10) == b''\n"
                                 "    s.close()\n";
    char story[400];
    (void)state;
    ready_or_skip();
    struct result r = RUN("--json", "--with", "tutorial", "--", "python3", "-c", script);
    live_expect(&r, 0, NULL, NULL);
    assert_int_equal(told_count(r.err, "\"source\":\"by_hand\""), 3);
    assert_int_equal(told_count(r.err, "\"source\":\"handed_over\""), 3);
    assert_int_equal(told_count(r.err, "\"followed\":true"), 3);
    told_in_order(r.err, WORDS("\"continues\":1,", "\"continues\":3,", "\"continues\":5,"));
    for (unsigned i = 2; i <= 6; i += 2) {
        told_story(r.err, i, story, sizeof story);
        assert_memory_equal(story, "begin PSH,ACK ", 14);
        assert_non_null(strstr(story, "FIN,ACK"));
        assert_string_equal(story + strlen(story) - 8, " ACK end");
        assert_null(strstr(story, "SYN"));
    }
    assert_int_equal(told_count(r.err, "\"ending\":\"closed\""), 3);
    live_free(&r);
}

// The tap is aimed at so many ports. Those beyond are made as ever, and it is said that they are not followed.
static void test_more_than_can_be_followed(void **state) {
    static const char script[] =
        "import socket\n"
        "listener = socket.create_server(('127.0.0.1', 1800))\n"
        "def pair(): return socket.create_connection(('127.0.0.1', 1800)), listener.accept()[0]\n"
        "pairs = [pair() for i in range(35)]\n"
        "for end in pairs[0]: end.close()\n"
        "pairs += [pair()]\n"; // there is a place again
    (void)state;
    ready_or_skip();
    struct result r = RUN("--json", "--", "python3", "-c", script);
    live_expect(&r, 0, NULL, NULL);
    assert_int_equal(told_count(r.err, "\"source\":\"by_hand\""), 36);
    assert_int_equal(told_count(r.err, "so many are open that not all can be followed"), 3);
    assert_int_equal(told_count(r.err, "\"followed\":true"), 33);
    assert_int_equal(told_count(r.err, "\"source\":\"handed_over\""), 33);
    live_free(&r);
}

// The ladder says it too, of each.
static void test_more_than_can_be_followed_in_words(void **state) {
    static const char script[] = "import socket\n"
                                 "listener = socket.create_server(('127.0.0.1', 1800), backlog=50)\n"
                                 "kept = [socket.create_connection(('127.0.0.1', 1800)) for i in range(34)]\n";
    (void)state;
    ready_or_skip();
    struct result r = RUN("--", "python3", "-c", script);
    live_expect(&r, 0, NULL, NULL);
    assert_int_equal(told_count(r.err, "so many are open that not all can be"), 2);
    live_free(&r);
}

// Whoever is left with the connection says nothing on it; and a refused one is nobody's.
static void test_where_nothing_passes(void **state) {
    static const char script[] = "import os, socket, time\n"
                                 "socket.socket().connect_ex(('127.0.0.1', 1711))\n"
                                 "s = socket.create_connection(('127.0.0.1', 1712))\n"
                                 "if os.fork() == 0: time.sleep(100)\n";
    (void)state;
    ready_or_skip();
    struct result r = RUN("--with", "tutorial", "--", "python3", "-c", script);
    live_expect(&r, 0, NULL, "On 1 connection nothing has passed since the kernel had it.");
    assert_null(strstr(r.err, "goes on as connection"));
    live_free(&r);
}

// A connection that has come to nothing is not followed, whatever was meant to become of it.
static void test_a_refused_one(void **state) {
    (void)state;
    ready_or_skip();
    struct result r =
        RUN("--json", "--", "python3", "-c", "import socket; socket.socket().connect_ex(('127.0.0.1', 1711))");
    live_expect(&r, 0, NULL, "\"ECONNREFUSED\"");
    assert_int_equal(told_count(r.err, "\"handed_over\":false,\"followed\":false"), 1);
    live_free(&r);
}

// What is still open when the program and its servers end is told as it stands.
static void test_what_stays_open(void **state) {
    static const char script[] = "import os, socket, time\n"
                                 "s = socket.create_connection(('127.0.0.1', 1712))\n"
                                 "s.sendall(b'Hello')\n"
                                 "if os.fork() == 0: time.sleep(100)\n";
    (void)state;
    ready_or_skip();
    struct result r = RUN("--json", "--with", "tutorial", "--", "python3", "-c", script);
    live_expect(&r, 0, NULL, "\"ending\":\"still_open\"");
    assert_int_equal(told_count(r.err, "\"data_bytes\":{\"client\":5,\"server\":0}"), 1);
    live_free(&r);
}

// One capture has it all: what was by hand, and what the kernel sent.
static void test_the_capture(void **state) {
    static const char script[] =
        "d=$(mktemp -d) && trap 'rm -rf \"$d\"' EXIT && cd \"$d\" && "
        "\"$RAWSHAKE\" run -q --follow -w w --html h --with tutorial -- python3 -c \"import socket; "
        "socket.create_connection(('127.0.0.1', 1712)).sendall(b'Hello server!')\" && "
        "grep -q 'the handshake is told above' h && "
        "tcpdump -nr w 2>/dev/null | sed 's/.*Flags \\[\\([^]]*\\)\\].*/\\1/' | sort | uniq -c";
    (void)state;
    ready_or_skip();
    if (!live_has("tcpdump"))
        skip();
    struct result r = live_shell(script, PATIENCE_S);
    live_expect(&r, 0, "      2 F.\n", NULL);
    assert_non_null(strstr(r.out, "      1 P.\n"));
    assert_non_null(strstr(r.out, "      1 S\n"));
    assert_non_null(strstr(r.out, "      1 S.\n"));
    live_free(&r);
}

// Whatever is not taken from the tap in time is waited for by nobody: the program is not held up, and the sums are
// true.
static void test_a_flood(void **state) {
    static const char script[] = "import socket, threading\n"
                                 "listener = socket.create_server(('127.0.0.1', 1800))\n"
                                 "def serve():\n"
                                 "    s = listener.accept()[0]\n"
                                 "    s.sendall(bytes(20000000))\n"
                                 "    s.close()\n"
                                 "threading.Thread(target=serve).start()\n"
                                 "c = socket.create_connection(('127.0.0.1', 1800))\n"
                                 "assert sum(iter(lambda: len(c.recv(100000)), 0)) == 20000000\n"
                                 "c.close()\n";
    (void)state;
    ready_or_skip();
    struct result r = RUN("--", "python3", "-c", script);
    live_expect(&r, 0, NULL, "Seen: 0 bytes in ");
    if (!strstr(r.err, "our own queue was full"))
        assert_non_null(strstr(r.err, " 20000000 bytes in "));
    live_free(&r);
}

// A view is as good as the ladder: what its reader cannot take in yet waits in the ring, and is not left out.
static void test_a_slow_reader(void **state) {
    static const char script[] =
        "st=$({ { \"$RAWSHAKE\" run --json --follow -- python3 -c \"\n"
        "import socket, threading\n"
        "listener = socket.create_server(('127.0.0.1', 1800))\n"
        "def serve():\n"
        "    s = listener.accept()[0]\n"
        "    while s.recv(1): s.send(b'y')\n"
        "    s.close()\n"
        "threading.Thread(target=serve).start()\n"
        "c = socket.create_connection(('127.0.0.1', 1800))\n"
        "for i in range(2000):\n"
        "    c.send(b'x')\n"
        "    c.recv(1)\n"
        "c.close()\"; echo $? >&3; } 2>&1 | { sleep 1; cat >&4; }; } 3>&1) 4>&1; echo status $st";
    (void)state;
    ready_or_skip();
    struct result r = live_shell(script, PATIENCE_S);
    assert_null(strstr(r.out, "left out"));
    assert_non_null(strstr(r.out, "status 0"));
    assert_non_null(strstr(r.out, "\"ending\":"));
    live_free(&r);
}

// What RST has ended gives its place to another, though something of it may be late.
static void test_one_reset_after_the_other(void **state) {
    static const char script[] = "import socket, struct\n"
                                 "for i in range(40):\n"
                                 "    s = socket.create_connection(('127.0.0.1', 1712))\n"
                                 "    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))\n"
                                 "    s.close()\n";
    (void)state;
    ready_or_skip();
    struct result r = RUN("--json", "--with", "tutorial", "--", "python3", "-c", script);
    live_expect(&r, 0, NULL, NULL);
    assert_int_equal(told_count(r.err, "\"followed\":true"), 40);
    assert_int_equal(told_count(r.err, "\"ending\":\"reset\""), 40);
    live_free(&r);
}

// A socket that connects to itself: from the segments nobody can say which end sends.
static void test_with_itself(void **state) {
    static const char script[] = "import socket\n"
                                 "s = socket.socket()\n"
                                 "s.bind(('127.0.0.1', 0))\n"
                                 "s.connect(s.getsockname())\n"
                                 "s.sendall(b'x')\n";
    (void)state;
    ready_or_skip();
    struct result r = RUN("--", "python3", "-c", script);
    live_expect(&r, 0, NULL, "both ends are the same");
    assert_non_null(strstr(r.err, "so no ACK of ours is due."));
    assert_null(strstr(r.err, "Our ACK still goes out"));
    assert_null(strstr(r.err, "goes on as connection"));
    live_free(&r);
}

static void test_nothing_would_be_told(void **state) {
    (void)state;
    struct result r = RUN("-q", "true");
    live_expect(&r, 2, NULL, "--quiet and --follow: nothing would be told: name a file for a view");
    live_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_tutorials_conversation),
        cmocka_unit_test(test_it_is_pointed_to),
        cmocka_unit_test(test_one_after_the_other),
        cmocka_unit_test(test_more_than_can_be_followed),
        cmocka_unit_test(test_more_than_can_be_followed_in_words),
        cmocka_unit_test(test_where_nothing_passes),
        cmocka_unit_test(test_a_refused_one),
        cmocka_unit_test(test_what_stays_open),
        cmocka_unit_test(test_the_capture),
        cmocka_unit_test(test_a_flood),
        cmocka_unit_test(test_a_slow_reader),
        cmocka_unit_test(test_one_reset_after_the_other),
        cmocka_unit_test(test_with_itself),
        cmocka_unit_test(test_nothing_would_be_told),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
