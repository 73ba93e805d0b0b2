// SPDX-License-Identifier: MIT
//
// The eleven states of a connection (RFC 9293, section 3.3.2), in the order of its figure 5, and UNKNOWN for what
// nobody could tell us.
#ifndef RAWSHAKE_STATE_H
#define RAWSHAKE_STATE_H

#ifdef __cplusplus
extern "C" {
#endif

enum rs_state {
    RS_CLOSED,
    RS_LISTEN,
    RS_SYN_SENT,
    RS_SYN_RECEIVED,
    RS_ESTABLISHED,
    RS_FIN_WAIT_1,
    RS_FIN_WAIT_2,
    RS_CLOSE_WAIT,
    RS_CLOSING,
    RS_LAST_ACK,
    RS_TIME_WAIT,
    RS_STATE_UNKNOWN,
    RS_STATES // how many there are
};

// The RFC's name: "SYN-SENT"; "?" for RS_STATE_UNKNOWN and for what is no state. Never NULL.
const char *rs_state_name(enum rs_state state);

#ifdef __cplusplus
}
#endif

#endif
