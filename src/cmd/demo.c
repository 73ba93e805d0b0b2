// SPDX-License-Identifier: MIT
//
// rawshake demo: server and hand-made client in a private network. Nothing to set up, no root, nothing left behind.
#include <stdio.h>

#include "cmd/commands.h"
#include "cmd/complain.h"
#include "cmd/demo_server.h"
#include "cmd/handmade.h"
#include "net/namespace.h"
#include "net/resolve.h"
#include "view/escape.h"

// What the tutorial's server would have printed. Its own words: so they come from what its recv() returned.
static void show_printed(const struct handmade *h, const struct demo_server *server) {
    char text[512], from[RS_ENDPOINT_TEXT_BYTES];
    FILE *out = view_options_take_stdout(&h->options.view) ? stderr : stdout;
    if (h->options.quiet || server->recvs == 0 || h->screen.error != 0)
        return;
    size_t shown = escape_text(server->first, server->first_bytes, h->screen.text.style.utf8, text, sizeof text);
    fprintf(out, "\nThe server's program printed:\n  FROM: %s\n  MESSAGE: %s%s\n",
            rs_endpoint_text(&server->from, from, sizeof from), text, shown < server->first_bytes ? "..." : "");
    if (server->recvs > 1)
        fprintf(out, "  and %llu times more, for what its other calls of recv(1024) returned\n",
                (unsigned long long)server->recvs - 1);
    fflush(out);
}

// The server is started after our own sockets are open and before our privileges go; it drops its own.
static int lesson(const struct connect_options *options, bool through_user) {
    struct demo_server server;
    struct net_error error;
    struct addresses at;
    int status;
    if (!resolve_host(connect_options_host(options), options->port, 0, &at, &error) || // a number
        !demo_server_start(&server, &at.list[0], &error))
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

static int run(const struct command *command, int argc, char **argv) {
    struct connect_options options;
    struct net_error error;
    bool through_user;
    int status = connect_options_parse(command, argc, argv, &options);
    if (status >= 0)
        return status;
    if (!namespace_enter(&through_user, &error)) {
        complain_net(&error);
        return EXIT_PERMISSION;
    }
    if (options.step)
        namespace_be_patient();
    return lesson(&options, through_user);
}

const struct command command_demo = {
    .name = "demo",
    .arguments = "",
    .summary = "the lesson: a server and a hand-made client in a private network, no root needed",
    .options = demo_option_specs,
    .options_count = DEMO_OPTIONS,
    .run = run,
};
