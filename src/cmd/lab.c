// SPDX-License-Identifier: MIT
//
// rawshake lab: experiments that break one rule of TCP each, in a private network, and show what the kernel says.
#include "cmd/commands.h"
#include "cmd/complain.h"
#include "cmd/lab_all.h"
#include "cmd/lab_one.h"
#include "cmd/lab_table.h"
#include "cmd/show.h"

// The course. It sends nothing, so it needs no network.
static int list(const struct lab_options *options) {
    const struct show_settings settings = {.views = &options->view, .way = SHOW_LIST};
    struct show show;
    int status = EXIT_CONNECTION;
    if (show_open(&show, &settings)) {
        text_add(&show.screen.text, "Experiments: each breaks one rule and asks what happens. In this order they are a "
                                    "course.\n\n");
        lab_table_course(&show.screen.text);
        text_add(&show.screen.text, "\n  rawshake lab NAME   runs one: you predict, then it is shown\n"
                                    "  rawshake lab --all  runs all, and prints a table\n");
        status = show_finish(&show, -1);
    }
    show_close(&show);
    return status;
}

static int run(const struct command *command, int argc, char **argv) {
    struct lab_options options;
    int status = lab_options_parse(command, argc, argv, &options);
    if (status >= 0)
        return status;
    if (options.all)
        return lab_all_run(&options);
    return options.experiment ? lab_one_run(&options) : list(&options);
}

const struct command command_lab = {
    .name = "lab",
    .arguments = "[NAME]",
    .summary = "experiments: break one rule, predict, and see what the kernel says",
    .options = lab_option_specs,
    .options_count = LAB_OPTIONS,
    .run = run,
};
