// SPDX-License-Identifier: MIT
//
// Conversations on a tape, for tests of views: the tutorial's, made by hand with all that the session tells, or seen
// from outside with nothing but its segments.
#ifndef TESTS_HELP_CONVERSATION_H
#define TESTS_HELP_CONVERSATION_H

#include "trace/tape.h"

enum { CONVERSATION_ISS = 1000000000, CONVERSATION_IRS = 2000000000 };

struct conversation {
    enum trace_source source; // BY_HAND, or any other: then its segments are SEEN
    bool ipv6;
    const char *message; // NULL: "Hello server!"
    const char *where;
    unsigned rounds; // the data goes so many times; 0: once
    // Another connection of the same kind: this is added to our port, to first numbers, clocks, IP's id and flow label.
    uint16_t other;
    struct trace_choices choices;
    // Alters the at-th segment (0 is the SYN) before it goes; NULL: nothing does. Returns false: it does not go at all.
    bool (*alter)(unsigned at, struct rs_packet *packet);
};

// Hands the events of a conversation to a sink.
void conversation_play(const struct conversation *c, const struct trace_sink *sink);

// The same on a tape, which is the caller's.
struct tape *conversation_tape(const struct conversation *c);

#endif
