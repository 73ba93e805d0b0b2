// SPDX-License-Identifier: MIT
//
// One event kept: a copy in one block of memory, with everything that the event points to. Used by the tape.
#ifndef TRACE_KEEP_H
#define TRACE_KEEP_H

#include "trace/trace.h"

// event.u's pointers lead into the same block, so that it can be freed as one.
struct kept {
    struct trace_event event;
    size_t bytes; // of memory that the block takes
};

// A copy of the event; to be freed with free(). NULL if there is no memory.
struct kept *keep_event(const struct trace_event *event);

// True for events that hold a segment.
bool keep_is_segment(enum trace_kind kind);

#endif
