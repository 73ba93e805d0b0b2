// SPDX-License-Identifier: MIT
//
// All experiments at once (see lab_all.h). Each is a process (lab_child.h); here they are started, and each row is
// printed as soon as it and all above it are there. Called by lab.c.
#include "cmd/lab_all.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cmd/complain.h"
#include "cmd/lab_child.h"
#include "cmd/lab_table.h"
#include "cmd/show.h"
#include "cmd/signals.h"
#include "net/clock.h"

enum { PATIENCE_S = 60 }; // longer than all of them take on a busy machine

struct lab_all {
    const struct lab_options *options;
    struct lab_child children[LAB_COURSE_MAX];
    struct show show;
    struct clock clock;
    uint64_t deadline_us;
    int signal_fd, signal;  // signal: which one ended us, or 0
    size_t good, differing; // differing: of the good ones, as Linux has it and not the RFC
};

static uint64_t now_us(const struct lab_all *all) { return all->clock.monotonic_us(all->clock.self); }

static bool start(struct lab_all *all) {
    all->deadline_us = now_us(all) + PATIENCE_S * UINT64_C(1000000);
    for (size_t i = 0; i < lab_course_count; i++)
        if (!lab_child_start(&all->children[i], lab_course[i], all->options->control)) {
            complain("the lab: a process for '%s': %s", lab_course[i]->name, strerror(errno));
            return false;
        }
    return true;
}

static int patience_ms(const struct lab_all *all) {
    const uint64_t now = now_us(all);
    return now < all->deadline_us ? (int)((all->deadline_us - now) / 1000) + 1 : 0;
}

// Waits for a child's report, or its end. Returns false if it is too late, or a signal has come. Too late is only who
// has not reported by now, however long others have been waited for.
static bool wait_for(struct lab_all *all, const struct lab_child *child) {
    struct pollfd ready[] = {{.fd = child->fd, .events = POLLIN}, {.fd = all->signal_fd, .events = POLLIN}};
    for (;;) {
        const int left_ms = patience_ms(all), count = poll(ready, 2, left_ms);
        if (count > 0 && ready[1].revents && (all->signal = signals_read(all->signal_fd)) != 0)
            return false;
        if (count > 0 && ready[0].revents)
            return true;
        if (left_ms == 0)
            return false;
    }
}

// How a process ended that has not reported.
static void tell_end(const struct lab_child *child, char *out, size_t room) {
    if (child->pid > 0)
        snprintf(out, room, "it had not ended after %d seconds", PATIENCE_S);
    else if (WIFSIGNALED(child->wait_status))
        snprintf(out, room, "its process crashed: %s", strsignal(WTERMSIG(child->wait_status)));
    else
        snprintf(out, room, "its process ended without a report, with status %d", WEXITSTATUS(child->wait_status));
}

// Returns false where no experiment can go on: the reason has been told, and the exit status is in *status.
static bool row(struct lab_all *all, size_t i, int *status) {
    struct lab_child *child = &all->children[i];
    struct text *text = &all->show.screen.text;
    char why[200];
    const bool ended = wait_for(all, child);
    if (all->signal != 0)
        return false;
    if (!ended || !lab_child_take(child)) {
        tell_end(child, why, sizeof why);
        lab_table_row_without(text, lab_course[i], why);
        return true;
    }
    if (child->report.status == EXIT_PERMISSION) { // none of the others may either
        *status = EXIT_PERMISSION;
        complain_net(lab_child_error(child));
        return false;
    }
    if (child->report.status != EXIT_DONE) {
        char reason[160];
        net_error_why(lab_child_error(child), reason, sizeof reason);
        snprintf(why, sizeof why, "%.100s: %.90s", child->report.error.what, reason);
        lab_table_row_without(text, lab_course[i], why);
        return true;
    }
    lab_table_row(text, lab_course[i], &child->report.outcome, all->options->control);
    bool good = lab_outcome_is_good(&child->report.outcome, all->options->control);
    all->good += good;
    all->differing += good && lab_course[i]->differs;
    return true;
}

static int table(struct lab_all *all) {
    struct text *text = &all->show.screen.text;
    int status = EXIT_CONNECTION;
    lab_table_head(text);
    for (size_t i = 0; i < lab_course_count; i++) {
        if (!row(all, i, &status))
            return status;
        screen_finish(&all->show.screen, all->signal_fd);
    }
    lab_table_sum(text, all->good, all->differing, all->options->control);
    return all->good == lab_course_count && !all->options->control ? EXIT_DONE : EXIT_CONNECTION;
}

static int run(struct lab_all *all) {
    const struct show_settings settings = {.views = &all->options->view, .way = SHOW_LIST};
    all->signal_fd = signals_open(false); // before the children: that we are told to end is our affair, not theirs
    int status = EXIT_CONNECTION, shown = EXIT_CONNECTION;
    if (show_open(&all->show, &settings)) {
        if (start(all))
            status = table(all);
        for (size_t i = 0; i < lab_course_count; i++)
            lab_child_end(&all->children[i]);
        shown = show_finish(&all->show, all->signal_fd);
    }
    show_close(&all->show);
    return status == EXIT_DONE ? shown : status;
}

int lab_all_run(const struct lab_options *options) {
    struct lab_all *all = calloc(1, sizeof *all);
    if (!all) {
        complain("memory: not enough");
        return EXIT_CONNECTION;
    }
    all->options = options;
    all->clock = clock_real();
    int status = run(all), number = all->signal;
    free(all);
    if (number != 0)
        signals_end(number);
    return status;
}
