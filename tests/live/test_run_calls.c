// SPDX-License-Identifier: MIT
//
// rawshake run, as the program sees it: what connect() returns and what the socket is like afterwards, in each way in
// which a program may call it. The same script runs without us, too, wherever both must say the same.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "../help/told.h"
#include "run/filter.h"

enum { PORT = 1712, PATIENCE_S = 60 };

static void ready_or_skip(void) {
    struct net_error error;
    live_or_skip();
    if (!connect_filter_possible(&error) || !live_has("python3"))
        skip();
}

// What stands before each script.
#define BEGIN                                                                                                          \
    "import errno, os, select, socket, struct, sys, threading, time\n"                                                 \
    "HERE = ('127.0.0.1', 1712)\n"                                                                                     \
    "def name(n): return errno.errorcode.get(n, n)\n"                                                                  \
    "def new(blocking=True, family=socket.AF_INET):\n"                                                                 \
    "    s = socket.socket(family)\n"                                                                                  \
    "    s.setblocking(blocking)\n"                                                                                    \
    "    return s\n"                                                                                                   \
    "def says(s, to): return name(s.connect_ex(to))\n"

static struct result run(const char *script) {
    return live_run(NULL, WORDS("run", "-q", "--hold", "0.3", "--", "python3", "-c", script));
}

static void expect(const char *script, const char *out) {
    struct result r = run(script);
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.err, "");
    assert_string_equal(r.out, out);
    live_free(&r);
}

// The kernel alone says the same.
static void expect_as_natively(const char *script, const char *out) {
    struct child c = live_start_program("python3", WORDS("-c", script));
    struct result r = live_finish(&c, PATIENCE_S);
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.out, out);
    live_free(&r);
    expect(script, out);
}

// Greets each client at once, any number of them together.
static void greet(int listener) {
    int fd;
    signal(SIGCHLD, SIG_IGN);
    listen(listener, 128);
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        char byte;
        if (fork() == 0)
            _exit(send(fd, "hello", 5, MSG_NOSIGNAL) == 5 && recv(fd, &byte, 1, 0) == 0);
        close(fd);
    }
}

static void with_server(void (*check)(const char *, const char *), const char *script, const char *out) {
    pid_t server = live_server(PORT, greet);
    check(script, out);
    live_server_end(server);
}

static void test_blocking(void **state) {
    (void)state;
    ready_or_skip();
    with_server(
        expect_as_natively,
        BEGIN
        "s = new()\n"
        "print(says(s, HERE), s.getpeername(), s.recv(5), name(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)))\n"
        "print(says(s, HERE))\n", // and once more
        "0 ('127.0.0.1', 1712) b'hello' 0\nEISCONN\n");
}

// The one visible difference: where the kernel says EINPROGRESS, it is decided when connect() returns.
static void test_nonblocking(void **state) {
    (void)state;
    ready_or_skip();
    with_server(
        expect,
        BEGIN "for how in 'poll', 'select', 'epoll':\n"
              "    s = new(False)\n"
              "    said = says(s, HERE)\n"
              "    if how == 'poll':\n"
              "        p = select.poll(); p.register(s, select.POLLOUT | select.POLLIN); got = p.poll(5000)\n"
              "        ready = bool(got[0][1] & select.POLLOUT) and not got[0][1] & (select.POLLHUP | select.POLLERR)\n"
              "    elif how == 'select':\n"
              "        ready = select.select([], [s], [], 5)[1] == [s]\n"
              "    else:\n"
              "        p = select.epoll(); p.register(s, select.EPOLLOUT); got = p.poll(5)\n"
              "        ready = got == [(s.fileno(), select.EPOLLOUT)]\n"
              "    print(how, said, ready, s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), says(s, HERE))\n",
        "poll 0 True 0 EISCONN\nselect 0 True 0 EISCONN\nepoll 0 True 0 EISCONN\n");
}

