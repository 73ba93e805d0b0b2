// SPDX-License-Identifier: MIT
//
// Closing what a fork has inherited (see descriptors.h). Called by processes that do one thing only: the server's
// program, the one that hands connections over, and the keeper of what another program starts.
#include "descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
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

// What is closed while the list is read is no reason to miss another: the kernel goes on from the last number.
void descriptors_close_private(int but) {
    DIR *all = opendir("/proc/self/fd");
    for (struct dirent *entry; all && (entry = readdir(all));) {
        int fd = entry->d_name[0] == '.' ? -1 : (int)strtol(entry->d_name, NULL, 10);
        if (fd > STDERR_FILENO && fd != but && fd != dirfd(all) && fcntl(fd, F_GETFD) & FD_CLOEXEC)
            close(fd);
    }
    if (all)
        closedir(all);
}
