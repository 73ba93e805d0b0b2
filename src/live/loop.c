// SPDX-License-Identifier: MIT
//
// The loop over poll(2). Called by the commands, once around for each thing that happens.
#include "live/loop.h"

#include <errno.h>
#include <time.h>

void loop_unwatch(struct loop *loop, int fd) {
    for (size_t i = 0; i < loop->count; i++) {
        if (loop->fds[i].fd != fd)
            continue;
        loop->count--;
        loop->fds[i] = loop->fds[loop->count];
        loop->watchers[i] = loop->watchers[loop->count];
        return;
    }
}

void loop_watch(struct loop *loop, int fd, short events, loop_ready *ready, void *self) {
    loop_unwatch(loop, fd);
    if (fd < 0 || loop->count == LOOP_WATCHES_MAX)
        return;
    loop->fds[loop->count] = (struct pollfd){.fd = fd, .events = events};
    loop->watchers[loop->count].ready = ready;
    loop->watchers[loop->count].self = self;
    loop->count++;
}

bool loop_wait(struct loop *loop, uint64_t wait_us) {
    struct timespec t = {(time_t)(wait_us / 1000000), (long)(wait_us % 1000000) * 1000};
    int ready = ppoll(loop->fds, loop->count, wait_us == UINT64_MAX ? NULL : &t, NULL);
    if (ready < 0)
        return errno == EINTR;
    // From the last to the first: a watcher may unwatch itself, which moves the last one into its place.
    for (size_t i = loop->count; i-- > 0;)
        if (i < loop->count && loop->fds[i].revents != 0) {
            loop->fds[i].revents = 0;
            loop->watchers[i].ready(loop->watchers[i].self);
        }
    return true;
}
