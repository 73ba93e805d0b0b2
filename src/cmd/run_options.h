// SPDX-License-Identifier: MIT
//
// The options of run.
#ifndef CMD_RUN_OPTIONS_H
#define CMD_RUN_OPTIONS_H

#include "cmd/options.h"
#include "cmd/view_options.h"

enum { RUN_SERVERS_MAX = 32 };

struct run_options {
    char *const *program;                 // its words; NULL ends them
    const char *servers[RUN_SERVERS_MAX]; // --with: a command each, or "tutorial"
    size_t servers_count;
    const char *log; // a file for what is told; NULL: standard error
    uint64_t hold_us;
    bool private_network, follow, step, quiet;
    struct view_options view;
};

enum { RUN_OPTIONS = VIEW_OPTIONS + 8 };

extern const struct option_spec run_option_specs[RUN_OPTIONS];

// Returns -1 to go on, or the exit status.
int run_options_parse(const struct command *command, int argc, char **argv, struct run_options *options);

#endif
