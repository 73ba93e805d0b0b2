// SPDX-License-Identifier: MIT
//
// Reading the options of run. What follows the first plain word is the program's. Called by run.c.
#include "cmd/run_options.h"

#include <string.h>

#include "cmd/complain.h"

enum { WITH, PRIVATE, FOLLOW, HOLD, LOG, STEP, QUIET };

enum { HOLD_USUAL_US = 10 * 1000 * 1000 };

// clang-format off
const struct option_spec run_option_specs[RUN_OPTIONS] = {
    {0, "with", "COMMAND", "start this server first, and wait until it listens; 'tutorial' is our own; up to 32 of them", WITH},
    {0, "private", NULL, "in a private network, also where the one of this machine could be used", PRIVATE},
    {0, "follow", NULL, "tell also what passes afterwards, when the kernel has the connection", FOLLOW},
    {0, "hold", "SECONDS", "how long connect() may take on a socket that does not wait (10)", HOLD},
    {0, "log", "FILE", "tell all into FILE (standard error)", LOG},
    {0, "step", NULL, "stop before each segment of ours (implies -v); keys come from the terminal", STEP},
    VIEW_OPTION_SPECS_TO("standard error", VIEW_VERBOSE_FIELDS),
    {'q', "quiet", NULL, "say nothing but errors, and what the servers print", QUIET},
    PARSE_HELP_OPTION,
};
// clang-format on

static bool take_server(const char *text, struct run_options *o) {
    if (!text[strspn(text, " \t\n")])
        complain("--with '': a server has a command");
    else if (o->servers_count == RUN_SERVERS_MAX)
        complain("--with '%.60s': one server too many: %d are enough", text, RUN_SERVERS_MAX);
    else
        o->servers[o->servers_count++] = text;
    return o->servers_count > 0 && o->servers[o->servers_count - 1] == text;
}

static bool take_hold(const char *text, struct run_options *o) {
    if (!parse_seconds("--hold", text, &o->hold_us))
        return false;
    if (o->hold_us == 0)
        complain("--hold '%.40s': no handshake takes no time at all", text);
    return o->hold_us > 0;
}

static bool take_log(const char *text, struct run_options *o) {
    if (o->log)
        complain("--log '%.200s': given twice: one file is enough", text);
    else if (!text[0])
        complain("--log '': a file has a name");
    else
        o->log = text;
    return o->log == text;
}

static bool take(const char *text, int id, struct run_options *o) {
    if (view_option_is(id))
        return view_option_take(id, text, &o->view);
    switch (id) {
    case WITH:
        return take_server(text, o);
    case PRIVATE:
        return o->private_network = true;
    case FOLLOW:
        return o->follow = true;
    case HOLD:
        return take_hold(text, o);
    case LOG:
        return take_log(text, o);
    case STEP:
        return o->step = true;
    default:
        return o->quiet = true;
    }
}

// Two writers would destroy one file.
static bool log_is_free(const struct run_options *o) {
    const char *const files[] = {o->view.json, o->view.pcapng, o->view.html, o->view.diagram};
    for (size_t i = 0; o->log && i < sizeof files / sizeof *files; i++)
        if (files[i] && strcmp(files[i], o->log) == 0) {
            complain("--log '%.200s': another view goes there too: name another file for one of them", o->log);
            return false;
        }
    return true;
}

static bool agree(struct run_options *o) {
    const char *other = o->step ? "--step" : o->view.verbosity > 0 ? "--verbose" : NULL;
    if (o->quiet && other) {
        complain("--quiet and %s: they exclude each other: choose one", other);
        return false;
    }
    if (o->quiet && o->follow && !view_options_any(&o->view)) {
        complain("--quiet and --follow: nothing would be told: name a file for a view, as in -w FILE");
        return false;
    }
    if (o->step && view_options_take_stdout(&o->view)) {
        complain("--step and a view without a file: what is to be read would go where the view goes: name a file");
        return false;
    }
    if (o->step && o->view.verbosity == 0)
        o->view.verbosity = 1;
    return view_options_agree(&o->view) && log_is_free(o);
}

int run_options_parse(const struct command *command, int argc, char **argv, struct run_options *o) {
    struct parse parse = {.command = command, .argc = argc, .argv = argv};
    int id;
    *o = (struct run_options){.hold_us = HOLD_USUAL_US};
    while ((id = parse_next(&parse)) != PARSE_END && id != PARSE_ARGUMENT) {
        if (id == PARSE_HELP) {
            usage_command(command, stdout);
            return complain_unless_written();
        }
        if (id == PARSE_ERROR || !take(parse.argument, id, o))
            return EXIT_USAGE;
    }
    if (id == PARSE_END) {
        complain("run: which program? As in: rawshake run --with tutorial -- nc -N localhost 1712");
        return EXIT_USAGE;
    }
    o->program = &argv[parse.next - 1]; // main's argv ends with NULL
    return agree(o) ? -1 : EXIT_USAGE;
}
