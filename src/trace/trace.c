// SPDX-License-Identifier: MIT
//
// Numbering events and handing them on. Called by the session; calls the views.
#include "trace/trace.h"

void trace_add(struct trace *trace, struct trace_sink sink) {
    if (trace->sinks_count < TRACE_SINKS_MAX)
        trace->sinks[trace->sinks_count++] = sink;
}

bool trace_wants_peer(const struct trace *trace) {
    for (size_t i = 0; i < trace->sinks_count; i++)
        if (trace->sinks[i].wants_peer)
            return true;
    return false;
}

bool trace_wants_counters(const struct trace *trace) {
    for (size_t i = 0; i < trace->sinks_count; i++)
        if (trace->sinks[i].wants_counters)
            return true;
    return false;
}

bool trace_wants_all(const struct trace *trace) {
    for (size_t i = 0; i < trace->sinks_count; i++)
        if (!trace->sinks[i].only_data)
            return true;
    return false;
}

void trace_emit(struct trace *trace, struct trace_event *event) {
    event->number = ++trace->events;
    for (size_t i = 0; i < trace->sinks_count; i++)
        trace->sinks[i].take(trace->sinks[i].self, event);
}
