// SPDX-License-Identifier: MIT
//
// One connection made by hand, from the raw sockets to the exit status. connect and demo are this with another server.
// Where a host has several addresses it is one connection after the other, until one stands.
#ifndef CMD_HANDMADE_H
#define CMD_HANDMADE_H

#include "cmd/attempts.h"
#include "cmd/connect_options.h"
#include "cmd/progress.h"
#include "cmd/screen.h"
#include "cmd/step.h"
#include "cmd/views.h"
#include "live/client.h"
#include "net/counters.h"
#include "net/ways.h"
#include "net/witness.h"
#include "view/narrator.h"

// A lesson's window is that of a young connection of Linux; where nobody watches, it is as large as a long way needs.
enum { BUFFER_BYTES = WINDOW_MOST, LESSON_SEND_BYTES = 256 * 1024, LESSON_RECEIVE_BYTES = 65536 };

struct handmade;

// Another connection comes first, in the same trace, and somebody else than the narrator tells of both.
struct handmade_company {
    void *self;
    struct trace_sink sink; // instead of the narrator's
    // Makes the other connection, when addresses are known and the trace has its sinks. Counts it in
    // h->connections_before, and may take addresses away. Returns false if there is to be no second one.
    bool (*before)(void *self, struct handmade *h);
    // Both are over: what is to be told goes to the screen.
    void (*after)(void *self, struct handmade *h);
};

// Somebody who takes the connection over when connect() is about to return.
struct handmade_heir {
    void *self;
    // Sees each segment of ours on its way out; at the first that is no SYN it takes over, and says so by client_taken.
    struct bent (*outgoing)(void *self, struct rs_packet *packet);
    // It has: what it makes of the connection goes into the same trace, as one of its own.
    void (*after)(void *self, struct handmade *h);
};

// The other end is made by hand too, in this process, and goes round with us.
struct handmade_other {
    void *self;
    bool (*advance)(void *self);                  // as session_advance
    uint64_t (*wait_us)(void *self);              // as session_wait_us
    void (*watch)(void *self, struct loop *loop); // whatever wakes it
    struct witness witness;                       // instead of the kernel's
};

// What demo and compare add to connect.
struct handmade_lesson {
    bool private_network, through_user;
    struct partner partner;
    bool half_close;                        // our end is closed with shutdown(), and the server's is read to its end
    const struct handmade_company *company; // NULL: none
    const struct handmade_heir *heir;       // NULL: none
    const struct handmade_other *other;     // NULL: a kernel's
};

struct handmade {
    struct connect_options options;
    struct handmade_lesson lesson;
    struct screen screen;
    struct views *views; // besides the narration; NULL: none is wanted
    struct ways ways;
    struct attempts attempts;
    struct way *way; // from here on: of the attempt in hand
    struct kernel_witness witness;
    struct kernel_counters counters; // in a private network, where somebody watches
    struct rs_endpoint local, remote;
    bool server_is_local;
    uint32_t mtu, announced_mss;
    uint8_t ttl;                              // as the kernel would have it
    uint64_t began_us;                        // in the engine's time
    int input_fd, keys_fd, signal_fd, signal; // signal: which one ended us, or 0
    struct trace trace;
    uint32_t connections_before; // in that trace
    struct session session;
    struct client client;
    struct narrator narrator;
    struct step step;
    struct progress progress;
    struct bulk bulk;
    struct shelf shelf;
    char weather[200];
    struct loop loop;
    uint8_t send_buffer[BUFFER_BYTES], receive_buffer[BUFFER_BYTES];
};

// The part that needs privileges: raw sockets and guard; then gives them up. Returns a new handmade, or NULL after a
// complaint, with *status set to the exit status.
struct handmade *handmade_open(const struct connect_options *options, int *status);

// True if the kernel's counters are looked at: nobody else's packets are in them, and somebody watches.
bool handmade_counts(const struct handmade *h);

// The whole connection, narrated; returns the exit status. lesson may be NULL.
int handmade_run(struct handmade *h, const struct handmade_lesson *lesson);

// Closes everything, the guard last. If a signal ended the connection, it ends the process now.
void handmade_close(struct handmade *h);

#endif
