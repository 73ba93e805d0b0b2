// SPDX-License-Identifier: MIT
//
// The tracker: packets that others exchange go in, and what they prove of the connections between them comes out as a
// trace, or, where nobody wants the details, as one summary a connection. It asks no kernel and knows no future: what
// it says of a segment follows from that segment and those before it. It takes the word of whoever has caught them:
// what went OUTBOUND was caught where it was sent, so that nothing of it can be lost before; of all else that may be.
// Checksums are looked at only for a trace: a damaged segment is told, and moves nothing. Used by watch, read, compare
// and demo --kernel.
#ifndef CAPTURE_TRACKER_H
#define CAPTURE_TRACKER_H

#include "trace/trace.h"

// Whether the TCP checksum was left to a network card, where whoever caught the packet knows it.
enum passing_checksum { PASSING_UNKNOWN, PASSING_UNFINISHED, PASSING_COMPLETE };

// A packet that was caught.
struct passing {
    const uint8_t *bytes; // an IP packet, or the beginning of one; borrowed
    size_t size;          // how many there are
    size_t wire_size;     // how large it was; at least size
    uint64_t wall_ns;     // since 1970
    uint64_t frame;       // its number in the capture, or 0
    uint32_t interface;   // any number that tells the places apart where it could have been caught
    enum trace_direction direction;
    enum passing_checksum checksum;
};

// One connection in a line (read --list). Index 0: from the client, 1: from the server.
struct tracker_summary {
    uint32_t number; // 1, 2, 3 ... in the order in which they began
    struct rs_endpoint client, server;
    bool roles_guessed, has_holes;
    uint64_t segments[2], bytes[2]; // data bytes that passed, each counted once
    uint64_t resent[2];             // segments that were sent again
    enum trace_opening opening;
    enum trace_ending ending;
    bool handshake_timed;
    uint64_t handshake_ns, first_ns, last_ns;
    uint64_t handshake_us; // the same as a ladder counts it: between two times of whole microseconds
};

struct tracker_config {
    // NULL: no events are made, which is several times faster; of checksums, only those are verified on which it
    // depends what connections there are.
    struct trace *trace;
    const struct trace_about *about; // BEGIN's, but for the ends, which the tracker fills in; must outlive the tracker
    void (*finished)(void *self, const struct tracker_summary *summary); // NULL: nobody wants to know
    void *finished_self;
    size_t most_connections; // at once; beyond that the one that was silent longest is forgotten. 0: 65536
    uint32_t only;           // events are made for the connection of this number alone; 0: for all
    // Idle ones: a connection that is closed in both directions is finished after linger_ns without a segment (its last
    // ACK may come again), or when its four numbers are used again. 0: at once.
    uint64_t linger_ns;
    bool closed_at_once; // linger_ns is for what was ended by RST alone
};

// What the tracker has met besides.
struct tracker_counts {
    uint64_t packets, segments;
    uint64_t not_tcp, fragments, malformed, bad_checksum, cut;
    uint64_t elsewhere; // the same segment once more, on another interface: not told
    uint64_t connections, forgotten;
};

struct tracker;

// NULL if there is no memory.
struct tracker *tracker_new(const struct tracker_config *config);

// Takes the next packet, in the order in which they were caught.
void tracker_take(struct tracker *tracker, const struct passing *packet);

// So many packets were not caught: our own queue was full. What is missing from now on may be that.
void tracker_lost(struct tracker *tracker, uint64_t packets);

// Time passes without packets: finishes what linger_ns has been enough for.
void tracker_tick(struct tracker *tracker, uint64_t wall_ns);

// When tracker_tick is due next, or UINT64_MAX.
uint64_t tracker_deadline_ns(const struct tracker *tracker);

// Finishes all that is over, without waiting for what may be late.
void tracker_finish_over(struct tracker *tracker);

// No more packets come: finishes what is open, in the order in which it began.
void tracker_finish(struct tracker *tracker);

// Open connections now.
size_t tracker_open(const struct tracker *tracker);

struct tracker_counts tracker_counts(const struct tracker *tracker);

void tracker_free(struct tracker *tracker);

#endif
