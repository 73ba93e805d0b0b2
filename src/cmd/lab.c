// SPDX-License-Identifier: MIT
//
// rawshake lab: experiments that break one rule of TCP each, in a private network, and show what the kernel says.
#include "cmd/commands.h"
#include "cmd/complain.h"
#include "cmd/lab_all.h"
#include "cmd/lab_json.h"
#include "cmd/lab_one.h"
#include "cmd/lab_table.h"
#include "cmd/show.h"
#include "net/privileges.h"

// As whoever named the file.
static struct json_lines *open_lines(const char *name) {
    struct privileges_lent lent;
    struct net_error error;
    struct json_lines *lines = NULL;
    bool good = privileges_lend(&lent, &error);
    if (good)
        lines = json_lines_open(name);
    if (good && privileges_take_back(&lent, &error))
        return lines;
    complain_net(&error);
    json_lines_close(lines);
    return NULL;
}

static int list_as_json(const char *name) {
    struct json_lines *lines = open_lines(name);
    if (!lines)
        return EXIT_CONNECTION;
    lab_json_course(lines);
    return json_lines_close(lines);
}

static int list_as_table(const struct view_options *view) {
    const struct view_options no_files = {.ascii = view->ascii, .color = view->color};
    const struct show_settings settings = {.views = &no_files, .way = SHOW_LIST};
    struct show show;
    int status = EXIT_CONNECTION;
    if (show_open(&show, &settings)) {
        text_add(&show.screen.text, "Experiments: each breaks one rule, and asks what happens. They are a course.\n\n");
        lab_table_course(&show.screen.text);
        text_add(&show.screen.text, "\n  rawshake lab NAME   runs one: you predict, then it is shown\n"
                                    "  rawshake lab --all  runs all, and prints a table\n");
        status = show_finish(&show, -1);
    }
    show_close(&show);
    return status;
}

// The course. It sends nothing, so it needs no network. JSON on standard output has that for itself.
static int list(const struct view_options *view) {
    const int written = view->json ? list_as_json(view->json) : EXIT_DONE;
    const int shown = view_options_take_stdout(view) ? EXIT_DONE : list_as_table(view);
    return written != EXIT_DONE ? written : shown;
}

static int run(const struct command *command, int argc, char **argv) {
    struct lab_options options;
    int status = lab_options_parse(command, argc, argv, &options);
    if (status >= 0)
        return status;
    if (options.all)
        return lab_all_run(&options);
    return options.experiment ? lab_one_run(&options) : list(&options.view);
}

const struct command command_lab = {
    .name = "lab",
    .arguments = "[NAME]",
    .summary = "experiments: break one rule, predict, and see what the kernel says",
    .options = lab_option_specs,
    .options_count = LAB_OPTIONS,
    .run = run,
};
