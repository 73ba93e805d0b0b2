// SPDX-License-Identifier: MIT
//
// The options of watch.
#ifndef CMD_WATCH_OPTIONS_H
#define CMD_WATCH_OPTIONS_H

#include "cmd/options.h"
#include "cmd/view_options.h"

struct watch_options {
    const char *interface; // NULL: all
    const char *host;      // NULL: any
    uint16_t port;
    unsigned family; // RS_IPV4 or RS_IPV6: that one only; 0: both
    bool live, quiet;
    uint64_t count; // of connections, then it ends; UINT64_MAX: any number
    struct view_options view;
};

enum { WATCH_OPTIONS = VIEW_OPTIONS + 7 };
extern const struct option_spec watch_option_specs[WATCH_OPTIONS];

// Parses the command's words. Returns -1 to go on, or the exit status (0 after --help).
int watch_options_parse(const struct command *command, int argc, char **argv, struct watch_options *out);

#endif
