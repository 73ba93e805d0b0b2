// SPDX-License-Identifier: MIT
//
// Connections of others as they happen, however many go on at once: a line for each segment, one for each beginning and
// one for each end (watch --live). The ladder is for one connection at a time.
//
//        +0 us #1    begins: client 10.0.0.1:40000, server 10.0.0.2:80
//        +0 us #1    40000 ──▶ 80    SYN seq=0                 SYN-SENT, server (SYN-RECEIVED)
#ifndef VIEW_LIVELINE_H
#define VIEW_LIVELINE_H

#include "trace/trace.h"
#include "view/text.h"

enum { LIVELINE_KNOWN = 256 };

struct liveline {
    struct text *text;
    bool began;
    uint64_t began_us; // when the first event came: times count from it
    // The states that were shown last, so that only changes are shown. Where two connections share a place, one is
    // shown again.
    struct liveline_known {
        uint32_t connection;
        char states[2][20];
    } known[LIVELINE_KNOWN];
};

// Prepares a view that writes into text, which must outlive it.
void liveline_init(struct liveline *view, struct text *text);

struct trace_sink liveline_sink(struct liveline *view);

#endif
