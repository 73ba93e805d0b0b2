// SPDX-License-Identifier: MIT
//
// Signals that end programs, where something is to be finished first. While a connection is made by hand it is the
// connection, and Ctrl-Z puts the terminal back before it stops us.
#ifndef CMD_SIGNALS_H
#define CMD_SIGNALS_H

#include "cmd/handmade.h"

// A descriptor that is readable when such a signal has come, or -1; they do nothing else from now on. But those that
// were ignored at the start stay ignored. keys: SIGTSTP and SIGQUIT too, because the terminal must be put back before
// they do what they do.
int signals_open(bool keys);

// The number of a signal that has come, or 0.
int signals_read(int fd);

// The terminal is as it was: from now on Ctrl-Z and Ctrl-\ do what they do, and fd does not hear of them.
void signals_without_keys(int fd);

// From now on the loop hears of signals, by signals_take.
void signals_watch(struct handmade *h);

// Obeys a signal that has come, if one has. self is the struct handmade.
void signals_take(void *self);

// Ends the process by the signal itself: the shell should see that it did.
void signals_end(int number);

#endif
