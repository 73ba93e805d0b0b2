// SPDX-License-Identifier: MIT
//
// Asking the kernel's counters (see verdict.h). Called by session.c, and by cmd where the kernel makes the connection.
#include "live/verdict.h"

bool verdict_ask(const struct counters *door, const struct trace *trace, struct verdict *verdict,
                 struct trace_event *event) {
    struct counter moved[COUNTERS_MOVED_MOST];
    if (!door->moved || !trace_wants_counters(trace))
        return false;
    size_t count = door->moved(door->self, moved, COUNTERS_MOVED_MOST);
    for (size_t i = 0; i < count; i++)
        verdict->list[i] = (struct trace_counter){moved[i].name, moved[i].moved, moved[i].ours};
    *event = (struct trace_event){.kind = TRACE_COUNTERS};
    event->u.counters.list = verdict->list;
    event->u.counters.count = count;
    return count > 0;
}
