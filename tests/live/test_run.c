// SPDX-License-Identifier: MIT
//
// rawshake run, as whoever calls it sees it: the program's own output and exit status, what is told and where, the
// servers of --with, and what is left behind. test_run_calls.c has what the program sees.
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "../help/told.h"
#include "run/filter.h"

enum { PATIENCE_S = 60 };

static const char client[] = "import socket\n"
                             "s = socket.socket()\n"
                             "s.connect(('localhost', 1712))\n"
                             "s.sendall(b'Hello server!')\n"
                             "s.close()\n";

static void ready_or_skip(void) {
    struct net_error error;
    live_or_skip();
    if (!connect_filter_possible(&error) || !live_has("python3"))
        skip();
}

#define RUN(...) live_run(NULL, WORDS("run", __VA_ARGS__))

// ---- the lesson

static void test_the_tutorials_two_programs(void **state) {
    static const char server[] = "import socket\n"
                                 "server = socket.socket()\n"
                                 "server.bind(('localhost', 1712))\n"
                                 "server.listen(1)\n"
                                 "connection, address = server.accept()\n"
                                 "while data := connection.recv(1024):\n"
                                 "    print('FROM:', address[0])\n"
                                 "    print('MESSAGE:', data.decode())\n"
                                 "connection.close()\n";
    char command[600];
    (void)state;
    ready_or_skip();
    snprintf(command, sizeof command, "exec python3 -c \"%s\"", server);
    unsetenv("PYTHONUNBUFFERED"); // its lines are to come all the same
    struct result r = RUN("--color=never", "--with", command, "--", "python3", "-c", client);
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.out, "");
    told_in_order(r.err, WORDS("listens on 127.0.0.1:1712.", "server  127.0.0.1:1712", "client  127.0.0.1:",
                               "python3, process ", "guard", "connect(...)", "SYN-SENT", "SYN seq=0", "SYN-RECEIVED",
                               "SYN,ACK seq=0 ack=1", "Here the kernel takes the connection over", "ACK seq=1 ack=1",
                               "connect() returns 0", "What connect() builds", "handed over", "ESTABLISHED",
                               "From here on the connection is the kernel's", "server| FROM: 127.0.0.1\n",
                               "server| MESSAGE: Hello server!\n"));
    live_free(&r);
}

static void test_our_own_server(void **state) {
    (void)state;
    ready_or_skip();
    struct result r = RUN("--private", "--with", "tutorial", "python3", "-c", client);
    live_expect(&r, 0, NULL, NULL);
    assert_non_null(strstr(r.err, "A private network of our own"));
    assert_non_null(strstr(r.err, "server| MESSAGE: Hello server!\n"));
    assert_non_null(strstr(r.err, "The server 'tutorial' listens on 127.0.0.1:1712.")); // which is said once
    assert_null(strstr(r.err, "server| Listening on"));
    live_free(&r);
}

// Whatever others say is theirs.
static void test_a_server_that_says_where_it_listens(void **state) {
    (void)state;
    ready_or_skip();
    struct result r = live_shell("exec \"$RAWSHAKE\" run --with 'exec \"$RAWSHAKE\" serve' true", PATIENCE_S);
    live_expect(&r, 0, NULL, "server| Listening on 127.0.0.1:1712");
    live_free(&r);
}

static void test_refused(void **state) {
    (void)state;
    ready_or_skip();
    struct result r = RUN("--", "python3", "-c", client);
    live_expect(&r, 1, NULL, "ConnectionRefusedError: [Errno 111] Connection refused");
    told_in_order(r.err,
                  WORDS("SYN seq=0", "RST,ACK", "connect() returns -1, and the program finds errno ECONNREFUSED"));
    live_free(&r);
}

// The first is told at length, the others in short.
static void test_several(void **state) {
    char script[400];
    (void)state;
    ready_or_skip();
    snprintf(script, sizeof script, "for i in 1 2 3; do python3 -c \"%s\"; done", client);
    struct result r = RUN("--color=never", "--with", "tutorial", "--", "sh", "-c", script);
    live_expect(&r, 0, NULL, NULL);
    told_in_order(r.err, WORDS("its connect() is made by hand\n", "(TCP_REPAIR)", "connect() returns 0",
                               "What connect() builds", "Connection 2: client 127.0.0.1:", " (python3, process ",
                               "), server 127.0.0.1:1712\n", "Here the kernel takes the connection over, too.\n",
                               "connect() returns 0, and the program goes on.\n",
                               "From here on the connection is the kernel's.\n", "Connection 3: client 127.0.0.1:",
                               "3 calls of connect() were answered by hand, all with 0."));
    assert_null(strstr(strstr(r.err, "Connection 2"), "(TCP_REPAIR)"));
    live_free(&r);
}

