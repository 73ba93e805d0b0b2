// SPDX-License-Identifier: MIT
//
// Errors for people: one line on standard error each, "rawshake: WHAT FAILED: WHY: THE WAY OUT".
#ifndef CMD_COMPLAIN_H
#define CMD_COMPLAIN_H

#include <stddef.h>

#include "net/error.h"

// Prints "rawshake: " and a line. What came from a stranger must have been escaped.
void complain(const char *form, ...) __attribute__((format(printf, 1, 2)));

// Prints what failed, the errno's text and name, and the hint. Returns the exit status: 3 for EPERM and EACCES, else 1.
int complain_net(const struct net_error *error);

// Flushes what was printed on standard output; complains if it could not be written. Returns the exit status.
int complain_unless_written(void);

// "Connection refused (ECONNREFUSED)".
char *errno_text(int number, char *out, size_t room);

// Why it failed: the error's own clause, or the errno's text.
char *net_error_why(const struct net_error *error, char *out, size_t room);

#endif
