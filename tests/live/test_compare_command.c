// SPDX-License-Identifier: MIT
//
// rawshake compare against this machine's kernel: nothing differs but what must, whatever the kernel's habits are; and
// where something does differ, it is said, and the exit status says it.
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"

static const char nothing[] = "Nothing differs but what must.\n";

static void expect_alike(const char *const *words) {
    struct result r = live_run(NULL, words);
    live_expect(&r, 0, nothing, NULL);
    assert_null(strstr(r.out, "NOT EXPLAINED"));
    assert_string_equal(r.err, "");
    live_free(&r);
}

static unsigned count(const char *text, const char *what) {
    unsigned found = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        found++;
    return found;
}

static void test_in_a_private_network(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("compare"));
    live_expect(&r, 0, nothing, NULL);
    live_expect(&r, 0, "The same connection to 127.0.0.1:1712 twice, in a private network of our own", NULL);
    live_expect(&r, 0, "9 segments by the kernel, 9 by hand.", NULL);
    assert_int_equal(count(r.out, " SYN seq=0 ──"), 2); // both ladders
    live_expect(&r, 0, "Each connection counts from a first number of its own", NULL);
    assert_null(strstr(r.out, "alike\n"));
    live_free(&r);
    r = live_run(NULL, WORDS("compare", "-6", "-v", "--ascii"));
    live_expect(&r, 0, nothing, NULL);
    live_expect(&r, 0, "Flow Label", NULL);
    live_expect(&r, 0, "Hop Limit             64            64            alike\n", NULL);
    live_free(&r);
}

// Where a message is cut that no segment holds is a decision, and the bytes are the same.
static void test_a_message_of_many_segments(void **state) {
    static char message[100001];
    (void)state;
    live_or_skip();
    memset(message, 'm', sizeof message - 1);
    struct result r = live_run(NULL, WORDS("compare", "-m", message));
    live_expect(&r, 0, nothing, NULL);
    live_expect(&r, 0, "Where a long message is cut is the sender's own affair", NULL);
    live_free(&r);
}

// A server that does as it likes: an ACK more or less is no difference of ours.
static struct child start_server(void) {
    struct child server = live_start(WORDS("serve"));
    assert_true(live_wait_for(&server, false, "Listening on "));
    return server;
}

static void stop_server(struct child *server) {
    kill(server->pid, SIGTERM);
    struct result r = live_finish(server, 10);
    live_free(&r);
}

static void test_it_follows_the_kernels_habits(void **state) {
    (void)state;
    live_or_skip();
    struct child server = start_server();
    expect_alike(WORDS("compare", "127.0.0.1"));
    expect_alike(WORDS("compare", "::1"));
    static const char *const settings[] = {"tcp_timestamps", "tcp_window_scaling", "tcp_sack"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        char path[80];
        snprintf(path, sizeof path, "/proc/sys/net/ipv4/%s", settings[i]);
        live_setting(path, "0");
        expect_alike(WORDS("compare", "127.0.0.1"));
        live_setting(path, "1");
    }
    live_do("ip link set lo mtu 1500");
    expect_alike(WORDS("compare", "127.0.0.1"));
    expect_alike(WORDS("compare", "::1"));
    live_do("ip link set lo mtu 65536");
    stop_server(&server);
}

static void test_what_was_asked_for_is_told_apart(void **state) {
    (void)state;
    live_or_skip();
    static const struct {
        const char *option, *value, *told;
    } asked[] = {{"--ttl", "99", "Time to Live          64            99            asked for\n"},
                 {"--mss", "1000", "Maximum Segment Size  65495         1000          asked for\n"},
                 {"--window", "5000", "5000          asked for\n"},
                 {"--without", "timestamps", "--without leaves an option out"},
                 {"--isn", "5", "5             asked for\n"}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct result r = live_run(NULL, WORDS("compare", asked[i].option, asked[i].value));
        live_expect(&r, 1, asked[i].told, NULL);
        live_expect(&r, 1, "Everything is explained; but with what was asked for", NULL);
        assert_null(strstr(r.out, "NOT EXPLAINED"));
        live_free(&r);
    }
}

// We know nothing of ECN. Where the kernel offers it, that is a difference that nothing explains.
static void test_what_nothing_explains(void **state) {
    (void)state;
    live_or_skip();
    struct child server = start_server();
    live_setting("/proc/sys/net/ipv4/tcp_ecn", "1");
    struct result r = live_run(NULL, WORDS("compare", "127.0.0.1"));
    live_setting("/proc/sys/net/ipv4/tcp_ecn", "2");
    live_expect(&r, 1, "ECE                   1             0             NOT EXPLAINED\n", NULL);
    live_expect(&r, 1, "Not all of this is explained", NULL);
    live_free(&r);
    stop_server(&server);
}

// Both are refused alike; that is compared too, but it is no connection.
static void test_nobody_listens(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("compare", "127.0.0.1", "9"));
    live_expect(&r, 1, "2 segments by the kernel, 2 by hand.", "rawshake: connect to 127.0.0.1:9: Connection refused");
    live_expect(&r, 1, nothing, NULL);
    live_free(&r);
}

static void test_both_are_in_one_trace(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("compare", "--json"));
    live_expect(&r, 0, "\"connection\":1", nothing);
    assert_int_equal(count(r.out, "\"event\":\"seen\"") + count(r.out, "\"kind\":\"seen\""), 9);
    assert_int_equal(count(r.out, "by_kernel"), 1);
    assert_non_null(strstr(r.out, "\"connection\":2"));
    assert_null(strstr(r.out, "\"connection\":3"));
    live_free(&r);
}

static void test_what_makes_no_sense(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("compare", "127.0.0.1", "9", "x"));
    live_expect(&r, 2, NULL, "one word too many");
    live_free(&r);
    r = live_run(NULL, WORDS("compare", "--step"));
    live_expect(&r, 2, NULL, "--step");
    live_free(&r);
}

// Ctrl-C while the kernel waits for an answer that does not come.
static void test_it_can_be_interrupted(void **state) {
    (void)state;
    live_or_skip();
    live_route_to_nowhere("192.0.2.0");
    struct child child = live_start(WORDS("compare", "192.0.2.1", "--json"));
    assert_true(live_wait_for(&child, false, "\"connect\""));
    kill(child.pid, SIGINT);
    struct result r = live_finish(&child, 10);
    live_expect(&r, 128 + SIGINT, NULL, "rawshake: connection with 192.0.2.1:1712: aborted");
    live_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_a_private_network),          cmocka_unit_test(test_a_message_of_many_segments),
        cmocka_unit_test(test_it_follows_the_kernels_habits), cmocka_unit_test(test_what_was_asked_for_is_told_apart),
        cmocka_unit_test(test_what_nothing_explains),         cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_both_are_in_one_trace),         cmocka_unit_test(test_what_makes_no_sense),
        cmocka_unit_test(test_it_can_be_interrupted),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
