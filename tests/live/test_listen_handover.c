// SPDX-License-Identifier: MIT
//
// listen --handover: the handshake by hand, passively, and then the kernel's own socket serves the client. What counts
// is what both programs get, and the list of segments: nothing is sent twice, and nobody sends RST.
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/bytes.h"
#include "../help/capture.h"
#include "../help/clients.h"
#include "../help/cm.h"
#include "../help/live.h"
#include "../help/told.h"

enum {
    PORT = 1712,
    QUIET_MS = 60,
    PATIENCE = 60,
    MANY = 200,
    BANNERS = 100,
    MUCH = 5000000,
    AT_ONCE = 8,
    PORTS = 65536
};

static struct capture captured;

static struct child listen_with(const char *const *words) {
    struct child server = live_start(words);
    if (!live_wait_for(&server, false, "Ctrl-C ends it")) {
        struct result r = live_finish(&server, 1);
        live_expect(&r, -1, "it listens", NULL); // tells what it said instead
    }
    return server;
}

static struct result interrupt(struct child *server) {
    kill(server->pid, SIGINT);
    return live_finish(server, PATIENCE);
}

// ---- the wire

// Each end's data and FIN pass once, and in order; a SYN may come again where our process had to wait for its turn.
static void expect_nothing_twice(const struct capture *c) {
    static uint32_t next[PORTS][2];
    for (unsigned i = 0; i < c->count; i++) {
        const struct rs_packet *p = &c->seen[i].packet;
        const struct rs_segment *s = &p->segment;
        const bool to_server = c->seen[i].to_server;
        uint32_t *expected = &next[to_server ? p->source.port : p->destination.port][to_server];
        const uint32_t length = c->seen[i].data_bytes + !!(s->flags & RS_FIN);
        assert_false(s->flags & RS_RST);
        if (s->flags & RS_SYN)
            *expected = s->seq + 1;
        else if (length > 0)
            assert_int_equal(s->seq, *expected);
        if (!(s->flags & RS_SYN))
            *expected += length;
    }
}

// Handshakes whose third segment has data on it.
static unsigned thirds_with_data(const struct capture *c) {
    static uint32_t first[PORTS];
    unsigned found = 0;
    for (unsigned i = 0; i < c->count; i++) {
        const struct rs_packet *p = &c->seen[i].packet;
        if (!c->seen[i].to_server)
            continue;
        if (p->segment.flags & RS_SYN)
            first[p->source.port] = p->segment.seq + 1;
        else if (first[p->source.port] == p->segment.seq) {
            found += c->seen[i].data_bytes > 0;
            first[p->source.port] = 0;
        }
    }
    return found;
}

// ---- clients

enum manner {
    SOON,    // the data comes right behind the ACK
    ON_ACK,  // on it
    WITH_FIN // and the FIN, too
};

static int connect_in(enum manner manner, bool ipv6) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(PORT), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int off = 0;
    int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (manner != SOON) // the ACK of the SYN,ACK is put off, so that data can go with it
        assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off), 0);
    assert_int_equal(
        ipv6 ? connect(fd, (struct sockaddr *)&in6, sizeof in6) : connect(fd, (struct sockaddr *)&in, sizeof in), 0);
    return fd;
}

static void expect_text(int fd, const char *text) {
    char got[128] = {0};
    const struct timeval patience = {.tv_sec = PATIENCE};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(recv(fd, got, strlen(text), MSG_WAITALL), strlen(text));
    assert_string_equal(got, text);
}

static void expect_end(int fd) {
    char byte;
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    close(fd);
}

// Speaks at once, and expects its own words.
static void speak(int i) {
    const enum manner manner = (enum manner)(i % 3);
    char words[48];
    snprintf(words, sizeof words, "client %d speaks at once", i);
    int fd = connect_in(manner, i % 2 == 1);
    assert_int_equal(send(fd, words, strlen(words), manner == WITH_FIN ? MSG_MORE : 0), strlen(words));
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    expect_text(fd, words);
    expect_end(fd);
}