// What an edge tells is told once: that the socket had no connection, and then that it has one.
static void test_an_edge(void **state) {
    (void)state;
    ready_or_skip();
    with_server(expect_as_natively,
                BEGIN "s = new()\n"
                      "e = select.epoll(); e.register(s, select.EPOLLOUT | select.EPOLLET)\n"
                      "print(e.poll(0) == [(s.fileno(), select.EPOLLOUT | select.EPOLLHUP)], e.poll(0))\n"
                      "print(says(s, HERE), e.poll(20) == [(s.fileno(), select.EPOLLOUT)], e.poll(0))\n",
                "True []\n0 True []\n");
}

// epoll was told of the socket before, as event loops do it.
static void test_asyncio(void **state) {
    (void)state;
    ready_or_skip();
    with_server(expect_as_natively,
                BEGIN "import asyncio\n"
                      "async def one(n):\n"
                      "    r, w = await asyncio.open_connection(*HERE)\n"
                      "    got = await r.readexactly(5)\n"
                      "    w.close()\n"
                      "    return got\n"
                      "async def all(): return await asyncio.gather(*[one(i) for i in range(20)])\n"
                      "print(set(asyncio.run(all())))\n",
                "{b'hello'}\n");
}

static void test_refused(void **state) {
    (void)state;
    ready_or_skip();
    expect_as_natively(BEGIN "s = new()\n"
                             "print(says(s, HERE), s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))\n"
                             "print(says(s, HERE))\n" // the same socket may try again
                             "print(says(new(family=socket.AF_INET6), ('::1', 1712)))\n"
                             "print(says(new(family=socket.AF_INET6), ('::ffff:127.0.0.1', 1712)))\n",
                       "ECONNREFUSED 0\nECONNREFUSED\nECONNREFUSED\nECONNREFUSED\n");
    expect(BEGIN "print(says(new(False), HERE))\n", "ECONNREFUSED\n");
}

// A connect() that has failed leaves the socket as new, whatever was before: another shutdown(), an error that nobody
// has asked for, an MSS of the kernel's own.
static void test_after_a_failure(void **state) {
    (void)state;
    ready_or_skip();
    with_server(expect_as_natively,
                BEGIN "import ctypes\n"
                      "CLOSED, NOBODY = ('127.0.0.1', 1715), ('127.0.0.1', 0)\n"
                      "def disconnect(): ctypes.CDLL(None).connect(s.fileno(), bytes(16), 16)\n"
                      "def state():\n"
                      "    p = select.poll(); p.register(s, 0x2000)\n"
                      "    print(p.poll(0)[0][1], s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))\n"
                      "s = new()\n"
                      "try: s.shutdown(socket.SHUT_RDWR)\n"
                      "except OSError: pass\n"
                      "print(says(s, CLOSED)); state()\n"
                      "print(says(s, HERE), s.recv(5)); disconnect()\n"
                      "print(says(s, CLOSED)); state()\n"
                      "s = new(); print(says(s, NOBODY), says(s, HERE), s.getsockopt(socket.IPPROTO_TCP, 2) > 1000)\n",
                "ECONNREFUSED\n16 0\n0 b'hello'\nECONNREFUSED\n16 0\nECONNREFUSED 0 True\n");
}

static void test_no_way(void **state) {
    (void)state;
    ready_or_skip();
    live_do("ip route add unreachable 10.7.1.0/24 && ip route add prohibit 10.7.2.0/24 && ip route add blackhole "
            "10.7.3.0/24");
    expect_as_natively(BEGIN
                       "for a in '203.0.113.1', '10.7.1.1', '10.7.2.1', '10.7.3.1', '255.255.255.255', '224.0.0.1':\n"
                       "    print(a, says(new(), (a, 1712)))\n",
                       "203.0.113.1 ENETUNREACH\n10.7.1.1 EHOSTUNREACH\n10.7.2.1 EACCES\n10.7.3.1 EINVAL\n"
                       "255.255.255.255 ENETUNREACH\n224.0.0.1 ENETUNREACH\n");
    live_do(
        "ip route del unreachable 10.7.1.0/24; ip route del prohibit 10.7.2.0/24; ip route del blackhole 10.7.3.0/24");
}

