// SPDX-License-Identifier: MIT
//
// The demo's server: the tutorial's server in a process of its own, which reads when it is told to.
#ifndef CMD_DEMO_SERVER_H
#define CMD_DEMO_SERVER_H

#include <stdio.h>
#include <sys/types.h>

#include "live/client.h"
#include "net/address.h"
#include "net/error.h"

enum { DEMO_RECV_BYTES = 1024, DEMO_TRANSCRIPT_BYTES = 8192 };

struct demo_server {
    pid_t pid;
    int cue_fd;
    struct rs_endpoint from;
    uint8_t first[DEMO_RECV_BYTES]; // what its first recv() returned: what it printed
    size_t first_bytes;
    uint64_t recvs;
};

// Starts it on this address, in this process's network. It has no privilege, and ends with us, whatever ends us.
bool demo_server_start(struct demo_server *server, const struct address *at, struct net_error *error);

// Who hears of what it does: told is called for each of its calls with a TRACE_SERVER event, whose wall_ns says when it
// returned (close: when it was called).
struct demo_server_listener {
    void *self;
    void (*told)(void *self, struct trace_event event);
};

// Lets it read what is there, after accept() if that is still to come; or read to the end, and then close. Returns
// when it has; false if it has gone away.
bool demo_server_read(struct demo_server *server, const struct demo_server_listener *listener);
bool demo_server_finish(struct demo_server *server, const struct demo_server_listener *listener);

// The server as a partner of the client script.
struct partner demo_server_partner(struct demo_server *server);

// What the tutorial's server would have printed: its own words, so they come from what its recv() returned. utf8: what
// the screen can show.
void demo_server_printed(const struct demo_server *server, bool utf8, FILE *out);

// Ends it and waits for it.
void demo_server_stop(struct demo_server *server);

#endif
