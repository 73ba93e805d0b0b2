// SPDX-License-Identifier: MIT
//
// The seccomp filter that makes another program's connect() wait for us. The program is not changed and nothing is put
// into it: the filter is installed in a process that is about to become the program, stays through exec, and goes on to
// all its threads and children.
#ifndef RUN_FILTER_H
#define RUN_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "net/error.h"

struct sock_filter;

// Whether this kernel has all that it takes: better known before the program is started. The error names the feature
// that is missing, and the Linux that has it.
bool connect_filter_possible(struct net_error *error);

// Installs it in this process, for good, and gives up the right to get privileges by exec (no_new_privs). Returns the
// listener, a descriptor from which the calls are read (notification.h), closed by exec; or -1 with errno set. Whoever
// calls connect() from then on, or what goes around it, waits for an answer that comes from the listener, so it must be
// somebody else's.
int connect_filter_install(void);

// The filter itself, in classic BPF (struct seccomp_data in, SECCOMP_RET_ALLOW or SECCOMP_RET_USER_NOTIF out).
const struct sock_filter *connect_filter_code(size_t *count);

// Says why connect_filter_install failed with this errno; returns false.
bool connect_filter_fail(int number, struct net_error *error);

#endif
