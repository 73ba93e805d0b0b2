// SPDX-License-Identifier: MIT
//
// A name with several addresses: they are tried in order. /etc/hosts is one of our own for this.
#include <sys/socket.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"

static const char hosts[] = "127.0.0.1 two.test three.test\n"
                            "::1 two.test three.test\n"
                            "192.0.2.1 three.test\n"
                            "127.0.0.1 localhost\n";

static void names_or_skip(void) {
    live_or_skip();
    if (!live_hosts(hosts))
        skip();
}

static void serve_once(int listener) {
    char bytes[1024];
    int fd = accept(listener, NULL, NULL);
    (void)!send(fd, "hello", 5, 0);
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
    close(fd);
}

// ::1 comes before 127.0.0.1 (RFC 6724), and nobody listens there.
static void test_the_first_refuses(void **state) {
    static const char line[] =
        "[::1]:1712: Connection refused (ECONNREFUSED). The host has another address, which is tried now.\n";
    (void)state;
    names_or_skip();
    pid_t server = live_server(1712, serve_once);
    struct result r = live_run(NULL, WORDS("connect", "two.test", "--color=never"));
    live_expect(&r, 0, "server  127.0.0.1:1712", NULL);
    assert_memory_equal(r.out, line, sizeof line - 1); // a single line, and nothing of its ladder
    assert_null(strstr(r.out, "RST,ACK"));
    assert_null(strstr(r.out, "client  [::1]"));
    assert_non_null(strstr(r.out, "socket()")); // the second ladder has its beginning
    assert_string_equal(r.err, "");
    live_free(&r);
    live_server_end(server);
}

static void test_the_first_takes_it(void **state) {
    (void)state;
    names_or_skip();
    pid_t server = live_server_at("::1", 1712, serve_once);
    struct result r = live_run(NULL, WORDS("connect", "two.test"));
    live_expect(&r, 0, "server  [::1]:1712", NULL);
    assert_null(strstr(r.out, "another address"));
    live_free(&r);
    live_server_end(server);
}

static void test_verbose_tells_all(void **state) {
    (void)state;
    names_or_skip();
    pid_t server = live_server(1712, serve_once);
    struct result r = live_run(NULL, WORDS("connect", "two.test", "-v", "--color=never"));
    live_expect(&r, 0, "client  [::1]:", NULL);
    live_expect(&r, 0, "RST,ACK seq=0 ack=1", NULL);
    live_expect(&r, 0, "The host has another address, which is tried now.", NULL);
    live_expect(&r, 0, "client  127.0.0.1:", NULL);
    live_expect(&r, 0, "TIME-WAIT", NULL);
    live_free(&r);
    live_server_end(server);
}

static void test_quiet_says_nothing_of_it(void **state) {
    (void)state;
    names_or_skip();
    pid_t server = live_server(1712, serve_once);
    struct result r = live_run(NULL, WORDS("connect", "two.test", "-q"));
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.out, "hello");
    assert_string_equal(r.err, "");
    live_free(&r);
    live_server_end(server);
}

// Enter for each segment, and the refused attempt's too.
static void test_step_by_step(void **state) {
    (void)state;
    names_or_skip();
    pid_t server = live_server(1712, serve_once);
    struct result r = live_run("\n\n\n\n\n\n\n\n", WORDS("connect", "two.test", "--step", "--color=never"));
    live_expect(&r, 0, "client  [::1]:", NULL);
    live_expect(&r, 0, "client  127.0.0.1:", NULL);
    live_expect(&r, 0, "TIME-WAIT", NULL);
    live_free(&r);
    live_server_end(server);
}

static void expect_error(const char *wanted, const char *const *words) {
    struct result r = live_run(NULL, words);
    live_expect(&r, 1, NULL, wanted);
    if (strcmp(words[1], "--kernel") != 0)
        assert_true(live_one_line(r.err));
    live_free(&r);
}

static void test_all_refuse(void **state) {
    static const char both[] = "rawshake: connect to two.test port 1712: ::1: Connection refused (ECONNREFUSED); "
                               "127.0.0.1: Connection refused (ECONNREFUSED)";
    (void)state;
    names_or_skip();
    expect_error(both, WORDS("connect", "two.test"));
    expect_error(both, WORDS("connect", "-q", "two.test"));
    expect_error(both, WORDS("connect", "--kernel", "two.test"));
    expect_error("127.0.0.1: Connection refused (ECONNREFUSED): nobody listens there: start a server",
                 WORDS("connect", "two.test"));
    // There is no way to 192.0.2.1 here, so getaddrinfo puts it last.
    expect_error("(ECONNREFUSED); 192.0.2.1: Network is unreachable (ENETUNREACH): 'ip route get'",
                 WORDS("connect", "three.test"));
}

static void test_one_family_only(void **state) {
    (void)state;
    names_or_skip();
    expect_error("rawshake: connect to [::1]:1712: Connection refused", WORDS("connect", "-6", "two.test"));
    expect_error("rawshake: connect to 127.0.0.1:1712: Connection refused", WORDS("connect", "-4", "two.test"));
    expect_error("rawshake: connect to 127.0.0.1:1712: Connection refused",
                 WORDS("connect", "--kernel", "-4", "two.test"));
    expect_error("host '::1': not an IPv4 address: leave -4 away", WORDS("connect", "-4", "::1"));
    expect_error("host '127.0.0.1': not an IPv6 address: leave -6 away", WORDS("connect", "-6", "127.0.0.1"));
    expect_error("host 'localhost': ", WORDS("connect", "-6", "localhost"));
    struct result r = live_run(NULL, WORDS("connect", "-4", "-6"));
    live_expect(&r, 2, NULL, "--ipv4 and --ipv6: they exclude each other");
    live_free(&r);
}

static void test_addresses_that_cannot_be(void **state) {
    (void)state;
    live_or_skip();
    expect_error("connect to [ff02::1]:1712: not the address of one machine", WORDS("connect", "ff02::1"));
    expect_error("connect to [::]:1712: not the address of one machine", WORDS("connect", "::"));
    expect_error("host '[::1]:1712': ", WORDS("connect", "[::1]:1712"));
    expect_error("give host and port as two words", WORDS("connect", "[::1]:1712"));
    expect_error("connect to [::1]:1712: that is our own end", WORDS("connect", "::1", "--source-port", "1712"));
    expect_error("connect to 127.0.0.1:1712: Connection refused", WORDS("connect", "::ffff:127.0.0.1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_refuses), cmocka_unit_test(test_the_first_takes_it),
        cmocka_unit_test(test_verbose_tells_all), cmocka_unit_test(test_quiet_says_nothing_of_it),
        cmocka_unit_test(test_step_by_step),      cmocka_unit_test(test_all_refuse),
        cmocka_unit_test(test_one_family_only),   cmocka_unit_test(test_addresses_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
