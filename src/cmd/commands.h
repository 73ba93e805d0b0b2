// SPDX-License-Identifier: MIT
//
// The commands, a file each; main.c has the table.
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#include "cmd/options.h"

extern const struct command command_compare, command_connect, command_demo, command_lab, command_listen, command_read,
    command_run, command_serve, command_watch;

// How serve's first line begins: it says where it listens.
#define SERVE_FIRST_WORDS "Listening on"

#endif
