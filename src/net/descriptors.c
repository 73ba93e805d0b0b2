// SPDX-License-Identifier: MIT
//
// Closing what a fork has inherited (see descriptors.h). Called by processes that do one thing only: the server's
// program, and the one that hands connections over.
#include "descriptors.h"

#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

static void close_between(int first, int last) {
#ifdef SYS_close_range
    if (first <= last)
        syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0);
#endif
}

void descriptors_keep(int a, int b) {
    const int standard = STDERR_FILENO, low = a < b ? a : b, high = a < b ? b : a;
    close_between(standard + 1, low - 1);
    close_between((low > standard ? low : standard) + 1, high - 1);
    close_between((high > standard ? high : standard) + 1, INT_MAX);
}
