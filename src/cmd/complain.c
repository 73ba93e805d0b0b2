// SPDX-License-Identifier: MIT
//
// Printing errors (see complain.h). Called by the commands and by nobody below them: other rooms return errors.
#include "cmd/complain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/options.h"
#include "term/term.h"
#include "view/escape.h"

void complain(const char *form, ...) {
    char line[1024], safe[4 * sizeof line];
    va_list arguments;
    va_start(arguments, form);
    vsnprintf(line, sizeof line, form, arguments);
    va_end(arguments);
    // Words of the command line are in it: whatever they hold, it stays one line and moves no cursor.
    escape_text((const uint8_t *)line, strlen(line), term_is_utf8(), safe, sizeof safe);
    fprintf(stderr, "rawshake: %s\n", safe); // one call, so that lines of several processes do not mix
}

int complain_unless_written(void) {
    char why[96];
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_DONE;
    complain("standard output: %s", errno_text(errno, why, sizeof why));
    return EXIT_CONNECTION;
}

static const char *errno_name(int number) {
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {ECONNREFUSED, "ECONNREFUSED"},
        {ECONNRESET, "ECONNRESET"},
        {ETIMEDOUT, "ETIMEDOUT"},
        {ECONNABORTED, "ECONNABORTED"},
        {EPERM, "EPERM"},
        {EACCES, "EACCES"},
        {EADDRINUSE, "EADDRINUSE"},
        {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
        {ENETUNREACH, "ENETUNREACH"},
        {EHOSTUNREACH, "EHOSTUNREACH"},
        {EHOSTDOWN, "EHOSTDOWN"},
        {ENONET, "ENONET"},
        {EOPNOTSUPP, "EOPNOTSUPP"},
        {ENETDOWN, "ENETDOWN"},
        {EMSGSIZE, "EMSGSIZE"},
        {EAFNOSUPPORT, "EAFNOSUPPORT"},
        {ENOPROTOOPT, "ENOPROTOOPT"},
        {EPROTO, "EPROTO"},
        {EINVAL, "EINVAL"},
        {ENOENT, "ENOENT"},
        {ENODEV, "ENODEV"},
        {EISDIR, "EISDIR"},
        {ENOSPC, "ENOSPC"},
        {ENOMEM, "ENOMEM"},
        {ENOBUFS, "ENOBUFS"},
        {EIO, "EIO"},
        {EPIPE, "EPIPE"},
        {EMFILE, "EMFILE"},
        {ENFILE, "ENFILE"},
        {ENOSYS, "ENOSYS"},
        {EBADF, "EBADF"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == number)
            return names[i].name;
    return NULL;
}

char *errno_text(int number, char *out, size_t room) {
    const char *name = errno_name(number);
    if (name)
        snprintf(out, room, "%s (%s)", strerror(number), name);
    else
        snprintf(out, room, "%s", strerror(number));
    return out;
}

char *net_error_why(const struct net_error *error, char *out, size_t room) {
    if (!error->why)
        return errno_text(error->number, out, room);
    snprintf(out, room, "%s", error->why);
    return out;
}

int complain_net(const struct net_error *error) {
    char why[160];
    net_error_why(error, why, sizeof why);
    complain("%s: %s%s%s", error->what, why, error->hint ? ": " : "", error->hint ? error->hint : "");
    return error->number == EPERM || error->number == EACCES ? EXIT_PERMISSION : EXIT_CONNECTION;
}
