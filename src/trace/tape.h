// SPDX-License-Identifier: MIT
//
// A tape: events kept, with everything that they point to. Views that need a whole connection before they can draw it
// (the page, the diagram, two ladders side by side) look at a tape; and where several connections go on at once, each
// has its own, and is told when it is over (trace/collate.h). Bounded: of a long connection it keeps the beginning and
// the end, and says what is missing in between.
#ifndef TRACE_TAPE_H
#define TRACE_TAPE_H

#include "trace/trace.h"

enum {
    TAPE_HEAD_BYTES = 4 << 20, // as much of the beginning is kept, and
    TAPE_TAIL_EVENTS = 64,     // so many events before the end
    TAPE_LAST_BYTES = 4096     // the last one is kept without any room, if it takes no more than this
};

struct tape;

// A new, empty tape that keeps at most head_bytes of the beginning (TAPE_HEAD_BYTES unless there are many tapes) and
// the last TAPE_TAIL_EVENTS events, or fewer if they would take more than head_bytes too. The first event is kept
// in any case, and the last unless it is large. NULL if there is no memory.
struct tape *tape_new(size_t head_bytes);

// Another head_bytes from now on. Of the beginning nothing is taken away that is there already; of the end it may be.
void tape_limit(struct tape *tape, size_t head_bytes);

// Adds a copy of the event and of all that it points to. Returns false if there was no memory for it; then it counts as
// left out.
bool tape_add(struct tape *tape, const struct trace_event *event);

// The events in order. Where some were left out stands one TRACE_OMITTED event that tells how much. They and what they
// point to are the tape's; good until it is freed, or the next tape_add.
size_t tape_count(const struct tape *tape);
const struct trace_event *tape_event(const struct tape *tape, size_t at);

// Hands the events to a sink, in order.
void tape_play(const struct tape *tape, const struct trace_sink *sink);

// Bytes of memory that the tape takes.
size_t tape_bytes(const struct tape *tape);

void tape_free(struct tape *tape);

// The tape as a sink that keeps all it gets, of any connection.
struct trace_sink tape_sink(struct tape *tape);

#endif
