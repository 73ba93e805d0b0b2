// SPDX-License-Identifier: MIT
//
// A session is one live connection: the engine, the doors through which it meets the world, and the trace in which
// everything that happens is recorded. It knows nothing of screens.
//
//     engine.poll_segment -> bend -> wire.build -> link.send -> trace
//     link.receive -> wire.parse -> bend -> engine.input -> trace
#ifndef LIVE_SESSION_H
#define LIVE_SESSION_H

#include "live/bulk.h"
#include "live/shelf.h"
#include "net/doors.h"
#include "rawshake/conn.h"
#include "trace/trace.h"

// What is to become of a packet. copies: 0 drops it, 1 lets it go on, 2 doubles it.
struct bent {
    unsigned copies;
    uint64_t delay_us; // put aside for so long, or
    bool behind_next;  // until the next one of its direction has gone, if that is sooner
    bool flip;         // one of its bits is turned round; flip_at, any number, chooses which
    uint32_t flip_at;
    bool slow;           // the bend took its time: the segment's time is to be taken again
    bool altered;        // the bend has changed something in *packet
    const char *purpose; // of all this, as a sentence that stays; NULL: the command line tells it
};

// The one place where a packet may be tampered with. Each may also alter *packet, before it is built or taken in.
// Either may be NULL.
struct bend {
    void *self;
    struct bent (*outgoing)(void *self, struct rs_packet *packet);
    struct bent (*incoming)(void *self, struct rs_packet *packet);
};

// A packet that the engine knows nothing of: a script writes it.
struct forged {
    struct rs_packet packet;
    const uint8_t *options; // instead of the segment's own: these bytes as they are, a multiple of four. NULL: none
    size_t options_bytes;   // at most RS_TCP_OPTIONS_MAX
    const char *purpose;    // a sentence that stays
};

struct session_config {
    bool no_engine; // there is no TCP at our end: only what is forged leaves, and what arrives is only recorded
    struct rs_conn_config conn; // buffers included, which must outlive the session; ttl is not 0
    bool we_listen;             // the other end is a client; conn.remote says which one, LISTEN or not
    bool until_open;   // somebody else has the connection as soon as it stands: it retires then, before anything behind
                       // the handshake's last segment is looked at
    bool step;         // nothing leaves without session_permit
    struct bulk *bulk; // where nobody watches: room for packets that leave together. NULL: one at a time
    struct link link;
    struct clock clock;
    struct witness witness;
    struct counters counters; // .moved NULL: nobody is asked
    struct bend bend;
    struct shelf *shelf; // room for what the bend puts aside; NULL: nothing is put aside
    struct trace *trace; // must outlive the session
    uint32_t connection; // its number in the trace
};

struct session {
    struct session_config config;
    struct rs_conn conn;
    uint16_t ip_id;
    uint64_t arrived; // whole segments to our port, from anybody
    uint64_t ignored, lost_seen;
    uint64_t last_arrival_at; // when something of this connection last arrived, in the engine's time
    bool data_acked;          // the server has acknowledged data or our FIN
    bool peer_existed, peer_gone_told;
    enum rs_state peer_state; // as its kernel last said
    bool blocked;             // the kernel has no room for what is to be sent: link.send_fd tells when it has
    struct rs_icmp icmp;      // the last ICMP error that the engine believed; family 0: none
    bool retired;             // see session_retire
    int link_failure;         // the errno of a failure to send that will not go away by itself; 0: none

    bool left;           // the last segment of ours did leave
    bool held;           // step mode: a segment has been shown and waits for leave
    uint64_t held_since; // on the real clock
    uint64_t frozen_us;  // how long the engine's clock has stood still in all
    struct rs_segment shown;
    struct forged forged; // what session_forge was given, until it has left
    bool has_forged, shows_forged;
    bool heard_first; // no_engine: where the numbers of what arrives begin is known
    uint32_t first_heard;

    struct rs_event decisions[RS_EVENTS_MAX]; // of the call in progress
    size_t decisions_count;
    uint8_t packet[RS_IPV6_PACKET_MAX]; // room for one packet at a time, either way
};

// Prepares a session with a CLOSED connection. Copies *config; sends nothing.
void session_init(struct session *s, const struct session_config *config);

// The engine's time: microseconds, standing still while a segment is held.
uint64_t session_now(const struct session *s);

// Does all that can be done now without waiting: takes in what has arrived, lets time pass, sends what may be sent.
// Returns true if anything happened.
bool session_advance(struct session *s);

// How long until there is something to do, if nothing arrives; UINT64_MAX: for ever.
uint64_t session_wait_us(const struct session *s);

// True while a packet is put aside: then it is too early to leave.
bool session_holds_back(const struct session *s);

// Step mode: sends the held segment, if it is still the one that was shown; otherwise shows the new one and holds that.
void session_permit(struct session *s);

// The packet that a segment of ours would travel in: for session_forge.
struct rs_packet session_wrap(const struct session *s, const struct rs_segment *segment);

// Sends a forged packet at the next session_advance, before anything of the engine's; in step mode it is held like any
// other. Copies *forged; its data and options must be there until it has left. One at a time: see session_has_forged.
void session_forge(struct session *s, const struct forged *forged);
bool session_has_forged(const struct session *s);

// Ends the connection with RST where it lives, and sends it at once, also in step mode. Returns whether RST left.
bool session_abort(struct session *s);

// Somebody else has the connection: from now on nothing that arrives is looked at, and no timer runs. What is on its
// way out still leaves.
void session_retire(struct session *s);

// Records an event that has no other source than the caller (calls, notes); fills in its times.
void session_record(struct session *s, struct trace_event event);

// Records what the engine decided in a call that the caller made on s->conn.
void session_record_decisions(struct session *s);

// Asks the server's kernel, records the answer, and returns it. Asks only if a sink wants to know.
struct peer session_ask_peer(struct session *s);

// Looks at the kernel's counters, and records those that have moved. Looks only if a sink wants to know.
void session_ask_counters(struct session *s);

#endif