static void test_a_program_that_does_not_connect(void **state) {
    (void)state;
    ready_or_skip();
    struct result r = RUN("true");
    live_expect(&r, 0, NULL, "true has not called connect() on a TCP socket.");
    live_free(&r);
}

// ---- the program's own

static void test_its_input_output_and_words(void **state) {
    (void)state;
    ready_or_skip();
    struct result r =
        live_run("what it reads\n", WORDS("run", "-q", "sh", "-c", "cat; echo \"$1\" >&2", "-q", "--with"));
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.out, "what it reads\n");
    assert_string_equal(r.err, "--with\n"); // options behind the program's name are its own
    live_free(&r);
}

static void expect_status(int status, const char *script) {
    struct result r = RUN("-q", "--", "sh", "-c", script);
    live_expect(&r, status, NULL, NULL);
    assert_string_equal(r.err, "");
    live_free(&r);
}

static void test_its_exit_status(void **state) {
    (void)state;
    ready_or_skip();
    expect_status(0, "exit 0");
    expect_status(7, "exit 7");
    expect_status(255, "exit 255");
    expect_status(128 + SIGKILL, "kill -9 $$");
    expect_status(128 + SIGTERM, "kill $$");
}

static void test_no_program(void **state) {
    (void)state;
    ready_or_skip();
    struct result r = RUN("--", "no-such-program-here");
    live_expect(&r, 127, NULL, "rawshake: cannot run 'no-such-program-here': No such file or directory");
    live_free(&r);
    r = live_shell("d=$(mktemp -d) && chmod 0 $d && PATH=$d:$PATH \"$RAWSHAKE\" run -- no-such-program-here; s=$?; "
                   "rmdir $d; exit $s",
                   PATIENCE_S); // one of PATH's directories may not be looked into
    live_expect(&r, 127, NULL, "rawshake: cannot run 'no-such-program-here': No such file or directory");
    live_free(&r);
    r = RUN("--", "/etc/passwd");
    live_expect(&r, 126, NULL, "rawshake: cannot run '/etc/passwd': Permission denied");
    live_free(&r);
    r = live_run(NULL, WORDS("run"));
    live_expect(&r, 2, NULL, "rawshake: run: which program?");
    live_free(&r);
}

// A signal to us alone goes on to the program, which decides.
static void test_a_signal_is_passed_on(void **state) {
    (void)state;
    ready_or_skip();
    struct child c =
        live_start(WORDS("run", "-q", "sh", "-c", "trap 'exit 42' TERM; echo ready; while :; do sleep 0.1; done"));
    assert_true(live_wait_for(&c, false, "ready"));
    kill(c.pid, SIGTERM);
    struct result r = live_finish(&c, PATIENCE_S);
    live_expect(&r, 42, "ready", NULL);
    live_free(&r);
}

static void test_what_it_leaves_is_ended(void **state) {
    char mark[40], script[120];
    (void)state;
    ready_or_skip();
    snprintf(mark, sizeof mark, "31%d", (int)getpid());
    snprintf(script, sizeof script, "setsid sleep %s </dev/null >/dev/null 2>&1 & sleep 0.1", mark);
    struct result r = RUN("--", "sh", "-c", script);
    live_expect(&r, 0, NULL, "sh had left 1 process behind: it was ended");
    live_free(&r);
    snprintf(script, sizeof script, "! grep -qz '^%s$' /proc/[0-9]*/cmdline", mark);
    r = live_shell(script, PATIENCE_S);
    live_expect(&r, 0, NULL, NULL);
    live_free(&r);
}

// It is the same user as those who look after it, and may do much to others of that user; but their sockets are theirs.
static void test_what_is_ours_stays_ours(void **state) {
    static const char script[] =
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None)\n"
        "def parent(p): return int(open('/proc/%d/stat' % p).read().rsplit(')', 1)[1].split()[1])\n"
        "def taken(p):\n"
        "    fd = libc.syscall(434, p, 0)\n"                                     // pidfd_open
        "    return sum(libc.syscall(438, fd, n, 0) >= 0 for n in range(100))\n" // pidfd_getfd
        "keeper = parent(os.getpid())\n"
        "print(taken(os.getpid()) > 0, taken(keeper), taken(parent(keeper)))\n";
    (void)state;
    ready_or_skip();
    struct result r = RUN("-q", "--", "python3", "-c", script);
    live_expect(&r, 0, "True 0 0\n", NULL);
    live_free(&r);
}

