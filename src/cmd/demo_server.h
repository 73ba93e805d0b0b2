// SPDX-License-Identifier: MIT
//
// The demo's server: the tutorial's server as a program of its own (live/program.h), which reads when it is told to.
#ifndef CMD_DEMO_SERVER_H
#define CMD_DEMO_SERVER_H

#include <stdio.h>

#include "live/client.h"
#include "live/program.h"

struct demo_server {
    struct program program;
};

// Starts it on this address, in this process's network. All zero: it was not started; to stop it does no harm.
bool demo_server_start(struct demo_server *server, const struct address *at, struct net_error *error);

// Lets it read what is there, after accept() if that is still to come; or read to the end, and then close. Returns
// when it has; false if it has gone away.
bool demo_server_read(struct demo_server *server, const struct program_listener *listener);
bool demo_server_finish(struct demo_server *server, const struct program_listener *listener);

// The server as a partner of the client script.
struct partner demo_server_partner(struct demo_server *server);

// What the tutorial's server would have printed: its own words, so they come from what its recv() returned. utf8: what
// the screen can show.
void demo_server_printed(const struct demo_server *server, bool utf8, FILE *out);

// Ends it and waits for it.
void demo_server_stop(struct demo_server *server);

#endif
