// SPDX-License-Identifier: MIT
//
// The options of the command lab.
#ifndef CMD_LAB_OPTIONS_H
#define CMD_LAB_OPTIONS_H

#include "cmd/view_options.h"
#include "lab/lab.h"

enum { LAB_OPTIONS = 6 + VIEW_OPTIONS };
extern const struct option_spec lab_option_specs[LAB_OPTIONS];

struct lab_options {
    const struct experiment *experiment; // NULL: none was named
    unsigned number;                     // its place in the course, from 1
    bool all, control, step, ask;
    char predicted; // the letter of a choice, or 0
    struct view_options view;
};

// Reads them. Returns -1 to go on, or the exit status.
int lab_options_parse(const struct command *command, int argc, char **argv, struct lab_options *options);

#endif
