// SPDX-License-Identifier: MIT
//
// A program started under the filter (run/child.h): what it is given, what becomes of it, and what a shell would say.
#include "run/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "run/filter.h"

enum { PATIENCE_MS = 10000 };

#define PROGRAM(...) ((char *[]){__VA_ARGS__, NULL})

static int setup(void **state) {
    struct net_error error;
    (void)state;
    if (!connect_filter_possible(&error))
        fprintf(stderr, "%s: %s\n", error.what, error.hint ? error.hint : strerror(error.number));
    return 0;
}

static void possible_or_skip(void) {
    struct net_error error;
    if (!connect_filter_possible(&error))
        skip();
}

static void start(struct run_child *child, char *const *words) {
    struct net_error error;
    possible_or_skip();
    if (!run_child_start(child, words, &error))
        fail_msg("%s: %s", error.what, strerror(error.number));
    assert_true(child->pid > 0 && child->pidfd >= 0 && child->listener >= 0);
}

static int end(struct run_child *child) {
    struct pollfd come = {.fd = child->pidfd, .events = POLLIN};
    int status = -1;
    assert_int_equal(poll(&come, 1, PATIENCE_MS), 1);
    assert_true(run_child_ended(child, &status));
    run_child_close(child);
    return status;
}

static int run(char *const *words) {
    struct run_child child;
    start(&child, words);
    return end(&child);
}

static void test_exit_status_is_the_programs(void **state) {
    (void)state;
    assert_int_equal(run(PROGRAM("true")), 0);
    assert_int_equal(run(PROGRAM("sh", "-c", "exit 7")), 7);
    assert_int_equal(run(PROGRAM("sh", "-c", "kill -TERM $$")), 128 + SIGTERM);
    assert_int_equal(run(PROGRAM("sh", "-c", "kill -KILL $$")), 128 + SIGKILL);
}

static void test_words_go_as_they_are(void **state) {
    (void)state;
    assert_int_equal(run(PROGRAM("sh", "-c", "[ $# = 3 ] && [ \"$1\" = 'a b' ] && [ -z \"$2\" ] && [ \"$3\" = -- ]",
                                 "sh", "a b", "", "--")),
                     0);
}

static void expect_refused(char *const *words, int status, int number) {
    struct run_child child;
    struct net_error error;
    possible_or_skip();
    assert_false(run_child_start(&child, words, &error));
    assert_int_equal(child.status, status);
    assert_int_equal(error.number, number);
    assert_non_null(strstr(error.what, words[0]));
    assert_int_equal(child.pid, -1);
    assert_int_equal(child.listener, -1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); // nothing is left behind
    run_child_close(&child);
}

static void test_a_program_that_cannot_run(void **state) {
    char path[] = "/tmp/rawshake-test-XXXXXX";
    (void)state;
    int fd = mkstemp(path); // readable, and not executable by anybody
    assert_true(fd >= 0);
    close(fd);
    setenv("PATH", "/usr/bin:/bin", 1); // nothing in it that may not be searched
    expect_refused(PROGRAM("rawshake-no-such-program"), RUN_NOT_FOUND, ENOENT);
    expect_refused(PROGRAM(""), RUN_NOT_FOUND, ENOENT);
    expect_refused(PROGRAM(path), RUN_CANNOT_EXECUTE, EACCES);
    expect_refused(PROGRAM("/"), RUN_CANNOT_EXECUTE, EACCES);
    unlink(path);
}

static void test_it_has_the_filter_and_no_right_to_more(void **state) {
    (void)state;
    assert_int_equal(run(PROGRAM("sh", "-c",
                                 "grep -q '^NoNewPrivs:[^0-9]*1$' /proc/self/status &&"
                                 "grep -q '^Seccomp:[^0-9]*2$' /proc/self/status")),
                     0);
}

