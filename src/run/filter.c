// SPDX-License-Identifier: MIT
//
// The filter, in classic BPF (Linux: Documentation/userspace-api/seccomp_filter.rst). The kernel runs it at the door of
// each system call, with the call's number and arguments, and does what it returns:
//
//   SECCOMP_RET_ALLOW       the call is made as if there were no filter
//   SECCOMP_RET_USER_NOTIF  the caller sleeps; somebody else reads what it wants, and answers in the kernel's place
//
// A number means something only together with the architecture that it belongs to: 42 is connect() on x86-64 and pipe()
// on i386. So the architecture is looked at first, and a 32-bit program on this kernel, whose calls have other numbers,
// is let through. An x32 call has x86-64's architecture and bit 30 in its number: it equals
// none of ours, and is let through too. io_uring and sendto() with MSG_FASTOPEN connect without connect(2): they do not
// pass this door at all.
//
// What it takes, by the Linux that brought it: 5.0 notification, 5.3 pidfd_open, 5.5 "go on in the kernel"
// (SECCOMP_USER_NOTIF_FLAG_CONTINUE), 5.6 pidfd_getfd. Called by child.c, in the process that is to become the program.
#include "run/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) && !defined(__ILP32__)
enum { SUPPORTED = 1 };
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && !defined(__ILP32__)
enum { SUPPORTED = 1 };
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
enum { SUPPORTED = 0 };
#define ARCHITECTURE 0u
#endif

static const char what[] = "making another program's connect() by hand";

static bool needs(int number, const char *hint, struct net_error *error) {
    return net_fail(error, number, hint, "%s", what);
}

bool connect_filter_fail(int number, struct net_error *error) {
    switch (number) {
    case EBUSY:
        return needs(number,
                     "this process has a seccomp listener already, and there can be only one: start it outside of "
                     "the other rawshake, container or sandbox",
                     error);
    case EINVAL:
    case ENOSYS:
        return needs(number, "it takes seccomp's user notification: Linux 5.0, with CONFIG_SECCOMP_FILTER", error);
    default:
        return needs(number, "a container or a sandbox may refuse seccomp(): start it outside", error);
    }
}

// pidfd_open on ourselves, and pidfd_getfd of that very descriptor.
static bool can_take_descriptors(struct net_error *error) {
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (self < 0)
        return needs(errno, errno == ENOSYS ? "it takes pidfd_open(): Linux 5.3" : "a sandbox may refuse pidfd_open()",
                     error);
    int copy = (int)syscall(SYS_pidfd_getfd, self, self, 0);
    int number = errno;
    close(self);
    if (copy < 0)
        return needs(number,
                     number == ENOSYS ? "it takes pidfd_getfd(): Linux 5.6"
                                      : "a container or a sandbox may refuse pidfd_getfd(): start it outside",
                     error);
    close(copy);
    return true;
}

bool connect_filter_possible(struct net_error *error) {
    const uint32_t action = SECCOMP_RET_USER_NOTIF;
    if (!SUPPORTED)
        return needs(ENOSYS, "its filter knows the system calls of x86-64 and aarch64 only", error);
    if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) != 0)
        return connect_filter_fail(errno == EOPNOTSUPP ? ENOSYS : errno, error);
    return can_take_descriptors(error);
}

int connect_filter_install(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0, 3), // another one's call: allow
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 0, 1), // another call: allow
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    if (!SUPPORTED) {
        errno = ENOSYS;
        return -1;
    }
    // Without it a filter could deceive a set-user-ID program; the kernel wants it, or CAP_SYS_ADMIN (seccomp(2)).
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}
