// SPDX-License-Identifier: MIT
//
// The keeper's own life (see keeper.h and keeper_process.h). It has three duties: to fork what is asked for, to tell
// what has ended, and to leave nobody behind. What descends from it comes back to it: a subreaper is given the orphans
// that would otherwise go to init, whatever group or session they have put themselves into. So the last step of an end
// needs no list of names: its children are killed and waited for, theirs become its own, until wait(2) says that there
// are none. Called by keeper.c.
#include "run/keeper_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/descriptors.h"
#include "net/privileges.h"
#include "run/child.h"
#include "run/message.h"
#include "run/processes.h"

enum { GRACE_MS = 1000, SWEEP_MS = 10, MS_PER_S = 1000, NS_PER_MS = 1000000 };

struct house {
    int pair, signals;
    pid_t parent;
    pid_t program; // 0: none runs
    bool program_has_ended;
    pid_t servers[KEEPER_SERVERS_MAX]; // those that have ended, too: their groups may be there still
    size_t servers_count;
    struct child_signals as_started;
};

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)t.tv_sec * MS_PER_S + t.tv_nsec / NS_PER_MS;
}

static void tell(const struct house *h, enum keeper_news news, pid_t pid, int status) {
    const struct keeper_event event = {.news = news, .pid = pid, .status = status};
    message_send(h->pair, &event, sizeof event, NULL, 0);
}

// ---- who has ended

static int shell_status(int status) {
    return WIFSIGNALED(status) ? RUN_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool is_server(const struct house *h, pid_t pid) {
    for (size_t i = 0; i < h->servers_count; i++)
        if (h->servers[i] == pid)
            return true;
    return false;
}

// Asks for all children that have ended. Returns false when there are no others.
static bool reap(struct house *h) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == h->program) {
            h->program = 0;
            h->program_has_ended = true;
            tell(h, KEEPER_PROGRAM_ENDED, pid, shell_status(status));
        } else if (is_server(h, pid)) {
            tell(h, KEEPER_SERVER_ENDED, pid, shell_status(status));
        }
    }
    return pid == 0;
}

// Waits for the end of a child, at most so long.
static void wait_for_end(const struct house *h, long ms) {
    struct pollfd come = {.fd = h->signals, .events = POLLIN};
    struct signalfd_siginfo info;
    if (poll(&come, 1, ms > 0 ? (int)ms : 0) == 1 && read(h->signals, &info, sizeof info) < 0)
        return;
}

// ---- the end of all

// Of a process below us: a server's are in its group or below it; the program's have its filter, where the kernel
// tells.
static bool is_the_programs(const struct house *h, pid_t pid) {
    struct process p;
    const int filters = process_filters(pid);
    if (!process_look(pid, &p) || p.state == 'Z' || (filters >= 0 && filters <= process_filters(getpid())))
        return false;
    for (size_t i = 0; i < h->servers_count; i++)
        if (p.group == h->servers[i] || process_is_below(pid, h->servers[i]))
            return false;
    return true;
}

static int count_left(const struct house *h) {
    pid_t all[PROCESSES_MAX];
    int left = 0;
    size_t count = h->program_has_ended ? processes_descendants(getpid(), all, PROCESSES_MAX) : 0;
    for (size_t i = 0; i < count; i++)
        left += is_the_programs(h, all[i]);
    return left;
}

// A process that is stopped sees no signal before it goes on.
static void end_politely(struct house *h) {
    const long until = now_ms() + GRACE_MS;
    processes_signal_descendants(getpid(), SIGTERM);
    processes_signal_descendants(getpid(), SIGCONT);
    while (reap(h) && now_ms() < until && getppid() == h->parent)
        wait_for_end(h, until - now_ms());
}

// A child's number is nobody else's until it is waited for, so here numbers are safe.
static void end_all(struct house *h) {
    pid_t children[PROCESSES_MAX];
    while (reap(h)) {
        size_t count = processes_children(getpid(), children, PROCESSES_MAX);
        for (size_t i = 0; i < count; i++)
            kill(children[i], SIGKILL);
        wait_for_end(h, SWEEP_MS);
    }
}

