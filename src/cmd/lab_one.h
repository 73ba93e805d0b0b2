// SPDX-License-Identifier: MIT
#ifndef CMD_LAB_ONE_H
#define CMD_LAB_ONE_H

#include "cmd/lab_options.h"

// One experiment, shown: question, prediction, ladder, evidence, answer. Returns the exit status.
int lab_one_run(const struct lab_options *options);

#endif
