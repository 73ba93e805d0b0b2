// SPDX-License-Identifier: MIT
//
// One call of connect(), made by hand: a guard on a source port, a session that shakes hands, and the moment in which
// the kernel takes the connection over, in the program's own socket. What follows then is between the program and its
// kernel. handshakes.h has those that are in progress together.
#ifndef RUN_HANDSHAKE_H
#define RUN_HANDSHAKE_H

#include "live/session.h"
#include "live/sorter.h"
#include "net/guard.h"
#include "net/handover.h"
#include "net/route.h"
#include "run/notification.h"

enum { HANDSHAKE_SEND_BYTES = 64 };

// What all handshakes share.
struct handshake_means {
    struct clock clock;
    struct trace *trace;
    struct witness here, away; // of servers on this machine, and on others
    struct handover_helper *handover;
    const struct habits_files *habits;
    bool step;        // nothing leaves without leave
    uint64_t hold_us; // how long a call may be held whose program does not want to wait
    bool private_network, through_user;
    // The same for all: where two connections have the same ends, one after the other, numbers and timestamps of the
    // second go on behind the first's, and a server that still has that one in TIME-WAIT takes the SYN (RFC 6528; RFC
    // 9293, section 3.6.1).
    uint8_t secret[RS_SECRET_BYTES];
};

struct handshake {
    const struct handshake_means *means;
    struct notification call; // its descriptor is good as long as the call waits
    struct route route;
    struct guard guard;
    bool shares_port; // the program had bound its port: the guard stands beside it
    int reuseport;    // what its socket had said of that
    struct sorter_door door;
    struct session session;
    uint64_t sent;     // segments of ours
    bool tried, taken; // the handover
    enum trace_after after;
    bool over;
    int number;             // what connect() is to answer: 0, an errno, or NOTIFICATION_KERNEL
    struct net_error error; // why the kernel is to go on, or nothing could be begun
    char client_is[96];     // the program's name, and what becomes of its call
    uint8_t send_buffer[HANDSHAKE_SEND_BYTES];
    uint8_t *receive_buffer; // nothing comes into it, but it says what we may offer
    size_t receive_bytes;
};

// Finds the way and takes a source port; sends nothing. False: h->number is the answer, and h->error says why. To be
// closed in either case. h must not be moved afterwards.
bool handshake_prepare(struct handshake *h, const struct handshake_means *means, const struct notification *call);

// Calls connect(), as connection `number` of the trace, over this sorter, whose link is aimed at our port already.
void handshake_start(struct handshake *h, struct sorter *sorter, uint32_t number);

// Everything that can be done now without waiting. Returns true if anything happened. Call it until h->over.
bool handshake_advance(struct handshake *h);

// How long until there is something to do, if nothing arrives.
uint64_t handshake_wait_us(const struct handshake *h);

// Ends it with RST, where it lives: connect() is to answer this errno.
void handshake_abort(struct handshake *h, int number);

// The same, for the program does not want it any more: EINTR, EPIPE (supervisor.h), or what meanwhile.h says.
void handshake_break_off(struct handshake *h, int number);

// Gives the port back, and the program's socket as it was.
void handshake_close(struct handshake *h);

#endif
