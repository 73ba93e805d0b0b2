// SPDX-License-Identifier: MIT
//
// rawshake run, where something seldom happens: a socket that connects to itself, addresses that are none for TCP, a
// firewall of this machine, and a helper that says nothing. Whatever it is, the program finds what it would find
// without us.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "run/filter.h"
#include "run/processes.h"

enum { PORT = 1712, PATIENCE_S = 60, CHILDREN_MOST = 8, LOOKS_MOST = 2000, LOOK_US = 10000 };

static void ready_or_skip(void) {
    struct net_error error;
    live_or_skip();
    if (!connect_filter_possible(&error) || !live_has("python3"))
        skip();
}

#define BEGIN                                                                                                          \
    "import errno, signal, socket\n"                                                                                   \
    "def says(s, to):\n"                                                                                               \
    "    n = s.connect_ex(to)\n"                                                                                       \
    "    return errno.errorcode.get(n, n)\n"                                                                           \
    "def new(host=\"127.0.0.1\"): return socket.socket(socket.AF_INET6 if \":\" in host else socket.AF_INET)\n"

// The kernel alone says the same.
static void expect_as_natively(const char *script, const char *out) {
    struct child c = live_start_program("python3", WORDS("-c", script));
    struct result r = live_finish(&c, PATIENCE_S);
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.out, out);
    live_free(&r);
    r = live_run(NULL, WORDS("run", "-q", "--", "python3", "-c", script));
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.err, "");
    assert_string_equal(r.out, out);
    live_free(&r);
}

static void greet(int listener) {
    int fd;
    while ((fd = accept(listener, NULL, NULL)) >= 0)
        close(fd);
}

// Both ends open at once, since both ends are one: the SYN that comes is its own. No ACK of ours is ever due.
static void test_a_socket_that_connects_to_itself(void **state) {
    static const char script[] = BEGIN "for host in '127.0.0.1', '::1':\n"
                                       "    s = new(host)\n"
                                       "    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
                                       "    s.bind((host, 1790))\n"
                                       "    print(says(s, (host, 1790)))\n"
                                       "    s.sendall(b'to myself')\n"
                                       "    print(s.recv(100))\n";
    (void)state;
    ready_or_skip();
    expect_as_natively(script, "0\nb'to myself'\n0\nb'to myself'\n");
}

static void test_addresses_that_are_none_for_tcp(void **state) {
    (void)state;
    ready_or_skip();
    expect_as_natively(BEGIN "print(says(new(), ('127.0.0.1', 0)))\n"
                             "print(says(new('::1'), ('::1', 0)))\n"
                             "print(says(new(), ('127.255.255.255', 1712)))\n",
                       "ECONNREFUSED\nECONNREFUSED\nENETUNREACH\n");
}

// A rule on the way out: our packet gets EPERM, and the kernel's connect() an ICMP error or nothing.
static void test_a_firewall_on_the_way_out(void **state) {
    (void)state;
    ready_or_skip();
    if (!live_has("nft"))
        skip();
    live_do("nft -f - <<'END'\n"
            "table ip out {\n"
            "  chain out {\n"
            "    type filter hook output priority 0;\n"
            "    tcp dport 1791 reject with icmp type host-unreachable\n"
            "    tcp dport 1792 drop\n"
            "  }\n"
            "}\n"
            "END\n");
    expect_as_natively(BEGIN "print(says(new(), ('127.0.0.1', 1791)))\n"
                             "s = new()\n"
                             "s.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)\n"
                             "s.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1500)\n"
                             "print(says(s, ('127.0.0.1', 1792)))\n",
                       "EHOSTUNREACH\nETIMEDOUT\n");
    live_do("nft delete table ip out");
}

// Signals come faster than the answer: the server's is lost twice. Begun anew for each of them, the handshake would
// never end.
static void test_signals_all_the_time(void **state) {
    (void)state;
    ready_or_skip();
    if (!live_has("nft") || !live_has("perl"))
        skip();
    live_do("nft -f - <<'END'\n"
            "table ip in {\n"
            "  chain in {\n"
            "    type filter hook input priority 0;\n"
            "    tcp dport 1712 tcp flags & syn == syn drop\n"
            "  }\n"
            "}\n"
            "END\n");
    struct result r =
        live_run(NULL, WORDS("run", "--color=never", "--", "perl", "-MSocket", "-MPOSIX",
                             "-MTime::HiRes=setitimer,ITIMER_REAL", "-e",
                             "sigaction(SIGALRM, POSIX::SigAction->new(sub {}, POSIX::SigSet->new, SA_RESTART));"
                             "socket(my $s, PF_INET, SOCK_STREAM, 0); setsockopt($s, 6, 18, 1500);" // TCP_USER_TIMEOUT
                             "setitimer(ITIMER_REAL, 0.005, 0.005);"
                             "print connect($s, sockaddr_in(1712, inet_aton('127.0.0.1'))) ? 0 : $!+0"));
    live_do("nft delete table ip in");
    live_expect(&r, 0, NULL, "ETIMEDOUT");
    assert_string_equal(r.out, "110");
    live_free(&r);
}

