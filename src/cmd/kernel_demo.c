// SPDX-License-Identifier: MIT
//
// demo --kernel (see kernel_demo.h). Called by demo.
#include "cmd/kernel_demo.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/complain.h"
#include "cmd/input.h"
#include "cmd/kernel_lesson.h"
#include "cmd/show.h"
#include "cmd/signals.h"
#include "net/counters.h"
#include "net/privileges.h"

struct kernel_demo {
    const struct connect_options *options;
    struct show show;
    struct tap tap;
    struct kernel_counters counters;
    struct demo_server server;
    struct loop loop;
    int input_fd, signal_fd, signal; // signal: which one ended us, or 0
};

// As whoever named it.
static bool open_input(struct kernel_demo *d, struct net_error *error) {
    struct privileges_lent lent;
    if (!d->options->file)
        return true;
    if (!privileges_lend(&lent, error))
        return complain_net(error), false;
    d->input_fd = input_open(d->options->file, "nothing was sent");
    if (!privileges_take_back(&lent, error))
        return complain_net(error), false;
    return d->input_fd >= 0;
}

// All that needs privileges, then they go. Returns -1 to go on, or the exit status.
static int open_all(struct kernel_demo *d, const struct address *at) {
    struct net_error error;
    const struct tap_config tap = {.interface = "lo", .port = d->options->port};
    const struct show_settings show = {
        .views = &d->options->view, .way = d->options->quiet ? SHOW_NOTHING : SHOW_ONE, .interface = "lo"};
    if (!tap_open(&d->tap, &tap, &error))
        return complain_net(&error);
    if (!open_input(d, &error) || !show_open(&d->show, &show))
        return EXIT_CONNECTION;
    if (!demo_server_start(&d->server, at, &error) || !privileges_drop(&error))
        return complain_net(&error);
    return -1;
}

static void idle(void *self) {
    struct kernel_demo *d = self;
    show_flush(&d->show, &d->loop);
}

static int lesson(struct kernel_demo *d, bool through_user, const struct address *at) {
    const struct connect_options *o = d->options;
    struct net_error error;
    const struct kernel_lesson lesson = {
        .watched = {.trace = &d->show.trace,
                    .about = {.where = "lo", .private_network = true, .through_user = through_user, .our_server = true},
                    .tap = &d->tap,
                    .interrupt_fd = d->signal_fd,
                    .idle = idle,
                    .idle_self = d},
        .server = *at,
        .partner = &d->server,
        .message = o->message,
        .message_bytes = o->message_bytes,
        .input_fd = d->input_fd,
        .source_port = o->source_port,
        .mss = o->mss,
        .counters = kernel_counters_door(&d->counters),
        .linger_us = o->linger_us,
    };
    bool good = kernel_lesson_run(&lesson, &error);
    d->signal = good ? 0 : signals_read(d->signal_fd);
    int status = show_finish(&d->show, d->signal_fd);
    if (!good)
        return complain_net(&error);
    if (!o->quiet && d->show.screen.error == 0)
        demo_server_printed(&d->server, d->show.screen.text.style.utf8,
                            view_options_take_stdout(&o->view) ? stderr : stdout);
    return status;
}

int kernel_demo_run(const struct connect_options *options, bool through_user, const struct address *at) {
    struct kernel_demo *d = calloc(1, sizeof *d); // a narrator is large
    if (!d) {
        complain("memory: not enough");
        return EXIT_CONNECTION;
    }
    d->options = options;
    d->counters.fds[0] = d->counters.fds[1] = -1;
    d->tap.fd = d->input_fd = d->signal_fd = d->server.cue_fd = d->server.pid = -1;
    int status = open_all(d, at);
    if (status < 0) {
        d->signal_fd = signals_open(false);
        kernel_counters_open(&d->counters, false);
        status = lesson(d, through_user, at);
    }
    int number = d->signal;
    demo_server_stop(&d->server);
    show_close(&d->show);
    tap_close(&d->tap);
    kernel_counters_close(&d->counters);
    if (d->input_fd > STDIN_FILENO)
        close(d->input_fd);
    free(d);
    if (number != 0)
        signals_end(number);
    return status;
}
