// SPDX-License-Identifier: MIT
//
// What the keeper starts (run/keeper.h): what a program and a server are given, what becomes of them, and what a shell
// would say. That nobody is left behind is in test_run_nobody_left.c.
#include "run/keeper.h"
#include "run/notification.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/keeping.h"
#include "../help/live.h"
#include "run/filter.h"

static void test_exit_status_is_the_programs(void **state) {
    (void)state;
    assert_int_equal(keeping_run(PROGRAM("true")), 0);
    assert_int_equal(keeping_run(PROGRAM("sh", "-c", "exit 7")), 7);
    assert_int_equal(keeping_run(PROGRAM("sh", "-c", "kill -TERM $$")), 128 + SIGTERM);
    assert_int_equal(keeping_run(PROGRAM("sh", "-c", "kill -KILL $$")), 128 + SIGKILL);
}

static void test_words_go_as_they_are(void **state) {
    (void)state;
    assert_int_equal(
        keeping_run(PROGRAM("sh", "-c", "[ $# = 3 ] && [ \"$1\" = 'a b' ] && [ -z \"$2\" ] && [ \"$3\" = -- ]", "sh",
                            "a b", "", "--")),
        0);
}

// More than a message of a socket pair could hold.
static void test_many_words(void **state) {
    enum { SIZE = 100000, COUNT = 10 };
    static char word[SIZE + 1];
    char *words[COUNT + 5] = {"sh", "-c", "n=; for w; do n=$n${#w}; done; [ $n = $0 ]"};
    char expected[COUNT * 6 + 1] = "";
    (void)state;
    memset(word, 'w', SIZE);
    words[3] = expected;
    for (size_t i = 0; i < COUNT; i++) {
        words[4 + i] = word;
        memcpy(expected + 6 * i, "100000", 7);
    }
    assert_int_equal(keeping_run(words), 0);
}

static void expect_refused(struct keeper *k, char *const *words, int status, int number) {
    struct net_error error;
    pid_t pid;
    int listener, got;
    assert_false(keeper_start_program(k, words, &pid, &listener, &got, &error));
    assert_int_equal(got, status);
    assert_int_equal(error.number, number);
    assert_non_null(strstr(error.what, words[0]));
    assert_int_equal(pid, -1);
    assert_int_equal(listener, -1);
}

static void test_a_program_that_cannot_run(void **state) {
    char path[] = "/tmp/rawshake-test-XXXXXX";
    struct keeper k;
    (void)state;
    int fd = mkstemp(path); // readable, and not executable by anybody
    assert_true(fd >= 0);
    close(fd);
    setenv("PATH", "/usr/bin:/bin", 1); // nothing in it that may not be searched
    keeping_start(&k);
    expect_refused(&k, PROGRAM("rawshake-no-such-program"), RUN_NOT_FOUND, ENOENT);
    expect_refused(&k, PROGRAM(""), RUN_NOT_FOUND, ENOENT);
    expect_refused(&k, PROGRAM(path), RUN_CANNOT_EXECUTE, EACCES);
    expect_refused(&k, PROGRAM("/"), RUN_CANNOT_EXECUTE, EACCES);
    int listener;
    keeping_start_program(&k, PROGRAM("true"), &listener);
    struct keeper_event event = keeping_wait(&k); // of this one only
    assert_int_equal(event.news, KEEPER_PROGRAM_ENDED);
    assert_int_equal(event.status, 0);
    close(listener);
    assert_int_equal(keeping_end(&k), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); // nothing is left behind
    unlink(path);
}

static void test_it_has_the_filter_and_no_right_to_more(void **state) {
    (void)state;
    assert_int_equal(keeping_run(PROGRAM("sh", "-c",
                                         "grep -q '^NoNewPrivs:[^0-9]*1$' /proc/self/status &&"
                                         "grep -q '^Seccomp:[^0-9]*2$' /proc/self/status")),
                     0);
}

