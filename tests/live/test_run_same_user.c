// SPDX-License-Identifier: MIT
//
// The supervisor gives its privileges up and may look into the program all the same (privileges_drop_to_caller): both
// have become the same user. As root, under sudo, and as whoever has called us. And the same user cannot look into the
// process that has kept a capability.
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/keeping.h"
#include "../help/live.h"
#include "net/handover.h"
#include "net/privileges.h"
#include "run/filter.h"

static bool has_no_capability(void) {
    return system(
               "for c in CapInh CapPrm CapEff CapAmb; do grep -q \"^$c:[^0-9a-f]*0*$\" /proc/$PPID/status || exit 1; "
               "done") == 0;
}

// The first bytes of the program's own code: where they are is in its list of maps.
static bool can_read_memory(pid_t pid) {
    char path[40], byte;
    unsigned long at = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    bool found = maps && fscanf(maps, "%lx", &at) == 1;
    if (maps)
        fclose(maps);
    struct iovec here = {&byte, 1}, there = {.iov_len = 1};
    memcpy(&there.iov_base, &at, sizeof there.iov_base);
    return found && process_vm_readv(pid, &here, 1, &there, 1, 0) == 1;
}

static bool can_take_descriptor(pid_t pid) {
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), fd = (int)syscall(SYS_pidfd_getfd, pidfd, 1, 0);
    close(pidfd);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

// Once it has answered, it is what it is to be.
static bool start_helper(struct handover_helper *helper) {
    struct net_error error;
    if (!privileges_has(CAP_NET_ADMIN))
        return true;
    if (!handover_helper_start(helper, privileges_keep_to_caller, &error))
        return false;
    handover_helper_undo(helper, STDIN_FILENO, &error);
    return helper->fd >= 0;
}

// Of the same user, and still closed to him: its memory, its files, and what /proc has of both.
static bool keeps_to_itself(pid_t pid) {
    char path[40];
    if (pid <= 0)
        return true;
    snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    const bool closed = open(path, O_RDONLY | O_CLOEXEC) < 0 && !can_read_memory(pid) && !can_take_descriptor(pid);
    return closed && kill(pid, 0) == 0;
}

// In a process of its own, since what is given up is gone: 0, or the step that failed.
static int supervise(uid_t uid) {
    struct keeper k;
    struct net_error error;
    pid_t pid;
    int listener, status;
    unsigned left;
    struct handover_helper helper = {.pid = -1, .fd = -1};
    if (!keeper_start(&k, &error) || !start_helper(&helper) || !privileges_drop_to_caller(&error))
        return 1;
    keeper_spare(&k, helper.pid);
    if (!keeper_start_program(&k, PROGRAM("sleep", "60"), &pid, &listener, &status, &error))
        return 2;
    int result = getuid() != uid                ? 3
                 : !has_no_capability()         ? 4
                 : !can_read_memory(pid)        ? 5
                 : !can_take_descriptor(pid)    ? 6
                 : !keeps_to_itself(helper.pid) ? 9
                                                : 0;
    handover_helper_stop(&helper);
    kill(k.pid, SIGKILL); // what is left is ours to end, without privileges
    keeper_end(&k, &left);
    return result ? result : waitpid(-1, NULL, WNOHANG) != -1 ? 7 : kill(pid, 0) == 0 ? 8 : 0;
}

static void expect(uid_t uid) {
    struct net_error passing;
    int status;
    if (!connect_filter_possible(&passing))
        skip();
    pid_t supervisor = fork();
    if (supervisor == 0)
        _exit(supervise(uid));
    assert_int_equal(waitpid(supervisor, &status, 0), supervisor);
    assert_int_equal(status, 0);
}

static void test_as_oneself(void **state) {
    (void)state;
    unsetenv("SUDO_UID");
    expect(getuid());
}

static void test_under_sudo(void **state) {
    unsigned long count = 0;
    (void)state;
    FILE *map = fopen("/proc/self/uid_map", "re");
    bool read = map && fscanf(map, "%*u %*u %lu", &count) == 1;
    if (map)
        fclose(map);
    if (getuid() != 0 || !read || count == 1)
        skip();
    setenv("SUDO_UID", "1000", 1);
    setenv("SUDO_GID", "1000", 1);
    expect(1000);
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
}

// Last, since it enters: a user namespace, where root is no different from anybody.
static void test_in_a_private_network(void **state) {
    (void)state;
    live_enter(state);
    live_or_skip();
    expect(getuid());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_oneself),
        cmocka_unit_test(test_under_sudo),
        cmocka_unit_test(test_in_a_private_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
