// SPDX-License-Identifier: MIT
//
// The process that hands over (see handover.h): CAP_NET_ADMIN stays here, with somebody who sees no packet and knows no
// name; a socket and a dozen numbers come in through a socket pair (unix(7), SCM_RIGHTS), an errno goes out. Called by
// whoever makes handshakes for the kernel.
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "descriptors.h"
#include "handover.h"
#include "privileges.h"

enum { PATIENCE_S = 5, PAUSE_NS = 200000, PAUSES_MOST = 5000 };

struct request {
    bool undo;
    struct handover handover;
};

struct answer {
    bool good;
    int number;
    char what[sizeof((struct net_error *)0)->what];
    const char *hint; // the same program's, so the same place
    struct handover_told told;
};

// Room for one descriptor beside a message.
union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
};

// ---- in the helper

static int descriptor_of(struct msghdr *message) {
    struct cmsghdr *c = CMSG_FIRSTHDR(message);
    int fd = -1;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

// A request may lie here from somebody who has gone, or who has given us up.
static bool is_wanted_still(int pair) {
    struct pollfd other = {.fd = pair};
    return poll(&other, 1, 0) == 0;
}

// Returns false when there is nobody left to serve.
static bool serve_one(int pair) {
    struct request request;
    union control control;
    struct iovec part = {&request, sizeof request};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t size = recvmsg(pair, &message, MSG_CMSG_CLOEXEC);
    if (size < 0 && errno == EINTR)
        return true;
    if (size != (ssize_t)sizeof request || !is_wanted_still(pair))
        return false;
    int fd = descriptor_of(&message);
    struct net_error error = {.number = 0};
    struct answer answer = {.number = 0};
    answer.good = fd >= 0 && (request.undo ? handover_undo(fd, &error)
                                           : handover_take_and_ask(fd, &request.handover, &answer.told, &error));
    answer.number = fd >= 0 ? error.number : EBADF;
    memcpy(answer.what, error.what, sizeof answer.what);
    answer.hint = error.hint;
    if (fd >= 0)
        close(fd);
    return send(pair, &answer, sizeof answer, MSG_NOSIGNAL) == (ssize_t)sizeof answer;
}

// A program under run is the same user. It may stop us or kill us, and then is told what comes of it; into our memory
// and our files it cannot look, since it lacks our capability (ptrace(2)), nor is there a core to be had.
static _Noreturn void serve(int pair, pid_t parent, handover_keep *keep) {
    struct net_error error;
    for (int number = 1; number < NSIG; number++) // a terminal's signals are for those who have something to finish
        if (number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT || number == SIGTSTP)
            signal(number, SIG_IGN);
    descriptors_keep(pair, pair);
    if (!keep(CAP_NET_ADMIN, &error))
        _exit(1);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); // set last: changing the user clears it
    if (getppid() != parent)
        _exit(1);
    while (serve_one(pair)) {
    }
    _exit(0);
}

// ---- in ours

bool handover_helper_start(struct handover_helper *helper, handover_keep *keep, struct net_error *error) {
    int pair[2];
    pid_t parent = getpid();
    *helper = (struct handover_helper){.pid = -1, .fd = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return net_fail(error, errno, NULL, "a socket pair");
    helper->pid = fork();
    if (helper->pid == 0) {
        close(pair[0]);
        serve(pair[1], parent, keep);
    }
    int number = errno;
    close(pair[1]);
    helper->fd = pair[0];
    if (helper->pid > 0)
        return true;
    handover_helper_stop(helper);
    return net_fail(error, number, NULL, "a process for the handover");
}

static bool ask(const struct handover_helper *helper, int fd, const struct request *request, struct answer *answer) {
    union control control = {.bytes = {0}};
    struct request copy = *request;
    struct iovec part = {&copy, sizeof copy};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    *c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)};
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    ssize_t size;
    setsockopt(helper->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (sendmsg(helper->fd, &message, MSG_NOSIGNAL) != (ssize_t)sizeof copy)
        return false;
    do
        size = recv(helper->fd, answer, sizeof *answer, 0);
    while (size < 0 && errno == EINTR); // we were stopped, and went on
    return size == (ssize_t)sizeof *answer;
}

// It ends by itself when our end of the pair is closed. One that somebody has stopped does not.
void handover_helper_stop(struct handover_helper *helper) {
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    bool runs = helper->pid > 0;
    if (helper->fd >= 0)
        close(helper->fd);
    for (int i = 0; i < PAUSES_MOST && runs && (runs = waitpid(helper->pid, NULL, WNOHANG) == 0); i++)
        nanosleep(&pause, NULL);
    if (runs && kill(helper->pid, SIGKILL) == 0)
        waitpid(helper->pid, NULL, 0);
    helper->fd = helper->pid = -1;
}

// What it did later would be done to a socket that the kernel has connected meanwhile, and what it said later would be
// taken for the next answer. So it is given up: it finds that nobody is there, should it go on.
static void give_it_up(struct handover_helper *helper) {
    close(helper->fd);
    helper->fd = -1;
}

static bool have_done(struct handover_helper *helper, int fd, const struct request *request, struct net_error *error) {
    struct answer answer;
    if (helper->fd < 0)
        return net_fail(error, ESRCH, NULL, "the process for the handover has ended");
    if (!ask(helper, fd, request, &answer)) {
        net_fail(error, errno, NULL, "the process for the handover does not answer");
        give_it_up(helper);
        return false;
    }
    helper->told = answer.told;
    if (answer.good)
        return true;
    *error = (struct net_error){.number = answer.number, .hint = answer.hint};
    memcpy(error->what, answer.what, sizeof error->what);
    return false;
}

bool handover_helper_take(struct handover_helper *helper, int fd, const struct handover *handover,
                          struct net_error *error) {
    const struct request request = {.handover = *handover};
    return have_done(helper, fd, &request, error);
}

bool handover_helper_undo(struct handover_helper *helper, int fd, struct net_error *error) {
    const struct request request = {.undo = true};
    return have_done(helper, fd, &request, error);
}
