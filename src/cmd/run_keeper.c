// SPDX-License-Identifier: MIT
//
// What run hears of the keeper: that the program has ended, or a server, or the keeper itself; and that somebody has
// stopped it. To a program it is its parent, and some stop that (kill -STOP $PPID): then nobody would tell of the
// program's end. So it goes on at once. Called by run.c.
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/complain.h"
#include "cmd/run.h"

static void take_news(void *self) {
    struct run *r = self;
    for (;;) {
        const struct keeper_event event = keeper_next(&r->keeper);
        switch (event.news) {
        case KEEPER_NOTHING:
            return;
        case KEEPER_SERVER_ENDED:
            run_servers_ended(r, event.pid, event.status);
            break;
        case KEEPER_PROGRAM_ENDED:
            r->runs = false;
            r->status = event.status;
            break;
        default:
            if (r->runs)
                complain("the process that starts all others has ended: so has '%.100s'", r->options.program[0]);
            r->status = r->runs ? EXIT_CONNECTION : r->status;
            r->runs = false;
            loop_unwatch(&r->loop, r->keeper.pair);
            return;
        }
    }
}

static void take_change(void *self) {
    struct run *r = self;
    struct signalfd_siginfo info;
    while (read(r->child_fd, &info, sizeof info) == (ssize_t)sizeof info) {
    }
    if (keeper_continue(&r->keeper))
        run_say(r, "Somebody has stopped the process that starts all others (SIGSTOP). It goes on.");
}

// Of a child that is stopped its parent gets SIGCHLD, which nothing else here reads.
static int open_changes(void) {
    const struct sigaction usual = {.sa_handler = SIG_DFL}; // ignored, it would not come
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (sigaction(SIGCHLD, &usual, NULL) != 0 || sigprocmask(SIG_BLOCK, &child, NULL) != 0)
        return -1;
    return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

void run_keeper_watch(struct run *r) {
    loop_watch(&r->loop, r->keeper.pair, POLLIN, take_news, r);
    r->child_fd = open_changes();
    if (r->child_fd >= 0)
        loop_watch(&r->loop, r->child_fd, POLLIN, take_change, r);
}
