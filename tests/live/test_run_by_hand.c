// SPDX-License-Identifier: MIT
//
// All of it at once: a program that knows nothing of us calls connect(), the handshake is made by hand, the kernel
// takes the connection over in the program's own socket, and connect() returns 0. What counts is what the server hears,
// and the whole list of segments.
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../help/capture.h"
#include "../help/cm.h"
#include "../help/live.h"
#include "../help/opening.h"
#include "run/filter.h"
#include "run/keeper.h"
#include "run/supervisor.h"

enum { PORT = 1712, TURN_US = 20000, TURNS_MOST = 500, QUIET_MS = 60 };

static struct capture captured;

// The opening's own socket gives way to the program's.
static int by_hand(void *self, const struct notification *call) {
    char host[RS_ENDPOINT_TEXT_BYTES];
    unsigned *calls = self;
    struct opening *o =
        opening_new(rs_address_text(&call->to.endpoint, host, sizeof host), call->to.endpoint.port, NULL);
    (*calls)++;
    close(o->fd);
    o->fd = dup(call->fd);
    bool taken = opening_shake(o);
    int number = taken ? 0 : o->error.number > 0 ? o->error.number : ECONNREFUSED;
    opening_close(o);
    return number;
}

static int run(char *const *words) {
    unsigned calls = 0;
    struct supervisor s;
    struct loop loop = {.count = 0};
    struct keeper keeper;
    struct keeper_event event = {.news = KEEPER_NOTHING};
    struct net_error error;
    pid_t pid;
    int listener = -1, not_started;
    unsigned left;
    if (!keeper_start(&keeper, &error) || !keeper_start_program(&keeper, words, &pid, &listener, &not_started, &error))
        fail_msg("%s: %s", error.what, strerror(error.number));
    const struct supervisor_door door = {.self = &calls, .connect_by_hand = by_hand};
    supervisor_start(&s, listener, &loop, &door);
    for (int turn = 0; turn < TURNS_MOST && event.news != KEEPER_PROGRAM_ENDED; turn++) {
        assert_true(loop_wait(&loop, TURN_US));
        event = keeper_next(&keeper);
    }
    supervisor_stop(&s);
    close(listener);
    keeper_end(&keeper, &left);
    assert_int_equal(calls, 1);
    assert_int_equal(left, 0);
    return event.news == KEEPER_PROGRAM_ENDED ? event.status : -1;
}

// Reads to the end what the client says, then answers.
static void answer(int listener) {
    char bytes[64];
    size_t all = 0;
    ssize_t size;
    int fd = accept(listener, NULL, NULL);
    while ((size = recv(fd, bytes + all, sizeof bytes - all, 0)) > 0)
        all += (size_t)size;
    if (all == 13 && memcmp(bytes, "Hello server!", 13) == 0)
        send(fd, "Hello client!", 13, 0);
    close(fd);
}

static void expect_a_clean_wire(void) {
    unsigned syns = 0, fins = 0, data = 0;
    assert_true(captured.count >= 3);
    assert_int_equal(captured.seen[0].packet.segment.flags, RS_SYN);
    assert_int_equal(captured.seen[1].packet.segment.flags, RS_SYN | RS_ACK);
    assert_int_equal(captured.seen[2].packet.segment.flags, RS_ACK);
    for (unsigned i = 0; i < captured.count; i++) {
        const uint8_t flags = captured.seen[i].packet.segment.flags;
        assert_int_equal(flags & RS_RST, 0);
        syns += !!(flags & RS_SYN);
        fins += !!(flags & RS_FIN);
        data += captured.seen[i].data_bytes > 0;
    }
    assert_int_equal(syns, 2); // nothing was sent twice
    assert_int_equal(fins, 2);
    assert_int_equal(data, 2);
}

static void ready_or_skip(void) {
    struct net_error error;
    live_or_skip();
    if (!connect_filter_possible(&error) || !live_has("python3"))
        skip();
}

// before: a line of the program's, before it makes its socket.
static int python(const char *before, const char *family, const char *to) {
    char name[] = "python3", option[] = "-c", script[512];
    snprintf(script, sizeof script,
             "import socket, sys\n"
             "%s\n"
             "s = socket.socket(socket.%s)\n"
             "try: s.connect(('%s', %d))\n"
             "except OSError as e: sys.exit(e.errno)\n"
             "s.sendall(b'Hello server!')\n"
             "s.shutdown(socket.SHUT_WR)\n"
             "sys.exit(0 if s.recv(64) == b'Hello client!' and s.recv(1) == b'' else 1)",
             before, family, to, PORT);
    return run((char *[]){name, option, script, NULL});
}

static void converse(const char *at, const char *before, const char *family, const char *to) {
    ready_or_skip();
    pid_t server = live_server_at(at, PORT, answer);
    capture_begin(&captured, "lo", PORT);
    int status = python(before, family, to);
    capture_until_quiet(&captured, QUIET_MS);
    capture_end(&captured);
    live_server_end(server);
    assert_int_equal(status, 0);
    expect_a_clean_wire();
}

static void test_ipv4(void **state) {
    (void)state;
    converse("127.0.0.1", "", "AF_INET", "127.0.0.1");
}

static void test_ipv6(void **state) {
    (void)state;
    converse("::1", "", "AF_INET6", "::1");
}

static void test_ipv4_in_ipv6s_clothes(void **state) {
    (void)state;
    converse("127.0.0.1", "", "AF_INET6", "::ffff:127.0.0.1");
}

// Its socket does not block: connect() is held until it is decided, and says 0 all the same.
static void test_with_a_timeout(void **state) {
    (void)state;
    converse("127.0.0.1", "socket.setdefaulttimeout(5)", "AF_INET", "127.0.0.1");
}

static void test_refused(void **state) {
    (void)state;
    ready_or_skip();
    assert_int_equal(python("", "AF_INET", "127.0.0.1"), ECONNREFUSED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_ipv4_in_ipv6s_clothes),
        cmocka_unit_test(test_with_a_timeout),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
