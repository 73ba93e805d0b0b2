// SPDX-License-Identifier: MIT
//
// Messages between two processes on one machine, with descriptors beside them (unix(7), SCM_RIGHTS).
#ifndef RUN_MESSAGE_H
#define RUN_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { MESSAGE_FDS_MAX = 3 };

// A pair whose messages arrive whole (SOCK_SEQPACKET), both ends closed by exec. False with errno.
bool message_pair(int pair[2]);

// Sends these bytes, and copies of count descriptors. False with errno.
bool message_send(int pair, const void *bytes, size_t size, const int *fds, size_t count);

// Waits for a message and returns how many bytes came: 0 at the end of file, -1 with errno. fds gets the descriptors,
// closed by exec, and -1 where fewer came than count.
ssize_t message_receive(int pair, void *bytes, size_t size, int *fds, size_t count);

#endif
