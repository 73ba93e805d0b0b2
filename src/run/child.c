// SPDX-License-Identifier: MIT
//
// fork, filter, exec (see child.h). The listener comes into being in the child, as the result of its seccomp() call,
// and must get to us, its parent: a socket pair carries it (unix(7), SCM_RIGHTS). The same pair tells how exec went. It
// is closed by exec: end of file means that the program runs, an errno that it does not. Between the filter and exec
// the child makes no call that the filter would hold. Called by whoever runs a program.
#include "run/child.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/filter.h"

// What the child says: how a step went. The listener comes beside the first message, if that went well.
enum step { STEP_FILTER, STEP_EXEC };

struct report {
    enum step step;
    int number; // an errno, or 0
};

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
};

// ---- in the child

static bool tell(int pair, enum step step, int number, int listener) {
    union control control = {.bytes = {0}};
    struct report report = {.step = step, .number = number};
    struct iovec part = {&report, sizeof report};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (listener >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        *c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof listener)};
        memcpy(CMSG_DATA(c), &listener, sizeof listener);
    }
    return sendmsg(pair, &message, MSG_NOSIGNAL) == (ssize_t)sizeof report;
}

static _Noreturn void become(int pair, pid_t parent, char *const *words) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); // exec keeps it, unless it changes the user
    if (getppid() != parent)
        _exit(RUN_CANNOT_EXECUTE);
    int listener = connect_filter_install();
    if (!tell(pair, STEP_FILTER, listener < 0 ? errno : 0, listener) || listener < 0)
        _exit(RUN_CANNOT_EXECUTE);
    close(listener); // with it, the program could answer its own calls
    execvp(words[0], words);
    int number = errno;
    tell(pair, STEP_EXEC, number, -1);
    _exit(number == ENOENT ? RUN_NOT_FOUND : RUN_CANNOT_EXECUTE);
}

// ---- in ours

// Returns how many bytes came: 0 at the end of file.
static ssize_t hear(int pair, struct report *report, int *listener) {
    union control control;
    struct iovec part = {report, sizeof *report};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t size;
    do
        size = recvmsg(pair, &message, MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    struct cmsghdr *c = size > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof *listener))
        memcpy(listener, CMSG_DATA(c), sizeof *listener);
    return size;
}

static bool cannot_execute(struct run_child *child, const char *program, int number, struct net_error *error) {
    child->status = number == ENOENT ? RUN_NOT_FOUND : RUN_CANNOT_EXECUTE;
    return net_fail(error, number, NULL, "cannot run '%s'", program);
}

// Hears of both steps.
static bool follow(struct run_child *child, int pair, const char *program, struct net_error *error) {
    struct report report = {.step = STEP_FILTER};
    ssize_t size = hear(pair, &report, &child->listener);
    if (size == (ssize_t)sizeof report && report.number != 0)
        return connect_filter_fail(report.number, error);
    if (size != (ssize_t)sizeof report || child->listener < 0)
        return net_fail(error, size < 0 ? errno : EPROTO, NULL, "the process for '%s' has ended early", program);
    size = hear(pair, &report, &child->listener);
    if (size == 0) // exec has closed its end
        return true;
    return cannot_execute(child, program, size > 0 ? report.number : errno, error);
}

bool run_child_start(struct run_child *child, char *const *words, struct net_error *error) {
    int pair[2];
    pid_t parent = getpid();
    *child = (struct run_child){.pid = -1, .pidfd = -1, .listener = -1, .status = 1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return net_fail(error, errno, NULL, "a socket pair");
    child->pid = fork();
    if (child->pid == 0) {
        close(pair[0]);
        become(pair[1], parent, words);
    }
    int number = errno;
    close(pair[1]);
    bool good = child->pid > 0 ? follow(child, pair[0], words[0], error)
                               : net_fail(error, number, NULL, "a process for '%s'", words[0]);
    close(pair[0]);
    if (good) {
        child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0); // it is closed by exec
        good =
            child->pidfd >= 0 || net_fail(error, errno, "it takes pidfd_open(): Linux 5.3", "watching '%s'", words[0]);
    }
    if (!good)
        run_child_close(child);
    return good;
}

static int status_of(int status) { return WIFSIGNALED(status) ? RUN_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status); }

bool run_child_ended(struct run_child *child, int *status) {
    int raw = 0;
    pid_t pid = child->pid > 0 ? waitpid(child->pid, &raw, WNOHANG) : 0;
    if (pid == 0)
        return false;
    *status = pid > 0 ? status_of(raw) : 1; // who ignores SIGCHLD is not told (wait(2))
    child->pid = -1;
    return true;
}

// The listener is closed first: whoever still waits for an answer of ours is let go with ENOSYS.
void run_child_close(struct run_child *child) {
    if (child->listener >= 0)
        close(child->listener);
    if (child->pid > 0) {
        kill(child->pid, SIGKILL);
        waitpid(child->pid, NULL, 0);
    }
    if (child->pidfd >= 0)
        close(child->pidfd);
    child->pid = child->pidfd = child->listener = -1;
}
