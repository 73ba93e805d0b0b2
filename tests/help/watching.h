// SPDX-License-Identifier: MIT
//
// Watching, and being watched: the program's watch under test, and conversations between ordinary sockets for it to
// see.
#ifndef HELP_WATCHING_H
#define HELP_WATCHING_H

#include "live.h"
#include "net/address.h"

enum { WATCHED_PORT = 1712, WATCHED_BACKLOG = 50 };

// Starts the program with these words, and waits until it watches.
struct child watching_start(const char *const *words);

// Ctrl-C, and what came of it.
struct result watching_end(struct child *child);

// A socket that listens on WATCHED_PORT of this address, in numbers; and one that has connected to it.
int watched_listen(const char *host, struct kernel_address *at);
int watched_call(const struct kernel_address *at);

// A whole conversation there: hello, and the client closes first.
void watched_talk(const char *host);

#endif
