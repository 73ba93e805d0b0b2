// SPDX-License-Identifier: MIT
//
// A system call that the filter has announced, read: what it is, and which of its arguments say what. The bare numbers
// of registers come in, and may be anything.
#ifndef RUN_CALL_H
#define RUN_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "run/notification.h"

struct seccomp_data;

struct call {
    enum notification_kind kind; // NOTIFICATION_TCP: connect(2), and the rest is to be found out; or one that goes
                                 // around it; or NOTIFICATION_OTHER, if no filter of ours would have announced it
    int fd;                      // its socket; -1: it has none, or the registers do not tell
    uint64_t address;            // of connect(2): where in the program its bytes lie, and how many
    uint32_t size;
};

struct call call_read(const struct seccomp_data *data);

// Whether the size of its address is one that the kernel would take: no more than it has room for, and no less than a
// family.
bool call_has_an_address(const struct call *call);

#endif
