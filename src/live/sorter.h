// SPDX-License-Identifier: MIT
//
// One link, many sessions: each packet that arrives goes to the session of its four numbers (RFC 9293, section 3.3.1).
// A session takes from its door what is its own; what it meets there of the others' waits in the inbox for them.
//
//     link -> inbox -> the door of each session            and each session sends over the same link
//
// Strangers decide how many packets come, so the inbox is bounded; whoever owns the sorter clears it of what no session
// has taken.
#ifndef LIVE_SORTER_H
#define LIVE_SORTER_H

#include "net/doors.h"
#include "rawshake/conn.h"

enum { SORTER_INBOX = 32 };

// A packet that waits for the session that it belongs to.
struct sorter_packet {
    bool used, icmp;
    struct rs_endpoint local, remote; // as we see them; of an ICMP error: of the packet that it quotes
    uint8_t flags;                    // TCP's; 0 if it is damaged
    size_t size;
    uint8_t bytes[RS_IPV6_PACKET_MAX];
};

struct sorter {
    struct link link;
    struct sorter_packet *inbox; // a ring: first is the oldest, count many wait
    size_t first, count;
    uint64_t arrived; // whole segments, from anybody
};

// The door of one session: where it is as long as the session is.
struct sorter_door {
    struct sorter *sorter;
    struct rs_endpoint local, remote;
    const struct rs_conn *conn; // the session's
    bool heard;                 // has taken something
    uint64_t lost_before;
};

// Prepares it. Returns false if there is no memory. To be closed in either case.
bool sorter_open(struct sorter *sorter, const struct link *link);

// Prepares a door, and returns the link that a session is to have; conn: that session's, which need not be prepared
// yet.
struct link sorter_link(struct sorter_door *door, struct sorter *sorter, const struct rs_endpoint *local,
                        const struct rs_endpoint *remote, const struct rs_conn *conn);

// True if the packet belongs to this door's session. What comes when its connection is over does not: it may be the SYN
// of the next one with the same numbers.
bool sorter_is_for(const struct sorter_door *door, const struct sorter_packet *packet);

// Takes in what has arrived, as far as there is room.
void sorter_take_in(struct sorter *sorter);

// The packets that wait, 0 to sorter->count - 1, oldest first; some may be used already. And those are let go.
struct sorter_packet *sorter_waiting(struct sorter *sorter, size_t at);
void sorter_drop_used(struct sorter *sorter);

void sorter_close(struct sorter *sorter);

#endif