static void test_clients_that_speak_at_once(void **state) {
    (void)state;
    live_or_skip();
    struct child server = listen_with(WORDS("listen", "--handover", "--echo", "--count", "200"));
    const unsigned long rsts = live_counter("Tcp:", "OutRsts"), resent = live_counter("Tcp:", "RetransSegs");
    capture_begin(&captured, "lo", PORT);
    for (int i = 0; i < MANY; i++) {
        speak(i);
        capture_read(&captured);
    }
    struct result r = live_finish(&server, PATIENCE);
    live_expect(&r, 0, "200 connections in all.", NULL);
    assert_string_equal(r.err, "");
    live_free(&r);
    capture_until_quiet(&captured, QUIET_MS);
    capture_end(&captured);
    expect_nothing_twice(&captured);
    assert_true(thirds_with_data(&captured) > MANY / 3);
    assert_int_equal(live_counter("Tcp:", "OutRsts"), rsts);
    assert_true(live_counter("Tcp:", "RetransSegs") - resent < MANY / 10); // of SYNs, if any
}

static void test_a_server_that_speaks_first(void **state) {
    (void)state;
    live_or_skip();
    struct child server = listen_with(WORDS("listen", "--exec", "echo 220 hello", "--count", "100"));
    capture_begin(&captured, "lo", PORT);
    for (int i = 0; i < BANNERS; i++) {
        int fd = client_connect(i % 2 == 1, PORT);
        expect_text(fd, "220 hello\n");
        expect_end(fd);
        capture_read(&captured);
    }
    struct result r = live_finish(&server, PATIENCE);
    live_expect(&r, 0, "has ended with status 0.", NULL);
    live_free(&r);
    capture_until_quiet(&captured, QUIET_MS);
    capture_end(&captured);
    expect_nothing_twice(&captured);
}

// Several at once, each with a program of its own.
static void test_much_both_ways(void **state) {
    static uint8_t bytes[MUCH];
    uint32_t seed = 99;
    (void)state;
    live_or_skip();
    fill_with_numbers(bytes, sizeof bytes, &seed);
    struct child server = listen_with(WORDS("listen", "1810", "--exec", "cat", "--count", "4"));
    pid_t others[2];
    for (int i = 0; i < 2; i++) {
        others[i] = fork();
        if (others[i] == 0) {
            int fd = client_connect(i == 1, 1810);
            client_exchange(fd, bytes, sizeof bytes / 4);
            client_finish(fd);
            _exit(0);
        }
    }
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        int fd = client_connect(ipv6 == 1, 1810);
        client_exchange(fd, bytes, sizeof bytes);
        client_finish(fd);
    }
    for (int i = 0; i < 2; i++) {
        int status = -1;
        waitpid(others[i], &status, 0);
        assert_int_equal(status, 0);
    }
    struct result r = live_finish(&server, PATIENCE);
    live_expect(&r, 0, "4 connections in all.", NULL);
    live_free(&r);
}

static void test_several_at_once(void **state) {
    (void)state;
    live_or_skip();
    int fds[AT_ONCE];
    char words[AT_ONCE][24];
    struct child server = listen_with(WORDS("listen", "1811", "--handover", "--ascii", "--count", "8"));
    for (int i = 0; i < AT_ONCE; i++)
        fds[i] = client_connect(i % 2 == 1, 1811);
    for (int i = AT_ONCE - 1; i >= 0; i--) {
        snprintf(words[i], sizeof words[i], "number %d\033", i);
        client_say(fds[i], words[i]);
        client_finish(fds[i]);
    }
    struct result r = live_finish(&server, PATIENCE);
    live_expect(&r, 0, "8 connections in all.", NULL);
    for (int i = 0; i < AT_ONCE; i++) {
        snprintf(words[i], sizeof words[i], "MESSAGE: number %d\\x1b\n", i);
        assert_non_null(strstr(r.out, words[i]));
    }
    assert_null(strchr(r.out, '\033'));
    live_free(&r);
}

// ---- what is told

