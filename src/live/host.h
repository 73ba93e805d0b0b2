// SPDX-License-Identifier: MIT
//
// The tutorial's server, made by hand: accept(), recv() until the client has closed, close(), each over a session that
// listens. It decides when the next call is made; the engine decides what that puts on the wire. See client.h for the
// other end.
#ifndef LIVE_HOST_H
#define LIVE_HOST_H

#include "live/session.h"

struct host_config {
    bool echo;                       // what is read is sent back
    size_t read_bytes;               // what one recv() takes at most; HOST_READ_MAX at most
    size_t (*read_room)(void *self); // how much can be taken right now; NULL: any amount
    void *read_room_self;
    bool until_open; // somebody else has the connection when accept() has returned, as the session has it
};

enum { HOST_READ_MAX = 65536 };

enum host_phase {
    HOST_OPENING, // the handshake is not over
    HOST_READING, // accept() has returned
    HOST_CLOSING, // close() has been called
    HOST_FINISHED
};

// How it went.
enum host_end {
    HOST_UNFINISHED,
    HOST_DONE,        // both directions were closed in order
    HOST_HANDED_OVER, // it stands, and is somebody else's
    HOST_NOT_OPENED,  // the client took its SYN back, or never acknowledged ours
    HOST_FAILED,      // it stood, and ended with host.error
    HOST_CANNOT_SEND, // our own kernel refused to send
    HOST_GAVE_WAY,    // half-open for long: another needed its place
    HOST_ABORTED      // by the person at the keyboard
};

struct host {
    struct host_config config;
    struct session *session;
    enum host_phase phase;
    enum host_end end;
    int error;
    bool accepted, reset_sent;
    uint64_t received, echoed; // bytes
    uint64_t recvs;            // calls of recv() that returned some
    size_t first_size;         // what the first of them returned, of which first_bytes stand here
    size_t first_bytes;
    uint8_t first[512];
};

// Calls listen() on a session that is initialised and outlives it. Copies *config.
void host_start(struct host *host, struct session *session, const struct host_config *config);

// Everything that can be done now without waiting. Returns true if anything happened. Call it until host->end.
bool host_advance(struct host *host);

// How long until there is something to do, if nothing arrives.
uint64_t host_wait_us(const struct host *host);

// True while the handshake is not over; and then, whether our SYN-ACK had to be sent again.
bool host_is_half_open(const struct host *host);
bool host_waits_in_vain(const struct host *host);

// Gives up a half-open connection without a word, as a kernel does; or ends any with RST.
void host_give_way(struct host *host);
void host_abort(struct host *host);

#endif
