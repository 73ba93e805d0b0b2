// SPDX-License-Identifier: MIT
//
// The kernel's connection, watched and shown (see kernel_demo.h): in a private network with the demo's server, or to
// any host. Called by demo and connect.
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
#include "net/resolve.h"

struct kernel_demo {
    const struct connect_options *options;
    struct show show;
    struct tap tap;
    struct kernel_counters counters;
    struct demo_server server;
    struct loop loop;
    const char *interface; // NULL: any
    bool private_network, through_user;
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

// All that needs privileges, then they go. server: where the demo's is to listen, or NULL. Returns -1 to go on, or the
// exit status.
static int open_all(struct kernel_demo *d, const struct address *server) {
    struct net_error error;
    d->interface = server ? "lo" : NULL;
    const struct tap_config tap = {
        .interface = d->interface, .port = d->options->port, .family = d->options->family, .wait = !server};
    const struct show_settings show = {.views = &d->options->view,
                                       .way = d->options->quiet ? SHOW_NOTHING : SHOW_ONE,
                                       .interface = server ? "lo" : "any"};
    if (!tap_open(&d->tap, &tap, &error))
        return complain_net(&error);
    if (!open_input(d, &error) || !show_open(&d->show, &show))
        return EXIT_CONNECTION;
    if ((server && !demo_server_start(&d->server, server, &error)) || !privileges_drop(&error))
        return complain_net(&error);
    return -1;
}

static void idle(void *self) {
    struct kernel_demo *d = self;
    show_flush(&d->show, &d->loop);
}

static bool lesson(struct kernel_demo *d, const struct address *to, struct net_error *error) {
    const struct connect_options *o = d->options;
    const struct kernel_lesson lesson = {
        .watched = {.trace = &d->show.trace,
                    .about = {.where = d->interface,
                              .private_network = d->private_network,
                              .through_user = d->through_user,
                              .our_server = d->private_network},
                    .tap = &d->tap,
                    .interrupt_fd = d->signal_fd,
                    .idle = idle,
                    .idle_self = d},
        .server = *to,
        .partner = d->private_network ? &d->server : NULL,
        .message = o->message,
        .message_bytes = o->message_bytes,
        .input_fd = d->input_fd,
        .source_port = o->source_port,
        .mss = o->mss,
        .counters = d->private_network ? kernel_counters_door(&d->counters) : (struct counters){0},
        .linger_us = o->linger_us,
    };
    bool good = kernel_lesson_run(&lesson, error);
    d->signal = good ? 0 : signals_read(d->signal_fd);
    return good;
}

// Address after address, as getaddrinfo(3) advises; each is a connection of its own.
static bool to_any(struct kernel_demo *d, struct net_error *error) {
    struct addresses to;
    const struct connect_options *o = d->options;
    if (!resolve_host(connect_options_host(o), o->port, o->family, &to, error) ||
        !tap_narrow(&d->tap, to.list, to.count, error))
        return false;
    for (size_t i = 0; i < to.count && d->signal == 0; i++)
        if (lesson(d, &to.list[i], error))
            return true;
    return false;
}

// server: the demo's; or NULL, and it is the host of the options.
static int show_lesson(struct kernel_demo *d, const struct address *server) {
    const struct connect_options *o = d->options;
    struct net_error error;
    bool good = server ? lesson(d, server, &error) : to_any(d, &error);
    int status = show_finish(&d->show, d->signal_fd);
    if (!good)
        return complain_net(&error);
    if (server && !o->quiet && d->show.screen.error == 0)
        demo_server_printed(&d->server, d->show.screen.text.style.utf8,
                            view_options_take_stdout(&o->view) ? stderr : stdout);
    return status;
}

static int run(const struct connect_options *options, bool through_user, const struct address *server) {
    struct kernel_demo *d = calloc(1, sizeof *d); // a narrator is large
    if (!d) {
        complain("memory: not enough");
        return EXIT_CONNECTION;
    }
    d->options = options;
    d->private_network = server != NULL;
    d->through_user = through_user;
    d->counters.fds[0] = d->counters.fds[1] = -1;
    d->tap.fd = d->input_fd = d->signal_fd = -1;
    int status = open_all(d, server);
    if (status < 0) {
        d->signal_fd = signals_open(false);
        kernel_counters_open(&d->counters, false);
        status = show_lesson(d, server);
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

int kernel_demo_run(const struct connect_options *options, bool through_user, const struct address *at) {
    return run(options, through_user, at);
}

int kernel_connect_run(const struct connect_options *options) { return run(options, false, NULL); }
