// SPDX-License-Identifier: MIT
#ifndef CMD_KERNEL_CLIENT_H
#define CMD_KERNEL_CLIENT_H

#include "cmd/connect_options.h"

// connect --kernel: the same job with ordinary calls, each shown with what it returned. Returns the exit status.
int kernel_client_run(const struct connect_options *options);

#endif
