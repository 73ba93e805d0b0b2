// SPDX-License-Identifier: MIT
//
// The one way to make a net_error. Called by every file of this room.
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

const char net_hint_permission[] = "run it with sudo, or give it the capabilities once with 'make setcap', or see "
                                   "it without any in a private network: rawshake demo";

bool net_fail(struct net_error *error, int number, const char *hint, const char *what, ...) {
    va_list arguments;
    *error = (struct net_error){.number = number, .hint = hint};
    va_start(arguments, what);
    vsnprintf(error->what, sizeof error->what, what, arguments);
    va_end(arguments);
    return false;
}
