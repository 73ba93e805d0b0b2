// SPDX-License-Identifier: MIT
//
// A pseudoterminal (pty(7)) with the program on it (see terminal.h).
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cm.h"

enum { TICK_US = 5000, TICKS = 2000 };

char terminal_text[200000];

struct terminal terminal_start(unsigned short columns, const char *const *words) {
    struct terminal t = {.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    const struct winsize size = {.ws_row = 40, .ws_col = columns};
    char *argv[16] = {(char *)(uintptr_t) "rawshake"};
    assert_true(t.master >= 0 && grantpt(t.master) == 0 && unlockpt(t.master) == 0);
    ioctl(t.master, TIOCSWINSZ, &size);
    for (size_t i = 0; words[i] && i + 2 < sizeof argv / sizeof *argv; i++)
        argv[i + 1] = (char *)(uintptr_t)words[i];
    t.pid = fork();
    assert_true(t.pid >= 0);
    if (t.pid == 0) {
        setsid();
        int slave = open(ptsname(t.master), O_RDWR);
        ioctl(slave, TIOCSCTTY, 0);
        dup2(slave, 0);
        dup2(slave, 1);
        dup2(slave, 2);
        execv(getenv("RAWSHAKE"), argv);
        _exit(127);
    }
    fcntl(t.master, F_SETFL, O_NONBLOCK);
    return t;
}

// Returns false where nothing will come any more: nobody has the terminal open.
static bool read_some(const struct terminal *t, size_t *used) {
    ssize_t size = read(t->master, terminal_text + *used, sizeof terminal_text - *used - 1);
    const bool over = size < 0 && errno == EIO;
    *used += size > 0 ? (size_t)size : 0;
    terminal_text[*used] = '\0';
    return !over;
}

bool terminal_shows(const struct terminal *t, const char *text) {
    size_t used = 0;
    for (int i = 0; i < TICKS; i++) {
        read_some(t, &used);
        if (strstr(terminal_text, text))
            return true;
        usleep(TICK_US);
    }
    print_error("the screen never showed \"%s\" but: %s\n", text, terminal_text);
    return false;
}

int terminal_read_all(const struct terminal *t) {
    size_t used = 0;
    int status = 0;
    for (int i = 0; i < 3 * TICKS && read_some(t, &used); i++)
        usleep(TICK_US);
    kill(t->pid, SIGKILL); // it has ended, or will not
    assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void terminal_type(const struct terminal *t, const char *keys) {
    assert_int_equal(write(t->master, keys, strlen(keys)), strlen(keys));
}

bool terminal_is_raw(const struct terminal *t) {
    struct termios now;
    assert_int_equal(tcgetattr(t->master, &now), 0); // the master tells the slave's settings
    return !(now.c_lflag & ICANON) && !(now.c_lflag & ECHO);
}
