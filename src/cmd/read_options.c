// SPDX-License-Identifier: MIT
//
// Reading the options of read. Called by read.c.
#include "cmd/read_options.h"

#include "cmd/complain.h"

enum { LIST, STREAM, QUIET };

// clang-format off
const struct option_spec read_option_specs[READ_OPTIONS] = {
    {0, "list", NULL, "one line a connection: how it opened and ended, segments and bytes each way", LIST},
    {0, "stream", "N", "only the connection of this number, as --list counts them", STREAM},
    VIEW_OPTION_SPECS(VIEW_VERBOSE_FIELDS),
    {'q', "quiet", NULL, "no narration: what the views write, and errors", QUIET},
    PARSE_HELP_OPTION,
};
// clang-format on

static bool take_stream(const char *text, struct read_options *o) {
    uint64_t value;
    if (!parse_number("--stream", text, 1, UINT32_MAX, &value))
        return false;
    o->stream = (uint32_t)value;
    return true;
}

static bool take_file(const struct command *command, const char *word, struct read_options *o) {
    if (o->file)
        complain("'%.40s': one word too many: see 'rawshake %s --help'", word, command->name);
    else if (!word[0])
        complain("file '': a file has a name");
    else {
        o->file = word;
        return true;
    }
    return false;
}

static bool take(const struct parse *parse, int id, void *self) {
    struct read_options *o = self;
    const char *text = parse->argument;
    if (view_option_is(id))
        return view_option_take(id, text, &o->view);
    switch (id) {
    case PARSE_ARGUMENT:
        return take_file(parse->command, text, o);
    case LIST:
        return o->list = true;
    case STREAM:
        return take_stream(text, o);
    default:
        return o->quiet = true;
    }
}

// What is made of segments, which --list does not look at.
static const char *only_without_list(const struct view_options *view) {
    return view->verbosity > 0 ? "--verbose"
           : view->pcapng      ? "--write"
           : view->html        ? "--html"
           : view->diagram     ? "--diagram"
                               : NULL;
}

static bool agree(const struct command *command, const struct read_options *o) {
    if (!o->file)
        complain("no file is named: see 'rawshake %s --help'; '-' is standard input", command->name);
    else if (o->list && only_without_list(&o->view))
        complain("--list and %s: they exclude each other: a list has a line for each connection, and nothing else",
                 only_without_list(&o->view));
    else if (o->quiet && o->view.verbosity > 0)
        complain("--quiet and --verbose: they exclude each other: choose one");
    else if (o->quiet && o->list && !o->view.json)
        complain("--quiet and --list: nothing would be shown: choose one, or add --json");
    else
        return view_options_agree(&o->view);
    return false;
}

int read_options_parse(const struct command *command, int argc, char **argv, struct read_options *o) {
    *o = (struct read_options){0};
    int status = parse_words(command, argc, argv, take, o);
    if (status >= 0)
        return status;
    return agree(command, o) ? -1 : EXIT_USAGE;
}
