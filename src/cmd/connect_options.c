// SPDX-License-Identifier: MIT
//
// Reading the options of connect, demo and compare. Called by each.
#include "cmd/connect_options.h"

#include <string.h>

#include "cmd/complain.h"
#include "cmd/weather_options.h"
#include "cmd/without.h"

enum {
    MESSAGE,
    FROM_FILE,
    KERNEL,
    HANDOVER,
    BOTH,
    NO_GUARD,
    STEP,
    QUIET,
    SOURCE_PORT,
    ISN,
    TTL,
    WINDOW,
    MSS,
    WITHOUT,
    TIMEOUT,
    LINGER,
    TIME_WAIT,
    DROP, // to CORRUPT: in the order of enum weather_kind
    DUPLICATE,
    REORDER,
    DELAY,
    CORRUPT,
    SEED,
    ONLY_IPV4,
    ONLY_IPV6
};

// clang-format off
#define MESSAGE_OPTION {'m', "message", "TEXT", "send TEXT instead of 'Hello server!'", MESSAGE}
#define FAMILY_OPTIONS                                                                                                 \
    {'4', "ipv4", NULL, "IPv4 only", ONLY_IPV4},                                                                       \
    {'6', "ipv6", NULL, "IPv6 only", ONLY_IPV6}
#define OWN_WAY_OPTIONS                                                                                                \
    {0, "isn", "NUMBER", "our initial sequence number (a keyed hash)", ISN},                                           \
    {0, "ttl", "N", "time to live of our packets, 1 to 255 (64)", TTL},                                                \
    {0, "window", "BYTES", "the window we offer, 1 to 4194304 (as many segments as fit in 65535)", WINDOW},            \
    {0, "mss", "BYTES", "the segment size we announce, 1 to 65495 (what the route's MTU leaves)", MSS},                \
    {0, "without", "LIST", "any of mss, window-scale, sack, timestamps, nagle, delayed-ack", WITHOUT}

#define COMMON                                                                                                         \
    MESSAGE_OPTION,                                                                                                    \
    {'f', "file", "FILE", "send what is in FILE ('-': standard input)", FROM_FILE},                                    \
    VIEW_OPTION_SPECS(VIEW_VERBOSE_FIELDS),                                                                            \
    {0, "step", NULL, "stop before each segment of ours (implies -v); '?' lists the keys", STEP},                      \
    {'q', "quiet", NULL, "say nothing but errors; what the server sends goes to standard output", QUIET},              \
    {0, "no-guard", NULL, "leave out the RST guard: watch our own kernel kill the connection", NO_GUARD},              \
    {0, "handover", NULL, "by hand up to our ACK, then the kernel's: it takes the connection over", HANDOVER},         \
    FAMILY_OPTIONS,                                                                                                    \
    {0, "source-port", "PORT", "our port (a free one)", SOURCE_PORT},                                                  \
    OWN_WAY_OPTIONS,                                                                                                   \
    {0, "timeout", "SECONDS", "give up when nothing is acknowledged (183 opening, 120 later)", TIMEOUT},               \
    {0, "linger", "SECONDS", "wait for the server to close its side (10; with -f: for ever)", LINGER},                 \
    {0, "time-wait", "SECONDS", "stay in TIME-WAIT instead of leaving (0)", TIME_WAIT},                                \
    {0, "drop", "WHICH", "lose segments: 10%, or 2,5; out:2 ours only, in:2 the server's only", DROP},                 \
    {0, "duplicate", "WHICH", "the same packet twice", DUPLICATE},                                                     \
    {0, "reorder", "WHICH", "the next segment overtakes it", REORDER},                                                 \
    {0, "delay", "WHICH", "hold it back; a time can follow: 20%:300ms, out:3:1s (200ms)", DELAY},                      \
    {0, "corrupt", "WHICH", "turn one bit round, so that the checksum does not fit", CORRUPT},                         \
    {0, "seed", "NUMBER", "where percentages hit: the same number, the same hits (random)", SEED}

