// SPDX-License-Identifier: MIT
//
// Our side of the keeper (see keeper.h). Words go to it in a file without a name (memfd_create(2)), since a command
// line may be longer than a message; with them goes one end of a pair, through which the child that becomes the program
// tells us how that went. Called by whoever runs programs.
#include "run/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run/child.h"
#include "run/filter.h"
#include "run/keeper_process.h"
#include "run/message.h"
#include "run/output.h"
#include "run/processes.h"

enum { PATIENCE_MS = 10000, LOOK_MS = 100, MS_PER_S = 1000, NS_PER_MS = 1000000 };

static void close_fd(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

// ---- the beginning

static bool adopt(struct keeper *k, struct net_error *error) {
    int before = 0;
    prctl(PR_GET_CHILD_SUBREAPER, &before, 0, 0, 0);
    k->adopts = before;
    k->spared_count = processes_children(getpid(), k->spared, KEEPER_SPARED_MAX);
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 || net_fail(error, errno, NULL, "taking in orphans");
}

static bool hear_that_it_is_ready(struct keeper *k, struct net_error *error) {
    struct keeper_ready ready = {.good = false};
    if (message_receive(k->pair, &ready, sizeof ready, NULL, 0) != (ssize_t)sizeof ready)
        return net_fail(error, EPROTO, NULL, "the process that keeps the program has ended early");
    if (!ready.good)
        *error = ready.error;
    return ready.good;
}

bool keeper_start(struct keeper *k, struct net_error *error) {
    int pair[2];
    pid_t parent = getpid();
    *k = (struct keeper){.pid = -1, .pair = -1};
    if (!adopt(k, error))
        return false;
    if (!message_pair(pair))
        return net_fail(error, errno, NULL, "a socket pair");
    k->pid = fork();
    if (k->pid == 0)
        keeper_process(pair[1], parent);
    int number = errno;
    close(pair[1]);
    k->pair = pair[0];
    bool good = k->pid > 0 ? hear_that_it_is_ready(k, error)
                           : net_fail(error, number, NULL, "a process that keeps the program");
    unsigned left;
    if (!good)
        keeper_end(k, &left);
    return good;
}

void keeper_spare(struct keeper *k, pid_t child) {
    if (k->spared_count < KEEPER_SPARED_MAX)
        k->spared[k->spared_count++] = child;
}

// ---- starting something

static bool write_all(int file, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(file, bytes, size);
        if (written < 0 && errno != EINTR)
            return false;
        bytes += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

static int file_of_words(char *const *words) {
    int file = memfd_create("words", MFD_CLOEXEC);
    for (; file >= 0 && *words; words++)
        if (!write_all(file, *words, strlen(*words) + 1))
            close_fd(&file);
    return file;
}

// Asks for it, with an output or none. Returns our end of the pair that its child tells through, or -1.
static int ask(const struct keeper *k, char *const *words, int output) {
    const struct keeper_request request = {.verb = KEEPER_START};
    int report[2], fds[KEEPER_FDS] = {[KEEPER_OUTPUT] = output};
    if (!message_pair(report))
        return -1;
    fds[KEEPER_REPORT] = report[1];
    fds[KEEPER_WORDS] = file_of_words(words);
    bool asked = fds[KEEPER_WORDS] >= 0 &&
                 message_send(k->pair, &request, sizeof request, fds, output < 0 ? KEEPER_OUTPUT : KEEPER_FDS);
    int number = errno;
    close_fd(&fds[KEEPER_WORDS]);
    close(report[1]);
    if (!asked)
        close_fd(&report[0]);
    errno = number;
    return report[0];
}

// What its child tells: that it is there, and then nothing more, because exec has closed its end.
static bool follow(int from, const char *name, pid_t *pid, int *listener, int *status, struct net_error *error) {
    struct child_report report = {.step = CHILD_FORK};
    ssize_t size = message_receive(from, &report, sizeof report, listener, listener ? 1 : 0);
    if (size != (ssize_t)sizeof report)
        return net_fail(error, size < 0 ? errno : EPROTO, NULL, "the process for '%s' has ended early", name);
    if (report.number != 0 && report.step == CHILD_READY)
        return connect_filter_fail(report.number, error);
    if (report.number != 0)
        return net_fail(error, report.number, NULL, "a process for '%s'", name);
    *pid = report.pid;
    size = message_receive(from, &report, sizeof report, NULL, 0);
    if (size == 0)
        return true;
    int number = size > 0 ? report.number : errno;
    *status = number == ENOENT ? RUN_NOT_FOUND : RUN_CANNOT_EXECUTE;
    return net_fail(error, number, NULL, "cannot run '%s'", name);
}

static bool start(const struct keeper *k, char *const *words, int output, pid_t *pid, int *listener, int *status,
                  struct net_error *error) {
    *pid = -1;
    *status = 1;
    int from = ask(k, words, output);
    if (from < 0)
        return net_fail(error, errno, NULL, "asking for a process for '%s'", words[0]);
    bool good = follow(from, words[0], pid, listener, status, error);
    if (!good)
        *pid = -1;
    close(from);
    return good;
}

bool keeper_start_server(struct keeper *k, const char *command, pid_t *pid, int *output, struct net_error *error) {
    char shell[] = "/bin/sh", option[] = "-c", *words[] = {shell, option, NULL, NULL};
    int ends[2], status;
    memcpy(&words[2], &command, sizeof command); // it is only read, which exec's type cannot say
    *pid = *output = -1;
    if (k->servers_count == KEEPER_SERVERS_MAX)
        return net_fail(error, E2BIG, NULL, "more than %d servers", KEEPER_SERVERS_MAX);
    if (!output_open(ends))
        return net_fail(error, errno, NULL, "a place for the output of '%.200s'", command);
    bool good = start(k, words, ends[1], pid, NULL, &status, error);
    close(ends[1]);
    if (!good) {
        close(ends[0]);
        return false;
    }
    *output = ends[0];
    k->servers[k->servers_count++] = *pid;
    return true;
}

bool keeper_start_program(struct keeper *k, char *const *words, pid_t *pid, int *listener, int *status,
                          struct net_error *error) {
    *listener = -1;
    bool good = start(k, words, -1, pid, listener, status, error);
    if (good && *listener < 0)
        good = net_fail(error, EPROTO, NULL, "the process for '%s' has no listener", words[0]);
    if (!good)
        close_fd(listener);
    k->program = good ? *pid : 0;
    return good;
}

// ---- while it runs

// What could not be started ends as well, and nobody wants to know.
static bool is_news(const struct keeper *k, const struct keeper_event *event) {
    if (event->news != KEEPER_SERVER_ENDED)
        return event->news != KEEPER_PROGRAM_ENDED || event->pid == k->program;
    for (size_t i = 0; i < k->servers_count; i++)
        if (k->servers[i] == event->pid)
            return true;
    return false;
}

struct keeper_event keeper_next(struct keeper *k) {
    struct pollfd come = {.fd = k->pair, .events = POLLIN};
    struct keeper_event event = {.news = KEEPER_NOTHING};
    if (k->pair < 0)
        return (struct keeper_event){.news = KEEPER_GONE};
    while (poll(&come, 1, 0) == 1) {
        if (message_receive(k->pair, &event, sizeof event, NULL, 0) != (ssize_t)sizeof event)
            return (struct keeper_event){.news = KEEPER_GONE};
        if (is_news(k, &event))
            return event;
    }
    return (struct keeper_event){.news = KEEPER_NOTHING};
}

bool keeper_signal(struct keeper *k, int number) {
    const struct keeper_request request = {.verb = KEEPER_SIGNAL, .number = number};
    return k->pair >= 0 && message_send(k->pair, &request, sizeof request, NULL, 0);
}

bool keeper_continue(struct keeper *k) {
    siginfo_t info = {.si_pid = 0};
    return k->pid > 0 && waitid(P_PID, (id_t)k->pid, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid == k->pid &&
           kill(k->pid, SIGCONT) == 0;
}

// ---- the end

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)t.tv_sec * MS_PER_S + t.tv_nsec / NS_PER_MS;
}

// Waits for its last word. False: it has none to say.
static bool hear_last_word(struct keeper *k, unsigned *left) {
    const long until = now_ms() + PATIENCE_MS;
    struct pollfd come = {.fd = k->pair, .events = POLLIN};
    struct keeper_event event;
    for (long now; (now = now_ms()) < until;) {
        keeper_continue(k);
        if (poll(&come, 1, until - now < LOOK_MS ? (int)(until - now) : LOOK_MS) != 1)
            continue;
        if (message_receive(k->pair, &event, sizeof event, NULL, 0) != (ssize_t)sizeof event)
            return false;
        if (event.news == KEEPER_GONE) {
            *left = (unsigned)event.status;
            return true;
        }
    }
    return false;
}

static bool is_spared(const struct keeper *k, pid_t pid) {
    for (size_t i = 0; i < k->spared_count; i++)
        if (k->spared[i] == pid)
            return true;
    return false;
}

// Killed, it could end nobody: the servers and the program have died with it, and all others are our children now.
// Those of a child that is killed come to us before waitpid() returns.
static void end_orphans(const struct keeper *k) {
    pid_t children[PROCESSES_MAX];
    bool found = true;
    while (found) {
        size_t count = processes_children(getpid(), children, PROCESSES_MAX);
        found = false;
        for (size_t i = 0; i < count; i++) {
            if (is_spared(k, children[i]))
                continue;
            kill(children[i], SIGKILL);
            found |= waitpid(children[i], NULL, 0) >= 0 || errno == EINTR;
        }
    }
}

void keeper_end(struct keeper *k, unsigned *left) {
    const struct keeper_request request = {.verb = KEEPER_END};
    *left = 0;
    if (k->pid <= 0) {
        close_fd(&k->pair);
        return;
    }
    bool ended = message_send(k->pair, &request, sizeof request, NULL, 0) && hear_last_word(k, left);
    if (!ended)
        kill(k->pid, SIGKILL);
    close_fd(&k->pair);
    while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    if (!ended)
        end_orphans(k);
    if (!k->adopts)
        prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
    k->pid = -1;
}