// ---- servers

static void expect_no_server(const char *command, const char *why) {
    struct result r = RUN("--with", command, "--", "echo", "not", "run");
    live_expect(&r, 1, NULL, why);
    assert_string_equal(r.out, "");
    live_free(&r);
}

static void test_servers_that_are_none(void **state) {
    (void)state;
    ready_or_skip();
    expect_no_server("echo why it ends; exit 3", "server| why it ends\nrawshake: --with 'echo why it ends; exit 3': it "
                                                 "has ended (exit status 3) before it listened");
    expect_no_server("no-such-server", "it has ended (exit status 127) before it listened");
    struct result r = RUN("--with", " ", "true");
    live_expect(&r, 2, NULL, "rawshake: --with '': a server has a command");
    live_free(&r);
}

static void test_two_servers(void **state) {
    static const char two[] = "import socket, sys\n"
                              "for p in (8001, 8002):\n"
                              "    s = socket.create_connection(('127.0.0.1', p))\n"
                              "    s.sendall(b'to %d' % p)\n"
                              "    s.close()\n";
    (void)state;
    ready_or_skip();
    struct result r = RUN("--with", "exec \"$RAWSHAKE\" serve -p 8001", "--with", "exec \"$RAWSHAKE\" serve -p 8002",
                          "--color=never", "--", "python3", "-c", two);
    live_expect(&r, 0, NULL, NULL);
    told_in_order(r.err, WORDS("listens on 127.0.0.1:8001.", "listens on 127.0.0.1:8002.", "connect() returns 0",
                               "\nConnection 2: client ", "connect() returns 0"));
    assert_non_null(strstr(r.err, "server 1| MESSAGE: to 8001\n"));
    assert_non_null(strstr(r.err, "server 2| MESSAGE: to 8002\n"));
    assert_int_equal(told_count(r.err, "What connect() builds"), 1); // the second table would be the first once more
    live_free(&r);
    r = live_shell("! pgrep -f 'serve -p 800[12]'", PATIENCE_S);
    live_expect(&r, 0, NULL, NULL);
    live_free(&r);
}

// ---- where it is told

static void test_the_views(void **state) {
    static const char script[] =
        "d=$(mktemp -d) && trap 'rm -rf \"$d\"' EXIT && cd \"$d\" && "
        "\"$RAWSHAKE\" run --log log --json=j -w w --html h --diagram d.svg --with tutorial -- sh -c 'echo its own; "
        "exec python3 -c \"import socket; socket.create_connection((\\\"127.0.0.1\\\", "
        "1712)).sendall(b\\\"Hello\\\")\"' "
        "&& grep -q 'connect() returns 0' log && grep -q 'server| MESSAGE: Hello' log && "
        "grep -c '\"event\":\"begin\"' j && grep -q '\"process\":[1-9]' j && grep -q '\"handed_over\":true' j && "
        "grep -q 'connect() returns 0' h && grep -q '<svg' d.svg && "
        "{ ! command -v tcpdump >/dev/null || tcpdump -nr w 2>/dev/null | grep -c Flags; }";
    (void)state;
    ready_or_skip();
    struct result r = live_shell(script, PATIENCE_S);
    live_expect(&r, 0, live_has("tcpdump") ? "its own\n1\n3\n" : "its own\n1\n", NULL);
    assert_string_equal(r.err, "");
    live_free(&r);
}

// Standard output is the program's: what would go there goes where the narration would, and that is left out.
static void test_json_without_a_file(void **state) {
    (void)state;
    ready_or_skip();
    struct result r = RUN("--json", "--with", "tutorial", "--", "python3", "-c", client);
    live_expect(&r, 0, NULL, "{\"number\":1,");
    assert_string_equal(r.out, "");
    assert_null(strstr(r.err, "server|"));
    for (const char *line = r.err; *line; line = strchr(line, '\n') + 1)
        assert_int_equal(*line, '{');
    assert_int_equal(told_count(r.err, "\"event\":\"sent\""), 2);
    assert_int_equal(told_count(r.err, "\"event\":\"socket\""), 1);
    live_free(&r);
}

