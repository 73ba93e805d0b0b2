// SPDX-License-Identifier: MIT
//
// Segments that pass between two ends that there are not: packets with chosen numbers are built, and given to a
// tracker. What it tells can be looked at afterwards, event by event.
#ifndef HELP_PASSER_H
#define HELP_PASSER_H

#include "capture/tracker.h"

enum { PASSER_EVENTS = 256, PASSER_ISS = 1000, PASSER_IRS = 5000 };

enum passer_end { CLIENT, SERVER };

// Of an event, what tests ask for.
struct passer_event {
    enum trace_kind kind;
    uint32_t connection;
    struct trace_segment segment; // without packet and bytes
    struct trace_event whole;     // the same: only what is no pointer
    struct trace_about about;
};

struct passer {
    struct tracker *tracker;
    struct trace trace;
    struct trace_about about;
    struct tracker_config config;
    struct rs_endpoint end[2];
    uint32_t first[2]; // their first numbers
    uint16_t window[2];
    struct rs_options syn_options[2]; // what their SYNs offer
    struct rs_options options;        // what other segments have
    struct passing passing;           // what is told with the next packets: direction, checksum, interface, frame, and
                                      // wall_ns, which is added to now_us
    uint64_t now_us, step_us;
    size_t keep; // how much of a packet is caught; 0: all
    bool damage; // the next packets have a wrong checksum
    struct passer_event events[PASSER_EVENTS];
    size_t count;
    struct tracker_summary summary; // the last
    size_t summaries;
};

// A tracker between 10.0.0.1:40000 and 10.0.0.2:80. Config may be changed before passer_start.
void passer_init(struct passer *p);
void passer_start(struct passer *p);
void passer_stop(struct passer *p);

// A segment passes; numbers count from that direction's first. Returns the last event that it caused, or NULL.
const struct passer_event *pass(struct passer *p, enum passer_end from, uint8_t flags, uint32_t seq, uint32_t ack,
                                size_t data);

// SYN, SYN-ACK, ACK.
void pass_handshake(struct passer *p);

// The last event, its segment's marks.
const struct passer_event *passer_last(const struct passer *p);

#endif
