// SPDX-License-Identifier: MIT
//
// The tutorial's client by the kernel, watched: socket(), connect(), sendall(), close() with ordinary calls, told as
// one connection with all that they put on the wire. Used by demo --kernel and compare.
#ifndef CMD_KERNEL_LESSON_H
#define CMD_KERNEL_LESSON_H

#include "cmd/demo_server.h"
#include "cmd/watched.h"
#include "net/address.h"

struct kernel_lesson {
    struct watched_config watched; // what gets the trace; about.source is set here
    struct address server;
    struct demo_server *partner; // a server that reads when it is told to; NULL: one that does as it likes
    const char *message;
    size_t message_bytes;
    int input_fd;              // what is sent instead of the message, to its end; then shutdown(); or -1
    bool half_close;           // the message is followed by shutdown() too
    uint16_t source_port, mss; // 0: not chosen
    struct counters counters;  // what the kernel counts, in a network of our own; or nothing
    const int *connected;      // a socket that has the connection already, to be closed here; NULL: connect() makes it
    size_t (*read_room)(void *self); // how much data from the server can be taken right now; NULL: any amount
    void *read_room_self;
    uint64_t linger_us; // how long the server's end is waited for
};

// The whole of it. Returns false with *error filled in if a call failed, the server has gone away, or (EINTR) it was
// interrupted; what has passed until then is in the trace, and its end too, in every case.
bool kernel_lesson_run(const struct kernel_lesson *lesson, struct net_error *error);

#endif
