// SPDX-License-Identifier: MIT
//
// What the terminal can show. Called by the commands, which pass it on to the views.
#include "term/term.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_MIN = 76, COLUMNS_MAX = 100 };

unsigned term_columns(int fd) {
    struct winsize size;
    if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_col > COLUMNS_MAX)
        return COLUMNS_MAX;
    return size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
}

bool term_is_utf8(void) {
    setlocale(LC_CTYPE, "");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool term_wants_color(enum term_when when, int fd) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (when != TERM_AUTO)
        return when == TERM_ALWAYS;
    return isatty(fd) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}
