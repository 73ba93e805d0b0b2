// SPDX-License-Identifier: MIT
#ifndef NET_PROCFILE_H
#define NET_PROCFILE_H

#include <stdbool.h>
#include <stddef.h>

// Writes all of a text into one of the kernel's files with a single write(), as these files want it. False with errno.
bool procfile_write(const char *path, const char *text);

// Reads one of them as text, NUL-terminated, without the line's end, cut to room (at least 1). False with errno.
bool procfile_read(const char *path, char *text, size_t room);

#endif
