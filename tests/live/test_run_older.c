// SPDX-License-Identifier: MIT
//
// rawshake run on a kernel that lacks what it takes: one sentence names it, with the Linux that brought it, before
// anything has begun. Such a kernel is played here by a seccomp filter, behind which a system call says that there is
// no such call.
#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "../help/without_call.h"
#include "run/filter.h"

enum { NO_FILTER = 99 };

static const char started[] = "/tmp/rawshake-test-older";

static void expect_without(unsigned call, unsigned number, int status, const char *sentence) {
    int ended = 0;
    pid_t pid = fork();
    if (pid == 0) {
        if (!without_call(call, number))
            _exit(NO_FILTER);
        struct result r = live_run(NULL, WORDS("run", "--private", "--with", "tutorial", "--", "touch", started));
        live_expect(&r, status, NULL, sentence);
        assert_true(live_one_line(r.err));
        assert_string_equal(r.out, "");
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); // no child is left
        live_free(&r);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    assert_int_equal(access(started, F_OK), -1); // the program has not begun
}

static void ready_or_skip(void) {
    struct net_error error;
    live_or_skip();
    if (!connect_filter_possible(&error))
        skip();
}

static void test_one_sentence_names_what_is_missing(void **state) {
    (void)state;
    ready_or_skip();
    expect_without(SYS_seccomp, ENOSYS, 1, "it takes seccomp's user notification: Linux 5.0");
    expect_without(SYS_pidfd_open, ENOSYS, 1, "it takes pidfd_open(): Linux 5.3");
    expect_without(SYS_pidfd_getfd, ENOSYS, 1, "it takes pidfd_getfd(): Linux 5.6");
}

static void test_a_sandbox_is_no_old_kernel(void **state) {
    (void)state;
    ready_or_skip();
    expect_without(SYS_seccomp, EPERM, 3, "a container or a sandbox may refuse seccomp(): start it outside");
    expect_without(SYS_pidfd_getfd, EPERM, 3, "a container or a sandbox may refuse pidfd_getfd(): start it outside");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_sentence_names_what_is_missing),
        cmocka_unit_test(test_a_sandbox_is_no_old_kernel),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
