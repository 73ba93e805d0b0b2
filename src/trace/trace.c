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

size_t trace_data_bytes(const struct trace_segment *segment) {
    const struct rs_packet *p = segment->packet;
    if (!(segment->marks & TRACE_MARK_CUT))
        return rs_segment_data_bytes(&p->segment);
    bool ipv6 = p->source.family == RS_IPV6;
    size_t whole = ipv6 ? (size_t)RS_IPV6_HEADER_BYTES + p->ip6.payload_bytes : p->ip.total_bytes;
    size_t headers = rs_packet_ip_bytes(p) + p->segment.header_bytes;
    if (ipv6 ? p->ip6.payload_bytes == 0 : p->ip.total_bytes == 0) // a network card is still to cut it
        whole = segment->wire_size;
    return whole > headers ? whole - headers : 0;
}

void trace_emit(struct trace *trace, struct trace_event *event) {
    event->number = ++trace->events;
    for (size_t i = 0; i < trace->sinks_count; i++)
        trace->sinks[i].take(trace->sinks[i].self, event);
}
