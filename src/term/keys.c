// SPDX-License-Identifier: MIT
//
// Single keys (termios(3)). Called by step mode.
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "term/term.h"

enum { ESCAPE = 27 };

void term_keys_open(struct term_keys *keys, int fd) {
    *keys = (struct term_keys){.fd = fd, .is_terminal = isatty(fd) == 1};
}

void term_keys_raw(struct term_keys *keys, bool raw) {
    if (!keys->is_terminal || keys->raw == raw)
        return;
    if (!raw) {
        tcsetattr(keys->fd, TCSADRAIN, &keys->before);
        keys->raw = false;
        return;
    }
    if (tcgetattr(keys->fd, &keys->before) != 0)
        return;
    struct termios now = keys->before;
    now.c_lflag &= ~(tcflag_t)(ICANON | ECHO); // each key at once, and not shown; Ctrl-C and Ctrl-Z stay signals
    now.c_cc[VMIN] = 1;
    now.c_cc[VTIME] = 0;
    keys->raw = tcsetattr(keys->fd, TCSADRAIN, &now) == 0;
}

static int read_one(int fd) {
    unsigned char c;
    ssize_t size = read(fd, &c, 1);
    if (size < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : -1;
    return size == 0 ? -1 : c;
}

// An arrow key sends three bytes at once, beginning with Escape: they count as one key.
static void drop_sequence(int fd) {
    struct pollfd more = {.fd = fd, .events = POLLIN};
    while (poll(&more, 1, 0) == 1 && read_one(fd) > 0) {
    }
}

int term_keys_read(struct term_keys *keys) {
    int key = read_one(keys->fd);
    if (keys->is_terminal && key == ESCAPE)
        drop_sequence(keys->fd);
    if (keys->is_terminal)
        return key == '\r' ? '\n' : key == 4 ? -1 : key; // Ctrl-D is the end of the input
    for (int rest = key; rest > 0 && rest != '\n';)      // the rest of the line says nothing
        rest = read_one(keys->fd);
    return key;
}
