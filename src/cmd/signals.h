// SPDX-License-Identifier: MIT
//
// Signals while a connection is made by hand: one that ends programs ends the connection first, and Ctrl-Z puts the
// terminal back before it stops us.
#ifndef CMD_SIGNALS_H
#define CMD_SIGNALS_H

#include "cmd/handmade.h"

// From now on the loop hears of signals, by signals_take; but those that were ignored at the start stay ignored.
void signals_watch(struct handmade *h);

// Obeys a signal that has come, if one has. self is the struct handmade.
void signals_take(void *self);

// Ends the process by the signal itself: the shell should see that it did.
void signals_end(int number);

#endif
