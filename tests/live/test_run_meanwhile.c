// SPDX-License-Identifier: MIT
//
// rawshake run, where the program does something to a socket while connect() waits on it: in another thread, or in a
// child that has the same socket. Nobody answers the SYN; what is done is done when it has been seen.
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../help/capture.h"
#include "../help/cm.h"
#include "../help/live.h"
#include "run/filter.h"

enum { PORT = 1712, OPEN_PORT = 1713, PATIENCE_S = 60, LOOKS_MOST = 2000, LOOK_US = 10000 };

static struct capture captured;

static void ready_or_skip(void) {
    struct net_error error;
    live_or_skip();
    if (!connect_filter_possible(&error) || !live_has("python3"))
        skip();
    live_route_to_nowhere("10.8.4.0");
}

static void greet(int listener) {
    int fd;
    while ((fd = accept(listener, NULL, NULL)) >= 0)
        close(fd);
}

// Calls connect() in a thread, waits for a line, does what %s says, and tells what connect() returned, and what it
// returns where a server listens.
static const char form[] =
    "import ctypes, errno, os, socket, sys, threading\n"
    "def says(to):\n"
    "    n = s.connect_ex(to)\n"
    "    return errno.errorcode.get(n, n)\n"
    "def shut_by_a_child():\n"
    "    if os.fork() == 0:\n"
    "        try: s.shutdown(socket.SHUT_RDWR)\n"
    "        finally: os._exit(0)\n"
    "s, got = socket.socket(), []\n"
    "t = threading.Thread(target=lambda: got.append(says(('10.8.4.1', 1712))))\n"
    "t.start()\n"
    "sys.stdin.readline()\n"
    "try: %s\n"
    "except OSError: pass\n"
    "t.join()\n"
    "print(got[0], s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), says(('127.0.0.1', 1713)), end='')\n";

static void wait_for_syn(void) {
    for (int i = 0; i < LOOKS_MOST && captured.count == 0; i++) {
        usleep(LOOK_US);
        capture_read(&captured);
    }
    assert_true(captured.count > 0);
}

static void expect_of(bool by_hand, const char *what, const char *out) {
    char script[1024];
    snprintf(script, sizeof script, form, what);
    pid_t server = live_server(OPEN_PORT, greet);
    capture_begin(&captured, "lo", PORT);
    struct child c = by_hand ? live_start(WORDS("run", "-q", "--", "python3", "-c", script))
                             : live_start_program("python3", WORDS("-c", script));
    wait_for_syn();
    assert_int_equal(write(c.input, "\n", 1), 1);
    struct result r = live_finish(&c, PATIENCE_S);
    capture_read(&captured);
    capture_end(&captured);
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.err, "");
    assert_string_equal(r.out, out);
    for (unsigned i = 0; i < captured.count; i++)
        assert_int_equal(captured.seen[i].packet.segment.flags, RS_SYN); // nobody has heard of it, so no RST
    live_free(&r);
    live_server_end(server);
}

static void expect(const char *what, const char *out) { expect_of(true, what, out); }

static void expect_as_natively(const char *what, const char *out) {
    expect_of(false, what, out);
    expect_of(true, what, out);
}

static void test_shutdown(void **state) {
    (void)state;
    ready_or_skip();
    expect_as_natively("s.shutdown(socket.SHUT_RDWR)", "ECONNRESET 0 0");
    expect_as_natively("s.shutdown(socket.SHUT_RD)", "ECONNRESET 0 0");
}

static void test_shutdown_in_a_child(void **state) {
    (void)state;
    ready_or_skip();
    expect_as_natively("shut_by_a_child()", "ECONNRESET 0 0");
}

// Each goes on for whoever waits, whatever becomes of the descriptor that it was called with.
static void test_a_copy_is_shut(void **state) {
    (void)state;
    ready_or_skip();
    expect_as_natively("other = s.dup(); other.shutdown(socket.SHUT_RDWR)", "ECONNRESET 0 0");
}

// As from Linux 6.7 on.
static void test_disconnected(void **state) {
    (void)state;
    ready_or_skip();
    expect("ctypes.CDLL(None).connect(s.fileno(), bytes(16), 16)", "EPIPE 0 0");
}

// Natively listen() is refused, and connect() goes on.
static void test_listening(void **state) {
    (void)state;
    ready_or_skip();
    expect("s.listen()", "EISCONN 0 EISCONN");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shutdown),       cmocka_unit_test(test_shutdown_in_a_child),
        cmocka_unit_test(test_a_copy_is_shut), cmocka_unit_test(test_disconnected),
        cmocka_unit_test(test_listening),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
