// SPDX-License-Identifier: MIT
//
// A program that writes into a pipe keeps its lines to itself until they are many, and what it has kept is lost when it
// is killed; into a terminal it writes each line at once. So it gets a terminal of its own (pty(7)), one that changes
// nothing of what is written. Where there are none to be had, a pipe. Called by keeper.c, for servers.
#include "run/output.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static bool open_terminal(int ends[2]) {
    struct termios plain;
    ends[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ends[1] = -1;
    if (ends[0] >= 0 && unlockpt(ends[0]) == 0)
        ends[1] = ioctl(ends[0], TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC); // Linux 4.13
    if (ends[1] >= 0 && tcgetattr(ends[1], &plain) == 0) {
        cfmakeraw(&plain);
        if (tcsetattr(ends[1], TCSANOW, &plain) == 0)
            return true;
    }
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    return false;
}

bool output_open(int ends[2]) {
    if (!open_terminal(ends) && pipe2(ends, O_CLOEXEC) != 0)
        return false;
    return fcntl(ends[0], F_SETFL, fcntl(ends[0], F_GETFL) | O_NONBLOCK) == 0;
}
