// SPDX-License-Identifier: MIT
//
// demo --kernel: the lesson as the kernel's own connect() makes it, watched.
#ifndef CMD_KERNEL_DEMO_H
#define CMD_KERNEL_DEMO_H

#include "cmd/connect_options.h"
#include "net/address.h"

// Called in the private network, with the server's address. Returns the exit status.
int kernel_demo_run(const struct connect_options *options, bool through_user, const struct address *at);

// connect --kernel with -v or a view: the kernel's connection to the host of the options, watched as it passes. Needs
// CAP_NET_RAW, as watch does. Returns the exit status.
int kernel_connect_run(const struct connect_options *options);

#endif
