// SPDX-License-Identifier: MIT
//
// serve: the tutorial's server, with ordinary clients.
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"

// An ordinary client; reset: it ends with RST instead of FIN.
static void say(uint16_t port, const void *bytes, size_t size, bool reset) {
    const struct linger now = {.l_onoff = reset, .l_linger = 0};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(send(fd, bytes, size, 0), size);
    usleep(20000);
    if (reset)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

static void test_many_clients_in_turn(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("serve", "-p", "1800", "-b", "127.0.0.1"));
    assert_true(live_wait_for(&server, false, "Listening on 127.0.0.1:1800"));
    say(1800, "one", 3, false);
    say(1800, "\033[2J\x07 caf\xc3\xa9 \xff\n", 14, false);
    say(1800, "gone", 4, true);
    say(1800, "last", 4, false);
    assert_true(live_wait_for(&server, false, "MESSAGE: last\n"));
    kill(server.pid, SIGTERM);
    struct result r = live_finish(&server, 5);
    live_expect(&r, 128 + SIGTERM, "FROM: 127.0.0.1:", NULL);
    live_expect(&r, 128 + SIGTERM, "MESSAGE: one\n", NULL);
    live_expect(&r, 128 + SIGTERM, "MESSAGE: \\x1b[2J\\x07 caf", "Connection reset by peer (ECONNRESET)");
    assert_null(strchr(r.out, '\033'));
    live_free(&r);
}

static void test_once_and_quiet(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("serve", "-q", "--once"));
    for (int i = 0; i < 400 && !live_listens(1712); i++)
        usleep(5000);
    say(1712, "a\0b", 3, false);
    struct result r = live_finish(&server, 5);
    live_expect(&r, 0, NULL, NULL);
    assert_int_equal(r.out_bytes, 3);
    assert_memory_equal(r.out, "a\0b", 3);
    assert_string_equal(r.err, "");
    live_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_clients_in_turn),
        cmocka_unit_test(test_once_and_quiet),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
