// SPDX-License-Identifier: MIT
//
// Privileges are gone before the first byte arrives: read from outside, off /proc, at the moment when the SYN-ACK has
// just been read and the ACK has not left.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "../help/without_call.h"

static void wait_for_nothing(int listener) {
    (void)listener;
    pause();
}

static void expect_line(const char *status, const char *name, const char *wanted) {
    const char *at = strstr(status, name);
    char line[128];
    assert_non_null(at);
    snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
    if (strcmp(line, wanted) != 0)
        print_error("'%s', wanted '%s'\n", line, wanted);
    assert_string_equal(line, wanted);
}

static void read_status(pid_t pid, char *out, size_t room) {
    char path[40];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    size_t size = fread(out, 1, room - 1, f);
    fclose(f);
    out[size] = '\0';
}

static void expect_dropped(const char *uids, const char *gids, bool no_groups) {
    char status[8192];
    pid_t server = live_server(1712, wait_for_nothing);
    struct child child = live_start(WORDS("connect", "--step"));
    assert_int_equal(write(child.input, "\n", 1), 1);
    assert_true(live_wait_for(&child, false, "next: ACK seq=1 ack=1"));
    read_status(child.pid, status, sizeof status);
    expect_line(status, "CapInh:", "CapInh:\t0000000000000000");
    expect_line(status, "CapPrm:", "CapPrm:\t0000000000000000");
    expect_line(status, "CapEff:", "CapEff:\t0000000000000000");
    expect_line(status, "CapAmb:", "CapAmb:\t0000000000000000");
    expect_line(status, "NoNewPrivs:", "NoNewPrivs:\t1");
    expect_line(status, "Uid:", uids);
    expect_line(status, "Gid:", gids);
    if (no_groups)
        expect_line(status, "Groups:", "Groups:\t ");
    struct result r = live_finish(&child, 10);
    live_free(&r);
    live_server_end(server);
}

static void test_under_sudo(void **state) {
    (void)state;
    live_or_skip();
    if (getuid() != 0)
        skip();
    setenv("SUDO_UID", "1234", 1);
    setenv("SUDO_GID", "4321", 1);
    expect_dropped("Uid:\t1234\t1234\t1234\t1234", "Gid:\t4321\t4321\t4321\t4321", true);
}

static void test_as_plain_root(void **state) {
    (void)state;
    live_or_skip();
    if (getuid() != 0)
        skip();
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    expect_dropped("Uid:\t65534\t65534\t65534\t65534", "Gid:\t65534\t65534\t65534\t65534", true);
    setenv("SUDO_UID", "0", 1); // root used sudo: that is nobody too
    expect_dropped("Uid:\t65534\t65534\t65534\t65534", "Gid:\t65534\t65534\t65534\t65534", true);
    setenv("SUDO_UID", "12x", 1);
    expect_dropped("Uid:\t65534\t65534\t65534\t65534", "Gid:\t65534\t65534\t65534\t65534", true);
    unsetenv("SUDO_UID");
}

// Our own private network, as an ordinary user: one uid exists, so capabilities are all there is to lose.
static void test_in_the_demos_network(void **state) {
    char status[8192], uids[64], gids[64];
    unsigned uid = getuid() == 0 ? 65534 : getuid(), gid = getuid() == 0 ? 65534 : getgid();
    (void)state;
    live_or_skip();
    unsetenv("SUDO_UID");
    struct child child = live_start(WORDS("demo", "--step"));
    assert_int_equal(write(child.input, "\n", 1), 1);
    assert_true(live_wait_for(&child, false, "next: ACK seq=1 ack=1"));
    read_status(child.pid, status, sizeof status);
    snprintf(uids, sizeof uids, "Uid:\t%u\t%u\t%u\t%u", uid, uid, uid, uid);
    snprintf(gids, sizeof gids, "Gid:\t%u\t%u\t%u\t%u", gid, gid, gid, gid);
    expect_line(status, "CapInh:", "CapInh:\t0000000000000000");
    expect_line(status, "CapPrm:", "CapPrm:\t0000000000000000");
    expect_line(status, "CapEff:", "CapEff:\t0000000000000000");
    expect_line(status, "CapAmb:", "CapAmb:\t0000000000000000");
    expect_line(status, "NoNewPrivs:", "NoNewPrivs:\t1");
    expect_line(status, "Uid:", uids);
    expect_line(status, "Gid:", gids);
    struct result r = live_finish(&child, 10);
    live_expect(&r, 0, NULL, NULL);
    live_free(&r);
}

// Runs connect in a process of its own that `prepare` has changed; gives its standard error and its status.
static int run_changed(bool (*prepare)(void), char *err, size_t room) {
    char path[] = "/tmp/rawshake-test-XXXXXX";
    int status, fd = mkostemp(path, O_CLOEXEC);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fd, 2);
        if (!prepare())
            _exit(90);
        execl(getenv("RAWSHAKE"), "rawshake", "connect", (char *)NULL);
        _exit(91);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    ssize_t size = pread(fd, err, room - 1, 0);
    err[size > 0 ? size : 0] = '\0';
    close(fd);
    unlink(path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool lose_all_rights(void) {
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
        return false;
    return getuid() != 0 || (setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
}

// Without any privilege: status 3, what is missing, and three ways to get it.
static void test_not_permitted(void **state) {
    char err[600];
    (void)state;
    live_or_skip();
    assert_int_equal(run_changed(lose_all_rights, err, sizeof err), 3);
    assert_non_null(strstr(err, "CAP_NET_RAW: Operation not permitted (EPERM)"));
    assert_non_null(strstr(err, "sudo"));
    assert_non_null(strstr(err, "make setcap"));
    assert_non_null(strstr(err, "rawshake demo"));
    assert_true(live_one_line(err));
}

// A kernel that refuses capset(): privileges cannot be given up, so the program must end before it sends anything.
static bool refuse_capset(void) { return without_call(SYS_capset, EPERM); }

static void test_a_failure_to_drop_ends_the_program(void **state) {
    char err[600];
    (void)state;
    live_or_skip();
    assert_int_equal(run_changed(refuse_capset, err, sizeof err), 3);
    assert_non_null(strstr(err, "giving up capabilities: Operation not permitted (EPERM): nothing was sent"));
    assert_true(live_one_line(err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_under_sudo),
        cmocka_unit_test(test_as_plain_root),
        cmocka_unit_test(test_in_the_demos_network),
        cmocka_unit_test(test_not_permitted),
        cmocka_unit_test(test_a_failure_to_drop_ends_the_program),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
