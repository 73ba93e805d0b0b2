// SPDX-License-Identifier: MIT
//
// rawshake connect: the tutorial's client by hand, against any server; with --kernel by the kernel; with --handover by
// hand until our ACK leaves.
#include "cmd/commands.h"
#include "cmd/handed.h"
#include "cmd/handmade.h"
#include "cmd/kernel_client.h"
#include "cmd/kernel_demo.h"

static int run(const struct command *command, int argc, char **argv) {
    struct connect_options options;
    int status = connect_options_parse(command, argc, argv, &options);
    if (status >= 0)
        return status;
    if (options.kernel)
        return connect_options_watched(&options) ? kernel_connect_run(&options) : kernel_client_run(&options);
    if (options.handover) {
        const struct handed_config handed = {.options = &options};
        return handed_run(&handed);
    }
    struct handmade *h = handmade_open(&options, &status);
    if (!h)
        return status;
    status = handmade_run(h, NULL);
    handmade_close(h);
    return status;
}

const struct command command_connect = {
    .name = "connect",
    .arguments = "[HOST [PORT]]",
    .summary = "connect to a server by hand, send a message, close in order",
    .options = connect_option_specs,
    .options_count = CONNECT_OPTIONS,
    .run = run,
};
