// SPDX-License-Identifier: MIT
//
// The kernel's verdict on a step: which of its counters have moved since the last look. Used by the session, and where
// the kernel makes a connection that is watched.
#ifndef LIVE_VERDICT_H
#define LIVE_VERDICT_H

#include "net/doors.h"
#include "trace/trace.h"

struct verdict {
    struct trace_counter list[COUNTERS_MOVED_MOST];
};

// Asks through the door, if there is one and a sink of the trace wants to know. Returns true if anything moved: then
// *event is to be recorded, while *verdict, which it points into, is there.
bool verdict_ask(const struct counters *door, const struct trace *trace, struct verdict *verdict,
                 struct trace_event *event);

#endif
