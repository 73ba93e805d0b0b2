// SPDX-License-Identifier: MIT
//
// What the files of a session share, and nobody else includes: session.c goes round, send.c is the way
// out, bulk.c the same in batches, forge.c for what a script writes, receive.c the way in, bent.c does what a bend
// wants, and hold.c is step mode.
#ifndef LIVE_INTERNAL_H
#define LIVE_INTERNAL_H

#include "live/session.h"

enum {
    SESSION_AT_ONCE = 64,  // packets, either way: in a flood, signals and keys get their turn
    HOLD_LOOK_US = 500000, // how often the server's patience is looked after
};

// A packet in s->packet, on its way out or in.
struct passage {
    size_t size;
    enum rs_reason why; // out
    uint8_t bent;       // TRACE_BENT_..., with
    uint64_t bent_us;
    const char *purpose; // of that, or NULL
    uint64_t wall_ns;    // since 1970: when it came, or just before it was given to the kernel; 0: in this moment
};

// session.c

// Records an event with this time. A segment's time is the one that the engine was given for it: what the ladder shows
// is what the timers know. Unless the event has a wall time already, it gets the present one.
void session_record_at(struct session *s, struct trace_event event, uint64_t at_us);

// Takes the engine's decisions out of it, in order; returns the one that tells why a segment is sent.
enum rs_reason session_drain_decisions(struct session *s);

// Records what session_drain_decisions has taken.
void session_record_drained(struct session *s);

// After a step, when its segment has been recorded: what the server's kernel says, and what it has counted. The answer
// to what we have just sent may be there already; so that step is the one that moved the counters.
void session_ask_server(struct session *s);

// An event about the packet that lies in s->packet; what the engine says of the connection now is in it.
struct trace_event session_segment_event(const struct session *s, enum trace_kind kind, const struct rs_packet *packet,
                                         size_t size, bool ours);

// send.c

// Sends the packet in s->packet, and records it.
void send_put_on_wire(struct session *s, const struct passage *out, uint64_t now);

// Sends the next segment, if there is one, and records it with what was decided. Returns whether there was one.
bool session_send_one(struct session *s);

// True for an errno that says: not now, but soon.
bool session_no_room(int failure);

// What a failure to send means for the connection: nothing, if the engine's sending again can cure it.
void session_note_failure(struct session *s, int failure);

// forge.c

// Builds what a script has written into s->packet.
struct passage forge_build(struct session *s);

// Sends it, if there is something. Returns whether there was.
bool forge_send(struct session *s);

// bulk.c

// Sends what was left over, and then as many more segments as one batch holds. Returns true if anything left.
bool bulk_send(struct session *s);

// bent.c

// Turns round a bit of the packet in s->packet so that its checksum does not fit. Returns false if it could not.
bool bent_flip(struct session *s, size_t size, uint32_t at);

// Puts the packet in s->packet aside, if that is what the bend wants and there is room for it; then passage->bent says
// so. Returns whether it did.
bool bent_put_aside(struct session *s, const struct bent *bent, struct passage *passage, bool ours, uint64_t now);

// Lets go on what has waited for a segment of this direction to go first; and whatever is due. The latter returns true
// if anything was.
void bent_release_overtaken(struct session *s, bool ours);
bool bent_release(struct session *s);

// receive.c

// Gives a packet of this connection, which lies in s->packet, to the engine, and records it.
void receive_take(struct session *s, const struct rs_packet *packet, const struct passage *in);

// Takes in what has arrived. Everything goes in before anything is sent: ACKs are for all of it (MUST-58). Returns true
// if anything had.
bool session_receive_all(struct session *s);

// hold.c

// Shows the next segment and holds it, or withdraws what was shown if nothing is to be sent any more. Returns true if
// anything happened.
bool hold_offer(struct session *s);

// Holds no longer: the engine's clock goes on from where it stood.
void hold_let_go(struct session *s);

// While a segment of ours is held, the server may lose patience: a half-open connection is given up in silence.
void hold_look_after_peer(struct session *s);

#endif