static void expect_usage(const char *const *words, const char *why) {
    struct result r = live_run(NULL, words);
    live_expect(&r, 2, NULL, why);
    live_free(&r);
}

static void test_options_that_make_no_sense(void **state) {
    (void)state;
    expect_usage(WORDS("run", "-q", "-v", "true"), "--quiet and --verbose: they exclude each other");
    expect_usage(WORDS("run", "--hold", "0", "true"), "--hold '0': no handshake takes no time at all");
    expect_usage(WORDS("run", "--hold", "x", "true"), "--hold 'x': not a number of seconds");
    expect_usage(WORDS("run", "--log", "a", "--json=a", "true"), "--log 'a': another view goes there too");
    expect_usage(WORDS("run", "--log", "", "true"), "--log '': a file has a name");
    expect_usage(WORDS("run", "--step", "--json", "true"), "--step and a view without a file");
    expect_usage(WORDS("run", "--wiht", "x"), "did you mean '--with'?");
    struct result r = RUN("--log", "/no/such/place", "echo", "not", "run");
    live_expect(&r, 1, NULL, "rawshake: --log '/no/such/place': No such file or directory");
    assert_string_equal(r.out, "");
    live_free(&r);
}

static void test_where_private_networks_are_refused(void **state) {
    (void)state;
    live_private_or_skip();
    struct result r = live_run_refused(WORDS("run", "echo", "not", "run"));
    live_expect(&r, 3, NULL, "rawshake: ");
    assert_true(live_one_line(r.err));
    assert_string_equal(r.out, "");
    live_free(&r);
}

// What connects without connect(2), or may: the kernel does it, and it is said.
static void test_what_goes_around(void **state) {
    static const char script[] = "import ctypes, socket\n"
                                 "s = socket.socket()\n"
                                 "print(s.sendto(b'hello', socket.MSG_FASTOPEN, ('127.0.0.1', 1712)))\n"
                                 "s.close()\n"
                                 "room = ctypes.create_string_buffer(200)\n"
                                 "libc = ctypes.CDLL(None)\n"
                                 "libc.syscall(425, 1, room)\n"  // io_uring_setup
                                 "libc.syscall(425, 1, room)\n"; // is said once
    (void)state;
    ready_or_skip();
    struct result r = RUN("--with", "tutorial", "--", "python3", "-c", script);
    live_expect(&r, 0, "5\n", "sends with MSG_FASTOPEN: on TCP that connects without connect(2)");
    assert_int_equal(told_count(r.err, "makes an io_uring"), 1);
    assert_non_null(strstr(r.err, "server| MESSAGE: hello\n"));
    live_free(&r);
}

static void test_what_is_no_tcp_is_told_to_who_looks_closely(void **state) {
    static const char script[] = "import socket\n"
                                 "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 9))\n";
    (void)state;
    ready_or_skip();
    struct result r = RUN("-v", "--", "python3", "-c", script);
    live_expect(&r, 0, NULL, "calls connect() on a datagram socket. The kernel goes on with it.");
    live_free(&r);
    r = RUN("--", "python3", "-c", script);
    live_expect(&r, 0, NULL, "has not called connect() on a TCP socket.");
    assert_null(strstr(r.err, "datagram"));
    live_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_tutorials_two_programs),
        cmocka_unit_test(test_our_own_server),
        cmocka_unit_test(test_a_server_that_says_where_it_listens),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_a_program_that_does_not_connect),
        cmocka_unit_test(test_its_input_output_and_words),
        cmocka_unit_test(test_its_exit_status),
        cmocka_unit_test(test_no_program),
        cmocka_unit_test(test_a_signal_is_passed_on),
        cmocka_unit_test(test_what_it_leaves_is_ended),
        cmocka_unit_test(test_what_is_ours_stays_ours),
        cmocka_unit_test(test_servers_that_are_none),
        cmocka_unit_test(test_two_servers),
        cmocka_unit_test(test_the_views),
        cmocka_unit_test(test_json_without_a_file),
        cmocka_unit_test(test_options_that_make_no_sense),
        cmocka_unit_test(test_what_goes_around),
        cmocka_unit_test(test_what_is_no_tcp_is_told_to_who_looks_closely),
        cmocka_unit_test(test_where_private_networks_are_refused),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
