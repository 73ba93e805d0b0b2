// SPDX-License-Identifier: MIT
//
// rawshake demo: server and hand-made client in a private network. Nothing to set up, no root, nothing left behind.
#include <stdio.h>
#include <stdlib.h>

#include "cmd/both.h"
#include "cmd/commands.h"
#include "cmd/complain.h"
#include "cmd/demo_server.h"
#include "cmd/handed.h"
#include "cmd/handmade.h"
#include "cmd/kernel_demo.h"
#include "net/namespace.h"
#include "net/resolve.h"

static void show_printed(const struct handmade *h, const struct demo_server *server) {
    if (!h->options.quiet && h->screen.error == 0)
        demo_server_printed(server, h->screen.text.style.utf8,
                            view_options_take_stdout(&h->options.view) ? stderr : stdout);
}

// The server is started after our own sockets are open and before our privileges go; it drops its own.
static int by_hand(const struct connect_options *options, bool through_user, const struct address *at) {
    struct demo_server server;
    struct net_error error;
    int status;
    if (!demo_server_start(&server, at, &error))
        return complain_net(&error);
    struct handmade *h = handmade_open(options, &status);
    if (h) {
        const struct handmade_lesson l = {
            .private_network = true, .through_user = through_user, .partner = demo_server_partner(&server)};
        status = handmade_run(h, &l);
        show_printed(h, &server);
    }
    demo_server_stop(&server);
    if (h)
        handmade_close(h);
    return status;
}

static int handed_over(const struct connect_options *options, bool through_user, const struct address *at) {
    struct demo_server server;
    struct net_error error;
    const struct handed_config handed = {
        .options = options, .private_network = true, .through_user = through_user, .server = &server};
    if (!demo_server_start(&server, at, &error))
        return complain_net(&error);
    int status = handed_run(&handed);
    demo_server_stop(&server);
    return status;
}

// The same with a server made by hand: no kernel's TCP at either end.
static int both_by_hand(const struct connect_options *options, bool through_user, const struct address *at) {
    struct both *both = malloc(sizeof *both);
    struct net_error error;
    int status = EXIT_CONNECTION;
    if (!both) {
        complain("memory: not enough");
        return status;
    }
    struct handmade *h = NULL;
    if (!both_open(both, at, &error))
        status = complain_net(&error);
    else
        h = handmade_open(options, &status);
    if (h) {
        const struct handmade_lesson l = {.private_network = true, .through_user = through_user, .other = &both->other};
        status = handmade_run(h, &l);
        if (!options->quiet && h->screen.error == 0)
            both_printed(both, h->screen.text.style.utf8, view_options_take_stdout(&options->view) ? stderr : stdout);
    }
    both_close(both);
    free(both);
    if (h)
        handmade_close(h);
    return status;
}

static int run(const struct command *command, int argc, char **argv) {
    struct connect_options options;
    struct net_error error;
    struct addresses at;
    bool through_user;
    int status = connect_options_parse(command, argc, argv, &options);
    if (status >= 0)
        return status;
    if (!namespace_enter(&through_user, &error)) {
        complain_net(&error);
        return EXIT_PERMISSION;
    }
    if (!resolve_host(connect_options_host(&options), options.port, 0, &at, &error)) // a number
        return complain_net(&error);
    if (options.both)
        return both_by_hand(&options, through_user, &at.list[0]);
    if (options.kernel)
        return kernel_demo_run(&options, through_user, &at.list[0]);
    if (options.step)
        namespace_be_patient();
    if (options.handover)
        return handed_over(&options, through_user, &at.list[0]);
    return by_hand(&options, through_user, &at.list[0]);
}

const struct command command_demo = {
    .name = "demo",
    .arguments = "",
    .summary = "the lesson: a server and a hand-made client in a private network, no root needed",
    .options = demo_option_specs,
    .options_count = DEMO_OPTIONS,
    .run = run,
};
