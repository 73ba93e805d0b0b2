// SPDX-License-Identifier: MIT
//
// What the files of the lab share, and no experiment sees: stage.c opens and closes, play.c is the loop, end.c is an
// end of ours and its calls, forge.c what it writes by hand, server.c the server's program, strangers.c a crowd,
// record.c what was recorded, evidence.c what is made of it.
#ifndef LAB_INTERNAL_H
#define LAB_INTERNAL_H

#include "lab/run.h"
#include "net/counters.h"
#include "net/guard.h"
#include "net/raw.h"
#include "net/router.h"
#include "net/witness.h"

enum { LAB_BUFFER_BYTES = 65536, LAB_RECORD_MAX = 2048, LAB_COUNTERS_MAX = 128, LAB_REASONS_MAX = 256 };

struct lab_end {
    struct lab *lab;
    struct guard guard;
    struct raw_link raw;
    struct rs_endpoint local, remote;
    struct lab_end *mirror; // the other end, if that is one of ours too
    struct session session;
    bool silent;
    bool begun, over, by_hand; // over: its END is recorded
    bool connecting;           // connect() was called and has not returned
    int connect_error;         // what it returned, or -1
    unsigned been;             // a bit for each state that its engine has been in
    struct bend bend;
    void (*change)(struct rs_conn_config *config);
    char server_is[64]; // for whoever tells the connection
    uint64_t arrived;   // segments of its earlier connections: the guard must drop as many before it closes
    struct shelf shelf;
    uint8_t send_buffer[LAB_BUFFER_BYTES], receive_buffer[LAB_BUFFER_BYTES];
};

struct lab {
    struct lab_config config;
    struct clock clock;
    struct kernel_witness witness;
    struct kernel_counters counters, router_counters;
    struct program program;
    bool has_routed;
    struct router_net routed;
    struct rs_endpoint server;
    unsigned ends_count;
    struct lab_end *ends[LAB_ENDS_MAX];
    struct lab_end *current; // the one that has begun last
    uint32_t connections;
    struct trace unheard; // of silent ends
    struct loop loop;
    bool stopped;
    bool stands; // a segment is held: since then no time passes for any end
    uint64_t stands_since, stood_us;
    struct lab_outcome outcome;
    // record.c
    size_t recorded, lost; // lost: there was no room
    struct lab_segment record[LAB_RECORD_MAX];
    size_t icmp_count;
    struct rs_icmp icmp; // the last
    size_t decided[LAB_REASONS_MAX];
    size_t counters_count;
    struct {
        char name[COUNTER_NAME_BYTES];
        uint64_t moved;
    } moved[LAB_COUNTERS_MAX];
};

// play.c: goes round until `until` says so and all is quiet, at most this long; returns whether it said so. NULL: for
// just this long.
bool lab_go(struct lab *lab, bool (*until)(void *self), void *self, uint64_t most_us);

// The clock of all ends: it stands still for all while a person looks at a segment of one.
struct clock lab_clock(struct lab *lab);

// Into the trace, as the current connection's.
void lab_emit(struct lab *lab, struct trace_event event);

// end.c: what our program reads, as it comes; and the end of a connection.
bool lab_end_read(struct lab_end *end);
void lab_end_finish(struct lab_end *end);

// evidence.c: all claims into the trace.
void lab_show_evidence(struct lab *lab);

// record.c: what a counter of the router's kernel has moved since the router was there. To be asked once.
uint64_t lab_router_counter(struct lab *lab, const char *name);

// record.c: the lab's own sink.
struct trace_sink lab_sink(struct lab *lab);

#endif
