// SPDX-License-Identifier: MIT
//
// What the files of the command listen share: listen.c opens, goes round and closes; listen_each.c is what belongs to
// one connection. With --handover, a connection that stands is a guest: listen_handover.c gives it to the kernel,
// listen_guests.c looks after all of them, listen_serve.c serves one by ordinary calls, listen_exec.c gives it to a
// program.
#ifndef CMD_LISTEN_H
#define CMD_LISTEN_H

#include <signal.h>
#include <sys/types.h>

#include "cmd/listen_options.h"
#include "cmd/show.h"
#include "cmd/step.h"
#include "live/listener.h"
#include "live/loop.h"
#include "net/handover.h"
#include "net/ways.h"
#include "net/witness.h"

enum { GUESTS_MAX = LISTENER_PLACES_MAX / 2, GUEST_BYTES = 16384, GUESTS_KNOWN = 1024 };

// What the tutorial's server has heard of a client.
struct listen_heard {
    uint64_t recvs;    // calls of recv() that returned some
    size_t first_size; // what the first of them returned, of which first_bytes stand here
    size_t first_bytes;
    uint8_t first[512];
};

enum guest_phase {
    GUEST_NONE,
    GUEST_OPENING, // the kernel has a socket for it, or will have: see fd. The handshake is not over
    GUEST_SERVED,  // by us, with ordinary calls
    GUEST_EXECUTED // by a program
};

// A connection that the kernel has.
struct guest {
    enum guest_phase phase;
    struct listen *listen;
    struct rs_endpoint local, remote;
    int fd;          // -1: not made yet, or the program's
    pid_t pid;       // EXECUTED
    bool complained; // that the kernel does not take it
    uint32_t events; // SERVED: for which of epoll's it waits
    struct listen_heard heard;
    size_t back_bytes, back_sent; // what is on its way back (--echo)
    uint8_t back[GUEST_BYTES];
};

struct guests {
    struct handover_helper helper;
    struct guest list[GUESTS_MAX];
    struct rs_endpoint known[GUESTS_KNOWN]; // a ring: whom the kernel has, or had lately
    size_t known_count, known_next;
    int poll_fd, child_fd; // readable: a guest can be served; a program has ended (-1: neither is needed)
    sigset_t mask_before;  // as we were started
    struct sigaction child_before;
    unsigned told_to_end; // programs
};

struct listen {
    struct listen_options options;
    struct ways ways;
    struct show show;
    struct listener listeners[2]; // one for each address
    size_t count;
    struct kernel_witness here, away; // of clients on this machine, and on others
    uint32_t connections;             // begun: their numbers in the trace
    uint64_t over, failed;            // connections that had stood and are over; of those, not in order
    struct loop loop;
    struct step step;
    struct guests guests;
    int signal_fd, signal; // signal: which one ended us, or 0
};

// The functions of a listener (struct listener_config) for this command.
bool listen_prepare(void *self, struct session_config *config);
void listen_begun(void *self, struct session *session);
void listen_over(void *self, const struct host *host);

// What the tutorial's server would have printed.
void listen_tell_printed(struct listen *l, const struct rs_endpoint *from, const struct listen_heard *heard);

// listen_handover.c

// A place for a connection that begins, and in *config all that brings it to the kernel; NULL: there is none.
struct guest *guest_begin(struct listen *l, struct session_config *config);

// The handshake is over, or has come to nothing.
void guest_stands(struct guest *guest);
void guest_forget(struct guest *guest);

// True if the kernel answers what comes from there: the listener's is_others.
bool guest_is_others(void *self, const struct rs_endpoint *remote, bool syn);

// listen_guests.c

// Before signals and privileges change. Returns false after a complaint. To be closed in either case.
bool guests_open(struct listen *l, int *status);

// Does what can be done; and what is to wake us next. To be called in each round.
void guests_watch(struct listen *l);

// Connections that stand.
unsigned guests_count(const struct listen *l);

// One is over; error: the errno that ended it, or 0.
void guest_over(struct guest *guest, int error);

// Ends all: returns how many connections were ended with RST.
unsigned guests_end(struct listen *l);
void guests_close(struct listen *l);

// listen_serve.c

// Reads, and sends back, what goes without waiting; closes when the client has.
void guest_serve(struct guest *guest);

// What is to be waited for, as epoll has it; 0: room on the screen.
uint32_t guest_waits_for(const struct guest *guest);

// listen_exec.c

// Gives the connection to a program of its own.
void guest_execute(struct guest *guest);

// If its program has ended, says so.
void guest_reap(struct guest *guest);

#endif
