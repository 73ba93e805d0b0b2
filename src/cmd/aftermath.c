// SPDX-License-Identifier: MIT
//
// What passes after a handover (see aftermath.h).
#include "cmd/aftermath.h"

bool aftermath_is_ours(struct aftermath *a, const struct trace_event *event) {
    if (event->kind == TRACE_BEGIN && a->tracked == 0 && rs_endpoint_equal(&event->u.about->client, &a->client) &&
        rs_endpoint_equal(&event->u.about->server, &a->server))
        a->tracked = event->connection;
    return a->tracked != 0 && event->connection == a->tracked;
}

bool aftermath_is_told(struct aftermath *a, const struct trace_segment *segment) {
    const uint8_t flags = segment->packet->segment.flags;
    if (a->handshake_over)
        return false;
    a->handshake_over = segment->ours && !(flags & RS_SYN);
    if (a->handshake_over && (flags != RS_ACK || trace_data_bytes(segment) > 0)) // the third was not caught
        return false;
    a->told[!segment->ours]++;
    return true;
}

void aftermath_take_out(const struct aftermath *a, struct trace_event *end) {
    for (int way = 0; way < 2; way++)
        end->u.end.segments[way] -= a->told[way];
    end->u.end.handshake_timed = false;
}

struct trace_event aftermath_at(struct trace_event event, uint64_t wall_ns) {
    event.wall_ns = wall_ns;
    event.at_us = wall_ns / 1000;
    return event;
}