// An error that quotes somebody else's datagram comes first, and is passed over.
static void test_what_icmp_says(void **state) {
    (void)state;
    ready_or_skip();
    if (!live_has("nft"))
        skip();
    live_do("nft 'table inet icmp_run { chain in { type filter hook input priority 0;"
            " ip version 4 tcp dport 2003 reject with icmp type prot-unreachable;"
            " ip6 version 6 tcp dport 2001 reject with icmpv6 type port-unreachable; }; }'");
    expect_as_natively(BEGIN "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                             "u.connect(('127.0.0.1', 9))\n"
                             "u.send(b'x')\n"
                             "print(says(new(), ('127.0.0.1', 2003)))\n"
                             "print(says(new(family=socket.AF_INET6), ('::1', 2001)))\n",
                       "ENOPROTOOPT\nECONNREFUSED\n");
    live_do("nft delete table inet icmp_run");
}

static void test_nobody_answers(void **state) {
    (void)state;
    ready_or_skip();
    live_route_to_nowhere("10.8.1.0");
    live_setting("/proc/sys/net/ipv4/tcp_syn_retries", "1");
    expect(BEGIN "began = time.monotonic()\n"
                 "print(says(new(False), ('10.8.1.1', 1712)), time.monotonic() - began < 30)\n", // --hold 0.3
           "ETIMEDOUT True\n");
    expect_as_natively(BEGIN "s = new()\n"
                             "s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack('ll', 0, 200000))\n"
                             "print(says(s, ('10.8.1.1', 1712)))\n",
                       "EINPROGRESS\n");
    expect_as_natively(BEGIN "print(says(new(), ('10.8.1.1', 1712)))\n", "ETIMEDOUT\n"); // 1 + 2 s
    live_setting("/proc/sys/net/ipv4/tcp_syn_retries", "6");
}

// Each run has ports of its own: those of the run before are in TIME-WAIT.
static void test_a_source_that_is_bound(void **state) {
    (void)state;
    ready_or_skip();
    with_server(
        expect_as_natively,
        BEGIN "PORT = 20000 + os.getpid() * 5 % 10000\n"
              "s = new(); s.bind(('127.0.0.1', PORT))\n"
              "print(says(s, HERE), s.getsockname() == ('127.0.0.1', PORT), s.recv(5))\n"
              "print(s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT), s.getsockopt(socket.SOL_SOCKET, "
              "socket.SO_REUSEADDR))\n"
              "s = new(); s.bind(('127.0.0.2', 0)); bound = s.getsockname()\n"
              "print(says(s, HERE), s.getsockname() == bound, bound[0])\n"
              "s = new(); s.bind(('', PORT + 1))\n"
              "print(says(s, HERE), s.getsockname() == ('127.0.0.1', PORT + 1))\n"
              "s = new(); s.setsockopt(socket.IPPROTO_IP, 24, 1); s.bind(('127.0.0.3', 0))\n" // IP_BIND_ADDRESS_NO_PORT
              "print(says(s, HERE), s.getsockname()[0], s.getsockname()[1] > 0)\n"
              "s = new(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1', PORT + 2))\n"
              "print(says(s, HERE), s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))\n",
        "0 True b'hello'\n0 0\n0 True 127.0.0.2\n0 True\n0 127.0.0.3 True\n0 1\n");
    expect_as_natively(BEGIN "PORT = 20000 + os.getpid() * 5 % 10000 + 3\n"
                             "s = new(); s.bind(('127.0.0.1', PORT))\n"
                             "print(says(s, HERE)); s.close()\n"
                             "s = new(); s.bind(('127.0.0.1', PORT)); print('free')\n",
                       "ECONNREFUSED\nfree\n");
}

