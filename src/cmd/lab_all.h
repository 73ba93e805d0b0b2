// SPDX-License-Identifier: MIT
#ifndef CMD_LAB_ALL_H
#define CMD_LAB_ALL_H

#include "cmd/lab_options.h"

// All experiments at once, each in a process and a network of its own, and a table of them in the course's order.
// Returns the exit status.
int lab_all_run(const struct lab_options *options);

#endif
