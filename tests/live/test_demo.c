// SPDX-License-Identifier: MIT
//
// The demo, as the user who runs the tests: what it shows, and that nothing is left behind, whatever ends it. This
// program does not enter a private network itself: making one is the demo's own affair.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"

static void test_the_lesson(void **state) {
    (void)state;
    live_private_or_skip();
    struct result r = live_run(NULL, WORDS("demo", "--color=never"));
    const char *in_order[] = {"A private network of our own",
                              "LISTEN",
                              "SYN seq=0",
                              "SYN-RECEIVED",
                              "SYN,ACK seq=0 ack=1",
                              "ACK seq=1 ack=1",
                              "ESTABLISHED",
                              "connect() returns",
                              "has not called",
                              "PSH,ACK seq=1 ack=1 len=13",
                              "13 bytes unread",
                              "accept() returns a socket",
                              "recv(1024) returns b\"Hello server!\"",
                              "FIN,ACK seq=14 ack=1",
                              "CLOSE-WAIT",
                              "FIN-WAIT-2",
                              "recv(1024) returns b\"\"",
                              "LAST-ACK",
                              "TIME-WAIT",
                              "FROM: 127.0.0.1:",
                              "MESSAGE: Hello server!"};
    live_expect(&r, 0, NULL, NULL);
    const char *at = r.out;
    for (size_t i = 0; i < sizeof in_order / sizeof *in_order; i++) {
        const char *next = strstr(at, in_order[i]);
        if (!next)
            print_error("not found, in this order: %s\n%s", in_order[i], r.out);
        assert_non_null(next);
        at = next;
    }
    assert_string_equal(r.err, "");
    live_free(&r);
}

// Cuts the times off the ends of the ladder's lines ("      +12 us"), in place.
static void cut_times(char *text) {
    char *to = text;
    for (char *from = text; *from;) {
        if (*from == '+')
            from += strcspn(from, "\n");
        if (*from == '\n')
            while (to > text && to[-1] == ' ')
                to--;
        if (*from)
            *to++ = *from++;
    }
    *to = '\0';
}

// The lesson is the same each time, but for port and times.
static void test_it_is_the_same_each_time(void **state) {
    static char first[20000];
    (void)state;
    live_private_or_skip();
    for (int round = 0; round < 10; round++) {
        struct result r = live_run(NULL, WORDS("demo", "--source-port", "40000", "--color=never"));
        live_expect(&r, 0, NULL, NULL);
        cut_times(r.out);
        if (round == 0)
            snprintf(first, sizeof first, "%s", r.out);
        assert_string_equal(r.out, first);
        live_free(&r);
    }
}

static void test_a_large_message_into_the_demo(void **state) {
    char path[] = "/tmp/rawshake-test-XXXXXX";
    (void)state;
    live_private_or_skip();
    int fd = mkostemp(path, O_CLOEXEC);
    assert_int_equal(fchmod(fd, 0644), 0);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(write(fd, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 72), 72);
    close(fd);
    struct result r = live_run(NULL, WORDS("demo", "-q", "-f", path));
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.err, "");
    live_free(&r);
    unlink(path);
}

// However the demo ends, its server's process ends with it, and with the last process the network.
static void test_nothing_is_left_behind(void **state) {
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGKILL};
    (void)state;
    live_private_or_skip();
    for (size_t i = 0; i < 3 * sizeof numbers / sizeof *numbers; i++) {
        size_t round = i % 3, which = i / 3;
        struct child child = live_start(WORDS("demo", "--step"));
        assert_true(live_wait_for(&child, false, "next: SYN"));
        if (round > 0) { // the second time in ESTABLISHED, the third after our FIN
            assert_int_equal(write(child.input, "\n\n\n\n", round == 1 ? 2 : 4), round == 1 ? 2 : 4);
            assert_true(live_wait_for(&child, false, round == 1 ? "next: PSH,ACK" : "next: ACK seq=15"));
        }
        pid_t server = live_child_of(child.pid);
        assert_true(server > 0);
        kill(child.pid, numbers[which]);
        struct result r = live_finish(&child, 10);
        assert_int_equal(r.status, 128 + numbers[which]);
        live_free(&r);
        assert_true(live_ends_soon(server));
    }
}

// A kernel that refuses: the setting is named, with the way out.
static void test_where_namespaces_are_refused(void **state) {
    (void)state;
    live_private_or_skip();
    struct result r = live_run_refused(WORDS("demo"));
    live_expect(&r, 3, NULL, "user.max_user_namespaces=0");
    assert_true(live_one_line(r.err));
    live_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_lesson),
        cmocka_unit_test(test_it_is_the_same_each_time),
        cmocka_unit_test(test_a_large_message_into_the_demo),
        cmocka_unit_test(test_nothing_is_left_behind),
        cmocka_unit_test(test_where_namespaces_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
