// SPDX-License-Identifier: MIT
//
// What was decided, and why: a bounded queue of events in the connection itself. Written to by every file of the
// engine, read by whoever drives it.
#include "internal.h"

void conn_event(struct rs_conn *c, enum rs_reason reason, enum rs_state before, uint64_t value) {
    if (c->events_count == RS_EVENTS_MAX) { // a caller that does not drain loses the newest, and can see it
        c->events_lost++;
        return;
    }
    uint32_t at = (c->events_first + c->events_count++) % RS_EVENTS_MAX;
    c->events[at] = (struct rs_event){.reason = reason, .before = before, .after = c->state, .value = value};
}

bool rs_conn_poll_event(struct rs_conn *c, struct rs_event *out) {
    if (c->events_count == 0)
        return false;
    *out = c->events[c->events_first];
    c->events_first = (c->events_first + 1) % RS_EVENTS_MAX;
    c->events_count--;
    return true;
}