static void test_what_is_told(void **state) {
    (void)state;
    live_or_skip();
    struct child server = listen_with(WORDS("listen", "1812", "--handover", "--ascii", "--count", "1"));
    int fd = client_connect(false, 1812);
    client_say(fd, "Hello server!");
    client_finish(fd);
    struct result r = live_finish(&server, PATIENCE);
    live_expect(&r, 0, "server (us)  on the wire", NULL);
    told_in_order(r.out,
                  WORDS("SYN-RECEIVED <--- SYN seq=0", "Here the kernel takes the connection over (TCP_REPAIR)",
                        "SYN-RECEIVED ---- SYN,ACK seq=0 ack=1", "ESTABLISHED  <--- ACK seq=1 ack=1",
                        "accept() returns", "What accept() returns: the kernel's description",
                        "state       SYN-RECEIVED      CLOSED ESTABLISHED*", "local_port         1812", "the client's",
                        "state: TCP_REPAIR knows no SYN-RECEIVED", "From here on the connection is the kernel's",
                        "Our program printed:", "FROM: 127.0.0.1:", "MESSAGE: Hello server!", "1 connection in all."));
    assert_string_equal(r.err, "");
    live_free(&r);
}

static void test_views(void **state) {
    char story[400];
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("listen", "1813", "--handover", "--json", "--count", "1"));
    assert_true(live_wait_for(&server, true, "Ctrl-C ends it"));
    int fd = client_connect(true, 1813);
    client_say(fd, "x");
    client_finish(fd);
    struct result r = live_finish(&server, PATIENCE);
    live_expect(&r, 0, "\"event\":\"socket\"", "MESSAGE: x");
    told_story(r.out, 1, story, sizeof story);
    told_in_order(story, WORDS("begin", "received", "socket", "sent", "received", "return:accept", "end"));
    assert_int_equal(told_count(r.out, "\"handed_over\":true"), 1);
    assert_int_equal(told_count(r.out, "\"by_hand\":\"SYN-RECEIVED\",\"before\":\"CLOSED\",\"after\":\"ESTABLISHED\""),
                     1);
    if (live_has("python3") && access("docs/events.schema.json", R_OK) == 0) {
        char command[128];
        snprintf(command, sizeof command, "PYTHONDONTWRITEBYTECODE=1 python3 tests/json/check.py %s >&2",
                 "docs/events.schema.json");
        FILE *check = popen(command, "w");
        assert_non_null(check);
        fputs(r.out, check);
        assert_int_equal(pclose(check), 0);
    }
    live_free(&r);
}

static void test_quiet(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("listen", "1814", "--handover", "-q", "--count", "2"));
    for (int i = 0; i < 2000 && !live_listens(1814); i++)
        usleep(5000);
    int fd = client_connect(false, 1814);
    assert_int_equal(send(fd, "a\0\033b", 4, 0), 4);
    client_finish(fd);
    fd = client_connect(true, 1814);
    client_say(fd, "c");
    client_finish(fd);
    struct result r = live_finish(&server, PATIENCE);
    live_expect(&r, 0, NULL, NULL);
    assert_int_equal(r.out_bytes, 5);
    assert_memory_equal(r.out, "a\0\033bc", 5);
    assert_string_equal(r.err, "");
    live_free(&r);
}

// The socket is taken over when a person lets our SYN,ACK go.
static void test_step(void **state) {
    (void)state;
    live_or_skip();
    struct child server = listen_with(WORDS("listen", "1815", "--exec", "cat", "--step", "--ascii", "--count", "1"));
    pid_t client = fork();
    if (client == 0) {
        close(server.input);
        int fd = client_connect(false, 1815);
        client_say(fd, "x");
        expect_text(fd, "x");
        client_finish(fd);
        _exit(0);
    }
    assert_true(live_wait_for(&server, false, "> next: SYN,ACK seq=0 ack=1"));
    assert_int_equal(write(server.input, "\n", 1), 1);
    struct result r = live_finish(&server, PATIENCE);
    live_expect(&r, 0, "has ended with status 0.", NULL);
    told_in_order(r.out,
                  WORDS("> next: SYN,ACK", "Here the kernel takes", "accept() returns", "What accept() returns"));
    live_free(&r);
    waitpid(client, NULL, 0);
}

// ---- clients that go away

