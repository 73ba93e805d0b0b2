// SPDX-License-Identifier: MIT
//
// From the tap to the tracker (see tapping.h). Neither may know the other.
#include "cmd/tapping.h"

#include <inttypes.h>

#include "cmd/complain.h"

static void tell_lost(struct tapping *t, uint64_t packets, uint64_t wall_ns) {
    struct trace_event event = {.kind = TRACE_LOST, .wall_ns = wall_ns, .at_us = wall_ns / 1000};
    if (packets == 0)
        return;
    t->lost += packets;
    event.u.lost.packets = packets;
    event.u.lost.of_others = true;
    trace_emit(t->trace, &event);
    tracker_lost(t->tracker, packets);
}

static enum trace_direction direction(enum tap_direction direction) {
    switch (direction) {
    case TAP_INBOUND:
        return TRACE_INBOUND;
    case TAP_OUTBOUND:
    case TAP_LOOPBACK: // caught as it left; that it comes back in is another thing
        return TRACE_OUTBOUND;
    default:
        return TRACE_DIRECTION_UNKNOWN;
    }
}

static void take(struct tapping *t, const struct tap_packet *caught) {
    tell_lost(t, caught->lost, caught->wall_ns);
    const struct passing packet = {.bytes = caught->bytes,
                                   .size = caught->size,
                                   .wire_size = caught->wire_size,
                                   .wall_ns = caught->wall_ns,
                                   .interface = caught->interface,
                                   .direction = direction(caught->direction),
                                   .checksum = caught->unfinished ? PASSING_UNFINISHED : PASSING_COMPLETE};
    tracker_take(t->tracker, &packet);
}

bool tapping_take_until(struct tapping *t, uint64_t wall_ns) {
    t->has_next = t->has_next || tap_next(t->tap, &t->next);
    if (!t->has_next || t->next.wall_ns > wall_ns)
        return false;
    t->has_next = false;
    take(t, &t->next);
    return true;
}

bool tapping_take(struct tapping *t) { return tapping_take_until(t, UINT64_MAX); }

// A packet that was caught and comes too late brings word of those that were lost before it.
void tapping_end(struct tapping *t, uint64_t wall_ns) {
    const uint64_t before_next = t->has_next ? t->next.lost : 0;
    tell_lost(t, before_next + tap_lost(t->tap), wall_ns);
}

void tapping_complain(const struct tapping *t) {
    if (t->lost > 0)
        complain("%" PRIu64 " packets passed that were not caught: our own queue was full: what is missing in a "
                 "ladder may be one of them",
                 t->lost);
}
