// SPDX-License-Identifier: MIT
//
// Running the program on a terminal: what it shows there, and which keys a person presses.
#ifndef HELP_TERMINAL_H
#define HELP_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

struct terminal {
    int master; // what is written to it is typed
    pid_t pid;
};

// Starts $RAWSHAKE with these words (NULL ends them) on a terminal of its own, so many columns wide.
struct terminal terminal_start(unsigned short columns, const char *const *words);

// What was read off it since terminal_shows or terminal_read_all was last called.
extern char terminal_text[200000];

// Reads the screen until the text is on it; false after ten seconds, after telling what was there instead.
bool terminal_shows(const struct terminal *terminal, const char *text);

// Reads the screen until the program has ended. Returns its exit status, or 128 + the signal that ended it.
int terminal_read_all(const struct terminal *terminal);

void terminal_type(const struct terminal *terminal, const char *keys);

// True if each key reaches the program at once and unechoed.
bool terminal_is_raw(const struct terminal *terminal);

#endif
