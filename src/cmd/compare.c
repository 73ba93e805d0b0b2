// SPDX-License-Identifier: MIT
//
// rawshake compare: the same connection twice, by the kernel's connect() and by hand, side by side. In a private
// network with the demo's server, or to any host. The kernel's is watched with a tap and goes first; then ours, in the
// same trace, as handmade.c makes it. Both are kept on tapes, and told when both are over.
#include <errno.h>
#include <stdlib.h>

#include "cmd/commands.h"
#include "cmd/complain.h"
#include "cmd/demo_server.h"
#include "cmd/handmade.h"
#include "cmd/kernel_lesson.h"
#include "cmd/signals.h"
#include "net/namespace.h"
#include "net/resolve.h"
#include "view/side.h"

struct compare {
    struct connect_options options;
    bool private_network, through_user;
    struct demo_server server; // in the private network
    struct tap tap;
    struct kernel_counters counters; // there too
    struct tape *kernel, *hand;
    struct tape *tape; // of these two, the one of the connection in hand
    struct handmade *h;
    bool alike;
};

static void keep(void *self, const struct trace_event *event) {
    struct compare *c = self;
    tape_add(c->tape, event);
}

static void idle(void *self) {
    struct compare *c = self;
    if (c->h->views)
        views_flush(c->h->views, &c->h->loop);
}

// ---- by the kernel

static bool run_kernel(struct compare *c, const struct address *to, struct net_error *error) {
    const struct connect_options *o = &c->options;
    const struct kernel_lesson lesson = {
        .watched = {.trace = &c->h->trace,
                    .about = {.private_network = c->private_network,
                              .through_user = c->through_user,
                              .our_server = c->private_network},
                    .tap = &c->tap,
                    .interrupt_fd = c->h->signal_fd,
                    .idle = idle,
                    .idle_self = c},
        .server = *to,
        .partner = c->private_network ? &c->server : NULL,
        .message = o->message,
        .message_bytes = o->message_bytes,
        .input_fd = -1,
        .half_close = !c->private_network,
        .counters = c->private_network ? kernel_counters_door(&c->counters) : (struct counters){0},
        .linger_us = o->linger_us,
    };
    tape_free(c->kernel); // of an address that did not answer
    c->tape = c->kernel = tape_new(TAPE_HEAD_BYTES);
    if (!c->kernel)
        return net_fail(error, ENOMEM, NULL, "a tape");
    c->h->connections_before++;
    return kernel_lesson_run(&lesson, error);
}

// Address after address, until one takes it; that one is for the connection by hand too. One that nobody takes can be
// compared as well: so the last is what remains.
static bool before(void *self, struct handmade *h) {
    struct compare *c = self;
    struct addresses *to = &h->attempts.addresses;
    struct net_error error = {0};
    bool good = tap_narrow(&c->tap, to->list, to->count, &error);
    size_t at = 0;
    for (bool taken = false; good && !taken; at++) {
        taken = run_kernel(c, &to->list[at], &error);
        signals_take(h);
        good = taken || (h->signal == 0 && c->kernel);
        if (taken || at + 1 == to->count)
            break;
    }
    if (error.what[0] && h->signal == 0)
        complain_net(&error);
    tap_close(&c->tap);
    h->remote = to->list[at].endpoint; // to be named, should there be no second one
    to->list[0] = to->list[at];
    to->count = 1;
    c->tape = c->hand;
    return good;
}

// ---- both are over

static void after(void *self, struct handmade *h) {
    struct compare *c = self;
    struct comparison *comparison = comparison_new(c->kernel, c->hand);
    if (!comparison) {
        complain("memory: not enough");
        return;
    }
    c->alike = comparison_holds(comparison);
    side_draw(&h->screen.text, comparison, c->options.view.verbosity);
    free(comparison);
}

// ---- what is opened, and when

// All that needs privileges; handmade_open gives them up. Returns the exit status.
static int compare(struct compare *c) {
    struct net_error error;
    const struct tap_config tap = {.interface = c->private_network ? "lo" : NULL,
                                   .port = c->options.port,
                                   .family = c->options.family,
                                   .wait = true};
    int status = EXIT_CONNECTION;
    if (!tap_open(&c->tap, &tap, &error))
        return complain_net(&error);
    c->h = handmade_open(&c->options, &status);
    if (!c->h)
        return status;
    const struct handmade_company company = {
        .self = c, .sink = {.self = c, .take = keep}, .before = before, .after = after};
    const struct handmade_lesson lesson = {
        .private_network = c->private_network,
        .through_user = c->through_user,
        .partner = c->private_network ? demo_server_partner(&c->server) : (struct partner){0},
        .half_close = !c->private_network,
        .company = &company,
    };
    status = handmade_run(c->h, &lesson);
    return status == EXIT_DONE && !c->alike ? EXIT_CONNECTION : status;
}

static int in_private(struct compare *c) {
    struct net_error error;
    struct addresses at;
    if (!namespace_enter(&c->through_user, &error)) {
        complain_net(&error);
        return EXIT_PERMISSION;
    }
    if (!resolve_host(connect_options_host(&c->options), c->options.port, 0, &at, &error) || // a number
        !demo_server_start(&c->server, &at.list[0], &error))
        return complain_net(&error);
    kernel_counters_open(&c->counters, false);
    return compare(c);
}

static int run(const struct command *command, int argc, char **argv) {
    struct compare c = {.tap = {.fd = -1}, .counters = {.fds = {-1, -1}}};
    int status = connect_options_parse(command, argc, argv, &c.options);
    if (status >= 0)
        return status;
    c.private_network = !c.options.host;
    c.hand = tape_new(TAPE_HEAD_BYTES);
    if (!c.hand) {
        complain("memory: not enough");
        return EXIT_CONNECTION;
    }
    status = c.private_network ? in_private(&c) : compare(&c);
    tape_free(c.kernel);
    tape_free(c.hand);
    tap_close(&c.tap);
    kernel_counters_close(&c.counters);
    if (c.private_network)
        demo_server_stop(&c.server);
    if (c.h)
        handmade_close(c.h);
    return status;
}

const struct command command_compare = {
    .name = "compare",
    .arguments = "[HOST [PORT]]",
    .summary = "the kernel's connect() and ours, side by side, field by field",
    .options = compare_option_specs,
    .options_count = COMPARE_OPTIONS,
    .run = run,
};