// One who can become another.
static bool is_a_real_root(void) {
    unsigned long count = 0;
    FILE *map = fopen("/proc/self/uid_map", "re");
    bool read = map && fscanf(map, "%*u %*u %lu", &count) == 1;
    if (map)
        fclose(map);
    return getuid() == 0 && read && count > 1;
}

static int without(const char *which) {
    char script[256];
    snprintf(script, sizeof script,
             "for c in %s; do grep -q \"^$c:[^0-9a-f]*0*$\" /proc/self/status || exit 1; done;"
             "grep -q '^NoNewPrivs:[^0-9]*1$' /proc/self/status",
             which);
    return keeping_run(PROGRAM("sh", "-c", script));
}

static void test_it_has_no_capability(void **state) {
    (void)state;
    assert_int_equal(without("CapInh CapPrm CapEff CapBnd CapAmb"), 0);
}

// Under sudo, it is the user's: his ids, no group of root's, and his home where he is known.
static void test_under_sudo(void **state) {
    (void)state;
    if (!is_a_real_root())
        skip();
    setenv("SUDO_UID", "1234", 1);
    setenv("SUDO_GID", "4321", 1);
    int unknown = keeping_run(PROGRAM("sh", "-c",
                                      "grep -q '^Uid:.1234.1234.1234.1234$' /proc/self/status && "
                                      "grep -q '^Gid:.4321.4321.4321.4321$' /proc/self/status && "
                                      "grep -q '^Groups:[^0-9]*$' /proc/self/status"));
    int none = without("CapInh CapPrm CapEff CapBnd CapAmb");
    setenv("SUDO_UID", "1", 1); // daemon, nearly everywhere
    setenv("SUDO_GID", "1", 1);
    int known = keeping_run( // getent would ask a daemon, through a connect() that nobody answers here
        PROGRAM("sh", "-c",
                "n=$(grep '^[^:]*:[^:]*:1:' /etc/passwd | cut -d: -f1,6); [ -z \"$n\" ] || "
                "[ \" $USER:$HOME $LOGNAME\" = \" $n ${n%%:*}\" ]"));
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    assert_int_equal(unknown, 0);
    assert_int_equal(none, 0);
    assert_int_equal(known, 0);
}

// Standard input, output, error, and what was open for it before; neither the listener nor a pair.
static void test_descriptors_are_what_they_were(void **state) {
    char script[64];
    (void)state;
    int ours = open("/dev/null", O_RDONLY | O_CLOEXEC), its = open("/dev/null", O_RDONLY); // NOLINT: on purpose
    assert_true(ours >= 0 && its >= 0);
    snprintf(script, sizeof script, "[ -e /proc/$$/fd/%d ] && ! [ -e /proc/$$/fd/%d ]", its, ours);
    assert_int_equal(keeping_run(PROGRAM("sh", "-c", script)), 0);
    assert_int_equal(keeping_run(PROGRAM("sh", "-c",
                                         "for f in /proc/$$/fd/*; do case $(readlink $f) in "
                                         "*seccomp*|*signalfd*|*memfd*) exit 1;; esac; done")),
                     0);
    close(ours);
    close(its);
}

// What must be gone when we close it has no copy in the keeper.
static void test_the_keeper_has_nothing_of_ours(void **state) {
    struct keeper k;
    int pair[2];
    char byte;
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    keeping_start(&k);
    close(pair[1]);
    assert_int_equal(read(pair[0], &byte, 1), 0);
    close(pair[0]);
    keeping_end(&k);
}

static void test_input_and_output_are_its_own(void **state) {
    int in[2], out[2], old_in = dup(0), old_out = dup(1);
    char said[16] = "";
    (void)state;
    assert_true(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 && old_in >= 0 && old_out >= 0);
    dup2(in[0], 0);
    dup2(out[1], 1);
    assert_int_equal(write(in[1], "hello\n", 6), 6);
    close(in[1]);
    int status = keeping_run(PROGRAM("cat"));
    dup2(old_in, 0);
    dup2(old_out, 1);
    close(out[1]);
    assert_int_equal(status, 0);
    assert_int_equal(read(out[0], said, sizeof said - 1), 6);
    assert_string_equal(said, "hello\n");
    assert_int_equal(read(out[0], said, 1), 0); // the keeper is gone as well
    close(in[0]);
    close(out[0]);
    close(old_in);
    close(old_out);
}

