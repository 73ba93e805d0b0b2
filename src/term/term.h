// SPDX-License-Identifier: MIT
//
// The terminal: what it can show, and single keys from it.
#ifndef TERM_TERM_H
#define TERM_TERM_H

#include <stdbool.h>
#include <termios.h>

enum term_when { TERM_AUTO, TERM_ALWAYS, TERM_NEVER };

// Columns of the terminal at fd; 100 where fd is none. Never less than 76 (what the ladder needs) nor more than 100.
unsigned term_columns(int fd);

// True if the locale's characters are UTF-8, so that arrows and lines can be shown.
bool term_is_utf8(void);

// True if colour is wanted at fd: AUTO means on a terminal, unless NO_COLOR is set and not empty or TERM is dumb.
bool term_wants_color(enum term_when when, int fd);

// A terminal that gives keys one at a time, unechoed. fd -1: not open.
struct term_keys {
    int fd;
    bool is_terminal, raw;
    struct termios before;
};

// Keys from fd: a terminal is put into raw mode by term_keys_raw; anything else is read as it is, one key a line.
void term_keys_open(struct term_keys *keys, int fd);

// Raw mode on and off; off puts back exactly what was there before. Safe to call twice, and on what is no terminal.
void term_keys_raw(struct term_keys *keys, bool raw);

// The next key: a character, '\n' for Enter, 0 if there is none right now, -1 at the end of the input. Call it when fd
// is readable. From a pipe it is the first character of a line, or '\n' for an empty one.
int term_keys_read(struct term_keys *keys);

#endif
