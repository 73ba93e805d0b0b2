// SPDX-License-Identifier: MIT
//
// What the files of a session share, and nobody else includes: session.c goes round, hold.c is step mode.
#ifndef LIVE_INTERNAL_H
#define LIVE_INTERNAL_H

#include "live/session.h"

enum { HOLD_LOOK_US = 500000 }; // how often the server's patience is looked after

// session.c

// The packet around a segment of ours.
struct rs_packet session_wrap(const struct session *s, const struct rs_segment *segment);

// An event about the packet that lies in s->packet; what the engine says of the connection now is in it.
struct trace_event session_segment_event(const struct session *s, enum trace_kind kind, const struct rs_packet *packet,
                                         size_t size, bool ours);

// Sends the next segment, if there is one, and records it with what was decided. Returns whether there was one.
bool session_send_one(struct session *s);

// hold.c

// Shows the next segment and holds it, or withdraws what was shown if nothing is to be sent any more. Returns true if
// anything happened.
bool hold_offer(struct session *s);

// Holds no longer: the engine's clock goes on from where it stood.
void hold_let_go(struct session *s);

// While a segment of ours is held, the server may lose patience: a half-open connection is given up in silence.
void hold_look_after_peer(struct session *s);

#endif
