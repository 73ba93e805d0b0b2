// SPDX-License-Identifier: MIT
//
// Answers every connect() of a program, its threads and its children: what is to be a TCP connection goes through a
// door to whoever makes it by hand, all else goes on in the kernel. Several calls may wait at once.
#ifndef RUN_SUPERVISOR_H
#define RUN_SUPERVISOR_H

#include <stddef.h>
#include <stdint.h>

#include "live/loop.h"
#include "run/notification.h"

enum { SUPERVISOR_CALLS_MAX = 64, SUPERVISOR_OWED_MAX = 16, SUPERVISOR_RINGS_MAX = 64, SUPERVISOR_LATER = -2 };

// Who makes the connections. call is good until the function returns; call->fd until the call is answered or gone.
struct supervisor_door {
    void *self;
    // Returns the answer, 0 or an errno; NOTIFICATION_KERNEL: the kernel shall do it; SUPERVISOR_LATER: it comes by
    // supervisor_answer.
    int (*connect_by_hand)(void *self, const struct notification *call);
    // A call that was to be answered later is over. EINTR: nobody waits any more, for a signal came for its thread,
    // which got EINTR or calls again, or the program is dead. EPIPE: the program has disconnected the socket. NULL:
    // nobody wants to know.
    void (*gone)(void *self, const struct notification *call, int number);
    // The kernel goes on with this one; call->kind says why. A process that makes rings (NOTIFICATION_AROUND_IO_URING)
    // comes once. NULL: nobody wants to know.
    void (*let_through)(void *self, const struct notification *call);
};

struct supervisor {
    int listener;
    struct loop *loop;
    struct supervisor_door door;
    struct {
        struct notification call;
        uint64_t asks;      // the id of the call that is answered: a thread that was interrupted may have made it again
        uint64_t missed_us; // since when nobody has been seen to wait; 0: somebody waits
        bool second;        // another one is under way for the same socket: this one waits for what comes of it
    } waiting[SUPERVISOR_CALLS_MAX];
    size_t count;
    uint64_t owed[SUPERVISOR_OWED_MAX]; // sockets that are connected, whose program has not heard of it
    size_t owed_next;
    pid_t rings[SUPERVISOR_RINGS_MAX]; // processes whose first ring has been told
    size_t rings_next;
    bool ended;             // nobody is left who could call
    struct net_error error; // if it ended by a failure of ours: .what is not empty
};

// Reads the calls from a listener (child.h), whenever the loop finds that there are any.
void supervisor_start(struct supervisor *s, int listener, struct loop *loop, const struct supervisor_door *door);

// The answer to a call, by its id: 0, an errno, or NOTIFICATION_KERNEL. Our copy of its socket is closed before. False:
// nobody heard it.
bool supervisor_answer(struct supervisor *s, uint64_t id, int number);

// Finds the calls whose callers wait no longer, and have not called again within a moment. No descriptor tells of them:
// look as often as supervisor_patience says.
void supervisor_look(struct supervisor *s);

// How long the loop may wait at most, in microseconds; UINT64_MAX: for ever.
uint64_t supervisor_patience(const struct supervisor *s);

// Lets go of all calls, unanswered: when the listener is closed, their callers get ENOSYS.
void supervisor_stop(struct supervisor *s);

#endif