static void test_several_at_once(void **state) {
    (void)state;
    ready_or_skip();
    with_server(expect_as_natively,
                BEGIN "results = []\n"
                      "def one():\n"
                      "    s = new(); results.append((says(s, HERE), s.recv(5))); s.close()\n"
                      "threads = [threading.Thread(target=one) for i in range(50)]\n"
                      "[t.start() for t in threads]; [t.join() for t in threads]\n"
                      "print(len(results), set(results))\n",
                "50 {(0, b'hello')}\n");
}

// More calls than there is room for, none of which is answered: those that wait are answered, too.
static void test_more_than_there_is_room_for(void **state) {
    (void)state;
    ready_or_skip();
    live_route_to_nowhere("10.8.2.0");
    expect(BEGIN "results = []\n"
                 "def one(): results.append(says(new(False), ('10.8.2.1', 1712)))\n"
                 "threads = [threading.Thread(target=one) for i in range(100)]\n"
                 "[t.start() for t in threads]; [t.join() for t in threads]\n"
                 "print(len(results), set(results))\n",
           "100 {'ETIMEDOUT'}\n");
}

// Both connect at once; the child has written all before its parent writes.
static void test_children_and_exec(void **state) {
    (void)state;
    ready_or_skip();
    with_server(expect_as_natively,
                BEGIN "pid = os.fork()\n"
                      "s = new()\n"
                      "line = '%s %s\\n' % (says(s, HERE), s.recv(5))\n"
                      "s.close()\n"
                      "if pid == 0:\n"
                      "    os.write(1, line.encode())\n"
                      "    os.execvp('python3', ['python3', '-c', 'import socket; "
                      "print(socket.create_connection((\"127.0.0.1\", 1712)).recv(5))'])\n"
                      "os.waitpid(pid, 0)\n"
                      "os.write(1, line.encode())\n",
                "0 b'hello'\nb'hello'\n0 b'hello'\n");
}

static void test_calls_that_are_not_ours(void **state) {
    (void)state;
    ready_or_skip();
    expect_as_natively(BEGIN
                       "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); print(says(u, HERE), u.getpeername())\n"
                       "x = socket.socket(socket.AF_UNIX); print(says(x, '/no/such/socket'))\n"
                       "a = socket.socket(socket.AF_UNIX); a.bind('\\0rawshake-%d' % os.getpid()); a.listen(1)\n"
                       "x = socket.socket(socket.AF_UNIX); print(says(x, '\\0rawshake-%d' % os.getpid()))\n"
                       "l = new(); l.bind(('127.0.0.1', 0)); l.listen(1); print(says(l, HERE))\n",
                       "0 ('127.0.0.1', 1712)\nENOENT\n0\nEISCONN\n");
}

// A handler that raises: Python's way to give a call up.
static void test_a_signal(void **state) {
    (void)state;
    ready_or_skip();
    live_route_to_nowhere("10.8.3.0");
    expect_as_natively(BEGIN "import signal\n"
                             "def give_up(*a): raise TimeoutError('given up')\n"
                             "signal.signal(signal.SIGALRM, give_up)\n"
                             "signal.setitimer(signal.ITIMER_REAL, 0.3)\n"
                             "try: new().connect(('10.8.3.1', 1712))\n"
                             "except TimeoutError as e: print(e)\n",
                       "given up\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocking),
        cmocka_unit_test(test_nonblocking),
        cmocka_unit_test(test_an_edge),
        cmocka_unit_test(test_asyncio),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_after_a_failure),
        cmocka_unit_test(test_no_way),
        cmocka_unit_test(test_what_icmp_says),
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_a_source_that_is_bound),
        cmocka_unit_test(test_several_at_once),
        cmocka_unit_test(test_more_than_there_is_room_for),
        cmocka_unit_test(test_children_and_exec),
        cmocka_unit_test(test_calls_that_are_not_ours),
        cmocka_unit_test(test_a_signal),
    };
    unsetenv("PYTHONUNBUFFERED"); // what is printed at once is written at once
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