// So many sockets of this kernel are established on this port.
static unsigned established(uint16_t port) {
    char line[256];
    unsigned found = 0, local, state;
    FILE *table = fopen("/proc/net/tcp", "re");
    assert_non_null(table);
    while (fgets(line, sizeof line, table))
        found += sscanf(line, " %*d: %*x:%x %*x:%*x %x", &local, &state) == 2 && local == port && state == 1;
    fclose(table);
    return found;
}

// One that hears nothing: our SYN,ACK is never acknowledged. What the kernel had for it is gone without a word.
static void test_a_client_that_never_acknowledges(void **state) {
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    const struct sock_fprog deaf = {1, &nothing};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(1816)};
    (void)state;
    live_or_skip();
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct child server = listen_with(WORDS("listen", "1816", "--handover", "--ascii"));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &deaf, sizeof deaf), 0);
    capture_begin(&captured, "lo", 1816);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), -1);
    assert_true(live_wait_for(&server, false, "SYN-RECEIVED ---- SYN,ACK seq=0 ack=1"));
    assert_int_equal(established(1816), 1);
    int other = client_connect(false, 1816); // others are served meanwhile
    client_say(other, "x");
    client_finish(other);
    assert_true(live_wait_for(&server, false, "MESSAGE: x"));
    struct result r = interrupt(&server);
    live_expect(&r, 128 + SIGINT, "1 connection had not ended: RST ended it.", NULL);
    assert_null(strstr(r.out, "2 connections in all"));
    assert_int_equal(established(1816), 0);
    close(fd);
    capture_until_quiet(&captured, QUIET_MS);
    capture_end(&captured);
    unsigned fins = 0;
    for (unsigned i = 0; i < captured.count; i++)
        fins += !!(captured.seen[i].packet.segment.flags & RS_FIN);
    assert_int_equal(fins, 2); // the other's
    live_free(&r);
}

// RST between the SYN,ACK and the ACK: a client without a guard, whose kernel knows nothing of it. And later.
static void test_clients_that_abort(void **state) {
    (void)state;
    live_or_skip();
    struct child server = listen_with(WORDS("listen", "1817", "--handover", "--ascii"));
    struct result r = live_run(NULL, WORDS("connect", "127.0.0.1", "1817", "--no-guard", "-q"));
    assert_int_equal(r.status, 1);
    live_free(&r);
    assert_true(live_wait_for(&server, false, "No connection has come of it"));
    assert_int_equal(established(1817), 0);
    int fd = client_connect(false, 1817);
    assert_true(live_wait_for(&server, false, "accept() returns"));
    client_reset(fd);
    assert_true(live_wait_for(&server, true, "Connection reset by peer (ECONNRESET)"));
    fd = client_connect(false, 1817);
    client_say(fd, "all is well");
    client_finish(fd);
    assert_true(live_wait_for(&server, false, "MESSAGE: all is well"));
    r = interrupt(&server);
    live_expect(&r, 128 + SIGINT, "2 connections in all.", NULL);
    live_free(&r);
}

// ---- programs

static void test_what_the_program_has(void **state) {
    char got[4096] = {0}, expected[64];
    struct sockaddr_in local;
    size_t size = 0;
    ssize_t more;
    (void)state;
    live_or_skip();
    struct child server =
        listen_with(WORDS("listen", "1818", "--count", "1", "--exec",
                          "echo $PROTO $TCPREMOTEIP $TCPREMOTEPORT $TCPLOCALIP $TCPLOCALPORT; grep flags "
                          "/proc/self/fdinfo/0; ls /proc/self/fd | tr '\\n' ' '; cat /proc/self/status"));
    int fd = client_connect(false, 1818);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&local, &(socklen_t){sizeof local}), 0);
    while (size < sizeof got - 1 && (more = recv(fd, got + size, sizeof got - 1 - size, 0)) > 0)
        size += (size_t)more;
    close(fd);
    struct result r = live_finish(&server, PATIENCE);
    live_expect(&r, 0, "has ended with status 0.", NULL);
    live_free(&r);
    snprintf(expected, sizeof expected, "TCP 127.0.0.1 %u 127.0.0.1 1818\n", (unsigned)ntohs(local.sin_port));
    assert_non_null(strstr(got, expected));
    const char *flags = strstr(got, "flags:");
    assert_non_null(flags);
    assert_int_equal(strtoul(flags + strlen("flags:"), NULL, 8) & O_NONBLOCK, 0);
    assert_non_null(strstr(got, "\n0 1 2 3 ")); // 3 is ls's own
    assert_non_null(strstr(got, "CapEff:\t0000000000000000\n"));
    assert_non_null(strstr(got, "NoNewPrivs:\t1\n"));
    assert_non_null(strstr(got, "SigBlk:\t0000000000000000\n"));
    const char *ignored = strstr(got, "SigIgn:\t");
    assert_non_null(ignored);
    assert_int_equal(strtoul(ignored + strlen("SigIgn:\t"), NULL, 16) & (1UL << (SIGPIPE - 1)), 0);
}

