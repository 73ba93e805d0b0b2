// SPDX-License-Identifier: MIT
//
// A kernel that lacks or refuses a system call, played by a seccomp filter.
#ifndef HELP_WITHOUT_CALL_H
#define HELP_WITHOUT_CALL_H

#include <stdbool.h>

// From now on, in this process and its children, the call (SYS_capset ...) fails with this errno. Nothing brings it
// back. Returns false if that is not permitted.
bool without_call(unsigned call, unsigned number);

#endif
