// SPDX-License-Identifier: MIT
#ifndef RUN_SPECIAL_H
#define RUN_SPECIAL_H

#include <stdbool.h>

// Whether a TCP socket has something that its kernel alone can do for it when it connects. fresh as in choices.h. Keys
// of TCP-MD5 (RFC 2385) are not told by any kernel.
bool special_is(int fd, int fresh);

#endif
