// SPDX-License-Identifier: MIT
//
// Reading the options of watch. Called by watch.c.
#include "cmd/watch_options.h"

#include <string.h>

#include "cmd/complain.h"

enum { INTERFACE, ONLY_IPV4, ONLY_IPV6, LIVE, COUNT, QUIET, HELP };

// clang-format off
const struct option_spec watch_option_specs[WATCH_OPTIONS] = {
    {'i', "interface", "NAME", "watch this interface only, for example lo (all)", INTERFACE},
    {'4', "ipv4", NULL, "IPv4 only", ONLY_IPV4},
    {'6', "ipv6", NULL, "IPv6 only", ONLY_IPV6},
    {0, "live", NULL, "a line for each segment as it passes, not a ladder when a connection is over", LIVE},
    {0, "count", "N", "end when N connections are over", COUNT},
    VIEW_OPTION_SPECS(VIEW_VERBOSE_FIELDS),
    {'q', "quiet", NULL, "say nothing but errors", QUIET},
    {'h', "help", NULL, "print this", HELP},
};
// clang-format on

static bool take(int id, const char *text, struct watch_options *o) {
    if (view_option_is(id))
        return view_option_take(id, text, &o->view);
    switch (id) {
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

// PORT, HOST, or HOST PORT. No host's name is all digits.
static bool take_words(const struct command *command, const char *const *words, int count, struct watch_options *o) {
    if (count == 0)
        return true;
    if (count == 1 && words[0][strspn(words[0], "0123456789")] == '\0')
        return take_port(words[0], o);
    o->host = words[0];
    if (count <= 2)
        return count == 1 || take_port(words[1], o);
    complain("'%.40s': one word too many: see 'rawshake %s --help'", words[2], command->name);
    return false;
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
    struct parse parse = {.command = command, .argc = argc, .argv = argv};
    const char *words[3];
    int id, count = 0;
    *o = (struct watch_options){.port = 1712, .count = UINT64_MAX};
    while ((id = parse_next(&parse)) != PARSE_END) {
        if (id == HELP) {
            usage_command(command, stdout);
            return complain_unless_written();
        }
        if (id == PARSE_ERROR)
            return EXIT_USAGE;
        if (id == PARSE_ARGUMENT && count < 3)
            words[count++] = parse.argument;
        else if (id != PARSE_ARGUMENT && !take(id, parse.argument, o))
            return EXIT_USAGE;
    }
    return take_words(command, words, count, o) && agree(o) ? -1 : EXIT_USAGE;
}
