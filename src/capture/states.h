// SPDX-License-Identifier: MIT
//
// The states of the two ends, made of what has happened to them (RFC 9293, section 3.3.2). For each end there are two
// sets of happenings: those that must have, once all that passed has reached it, and those that its own segments show.
// Where both sets give the same state, the state is proved. Used by follow.c.
#ifndef CAPTURE_STATES_H
#define CAPTURE_STATES_H

#include <stdbool.h>
#include <stdint.h>

#include "rawshake/state.h"

enum happened {
    HAS_SENT_SYN = 1,
    HAS_SYN_ACKED = 2, // its own SYN
    HAS_GOT_SYN = 4,
    HAS_SENT_FIN = 8,
    HAS_FIN_ACKED = 16, // its own FIN
    HAS_GOT_FIN = 32,
    HAS_SENT_FIN_LAST = 64, // the other end's FIN had come before it sent its own
    HAS_ENDED = 128         // by RST
};

// The state of an end to which all this has happened.
enum rs_state state_of(uint8_t happened);

// What an end must have been in, and whether that is certain.
struct shown_state {
    enum rs_state state;
    bool proved;
};

// The sender of a segment. must, shown: the two sets, this segment included; excluded: what cannot have reached it yet,
// since it would not have sent this.
struct shown_state state_of_sender(uint8_t must, uint8_t shown, uint8_t excluded);

// The receiver of a segment.
struct shown_state state_of_receiver(uint8_t must, uint8_t shown);

#endif
