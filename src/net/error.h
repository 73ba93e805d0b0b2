// SPDX-License-Identifier: MIT
//
// An error as a value: what failed, the errno that says why, and the way out. Made in this room, printed by cmd.
#ifndef NET_ERROR_H
#define NET_ERROR_H

#include <stdbool.h>

struct net_error {
    char what[160];
    int number;       // an errno, or 0 where `why` says it
    const char *why;  // a clause that is better than the errno's text, or NULL
    const char *hint; // the way out, or NULL
};

// Fills in *error from a printf format for `what`, and returns false, so that "return net_fail(...)" reads well.
bool net_fail(struct net_error *error, int number, const char *hint, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

// Hints that several places give.
extern const char net_hint_permission[];

#endif
