// SPDX-License-Identifier: MIT
//
// The options of read.
#ifndef CMD_READ_OPTIONS_H
#define CMD_READ_OPTIONS_H

#include "cmd/options.h"
#include "cmd/view_options.h"

struct read_options {
    struct view_options view;
    const char *file; // "-": standard input
    bool list, quiet;
    uint32_t stream; // the only connection that is wanted, or 0: all
};

enum { READ_OPTIONS = VIEW_OPTIONS + 4 };
extern const struct option_spec read_option_specs[READ_OPTIONS];

// Reads the command's words. Returns -1, or the exit status: after help, or after a complaint.
int read_options_parse(const struct command *command, int argc, char **argv, struct read_options *options);

#endif
