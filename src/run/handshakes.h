// SPDX-License-Identifier: MIT
//
// The handshakes that are in progress for a program: the supervisor's door. Each call gets one, over links that all of
// them share; calls for which there is no place wait in line.
#ifndef RUN_HANDSHAKES_H
#define RUN_HANDSHAKES_H

#include "live/loop.h"
#include "net/raw.h"
#include "run/handshake.h"
#include "run/supervisor.h"

enum { HANDSHAKES_MAX = 32, HANDSHAKES_LINKS = 2 };

struct handshakes_config {
    struct handshake_means means; // but for the habits: those are read here
    struct raw_link *links;       // open, for no port; one for each family that there is
    size_t links_count;
    struct supervisor *supervisor;
    void *self;
    // A call has been answered before anything was sent: with an errno, or the kernel goes on with it. NULL: nobody
    // wants to know.
    void (*not_begun)(void *self, const struct handshake *handshake);
    // Somebody tells what passes when the kernel has a connection. He hears of it before its first segment leaves, and
    // when it is over for us, before the program goes on; handshake->taken says whether the kernel has it. NULL:
    // nobody.
    enum trace_after (*begins)(void *self, const struct handshake *handshake);
    void (*is_over)(void *self, const struct handshake *handshake);
};

struct handshakes {
    struct handshakes_config config;
    struct habits_files habits;
    struct sorter sorters[HANDSHAKES_LINKS];
    struct handshake *places[HANDSHAKES_MAX]; // made when first needed
    bool active[HANDSHAKES_MAX];
    struct notification line[SUPERVISOR_CALLS_MAX]; // calls that wait for a place, the first one first
    size_t waiting;
    uint32_t begun;                         // connections in all: their numbers in the trace
    uint64_t made, failed, to_kernel, gone; // how they went
};

// Prepares it; sends nothing. Returns false if there is no memory. To be closed in either case; it must not be moved.
bool handshakes_open(struct handshakes *h, const struct handshakes_config *config);

// A number for another connection in the same trace.
uint32_t handshakes_another_number(struct handshakes *h);

// Its part of the supervisor's door.
int handshakes_connect(struct handshakes *h, const struct notification *call);
void handshakes_gone(struct handshakes *h, const struct notification *call, int number);

// Everything that can be done now without waiting, answers included. Returns true if anything happened.
bool handshakes_advance(struct handshakes *h);

// How long until there is something to do, if nothing arrives; and what wakes us if something does.
uint64_t handshakes_wait_us(const struct handshakes *h);
void handshakes_watch(struct handshakes *h, struct loop *loop);

// The one that holds a segment (step mode), or NULL. Step mode is over: whatever is held leaves, and all that follows.
struct handshake *handshakes_held(struct handshakes *h);
void handshakes_go_on(struct handshakes *h);

// Ends what is in progress with RST, unanswered.
void handshakes_close(struct handshakes *h);

#endif
