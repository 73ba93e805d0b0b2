// SPDX-License-Identifier: MIT
//
// The file that holds the message, or a capture. Called by both ways to connect, and by read.
#include "cmd/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/complain.h"

int input_open(const char *file, const char *hint) {
    struct stat status;
    char why[96];
    int fd = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 || fstat(fd, &status) != 0 ? errno : S_ISDIR(status.st_mode) ? EISDIR : 0;
    if (error == 0)
        return fd;
    if (fd > STDIN_FILENO)
        close(fd);
    complain("file '%.200s': %s%s%s", file, errno_text(error, why, sizeof why), hint ? ": " : "", hint ? hint : "");
    return -1;
}
