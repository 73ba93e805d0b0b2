// SPDX-License-Identifier: MIT
//
// A listener: one port and one link, and behind them many sessions. Each packet that arrives goes to the session of its
// four numbers (sorter.h); a SYN that has none gets one, if there is a place; what else belongs to nobody is answered
// as an end in LISTEN answers it (RFC 9293, section 3.10.7.2), by an engine made for that one segment.
//
// Strangers decide how many packets come, so everything has a bound: handshakes in progress (the backlog), connections,
// and packets that wait in the inbox.
#ifndef LIVE_LISTENER_H
#define LIVE_LISTENER_H

#include "live/host.h"
#include "live/sorter.h"

enum { LISTENER_PLACES_MAX = 64 };

struct listener_config {
    struct link link;                 // shared by all
    struct clock clock;               // only the monotonic one is asked here
    struct rs_endpoint local;         // what is listened on
    unsigned backlog;                 // handshakes in progress at once
    unsigned places;                  // connections at once, those included; LISTENER_PLACES_MAX at most
    size_t send_bytes, receive_bytes; // of each connection's buffers
    struct host_config host;
    void *self;
    // A SYN has come: says what its session is to be, but for its link and buffers; config->conn has both ends already.
    // Returns false if it is not to be answered.
    bool (*prepare)(void *self, struct session_config *config);
    // The session is ready, and nothing has happened yet; and one is over, and its place will be free.
    void (*begun)(void *self, struct session *session);
    // A segment of no session has come from there: is the connection one that somebody else has, who will answer? Then
    // nothing is done about it. NULL: it never is. syn: it would open a new one with the same numbers.
    bool (*is_others)(void *self, const struct rs_endpoint *remote, bool syn);
    void (*over)(void *self, const struct host *host);
};

struct listener_place;

struct listener {
    struct listener_config config;
    struct listener_place *places[LISTENER_PLACES_MAX]; // made when first needed; kept until the listener is closed
    struct sorter sorter;
    uint64_t began;      // connections in all: their order
    uint64_t unanswered; // SYNs for which there was no place
    uint64_t strays;     // segments of no connection that were answered with RST
};

// Prepares it. Returns false if there is no memory. To be closed in either case; it must not be moved afterwards.
bool listener_open(struct listener *listener, const struct listener_config *config);

// Everything that can be done now without waiting. Returns true if anything happened.
bool listener_advance(struct listener *listener);

// How long until there is something to do, if nothing arrives.
uint64_t listener_wait_us(const struct listener *listener);

// Connections that are not over, half-open ones included.
unsigned listener_open_count(const struct listener *listener);

// The connection with this client, or NULL.
const struct host *listener_host_of(const struct listener *listener, const struct rs_endpoint *client);

// The session that holds a segment (step mode), or NULL; and its host.
struct host *listener_held(struct listener *listener);

// Step mode is over: whatever is held leaves, and all that follows.
void listener_go_on(struct listener *listener);

// True if our kernel had no room for a packet: link.send_fd tells when it has.
bool listener_is_blocked(const struct listener *listener);

// Ends all that is open with RST; returns to how many it was sent.
unsigned listener_abort(struct listener *listener);

void listener_close(struct listener *listener);

#endif
