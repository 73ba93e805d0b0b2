// SPDX-License-Identifier: MIT
//
// What passes after a handover (see aftermath.h).
#include "cmd/aftermath.h"

static bool is_its_beginning(const struct aftermath *a, const struct trace_event *event) {
    return event->kind == TRACE_BEGIN && !event->u.about->roles_guessed &&
           rs_endpoint_equal(&event->u.about->client, &a->client) &&
           rs_endpoint_equal(&event->u.about->server, &a->server);
}

// Until its handshake is over it may begin again: for the tracker, RST may have ended it.
bool aftermath_is_ours(struct aftermath *a, const struct trace_event *event) {
    if (!a->handshake_over && is_its_beginning(a, event))
        *a = (struct aftermath){.client = a->client, .server = a->server, .tracked = event->connection};
    return a->tracked != 0 && event->connection == a->tracked;
}

// Before the third there may be RSTs of ours: what is late of another connection was answered with them.
bool aftermath_is_told(struct aftermath *a, const struct trace_segment *segment) {
    const uint8_t flags = segment->packet->segment.flags;
    const bool syn = flags & RS_SYN;
    if (a->handshake_over)
        return false;
    a->both_open |= segment->ours && syn && (flags & RS_ACK);
    a->handshake_over = a->both_open ? !syn : segment->ours && !syn && !(flags & RS_RST);
    if (a->handshake_over && (a->both_open || flags != RS_ACK || trace_data_bytes(segment) > 0)) // no third, or unseen
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
