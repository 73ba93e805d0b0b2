// SPDX-License-Identifier: MIT
//
// The files in /proc that are no files (proc(5)): what is written there is done, what is read there is asked for.
// Called by namespace.c and namespace_set.c.
#include "procfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void close_quietly(int fd) { // errno stays what it was
    int number = errno;
    close(fd);
    errno = number;
}

bool procfile_write(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close_quietly(fd);
    return written;
}

bool procfile_read(const char *path, char *text, size_t room) {
    text[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t size = read(fd, text, room - 1);
    close_quietly(fd);
    text[size > 0 ? size : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return size >= 0;
}
