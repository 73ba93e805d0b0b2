// SPDX-License-Identifier: MIT
//
// A process for one experiment (see lab_child.h). Called by lab_all.c.
#include "cmd/lab_child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/options.h"

enum { PIPE_WHOLE = 4096 }; // so much is written to a pipe at once or not at all

_Static_assert(sizeof(struct lab_report) <= PIPE_WHOLE, "a report must be written whole");

// ---- in the child

static void keep_error(struct lab_report *report, const struct net_error *error) {
    report->error = *error;
    if (error->why)
        snprintf(report->why, sizeof report->why, "%s", error->why);
    if (error->hint)
        snprintf(report->hint, sizeof report->hint, "%s", error->hint);
}

// Whoever has started us may be killed: then so are we. The kernel forgets this wish whenever a process changes who it
// is, which entering a network and giving up privileges both do.
static void end_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) // it has gone already
        _exit(EXIT_CONNECTION);
}

static int play(const struct experiment *e, bool control, pid_t parent, struct lab_report *report) {
    struct namespace_proof proof;
    struct net_error error;
    struct trace trace = {.events = 0};
    bool through_user;
    if (!namespace_enter_with_proof(&through_user, &proof, &error)) {
        keep_error(report, &error);
        return EXIT_PERMISSION;
    }
    const struct lab_config config = {
        .experiment = e, .control = control, .through_user = through_user, .proof = &proof, .trace = &trace};
    struct lab *lab = lab_new(&config, &error);
    if (!lab) {
        keep_error(report, &error);
        return EXIT_CONNECTION;
    }
    end_with(parent);
    lab_play(lab, &report->outcome);
    lab_free(lab);
    return EXIT_DONE;
}

static _Noreturn void be_child(const struct experiment *e, bool control, int fd, pid_t parent) {
    struct lab_report report;
    memset(&report, 0, sizeof report);
    end_with(parent);
    report.status = play(e, control, parent, &report);
    _exit(write(fd, &report, sizeof report) == (ssize_t)sizeof report ? EXIT_DONE : EXIT_CONNECTION);
}

// ---- in the parent

bool lab_child_start(struct lab_child *child, const struct experiment *experiment, bool control) {
    int ends[2];
    const pid_t parent = getpid();
    if (pipe(ends) != 0)
        return false;
    child->pid = fork();
    if (child->pid == 0) {
        close(ends[0]);
        be_child(experiment, control, ends[1], parent);
    }
    const int number = errno;
    close(ends[1]);
    child->fd = ends[0];
    if (child->pid > 0)
        return true;
    close(child->fd);
    child->pid = 0;
    errno = number;
    return false;
}

static ssize_t read_report(struct lab_child *child) {
    ssize_t size;
    do
        size = read(child->fd, &child->report, sizeof child->report);
    while (size < 0 && errno == EINTR);
    return size;
}

bool lab_child_take(struct lab_child *child) {
    child->reported = read_report(child) == (ssize_t)sizeof child->report;
    if (!child->reported)
        lab_child_end(child);
    return child->reported;
}

const struct net_error *lab_child_error(struct lab_child *child) {
    struct lab_report *report = &child->report;
    report->error.why = report->why[0] ? report->why : NULL;
    report->error.hint = report->hint[0] ? report->hint : NULL;
    return &report->error;
}

// A killed child's server process ends by itself: the socket over which it is told what to do has closed.
void lab_child_end(struct lab_child *child) {
    if (child->pid <= 0)
        return;
    kill(child->pid, SIGKILL); // one that is ending of itself is not hurt: its status stays what it was
    while (waitpid(child->pid, &child->wait_status, 0) < 0 && errno == EINTR) {
    }
    close(child->fd);
    child->pid = 0;
}
