// SPDX-License-Identifier: MIT
//
// The filter, in classic BPF (Linux: Documentation/userspace-api/seccomp_filter.rst). The kernel runs it at the door of
// each system call, with the call's number and arguments, and does what it returns:
//
//   SECCOMP_RET_ALLOW       the call is made as if there were no filter
//   SECCOMP_RET_USER_NOTIF  the caller sleeps; somebody else reads what it wants, and answers in the kernel's place
//
// A number means something only together with the architecture that it belongs to (abi.h), so that is looked at first.
// Announced are:
//
//   connect()                                    to be made by hand
//   connect() of 32-bit programs, and of x32     which would take a second reading of all: they are let through
//   io_uring_setup()                             a ring may connect later, without any system call of that name
//   sendto() and its like with MSG_FASTOPEN      connects and sends in one (RFC 7413)
//   seccomp() that wants a listener              there can be one only, and we have it: the kernel says EBUSY
//
// The last three are let through too, and told of: whoever watches is not to think that he has seen every connection.
// What a filter can see is the registers: flags that lie in memory (io_uring's, i386's socketcall()) it cannot.
//
// What it takes, by the Linux that brought it: 5.0 notification, 5.3 pidfd_open, 5.5 "go on in the kernel"
// (SECCOMP_USER_NOTIF_FLAG_CONTINUE), 5.6 pidfd_getfd. Called by child.c, in the process that is to become the program.
#include "run/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run/abi.h"

#ifdef ABI_UNKNOWN
enum { SUPPORTED = 0 };
#else
enum { SUPPORTED = 1 };
#endif

// A line each; skips count lines.
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define SKIP_IF(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, skip, 0)
#define SKIP_UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define SKIP_UNLESS_HAS(bit, skip) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bit, 0, skip)
#define ANNOUNCE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

// Of an argument's 64 bits the lower 32 are loaded, which stand first in memory on both machines. call.c asks the same.
static const struct sock_filter code[] = {
    LOAD(arch),
    SKIP_UNLESS(ABI_OTHER, 10),
    LOAD(nr),
    SKIP_UNLESS(ABI_OTHER_CONNECT, 1),
    ANNOUNCE,
    SKIP_UNLESS(ABI_IO_URING_SETUP, 1),
    ANNOUNCE,
    SKIP_UNLESS(ABI_OTHER_SOCKETCALL, 3),
    LOAD(args[0]),
    SKIP_UNLESS(ABI_SOCKETCALL_CONNECT, 1),
    ANNOUNCE,
    ALLOW,

    SKIP_IF(ABI_OWN, 1),
    ALLOW,
    LOAD(nr),
    SKIP_UNLESS(SYS_connect, 1),
    ANNOUNCE,
    SKIP_UNLESS(ABI_X32_CONNECT, 1),
    ANNOUNCE,
    SKIP_UNLESS(ABI_IO_URING_SETUP, 1),
    ANNOUNCE,

    SKIP_UNLESS(SYS_sendto, 4),
    LOAD(args[3]),
    SKIP_UNLESS_HAS(MSG_FASTOPEN, 1),
    ANNOUNCE,
    ALLOW,
    SKIP_UNLESS(SYS_sendmmsg, 4),
    LOAD(args[3]),
    SKIP_UNLESS_HAS(MSG_FASTOPEN, 1),
    ANNOUNCE,
    ALLOW,
    SKIP_UNLESS(SYS_sendmsg, 4),
    LOAD(args[2]),
    SKIP_UNLESS_HAS(MSG_FASTOPEN, 1),
    ANNOUNCE,
    ALLOW,

    SKIP_UNLESS(SYS_seccomp, 5),
    LOAD(args[0]),
    SKIP_UNLESS(SECCOMP_SET_MODE_FILTER, 3),
    LOAD(args[1]),
    SKIP_UNLESS_HAS(SECCOMP_FILTER_FLAG_NEW_LISTENER, 1),
    ANNOUNCE,
    ALLOW,
};

const struct sock_filter *connect_filter_code(size_t *count) {
    *count = sizeof code / sizeof *code;
    return code;
}

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
    if (!SUPPORTED) {
        errno = ENOSYS;
        return -1;
    }
    size_t count;
    const struct sock_filter *lines = connect_filter_code(&count);
    // The type is older than const; the kernel only reads.
    struct sock_fprog program = {.len = (unsigned short)count};
    memcpy(&program.filter, &lines, sizeof program.filter);
    // Without it a filter could deceive a set-user-ID program; the kernel wants it, or CAP_SYS_ADMIN (seccomp(2)).
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}
