// SPDX-License-Identifier: MIT
//
// The buffer between a capture file and whoever reads it (see intake.h). Called by the formats.
#include "capture/intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// One read brings at most PIECE bytes, which stay in the processor's cache until they are looked at.
enum { PIECE = 1 << 20, ROOM = INTAKE_MOST + PIECE };

bool intake_open(struct intake *in, int fd) {
    *in = (struct intake){.fd = fd, .buffer = malloc(ROOM)};
    return in->buffer != NULL;
}

void intake_close(struct intake *in) {
    free(in->buffer);
    in->buffer = NULL;
}

static void read_more(struct intake *in) {
    size_t room = ROOM - in->end;
    if (in->before_wait && !in->before_wait(in->before_wait_self)) {
        in->ended = true;
        return;
    }
    ssize_t got = read(in->fd, in->buffer + in->end, room < PIECE ? room : PIECE);
    if (got < 0 && errno == EINTR)
        return;
    if (got < 0)
        in->error = errno;
    if (got <= 0)
        in->ended = true;
    else
        in->end += (size_t)got;
}

const uint8_t *intake_fill(struct intake *in, size_t size) {
    if (size > INTAKE_MOST)
        return NULL;
    memmove(in->buffer, in->buffer + in->begin, in->end - in->begin);
    in->end -= in->begin;
    in->begin = 0;
    while (in->end < size && !in->ended)
        read_more(in);
    return in->end >= size ? in->buffer : NULL;
}

bool intake_skip(struct intake *in, uint64_t size) {
    while (size > 0) {
        size_t there = in->end - in->begin;
        if (there == 0 && !intake_fill(in, 1))
            return false;
        there = in->end - in->begin;
        size_t step = size < there ? (size_t)size : there;
        intake_take(in, step);
        size -= step;
    }
    return true;
}