static void test_programs_that_fail(void **state) {
    (void)state;
    live_or_skip();
    struct child server = listen_with(WORDS("listen", "1819", "--exec", "there-is-no-such-program", "--count", "1"));
    expect_end(client_connect(false, 1819));
    struct result r = live_finish(&server, PATIENCE);
    live_expect(&r, 0, "has ended with status 127, which is what a shell", // then the line is full
                "there-is-no-such-program");
    live_free(&r);
    server = listen_with(WORDS("listen", "1819", "--exec", "exit 3", "--count", "1"));
    expect_end(client_connect(false, 1819));
    r = live_finish(&server, PATIENCE);
    live_expect(&r, 0, "has ended with status 3.", NULL);
    live_free(&r);
}

static void test_ctrl_c(void **state) {
    (void)state;
    live_or_skip();
    struct child server = listen_with(WORDS("listen", "1820", "--exec", "echo ready $$; sleep 1000"));
    int fds[2];
    char bytes[2][64] = {{0}};
    for (int i = 0; i < 2; i++) {
        fds[i] = client_connect(i == 1, 1820);
        assert_true(recv(fds[i], bytes[i], sizeof bytes[i] - 1, 0) > 0);
    }
    struct result r = interrupt(&server);
    live_expect(&r, 128 + SIGINT, "was ended by signal 15", NULL);
    live_expect(&r, 128 + SIGINT, "2 programs had not ended: SIGTERM told them to.", NULL);
    live_free(&r);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kill((pid_t)atoi(bytes[i] + strlen("ready ")), 0), -1);
        expect_end(fds[i]);
    }
    server = listen_with(WORDS("listen", "1820", "--handover"));
    fds[0] = client_connect(false, 1820);
    assert_true(live_wait_for(&server, false, "accept() returns"));
    r = interrupt(&server);
    live_expect(&r, 128 + SIGINT, "1 connection had not ended: RST ended it.", NULL);
    live_free(&r);
    assert_int_equal(recv(fds[0], bytes[0], 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
    close(fds[0]);
}

static void test_what_cannot_be(void **state) {
    (void)state;
    struct result r = live_run_refused(WORDS("listen", "--handover"));
    live_expect(&r, 3, NULL,
                "rawshake: handing a connection over to the kernel: Operation not permitted (EPERM): it "
                "takes CAP_NET_ADMIN");
    assert_true(live_one_line(r.err));
    live_free(&r);
    r = live_run(NULL, WORDS("listen", "--exec", "cat", "--echo"));
    live_expect(&r, 2, NULL, "--exec and --echo: they exclude each other: it is COMMAND that answers");
    live_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clients_that_speak_at_once),
        cmocka_unit_test(test_a_server_that_speaks_first),
        cmocka_unit_test(test_much_both_ways),
        cmocka_unit_test(test_several_at_once),
        cmocka_unit_test(test_what_is_told),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_a_client_that_never_acknowledges),
        cmocka_unit_test(test_clients_that_abort),
        cmocka_unit_test(test_what_the_program_has),
        cmocka_unit_test(test_programs_that_fail),
        cmocka_unit_test(test_ctrl_c),
        cmocka_unit_test(test_what_cannot_be),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