const struct option_spec connect_option_specs[CONNECT_OPTIONS] = {
    COMMON,
    {0, "kernel", NULL, "let the kernel do it: socket(), connect(), send(), close()", KERNEL},
    PARSE_HELP_OPTION,
};

const struct option_spec demo_option_specs[DEMO_OPTIONS] = {
    COMMON,
    {0, "kernel", NULL, "let the kernel do it, and watch what passes on the wire", KERNEL},
    {0, "both", NULL, "make the server by hand too: no kernel's TCP takes part", BOTH},
    PARSE_HELP_OPTION,
};

const struct option_spec compare_option_specs[COMPARE_OPTIONS] = {
    MESSAGE_OPTION, VIEW_OPTION_SPECS("tell the fields that are alike, too"), FAMILY_OPTIONS, OWN_WAY_OPTIONS,
    {0, "linger", "SECONDS", "wait for the server to close its side (10)", LINGER},
    PARSE_HELP_OPTION,
};
// clang-format on

static bool parse_small(const char *what, const char *text, uint64_t least, uint64_t most, uint16_t *out) {
    uint64_t value;
    if (!parse_number(what, text, least, most, &value))
        return false;
    *out = (uint16_t)value;
    return true;
}

static bool parse_timeout(const char *text, uint64_t *out) {
    if (!parse_seconds("--timeout", text, out))
        return false;
    if (*out == 0)
        complain("--timeout '%.40s': must be more than 0", text);
    return *out > 0;
}

static bool take_number(int id, const char *text, struct connect_options *o) {
    uint64_t value;
    uint16_t small;
    switch (id) {
    case SOURCE_PORT:
        return parse_small("--source-port", text, 1, 65535, &o->source_port);
    case WINDOW:
        if (!parse_number("--window", text, 1, WINDOW_MOST, &value))
            return false;
        o->window = (uint32_t)value;
        return true;
    case MSS:
        return parse_small("--mss", text, 1, 65495, &o->mss);
    case TTL:
        o->ttl_set = parse_small("--ttl", text, 1, 255, &small);
        o->ttl = o->ttl_set ? (uint8_t)small : 0;
        return o->ttl_set;
    case ISN:
        o->isn_set = parse_number("--isn", text, 0, UINT32_MAX, &value);
        o->isn = o->isn_set ? (uint32_t)value : 0;
        return o->isn_set;
    case TIMEOUT:
        return parse_timeout(text, &o->timeout_us);
    case SEED:
        return o->seed_set = parse_number("--seed", text, 0, UINT32_MAX, &o->weather.seed);
    case LINGER:
        o->linger_set = true;
        return parse_seconds("--linger", text, &o->linger_us);
    default:
        o->time_wait_set = true;
        return parse_seconds("--time-wait", text, &o->time_wait_us);
    }
}

static bool take_option(int id, const char *text, struct connect_options *o) {
    if (view_option_is(id))
        return view_option_take(id, text, &o->view);
    switch (id) {
    case MESSAGE:
        o->message = text;
        o->message_set = true;
        o->message_bytes = strlen(text);
        return true;
    case FROM_FILE:
        o->file = text;
        return true;
    case KERNEL:
        return o->kernel = true;
    case HANDOVER:
        return o->handover = true;
    case BOTH:
        return o->both = true;
    case NO_GUARD:
        return o->no_guard = true;
    case STEP:
        return o->step = true;
    case QUIET:
        return o->quiet = true;
    case WITHOUT:
        return without_parse(text, &o->without);
    case DROP:
    case DUPLICATE:
    case REORDER:
    case DELAY:
    case CORRUPT:
        return weather_parse((enum weather_kind)(WEATHER_DROP + id - DROP), text, &o->weather);
    case ONLY_IPV4:
    case ONLY_IPV6:
        return choose_family(id == ONLY_IPV4 ? RS_IPV4 : RS_IPV6, &o->family);
    default:
        return take_number(id, text, o);
    }
}

