// SPDX-License-Identifier: MIT
//
// The screen: the bounded buffer of narration, and the descriptor where it goes when nothing more urgent is to be done.
#ifndef CMD_SCREEN_H
#define CMD_SCREEN_H

#include "live/loop.h"
#include "trace/trace.h"
#include "view/text.h"

struct screen {
    struct text text;
    size_t written; // bytes of text that have gone already: room for them comes back when it pays
    int fd;         // never blocks, if that could be had
    uint64_t gone;  // bytes that were ever written
    bool own;       // fd was opened by us
    bool may_block; // fd can only be written a little at a time, when poll() says so
    int error;      // the errno of a write that failed for good; then all that follows is thrown away
};

// Opens the screen on a standard descriptor (1 or 2), with its own non-blocking description of the same terminal or
// pipe. It must not be moved afterwards: when its buffer is full, what goes without waiting is written. Returns false
// if there is no memory for the buffer.
bool screen_open(struct screen *screen, int fd);

// Writes as much as goes without blocking; watches the descriptor while anything is left.
void screen_flush(struct screen *screen, struct loop *loop);

// Writes all that is left, waiting if need be, and says how much of the narration was lost. Gives up when interrupt_fd
// becomes readable (-1: never).
void screen_finish(struct screen *screen, int interrupt_fd);

// The same for something that is whole: a line, a packet. Where a file has no room for all of it, it gets none of it.
void screen_finish_whole(struct screen *screen);

// A sink for quiet mode: what the other end sends goes to the screen as it is, and nothing else does.
struct trace_sink screen_quiet_sink(struct screen *screen);

// Frees the buffer, and closes the descriptor if it was opened here. Writes nothing more.
void screen_close(struct screen *screen);

#endif
