// SPDX-License-Identifier: MIT
//
// Reading the options of listen. Called by listen.c.
#include "cmd/listen_options.h"

#include <string.h>

#include "cmd/complain.h"
#include "live/listener.h"
#include "net/resolve.h"

enum { BIND, ONLY_IPV4, ONLY_IPV6, BACKLOG, COUNT, ECHO_BACK, HANDOVER, EXEC, STEP, QUIET };

enum { BACKLOG_USUAL = 8, BACKLOG_MOST = LISTENER_PLACES_MAX / 2 };

// clang-format off
const struct option_spec listen_option_specs[LISTEN_OPTIONS] = {
    {'b', "bind", "ADDRESS", "listen on this address of this machine, in numbers (localhost's)", BIND},
    {'4', "ipv4", NULL, "IPv4 only", ONLY_IPV4},
    {'6', "ipv6", NULL, "IPv6 only", ONLY_IPV6},
    {0, "backlog", "N", "handshakes in progress at once (8); a SYN beyond is not answered", BACKLOG},
    {0, "count", "N", "end when N connections are over", COUNT},
    {0, "echo", NULL, "send back what comes", ECHO_BACK},
    {0, "handover", NULL, "only the handshake by hand: the kernel gets the accepted connection", HANDOVER},
    {0, "exec", "COMMAND", "--handover, and each connection is COMMAND's standard input and output", EXEC},
    {0, "step", NULL, "stop before each segment of ours (implies -v); one connection at a time", STEP},
    VIEW_OPTION_SPECS(VIEW_VERBOSE_FIELDS),
    {'q', "quiet", NULL, "say nothing but errors; what clients send goes to standard output as it is", QUIET},
    PARSE_HELP_OPTION,
};
// clang-format on

struct words {
    struct listen_options *options;
    bool has_port;
};

static bool take_port(const char *text, struct words *words) {
    uint64_t port;
    if (words->has_port) {
        complain("'%.40s': one word too many: see 'rawshake listen --help'", text);
        return false;
    }
    words->has_port = true;
    if (!parse_number("port", text, 1, 65535, &port))
        return false;
    words->options->port = (uint16_t)port;
    return true;
}

// Names are looked up when privileges are gone, and then it is too late to open what this takes.
static bool take_address(const char *text, struct listen_options *o) {
    enum rs_family family;
    o->address = strcmp(text, "localhost") == 0 ? NULL : text;
    if (!o->address || resolve_number_family(text, &family))
        return true;
    complain("--bind: '%.60s' is no address in numbers: 127.0.0.1 or ::1 is one", text);
    return false;
}

static bool take(const struct parse *parse, int id, void *self) {
    struct words *words = self;
    struct listen_options *o = words->options;
    const char *text = parse->argument;
    if (view_option_is(id))
        return view_option_take(id, text, &o->view);
    switch (id) {
    case PARSE_ARGUMENT:
        return take_port(text, words);
    case BIND:
        return take_address(text, o);
    case ONLY_IPV4:
    case ONLY_IPV6:
        return choose_family(id == ONLY_IPV4 ? RS_IPV4 : RS_IPV6, &o->family);
    case BACKLOG:
        return parse_number("--backlog", text, 1, BACKLOG_MOST, &o->backlog);
    case COUNT:
        return parse_number("--count", text, 1, UINT32_MAX, &o->count);
    case ECHO_BACK:
        return o->echo = true;
    case HANDOVER:
        return o->handover = true;
    case EXEC:
        o->command = text;
        return o->handover = true;
    case STEP:
        return o->step = true;
    default:
        return o->quiet = true;
    }
}

static bool agree(struct listen_options *o) {
    const char *other = o->step ? "--step" : o->view.verbosity > 0 ? "--verbose" : NULL;
    enum rs_family family;
    if (o->quiet && other) {
        complain("--quiet and %s: they exclude each other: choose one", other);
        return false;
    }
    if (o->command && o->echo) {
        complain("--exec and --echo: they exclude each other: it is COMMAND that answers");
        return false;
    }
    if (o->address && o->family != 0 && resolve_number_family(o->address, &family) && family != o->family) {
        complain("--ipv%u and --bind %.60s: that is an address of IPv%u", o->family, o->address, (unsigned)family);
        return false;
    }
    if (o->step && o->view.verbosity == 0)
        o->view.verbosity = 1;
    if (o->step) // whoever is asked about one connection cannot look after others
        o->backlog = 1;
    return view_options_agree(&o->view);
}

int listen_options_parse(const struct command *command, int argc, char **argv, struct listen_options *o) {
    struct words words = {.options = o};
    *o = (struct listen_options){.port = 1712, .backlog = BACKLOG_USUAL, .count = UINT64_MAX};
    int status = parse_words(command, argc, argv, take, &words);
    if (status >= 0)
        return status;
    return agree(o) ? -1 : EXIT_USAGE;
}
