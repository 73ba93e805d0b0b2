// SPDX-License-Identifier: MIT
//
// run --follow: what passes on the program's connections when the kernel has them. One tap sees them all, from the
// SYN on, aimed at their ports; the tracker tells what the segments prove; and each connection goes on in the trace as
// another one, TRACE_HANDED. Called by run_follow.c.
#ifndef CMD_FOLLOWER_H
#define CMD_FOLLOWER_H

#include "cmd/aftermath.h"
#include "cmd/tapping.h"
#include "live/loop.h"
#include "run/handshakes.h"

// At once. With those in progress that are not followed, a narrator can keep them all apart.
enum { FOLLOWED_MAX = 32 };

struct followed {
    const struct handshake *handshake; // while it is made by hand; NULL: the kernel has it
    bool used;
    bool begun; // the trace knows of it
    struct aftermath aftermath;
    struct trace_about about;
    char client_is[112];
    uint32_t number;   // in the trace
    uint64_t began_ns; // when the kernel had it
};

struct follower {
    struct tap tap;
    struct tapping tapping;
    struct tracker *tracker;
    struct trace passing;          // the tracker's own
    struct trace_about about;      // what the tracker says of each connection
    struct trace *trace;           // what is shown
    struct handshakes *handshakes; // they have the numbers
    struct followed list[FOLLOWED_MAX];
    uint64_t passed_at; // when a segment was last told, in microseconds of the clock
    uint64_t until_ns;  // what passes later is not told
    bool private_network, through_user;
};

// Opens the tap, which keeps nothing yet; needs CAP_NET_RAW. To be closed in either case.
bool follower_open(struct follower *follow, bool private_network, bool through_user, struct net_error *error);

// Then: for this trace, and with numbers from these. Returns false if there is no memory. It must not be moved.
bool follower_start(struct follower *follow, struct trace *trace, struct handshakes *handshakes);

// A handshake begins: from now on the tap sees it. And it is over: what passes now is told, if the kernel has it.
enum trace_after follower_begins(struct follower *follow, const struct handshake *handshake);
void follower_is_over(struct follower *follow, const struct handshake *handshake);

// Tells the next segment that has passed. Returns false if there is none now. Never waits.
bool follower_take(struct follower *follow);

// Where RST has ended a connection, late segments may follow, and it ends a little later: at the latest when
// follower_take is called after this time; or now.
uint64_t follower_wait_us(const struct follower *follow);
void follower_settle(struct follower *follow);

// What passes from now on is not told any more: follower_take has an end, however much passes.
void follower_no_later(struct follower *follow);

// How many are open that the kernel has.
size_t follower_open_count(const struct follower *follow);

// No more is to be told: each that is open ends as it stands. Returns how many have gone on without a segment.
size_t follower_end(struct follower *follow);

void follower_close(struct follower *follow);

#endif
