// SPDX-License-Identifier: MIT
//
// The names of the states, as the RFC writes them. Called by the views and the tests.
#include "rawshake/state.h"

const char *rs_state_name(enum rs_state state) {
    static const char *const names[] = {
        [RS_CLOSED] = "CLOSED",           [RS_LISTEN] = "LISTEN",
        [RS_SYN_SENT] = "SYN-SENT",       [RS_SYN_RECEIVED] = "SYN-RECEIVED",
        [RS_ESTABLISHED] = "ESTABLISHED", [RS_FIN_WAIT_1] = "FIN-WAIT-1",
        [RS_FIN_WAIT_2] = "FIN-WAIT-2",   [RS_CLOSE_WAIT] = "CLOSE-WAIT",
        [RS_CLOSING] = "CLOSING",         [RS_LAST_ACK] = "LAST-ACK",
        [RS_TIME_WAIT] = "TIME-WAIT",     [RS_STATE_UNKNOWN] = "?",
    };
    _Static_assert(sizeof names / sizeof *names == RS_STATES, "a name for each state");
    return (unsigned)state < RS_STATES ? names[state] : "?";
}
