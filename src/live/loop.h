// SPDX-License-Identifier: MIT
//
// The loop: wait until a descriptor is ready or a time has come, and call whoever watches. One for all sessions.
#ifndef LIVE_LOOP_H
#define LIVE_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOOP_WATCHES_MAX = 64 };

typedef void loop_ready(void *self);

struct loop {
    struct pollfd fds[LOOP_WATCHES_MAX];
    struct {
        loop_ready *ready;
        void *self;
    } watchers[LOOP_WATCHES_MAX];
    size_t count;
};

// Calls ready(self) whenever fd is ready for events (POLLIN, POLLOUT), until loop_unwatch. Watching again replaces.
void loop_watch(struct loop *loop, int fd, short events, loop_ready *ready, void *self);
void loop_unwatch(struct loop *loop, int fd);

// Waits at most wait_us (UINT64_MAX: for ever) and calls whoever is ready. Returns false if poll() failed.
bool loop_wait(struct loop *loop, uint64_t wait_us);

#endif
