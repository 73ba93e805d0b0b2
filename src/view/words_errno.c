// SPDX-License-Identifier: MIT
//
// The names of the errors that a socket's calls end with (see words.h): what a program compares with; and how a
// connect() ends that is another program's. Called by words_program.c, the JSON, narrator_hand.c and the page.
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "view/words.h"

const char *words_errno_name(int number) {
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {EACCES, "EACCES"},
        {EADDRINUSE, "EADDRINUSE"},
        {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
        {EAGAIN, "EAGAIN"},
        {EBADF, "EBADF"},
        {ECONNABORTED, "ECONNABORTED"},
        {ECONNREFUSED, "ECONNREFUSED"},
        {ECONNRESET, "ECONNRESET"},
        {EHOSTDOWN, "EHOSTDOWN"},
        {EHOSTUNREACH, "EHOSTUNREACH"},
        {EINPROGRESS, "EINPROGRESS"},
        {EINTR, "EINTR"},
        {EINVAL, "EINVAL"},
        {EMFILE, "EMFILE"},
        {EMSGSIZE, "EMSGSIZE"},
        {ENETDOWN, "ENETDOWN"},
        {ENETUNREACH, "ENETUNREACH"},
        {ENFILE, "ENFILE"},
        {ENOBUFS, "ENOBUFS"},
        {ENOMEM, "ENOMEM"},
        {ENONET, "ENONET"},
        {ENOPROTOOPT, "ENOPROTOOPT"},
        {ENOTCONN, "ENOTCONN"},
        {EOPNOTSUPP, "EOPNOTSUPP"},
        {EPERM, "EPERM"},
        {EPIPE, "EPIPE"},
        {EPROTO, "EPROTO"},
        {ETIMEDOUT, "ETIMEDOUT"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == number)
            return names[i].name;
    return NULL;
}

// What is certain of every call that ends so, whether or not its socket waits.
static const char *what_ends_so(int error) {
    switch (error) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return ": the kernel's own connect() would have ended so, too";
    case EINPROGRESS:
        return ": the time that it had set for itself (SO_SNDTIMEO) is over. The kernel would still try; we give up";
    default:
        return "";
    }
}

// EINTR: where the signal's handler was installed with SA_RESTART, or the caller has died, nobody finds that errno.
void words_return_to_program(int error, char *out, size_t room) {
    const char *name = words_errno_name(error);
    if (error == 0)
        snprintf(out, room, "connect() returns 0, and the program goes on: to it, its kernel has done all this.");
    else if (error == EINTR)
        snprintf(out, room,
                 "Nobody waits for connect() any more: a signal has interrupted the call, or its thread has ended.");
    else
        snprintf(out, room, "connect() returns -1, and the program finds errno %s%s%s%s%s.", name ? name : "",
                 name ? " (" : "", strerror(error), name ? ")" : "", what_ends_so(error));
}
