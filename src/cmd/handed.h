// SPDX-License-Identifier: MIT
//
// A connection that begins by hand and goes on in the kernel (--handover): handmade.h up to our ACK, then an ordinary
// socket that sends the message and is closed, watched as kernel_lesson.h does it. Called by connect and demo.
#ifndef CMD_HANDED_H
#define CMD_HANDED_H

#include "cmd/connect_options.h"
#include "cmd/demo_server.h"

struct handed_config {
    const struct connect_options *options;
    bool private_network, through_user; // demo
    struct demo_server *server;         // its server, which has been started; NULL: any
};

// All of it, privileges and narration included. Returns the exit status.
int handed_run(const struct handed_config *config);

#endif