// With 32 descriptors we have room for one handshake or two, and many threads call at once: what we cannot look at, the
// kernel goes on with.
static void test_few_descriptors(void **state) {
    (void)state;
    ready_or_skip();
    pid_t server = live_server(PORT, greet);
    struct result r =
        live_shell("ulimit -n 32; exec \"$RAWSHAKE\" run --color=never -- python3 -c '" BEGIN "import threading\n"
                   "go, all = threading.Barrier(20), [new() for i in range(20)]\n"
                   "def one(s):\n"
                   "    go.wait()\n"
                   "    print(says(s, (\"127.0.0.1\", 1712)))\n"
                   "for s in all: threading.Thread(target=one, args=[s]).start()\n"
                   "'",
                   PATIENCE_S);
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.out, "0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n");
    assert_null(strstr(r.err, "kept from us"));
    live_free(&r);
    live_server_end(server);
}

// Wherever the narration goes, the program's own output is not meant.
static void test_a_full_disk(void **state) {
    (void)state;
    ready_or_skip();
    if (access("/dev/full", W_OK) != 0)
        skip();
    struct result r = live_run(NULL, WORDS("run", "--log", "/dev/full", "echo", "hello"));
    live_expect(&r, 1, "hello", "rawshake: the log: No space left on device (ENOSPC): not all could be shown");
    live_free(&r);
}

// To a program its parent is the keeper. Stopped, it told nobody of the program's end.
static void test_a_program_that_stops_its_parent(void **state) {
    (void)state;
    ready_or_skip();
    struct result r = live_run(NULL, WORDS("run", "--color=never", "--with", "tutorial", "--", "sh", "-c",
                                           "kill -STOP $PPID; kill -STOP $PPID; exit 7"));
    live_expect(&r, 7, NULL, "has stopped the process that starts all others (SIGSTOP). It goes on.");
    live_free(&r);
}

// ---- the helper

static bool has_capabilities(pid_t pid) {
    char path[40], line[128];
    unsigned long long effective = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "CapEff: %llx", &effective) == 1)
            break;
    if (file)
        fclose(file);
    return effective != 0;
}

static pid_t helper_of(pid_t rawshake) {
    pid_t children[CHILDREN_MOST];
    const size_t count = processes_children(rawshake, children, CHILDREN_MOST);
    for (size_t i = 0; i < count; i++)
        if (has_capabilities(children[i]))
            return children[i];
    return 0;
}

// Waits for a signal, and connects three times.
static struct child start_and_stop_the_helper(pid_t *helper) {
    static const char script[] = BEGIN "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n"
                                       "print('ready', flush=True)\n"
                                       "signal.sigwait([signal.SIGTERM])\n"
                                       "for i in range(3): print(says(new(), ('127.0.0.1', 1712)))\n";
    struct child c = live_start(WORDS("run", "--color=never", "--", "python3", "-c", script));
    assert_true(live_wait_for(&c, false, "ready"));
    *helper = helper_of(c.pid);
    assert_true(*helper > 0);
    assert_int_equal(kill(*helper, SIGSTOP), 0);
    return c;
}

static void expect_end(pid_t pid) {
    struct process p;
    for (int i = 0; i < LOOKS_MOST && process_look(pid, &p) && p.state != 'Z'; i++)
        usleep(LOOK_US);
    assert_false(process_look(pid, &p) && p.state != 'Z');
}

// What it would do when it goes on would be done to a socket that has a connection of the kernel's by then. It ends
// with us all the same.
static void test_a_helper_that_says_nothing(void **state) {
    pid_t helper;
    (void)state;
    ready_or_skip();
    pid_t server = live_server(PORT, greet);
    struct child c = start_and_stop_the_helper(&helper);
    assert_int_equal(kill(c.pid, SIGTERM), 0); // it is passed on
    struct result r = live_finish(&c, PATIENCE_S);
    live_expect(&r, 0, NULL, "The kernel has not taken the connection over");
    assert_string_equal(r.out, "ready\n0\n0\n0\n");
    assert_non_null(strstr(r.err, "We cannot make it:"));
    assert_null(strstr(r.err, "--drop"));
    live_free(&r);
    live_server_end(server);
    expect_end(helper);
}

static void test_a_stopped_helper_when_we_are_killed(void **state) {
    pid_t helper;
    (void)state;
    ready_or_skip();
    struct child c = start_and_stop_the_helper(&helper);
    assert_int_equal(kill(c.pid, SIGKILL), 0);
    struct result r = live_finish(&c, PATIENCE_S);
    live_free(&r);
    expect_end(helper);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_socket_that_connects_to_itself),
        cmocka_unit_test(test_addresses_that_are_none_for_tcp),
        cmocka_unit_test(test_a_firewall_on_the_way_out),
        cmocka_unit_test(test_signals_all_the_time),
        cmocka_unit_test(test_few_descriptors),
        cmocka_unit_test(test_a_full_disk),
        cmocka_unit_test(test_a_program_that_stops_its_parent),
        cmocka_unit_test(test_a_helper_that_says_nothing),
        cmocka_unit_test(test_a_stopped_helper_when_we_are_killed),
    };
    unsetenv("PYTHONUNBUFFERED");
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
