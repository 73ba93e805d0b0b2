// SPDX-License-Identifier: MIT
//
// See states.h. Called by follow.c.
#include "capture/states.h"

static enum rs_state closing_state(uint8_t h) {
    if (!(h & HAS_GOT_FIN))
        return h & HAS_FIN_ACKED ? RS_FIN_WAIT_2 : RS_FIN_WAIT_1;
    if (h & HAS_SENT_FIN_LAST)
        return h & HAS_FIN_ACKED ? RS_CLOSED : RS_LAST_ACK;
    return h & HAS_FIN_ACKED ? RS_TIME_WAIT : RS_CLOSING;
}

enum rs_state state_of(uint8_t h) {
    if (h & HAS_ENDED)
        return RS_CLOSED;
    if (h & HAS_SENT_FIN)
        return closing_state(h);
    if (!(h & HAS_GOT_SYN))
        return h & HAS_SENT_SYN ? RS_SYN_SENT : RS_CLOSED;
    if (!(h & HAS_SYN_ACKED))
        return RS_SYN_RECEIVED;
    return h & HAS_GOT_FIN ? RS_CLOSE_WAIT : RS_ESTABLISHED;
}

struct shown_state state_of_sender(uint8_t must, uint8_t shown, uint8_t excluded) {
    // Whether an ACK has reached its sender, it need not show; which order its FIN had, it cannot always. All else can
    // be read from the numbers of what it sends.
    uint8_t open = (uint8_t)(must & ~shown & ~excluded & (HAS_SYN_ACKED | HAS_FIN_ACKED | HAS_SENT_FIN_LAST));
    enum rs_state state = state_of(shown | open);
    if (state == RS_CLOSED && !(shown & HAS_ENDED)) { // then it could not have sent anything but a RST
        open = (uint8_t)(open & ~HAS_FIN_ACKED);
        state = state_of((uint8_t)((shown | open) & ~HAS_FIN_ACKED));
    }
    return (struct shown_state){state, state_of(shown) == state};
}

struct shown_state state_of_receiver(uint8_t must, uint8_t shown) {
    return (struct shown_state){state_of(must), shown != 0 && state_of(must) == state_of(shown)};
}