static void test_signals_are_as_they_were(void **state) {
    sigset_t usr2, before;
    (void)state;
    assert_int_equal(keeping_run(PROGRAM("sh", "-c", "grep -q '^SigBlk:[^0-9]*0*$' /proc/self/status")), 0);
    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    sigprocmask(SIG_BLOCK, &usr2, &before);
    signal(SIGHUP, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    int status = keeping_run(PROGRAM("grep", "-Eq", "^SigIgn:.*[0-9a-f]{11}1[0-9a-f]{3}1$", "/proc/self/status"));
    int blocked = keeping_run(PROGRAM("grep", "-Eq", "^SigBlk:.*0800$", "/proc/self/status"));
    signal(SIGCHLD, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(status, 0);
    assert_int_equal(blocked, 0);
}

// Ctrl-Z at a terminal goes to all of its foreground group: the program stops, the keeper does not.
static void test_a_signal_is_passed_on(void **state) {
    struct keeper k;
    int listener;
    (void)state;
    keeping_start(&k);
    keeping_start_program(&k, PROGRAM("sleep", "60"), &listener);
    assert_int_equal(keeper_next(&k).news, KEEPER_NOTHING);
    assert_int_equal(kill(k.pid, SIGTSTP), 0);
    assert_int_equal(kill(k.pid, SIGINT), 0);
    assert_int_equal(kill(k.pid, SIGTERM), 0);
    assert_true(keeper_signal(&k, SIGTERM));
    struct keeper_event event = keeping_wait(&k);
    assert_int_equal(event.news, KEEPER_PROGRAM_ENDED);
    assert_int_equal(event.status, 128 + SIGTERM);
    assert_true(keeper_signal(&k, SIGTERM)); // to nobody
    close(listener);
    keeping_end(&k);
    assert_false(keeper_signal(&k, SIGTERM));
}

static void test_a_server(void **state) {
    struct keeper k;
    struct net_error error;
    struct pollfd come = {.events = POLLIN};
    char said[64] = "";
    size_t size = 0;
    pid_t pid;
    (void)state;
    keeping_start(&k);
    assert_true(keeper_start_server(&k, "cat; echo here; echo and here >&2; exit 3", &pid, &come.fd, &error));
    assert_true(fcntl(come.fd, F_GETFL) & O_NONBLOCK && fcntl(come.fd, F_GETFD) & FD_CLOEXEC);
    for (ssize_t more = 1; more > 0; size += more > 0 ? (size_t)more : 0) {
        assert_int_equal(poll(&come, 1, KEEPING_PATIENCE_MS), 1);
        more = read(come.fd, said + size, sizeof said - 1 - size);
    }
    assert_string_equal(said, "here\nand here\n");
    struct keeper_event event = keeping_wait(&k);
    assert_int_equal(event.news, KEEPER_SERVER_ENDED);
    assert_int_equal(event.pid, pid);
    assert_int_equal(event.status, 3);
    close(come.fd);
    assert_int_equal(keeping_end(&k), 0);
}

static void test_a_server_has_a_group_of_its_own(void **state) {
    struct keeper k;
    struct net_error error;
    pid_t pid;
    int output;
    (void)state;
    keeping_start(&k);
    assert_true(keeper_start_server(&k, "sleep 60", &pid, &output, &error));
    assert_int_equal(getpgid(pid), pid);
    keeping_end(&k);
    assert_int_equal(kill(pid, 0), -1);
    close(output);
}

static void test_whether_it_listens(void **state) {
    struct keeper k;
    struct net_error error;
    struct rs_endpoint at;
    char text[RS_ENDPOINT_TEXT_BYTES];
    pid_t quiet, server;
    int output, outputs;
    (void)state;
    live_or_skip();
    if (!live_has("python3"))
        skip();
    pid_t other = live_server(1711, keeping_wait_for_nothing); // that is somebody else's
    keeping_start(&k);
    assert_true(keeper_start_server(&k, "sleep 60", &quiet, &output, &error));
    // Below the shell, and in another session.
    assert_true(keeper_start_server(&k,
                                    "setsid python3 -c 'import socket, time\n"
                                    "s = socket.socket(socket.AF_INET6)\n"
                                    "s.bind((\"::1\", 1713)); s.listen(); time.sleep(60)' & wait",
                                    &server, &outputs, &error));
    for (int turn = 0; turn < KEEPING_PATIENCE_MS / 10 && !keeper_listens(&k, server, &at); turn++)
        usleep(10000);
    assert_true(keeper_listens(&k, server, &at));
    assert_string_equal(rs_endpoint_text(&at, text, sizeof text), "[::1]:1713");
    assert_false(keeper_listens(&k, quiet, &at));
    assert_false(keeper_listens(&k, -1, &at));
    keeping_end(&k);
    assert_false(keeper_listens(&k, server, &at));
    live_server_end(other);
    close(output);
    close(outputs);
}

static void test_ipv4_listens(void **state) {
    struct keeper k;
    struct net_error error;
    struct rs_endpoint at;
    char text[RS_ENDPOINT_TEXT_BYTES];
    pid_t server;
    int output;
    (void)state;
    live_or_skip();
    if (!live_has("python3"))
        skip();
    keeping_start(&k);
    assert_true(keeper_start_server(&k, "python3 -m http.server --bind 127.0.0.2 8765", &server, &output, &error));
    for (int turn = 0; turn < KEEPING_PATIENCE_MS / 10 && !keeper_listens(&k, server, &at); turn++)
        usleep(10000);
    assert_true(keeper_listens(&k, server, &at));
    assert_string_equal(rs_endpoint_text(&at, text, sizeof text), "127.0.0.2:8765");
    keeping_end(&k);
    close(output);
}

// There can be one listener only, among all filters that a process has.
// The outer one lets everything go on in the kernel.
static pid_t answer_all(int listener) {
    struct notification n;
    struct net_error error;
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    while (notification_take(listener, &n, &error))
        notification_answer(listener, &n, NOTIFICATION_KERNEL);
    _exit(1);
}

static void test_one_within_another(void **state) {
    int status;
    struct net_error passing;
    (void)state;
    if (!connect_filter_possible(&passing))
        skip();
    pid_t outer = fork();
    if (outer == 0) {
        struct keeper k;
        struct net_error error = {.number = 0};
        int listener, not_started;
        unsigned left;
        pid_t pid;
        int outer_listener = connect_filter_install();
        if (outer_listener < 0)
            _exit(1);
        pid_t answerer = answer_all(outer_listener);
        if (!keeper_start(&k, &error))
            _exit(1);
        bool started = keeper_start_program(&k, PROGRAM("true"), &pid, &listener, &not_started, &error);
        keeper_end(&k, &left);
        kill(answerer, SIGKILL);
        _exit(started || error.number != EBUSY || !error.hint || not_started != 1 ? 2 : 0);
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
        cmocka_unit_test(test_many_words),
        cmocka_unit_test(test_a_program_that_cannot_run),
        cmocka_unit_test(test_it_has_the_filter_and_no_right_to_more),
        cmocka_unit_test(test_it_has_no_capability),
        cmocka_unit_test(test_under_sudo),
        cmocka_unit_test(test_descriptors_are_what_they_were),
        cmocka_unit_test(test_the_keeper_has_nothing_of_ours),
        cmocka_unit_test(test_input_and_output_are_its_own),
        cmocka_unit_test(test_signals_are_as_they_were),
        cmocka_unit_test(test_a_signal_is_passed_on),
        cmocka_unit_test(test_a_server),
        cmocka_unit_test(test_a_server_has_a_group_of_its_own),
        cmocka_unit_test(test_whether_it_listens),
        cmocka_unit_test(test_ipv4_listens),
        cmocka_unit_test(test_one_within_another),
        cmocka_unit_test(test_errors_name_the_feature),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
