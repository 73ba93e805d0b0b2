// SPDX-License-Identifier: MIT
//
// Reading the options of watch. Called by watch.c.
#include "cmd/watch_options.h"

#include <string.h>

#include "cmd/complain.h"

enum { INTERFACE, ONLY_IPV4, ONLY_IPV6, LIVE, COUNT, QUIET };

// clang-format off
const struct option_spec watch_option_specs[WATCH_OPTIONS] = {
    {'i', "interface", "NAME", "watch this interface only, for example lo (all)", INTERFACE},
    {'4', "ipv4", NULL, "IPv4 only", ONLY_IPV4},
    {'6', "ipv6", NULL, "IPv6 only", ONLY_IPV6},
    {0, "live", NULL, "a line for each segment as it passes, not a ladder when a connection is over", LIVE},
    {0, "count", "N", "end when N connections are over", COUNT},
    VIEW_OPTION_SPECS(VIEW_VERBOSE_FIELDS),
    {'q', "quiet", NULL, "say nothing but errors", QUIET},
    PARSE_HELP_OPTION,
};
// clang-format on

// The plain words: PORT, HOST, or HOST PORT, which only their number tells.
struct words {
    struct watch_options *options;
    const char *list[2];
    int count;
};

static bool take(const struct parse *parse, int id, void *self) {
    struct words *words = self;
    struct watch_options *o = words->options;
    const char *text = parse->argument;
    if (view_option_is(id))
        return view_option_take(id, text, &o->view);
    switch (id) {
    case PARSE_ARGUMENT:
        if (words->count < 2) {
            words->list[words->count++] = text;
            return true;
        }
        complain("'%.40s': one word too many: see 'rawshake %s --help'", text, parse->command->name);
        return false;
    case INTERFACE:
        o->interface = strcmp(text, "any") == 0 ? NULL : text; // as other tools call all of them
        return true;
    case ONLY_IPV4:
    case ONLY_IPV6:
        return choose_family(id == ONLY_IPV4 ? RS_IPV4 : RS_IPV6, &o->family);
    case LIVE:
        return o->live = true;
    case COUNT:
        return parse_number("--count", text, 1, UINT32_MAX, &o->count);
    default:
        return o->quiet = true;
    }
}

static bool take_port(const char *text, struct watch_options *o) {
    uint64_t port;
    if (!parse_number("port", text, 1, 65535, &port))
        return false;
    o->port = (uint16_t)port;
    return true;
}

// No host's name is all digits.
static bool obey_words(const struct words *words) {
    struct watch_options *o = words->options;
    const char *const *list = words->list;
    if (words->count == 0)
        return true;
    if (words->count == 1 && list[0][strspn(list[0], "0123456789")] == '\0')
        return take_port(list[0], o);
    o->host = list[0];
    return words->count == 1 || take_port(list[1], o);
}

static bool agree(const struct watch_options *o) {
    const char *other = o->live ? "--live" : o->view.verbosity > 0 ? "--verbose" : NULL;
    if (o->quiet && other)
        complain("--quiet and %s: they exclude each other: choose one", other);
    else if (o->live && o->view.verbosity > 0)
        complain("--live and --verbose: they exclude each other: a line has no room for more");
    else
        return view_options_agree(&o->view);
    return false;
}

int watch_options_parse(const struct command *command, int argc, char **argv, struct watch_options *o) {
    struct words words = {.options = o};
    *o = (struct watch_options){.port = 1712, .count = UINT64_MAX};
    int status = parse_words(command, argc, argv, take, &words);
    if (status >= 0)
        return status;
    return obey_words(&words) && agree(o) ? -1 : EXIT_USAGE;
}