static bool take(const struct parse *parse, int id, void *self) {
    struct connect_options *o = self;
    if (id != PARSE_ARGUMENT)
        return take_option(id, parse->argument, o);
    if (parse->command->arguments[0] && parse->words == 1) {
        o->host = parse->argument;
        return true;
    }
    if (parse->command->arguments[0] && parse->words == 2)
        return parse_small("port", parse->argument, 1, 65535, &o->port);
    complain("'%.40s': one word too many: see 'rawshake %s --help'", parse->argument, parse->command->name);
    return false;
}

// What only the hand-made way can do: the kernel asks nobody.
static const char *only_by_hand(const struct connect_options *o) {
    return o->no_guard        ? "--no-guard"
           : o->step          ? "--step"
           : o->isn_set       ? "--isn"
           : o->ttl_set       ? "--ttl"
           : o->window        ? "--window"
           : o->without       ? "--without"
           : o->time_wait_set ? "--time-wait"
           : o->seed_set      ? "--seed"
                              : weather_option(&o->weather);
}

bool connect_options_watched(const struct connect_options *o) {
    return o->view.verbosity > 0 || view_options_any(&o->view);
}

// What makes no sense where the kernel does it. Where nobody watches, so do the things that a packet would show.
static const char *not_by_kernel(const struct connect_options *o, bool watched) {
    const char *option = only_by_hand(o);
    return option || watched ? option : o->source_port ? "--source-port" : o->mss ? "--mss" : NULL;
}

// What ends where the kernel begins. *why: a clause.
static const char *not_handed_over(const struct connect_options *o, const char **why) {
    *why = "after the handshake the kernel decides";
    if (o->without & WITHOUT_DELAYED_ACK)
        return "--without delayed-ack";
    if (o->time_wait_set)
        return "--time-wait";
    *why = "what the kernel sends and gets cannot be bent";
    if (o->seed_set || weather_option(&o->weather))
        return o->seed_set ? "--seed" : weather_option(&o->weather);
    *why = "without the guard, our own kernel ends the connection before it could take it over";
    if (o->no_guard)
        return "--no-guard";
    *why = "with --kernel there is nothing of ours to hand over";
    return o->kernel ? "--kernel" : NULL;
}

static bool agree(struct connect_options *o, bool watched) {
    const char *why;
    if (o->quiet && o->step)
        complain("--quiet and --step: they exclude each other: choose one");
    else if (o->message_set && o->file)
        complain("--message and --file: they exclude each other: choose one");
    else if (o->quiet && o->view.verbosity > 0)
        complain("--quiet and --verbose: they exclude each other: choose one");
    else if (o->handover && not_handed_over(o, &why))
        complain("--handover and %s: they exclude each other: %s", not_handed_over(o, &why), why);
    else if (o->both && (o->kernel || o->handover || o->no_guard))
        complain("--both and %s: they exclude each other: with --both, no kernel's TCP takes part",
                 o->kernel     ? "--kernel"
                 : o->handover ? "--handover"
                               : "--no-guard");
    else if (o->kernel && o->step)
        complain("--kernel and --step: they exclude each other: the kernel does not wait");
    else if (o->kernel && not_by_kernel(o, watched))
        complain("--kernel and %s: they exclude each other: with --kernel, the kernel decides",
                 not_by_kernel(o, watched));
    else if (view_options_agree(&o->view)) {
        if (o->step && o->view.verbosity == 0)
            o->view.verbosity = 1;
        return true;
    }
    return false;
}

const char *connect_options_host(const struct connect_options *o) {
    if (o->host)
        return o->host;
    return o->family == RS_IPV6 ? "::1" : "127.0.0.1";
}

int connect_options_parse(const struct command *command, int argc, char **argv, struct connect_options *o) {
    static const char hello[] = "Hello server!";
    *o = (struct connect_options){
        .port = 1712, .message = hello, .message_bytes = sizeof hello - 1, .ttl = 64, .linger_us = 10000000};
    int status = parse_words(command, argc, argv, take, o);
    if (status >= 0)
        return status;
    // demo, which takes no host, always watches
    return agree(o, command->arguments[0] == '\0' || connect_options_watched(o)) ? -1 : EXIT_USAGE;
}