static _Noreturn void end_as_asked(struct house *h) {
    reap(h);
    const int left = count_left(h);
    end_politely(h);
    end_all(h);
    tell(h, KEEPER_GONE, 0, left);
    _exit(0);
}

static _Noreturn void end_at_once(struct house *h) {
    end_all(h);
    _exit(1);
}

// ---- what is asked for

static void start(struct house *h, int *fds) {
    const bool is_program = fds[KEEPER_OUTPUT] < 0;
    const struct child child = {.report = fds[KEEPER_REPORT],
                                .words = fds[KEEPER_WORDS],
                                .output = fds[KEEPER_OUTPUT],
                                .parent = getpid(),
                                .signals = &h->as_started};
    pid_t pid = is_program || h->servers_count < KEEPER_SERVERS_MAX ? fork() : -1;
    if (pid == 0)
        child_become(&child);
    if (pid < 0) {
        const struct child_report report = {.step = CHILD_FORK, .number = errno ? errno : EAGAIN, .pid = -1};
        message_send(child.report, &report, sizeof report, NULL, 0);
    } else if (is_program) {
        h->program = pid;
        h->program_has_ended = false;
    } else {
        h->servers[h->servers_count++] = pid;
    }
}

static void serve_one(struct house *h) {
    struct keeper_request request = {.verb = KEEPER_END};
    int fds[KEEPER_FDS];
    if (message_receive(h->pair, &request, sizeof request, fds, KEEPER_FDS) != (ssize_t)sizeof request)
        end_at_once(h); // nobody is there any more
    if (request.verb == KEEPER_END)
        end_as_asked(h);
    if (request.verb == KEEPER_START)
        start(h, fds);
    if (request.verb == KEEPER_SIGNAL && h->program > 0)
        kill(h->program, request.number);
    for (int i = 0; i < KEEPER_FDS; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static _Noreturn void keep(struct house *h) {
    struct pollfd come[] = {{.fd = h->pair, .events = POLLIN}, {.fd = h->signals, .events = POLLIN}};
    for (;;) {
        struct signalfd_siginfo info;
        if (poll(come, 2, -1) < 0 && errno != EINTR)
            end_at_once(h);
        if (come[1].revents && read(h->signals, &info, sizeof info) < 0 && errno != EAGAIN && errno != EINTR)
            end_at_once(h);
        reap(h);
        if (getppid() != h->parent)
            end_at_once(h);
        if (come[0].revents)
            serve_one(h);
    }
}

// All signals wait, those of the terminal for good: Ctrl-C and Ctrl-Z are for the program. Two are read: a child has
// ended; our parent has.
static bool take_signals(struct house *h) {
    const struct sigaction normal = {.sa_handler = SIG_DFL};
    sigset_t all, read;
    sigfillset(&all);
    sigemptyset(&read);
    sigaddset(&read, SIGCHLD);
    sigaddset(&read, SIGUSR1);
    h->signals = signalfd(-1, &read, SFD_CLOEXEC | SFD_NONBLOCK);
    return h->signals >= 0 && sigprocmask(SIG_BLOCK, &all, &h->as_started.blocked) == 0 &&
           sigaction(SIGCHLD, &normal, &h->as_started.on_child) == 0; // ignored, it would keep statuses from us
}

static bool settle(struct house *h, struct net_error *error) {
    if (!privileges_become_caller(error))
        return false;
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 || !take_signals(h))
        return net_fail(error, errno, "nothing was started", "the process that keeps the program");
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // what is started is the same user, and is not to speak in our name
    prctl(PR_SET_PDEATHSIG, SIGUSR1);   // set last: changing the user clears it
    return getppid() == h->parent || net_fail(error, ESRCH, NULL, "the process that keeps the program is alone");
}

void keeper_process(int pair, pid_t parent) {
    struct house h = {.pair = pair, .parent = parent};
    struct keeper_ready ready = {.good = false};
    descriptors_close_private(pair);
    ready.good = settle(&h, &ready.error);
    if (!message_send(pair, &ready, sizeof ready, NULL, 0) || !ready.good)
        _exit(1);
    keep(&h);
}
