// SPDX-License-Identifier: MIT
//
// A handshake by hand after which the kernel has the connection, in a socket of the test's choice.
#ifndef HELP_OPENING_H
#define HELP_OPENING_H

#include "live/session.h"
#include "net/guard.h"
#include "net/handover.h"
#include "net/raw.h"

enum { OPENING_BUFFER = 65536 };

struct opening {
    struct guard guard;
    struct raw_link raw;
    struct session session;
    struct trace nobody;
    struct handover_helper *helper; // NULL: this process does it
    struct handover_told *told;     // NULL: nobody wants to know
    int fd;                         // the socket that gets the connection
    bool taken;
    struct net_error error;
    uint8_t send_buffer[OPENING_BUFFER], receive_buffer[OPENING_BUFFER];
};

// Opens guard, raw sockets and a socket, and prepares a session from a free port to host's; change, unless it is NULL,
// has a word in what is negotiated. There is one opening at a time.
struct opening *opening_new(const char *host, uint16_t port, void (*change)(struct rs_conn_config *));

// Shakes hands; the last thing that our engine does is to send the ACK. False: o->error, or it was refused.
bool opening_shake(struct opening *o);

// Closes all of it, o->fd too.
void opening_close(struct opening *o);

#endif
