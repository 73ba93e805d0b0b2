// SPDX-License-Identifier: MIT
//
// The tutorial's client, made by hand: connect(), sendall(message), close(), each over a session. It decides when the
// next call is made; the engine decides what that puts on the wire.
#ifndef LIVE_CLIENT_H
#define LIVE_CLIENT_H

#include "live/session.h"

// A server of our own that reads when it is told to, so that a lesson is the same each time. Each function makes the
// server's program do its part, records what it did, and returns false if the server is gone. NULL: a real server.
struct partner {
    void *self;
    bool (*read)(void *self, struct session *session);   // accept() if need be, and recv() what is there
    bool (*finish)(void *self, struct session *session); // recv() end of file, and close()
};

enum { CLIENT_CHUNK_BYTES = 65536 }; // what a pipe holds

struct client_config {
    const uint8_t *message; // borrowed; used if input_fd < 0
    size_t message_bytes;
    int input_fd;           // the message is read from here until its end; -1: none
    bool half_close;        // our end of the stream is closed with shutdown(), and the server's is read to its end
    uint64_t linger_us;     // how long FIN-WAIT-2 waits for a server that is silent; UINT64_MAX: for ever
    bool hands_over;        // somebody else is to have the connection when connect() returns: see client_taken
    bool stay_in_time_wait; // until the engine leaves it
    struct partner partner;
    size_t (*read_room)(void *self); // how much data from the server can be taken right now; NULL: any amount
    void *read_room_self;
};

enum client_phase {
    CLIENT_CONNECTING,
    CLIENT_SENDING,
    CLIENT_SENT,    // sendall() has returned; with a partner, the ACK of it all is awaited before it reads
    CLIENT_CLOSING, // close() or shutdown() has been called
    CLIENT_FINISHED
};

// How it went.
enum client_end {
    CLIENT_UNFINISHED,
    CLIENT_DONE,        // both directions were closed in order
    CLIENT_FAILED,      // client.error says which errno
    CLIENT_NOT_CLOSED,  // the server did not close its side in time
    CLIENT_CANNOT_SEND, // our own kernel refused to send
    CLIENT_CANNOT_READ, // the input could not be read
    CLIENT_HANDED_OVER, // somebody else has the connection now
    CLIENT_SERVER_GONE, // the partner has ended
    CLIENT_ABORTED      // by the person at the keyboard
};

struct client {
    struct client_config config;
    struct session *session;
    enum client_phase phase;
    enum client_end end;
    int error;
    bool reset_sent; // CLIENT_ABORTED: the connection lived, so RST left
    bool taken;      // see client_taken
    bool connected, input_ended, partner_done, told_waiting, sendall_told;
    uint64_t queued;   // bytes of the message that the engine has taken
    uint64_t received; // bytes of the server's that have been read
    size_t chunk_start, chunk_end;
    uint8_t chunk[CLIENT_CHUNK_BYTES]; // input that has been read but not yet taken
};

// Prepares a client over a session that is initialised and outlives it. Copies *config.
void client_init(struct client *client, struct session *session, const struct client_config *config);

// Calls connect(). The caller then goes round: client_advance until it returns false, wait, again; until client->end.
void client_start(struct client *client);

// Everything that can be done now without waiting. Returns true if anything happened.
bool client_advance(struct client *client);

// How long until there is something to do, if nothing arrives.
uint64_t client_wait_us(const struct client *client);

// True if the client would read its input now; then, when input_fd is readable, client_read_input.
bool client_wants_input(const struct client *client);
void client_read_input(void *client);

// hands_over: somebody has taken the connection over while our ACK was on its way out. Without this, nothing is sent
// when connect() has returned, and the connection is closed.
void client_taken(struct client *client);

// Ends it all with RST.
void client_abort(struct client *client);

#endif
