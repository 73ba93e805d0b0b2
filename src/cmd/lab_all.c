// SPDX-License-Identifier: MIT
//
// All experiments at once (see lab_all.h): each in a process of its own, which enters a network of its own, plays the
// script for nobody to see, and reports what came of it through a pipe. Called by lab.c.
#include "cmd/lab_all.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/complain.h"
#include "cmd/lab_table.h"
#include "cmd/show.h"
#include "cmd/signals.h"
#include "lab/run.h"

enum { PATIENCE_MS = 60000, PIPE_WHOLE = 4096 }; // PIPE_WHOLE: so much is written to a pipe at once or not at all

// What a child reports.
struct report {
    struct lab_outcome outcome;
    int status; // EXIT_DONE, or how it could not even begin, with
    struct net_error error;
    char why[128], hint[256]; // the strings of that error
};

_Static_assert(sizeof(struct report) <= PIPE_WHOLE, "a report must be written whole");

struct child {
    pid_t pid;
    int fd;
    bool reported;
    struct report report;
};

struct lab_all {
    const struct lab_options *options;
    struct child children[LAB_COURSE_MAX];
    struct show show;
    int signal_fd, signal;
};

// ---- in a child

static void keep_error(struct report *report, const struct net_error *error) {
    report->error = *error;
    if (error->why)
        snprintf(report->why, sizeof report->why, "%s", error->why);
    if (error->hint)
        snprintf(report->hint, sizeof report->hint, "%s", error->hint);
}

static int experiment(const struct experiment *e, bool control, struct report *report) {
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
    lab_play(lab, &report->outcome);
    lab_free(lab);
    return EXIT_DONE;
}

static _Noreturn void be_child(const struct experiment *e, bool control, int fd, pid_t parent) {
    struct report report;
    memset(&report, 0, sizeof report);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    report.status = experiment(e, control, &report);
    _exit(write(fd, &report, sizeof report) == (ssize_t)sizeof report ? 0 : 1);
}

// ---- in the parent

static bool start(struct lab_all *all, size_t i) {
    int ends[2];
    pid_t parent = getpid();
    struct child *child = &all->children[i];
    if (pipe(ends) != 0)
        return false;
    child->pid = fork();
    if (child->pid == 0) {
        close(ends[0]);
        be_child(lab_course[i], all->options->control, ends[1], parent);
    }
    close(ends[1]);
    child->fd = ends[0];
    return child->pid > 0;
}

// Waits for a child's report. Returns false if it has none, or a signal has come.
static bool take_report(struct lab_all *all, struct child *child) {
    struct pollfd ready[] = {{.fd = child->fd, .events = POLLIN}, {.fd = all->signal_fd, .events = POLLIN}};
    while (all->signal == 0) {
        int count = poll(ready, 2, PATIENCE_MS);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        if (ready[1].revents)
            all->signal = signals_read(all->signal_fd);
        if (ready[0].revents) // smaller than a pipe's atomic write
            return read(child->fd, &child->report, sizeof child->report) == (ssize_t)sizeof child->report;
    }
    return false;
}

// The way out of an error comes as text from another process.
static int complain_of(struct report *report) {
    report->error.why = report->why[0] ? report->why : NULL;
    report->error.hint = report->hint[0] ? report->hint : NULL;
    complain_net(&report->error);
    return report->status;
}

static void end_all(struct lab_all *all) {
    for (size_t i = 0; i < lab_course_count; i++) {
        struct child *child = &all->children[i];
        if (child->pid <= 0)
            continue;
        if (!child->reported)
            kill(child->pid, SIGKILL);
        waitpid(child->pid, NULL, 0);
        close(child->fd);
    }
}

static int table(struct lab_all *all) {
    struct text *text = &all->show.screen.text;
    size_t good = 0;
    lab_table_head(text);
    for (size_t i = 0; i < lab_course_count; i++) {
        struct child *child = &all->children[i];
        child->reported = take_report(all, child);
        if (all->signal != 0)
            return EXIT_CONNECTION;
        if (child->reported && child->report.status != EXIT_DONE)
            return complain_of(&child->report);
        lab_table_row(text, lab_course[i], &child->report.outcome);
        good += child->report.outcome.as_the_rfc;
        screen_finish(&all->show.screen, all->signal_fd);
    }
    text_add(text, "%zu of %zu experiments came out as the RFC says.\n", good, lab_course_count);
    return good == lab_course_count ? EXIT_DONE : EXIT_CONNECTION;
}

int lab_all_run(const struct lab_options *options) {
    struct lab_all *all = calloc(1, sizeof *all);
    const struct show_settings settings = {.views = &options->view, .way = SHOW_LIST};
    int status = EXIT_CONNECTION;
    if (!all) {
        complain("memory: not enough");
        return status;
    }
    all->options = options;
    bool started = true;
    for (size_t i = 0; i < lab_course_count && started; i++)
        started = start(all, i);
    all->signal_fd = signals_open(false);
    if (!started)
        complain("the lab: a process for each experiment: %s", strerror(errno));
    else if (show_open(&all->show, &settings))
        status = table(all);
    end_all(all);
    int shown = show_finish(&all->show, -1);
    show_close(&all->show);
    int number = all->signal;
    free(all);
    if (number != 0)
        signals_end(number);
    return status == EXIT_DONE ? shown : status;
}
