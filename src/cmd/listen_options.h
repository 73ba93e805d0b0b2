// SPDX-License-Identifier: MIT
//
// The options of listen.
#ifndef CMD_LISTEN_OPTIONS_H
#define CMD_LISTEN_OPTIONS_H

#include "cmd/options.h"
#include "cmd/view_options.h"

struct listen_options {
    const char *address; // in numbers; NULL: localhost's
    uint16_t port;
    unsigned family;  // RS_IPV4, RS_IPV6, or 0: both that localhost has
    uint64_t backlog; // handshakes in progress
    uint64_t count;   // of connections, then it ends; UINT64_MAX: any number
    bool echo, step, quiet;
    bool handover;       // the kernel gets each connection
    const char *command; // and this program, as a line for the shell; NULL: none
    struct view_options view;
};

enum { LISTEN_OPTIONS = VIEW_OPTIONS + 11 };

extern const struct option_spec listen_option_specs[LISTEN_OPTIONS];

// Returns -1 to go on, or the exit status.
int listen_options_parse(const struct command *command, int argc, char **argv, struct listen_options *options);

#endif
