// SPDX-License-Identifier: MIT
//
// Events of every kind, made up: for views that have to tell of each, also where names and packets are hostile.
#ifndef HELP_EVENTS_H
#define HELP_EVENTS_H

#include "trace/trace.h"

enum { EVENTS_MAX = 96, EVENT_PACKETS_MAX = 32 };

// A row of events, and what they point to. Large: static or from the heap.
struct events {
    struct trace_event list[EVENTS_MAX];
    size_t count;
    struct rs_packet packets[EVENT_PACKETS_MAX];
    uint8_t bytes[EVENT_PACKETS_MAX][RS_IPV6_PACKET_MAX];
    size_t packets_count;
};

// The first numbers of both directions, in all packets that are made up here.
#define EVENTS_ISS UINT32_C(1000)
#define EVENTS_IRS UINT32_C(4294967290)

// A segment's event: built as a packet, and read back. It goes into *events too.
struct trace_event *events_segment(struct events *events, enum trace_kind kind, enum rs_family family, bool ours,
                                   const struct rs_segment *segment);

// Another event. It goes into *events with a number and times.
struct trace_event *events_add(struct events *events, struct trace_event event);

// At least one event of each kind, with everything in it that may be hard to tell.
void events_of_every_kind(struct events *events);

#endif
