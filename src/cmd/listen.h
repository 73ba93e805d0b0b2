// SPDX-License-Identifier: MIT
//
// What the files of the command listen share: listen.c opens, goes round and closes; listen_each.c is what belongs to
// one connection.
#ifndef CMD_LISTEN_H
#define CMD_LISTEN_H

#include "cmd/listen_options.h"
#include "cmd/show.h"
#include "cmd/step.h"
#include "live/listener.h"
#include "live/loop.h"
#include "net/ways.h"
#include "net/witness.h"

struct listen {
    struct listen_options options;
    struct ways ways;
    struct show show;
    struct listener listeners[2]; // one for each address
    size_t count;
    struct kernel_witness here, away; // of clients on this machine, and on others
    uint32_t connections;             // begun: their numbers in the trace
    uint64_t over, failed;            // connections that had stood and are over; of those, not in order
    struct loop loop;
    struct step step;
    int signal_fd, signal; // signal: which one ended us, or 0
};

// The functions of a listener (struct listener_config) for this command.
bool listen_prepare(void *self, struct session_config *config);
void listen_begun(void *self, struct session *session);
void listen_over(void *self, const struct host *host);

#endif
