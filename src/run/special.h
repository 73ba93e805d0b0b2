// SPDX-License-Identifier: MIT
#ifndef RUN_SPECIAL_H
#define RUN_SPECIAL_H

// What a TCP socket has that its kernel alone can do for it when it connects, by a name that goes with "a socket with
// ..."; NULL: nothing. fresh as in choices.h. Keys of TCP-MD5 (RFC 2385) are not told by any kernel.
const char *special_name(int fd, int fresh);

#endif