// Standard input, output, error, and what was open for it before; neither the listener nor the pair.
static void test_descriptors_are_what_they_were(void **state) {
    char script[64];
    (void)state;
    int ours = open("/dev/null", O_RDONLY | O_CLOEXEC), its = open("/dev/null", O_RDONLY); // NOLINT: on purpose
    assert_true(ours >= 0 && its >= 0);
    snprintf(script, sizeof script, "[ -e /proc/$$/fd/%d ] && ! [ -e /proc/$$/fd/%d ]", its, ours);
    assert_int_equal(run(PROGRAM("sh", "-c", script)), 0);
    assert_int_equal(
        run(PROGRAM("sh", "-c", "for f in /proc/$$/fd/*; do case $(readlink $f) in *seccomp*) exit 1;; esac; done")),
        0);
    close(ours);
    close(its);
}

static void test_signals_are_as_they_were(void **state) {
    (void)state;
    assert_int_equal(run(PROGRAM("sh", "-c", "grep -q '^SigBlk:[^0-9]*0*$' /proc/self/status")), 0);
}

static void test_closing_ends_it(void **state) {
    struct run_child child;
    (void)state;
    start(&child, PROGRAM("sleep", "60"));
    pid_t pid = child.pid;
    int status;
    assert_false(run_child_ended(&child, &status));
    run_child_close(&child);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    run_child_close(&child);
}

// A parent of its own, which dies while the program runs.
static void test_it_ends_with_us(void **state) {
    int pipe_ends[2];
    char byte;
    (void)state;
    possible_or_skip();
    assert_int_equal(pipe(pipe_ends), 0); // the program has the writing end, as long as it lives
    pid_t parent = fork();
    if (parent == 0) {
        struct run_child child;
        struct net_error error;
        close(pipe_ends[0]);
        if (!run_child_start(&child, PROGRAM("sleep", "60"), &error))
            _exit(1);
        raise(SIGKILL);
    }
    close(pipe_ends[1]);
    struct pollfd come = {.fd = pipe_ends[0], .events = POLLIN};
    assert_int_equal(poll(&come, 1, PATIENCE_MS), 1);
    assert_int_equal(read(pipe_ends[0], &byte, 1), 0);
    close(pipe_ends[0]);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
}

// There can be one listener only, among all filters that a process has.
static void test_one_within_another(void **state) {
    int status;
    (void)state;
    possible_or_skip();
    pid_t outer = fork();
    if (outer == 0) {
        struct run_child child;
        struct net_error error;
        if (connect_filter_install() < 0)
            _exit(1);
        bool started = run_child_start(&child, PROGRAM("true"), &error);
        _exit(started || error.number != EBUSY || !error.hint || child.status != 1 ? 2 : 0);
    }
    assert_int_equal(waitpid(outer, &status, 0), outer);
    assert_int_equal(status, 0);
}

// What errno becomes which sentence.
static void test_errors_name_the_feature(void **state) {
    struct net_error error;
    (void)state;
    assert_false(connect_filter_fail(EINVAL, &error));
    assert_non_null(strstr(error.hint, "Linux 5.0"));
    assert_false(connect_filter_fail(ENOSYS, &error));
    assert_non_null(strstr(error.hint, "Linux 5.0"));
    assert_false(connect_filter_fail(EBUSY, &error));
    assert_non_null(strstr(error.hint, "only one"));
    assert_false(connect_filter_fail(EPERM, &error));
    assert_non_null(strstr(error.hint, "sandbox"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_status_is_the_programs),
        cmocka_unit_test(test_words_go_as_they_are),
        cmocka_unit_test(test_a_program_that_cannot_run),
        cmocka_unit_test(test_it_has_the_filter_and_no_right_to_more),
        cmocka_unit_test(test_descriptors_are_what_they_were),
        cmocka_unit_test(test_signals_are_as_they_were),
        cmocka_unit_test(test_closing_ends_it),
        cmocka_unit_test(test_it_ends_with_us),
        cmocka_unit_test(test_one_within_another),
        cmocka_unit_test(test_errors_name_the_feature),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
