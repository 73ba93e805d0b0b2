// SPDX-License-Identifier: MIT
//
// How a kernel describes a socket that has taken a connection over, beside our own TCP's numbers. Part of trace.h.
#ifndef TRACE_SOCKET_H
#define TRACE_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

// What a TCP knows of its connection, as tcp_info (tcp(7)) names it.
enum trace_socket_row {
    TRACE_SOCKET_STATE,
    TRACE_SOCKET_LOCAL_PORT,
    TRACE_SOCKET_REMOTE_PORT,
    TRACE_SOCKET_SND_NXT,
    TRACE_SOCKET_RCV_NXT,
    TRACE_SOCKET_SND_WND, // bytes
    TRACE_SOCKET_RCV_WND,
    TRACE_SOCKET_SND_WSCALE,
    TRACE_SOCKET_RCV_WSCALE,
    TRACE_SOCKET_SND_MSS, // bytes of data
    TRACE_SOCKET_ADVMSS,
    TRACE_SOCKET_PMTU,
    TRACE_SOCKET_TIMESTAMPS, // 0 or 1
    TRACE_SOCKET_SACK,
    TRACE_SOCKET_SND_CWND, // segments
    TRACE_SOCKET_RTT,      // microseconds
    TRACE_SOCKET_RTO,
    TRACE_SOCKET_SEGS_OUT,
    TRACE_SOCKET_ROWS // how many there are
};

// Who says so: our TCP; the kernel of its socket, before it had the connection and with it.
enum trace_socket_column { TRACE_SOCKET_OURS, TRACE_SOCKET_BEFORE, TRACE_SOCKET_AFTER, TRACE_SOCKET_COLUMNS };

struct trace_socket {
    bool we_listen;  // our end is the server's: it is of the moment before our SYN-ACK leaves, otherwise before our ACK
    bool no_ack_due; // or no ACK of ours is due: both ends have opened at once (RFC 9293, section 3.5)
    struct trace_socket_cell {
        bool known;
        uint64_t value; // STATE: an enum rs_state
    } cells[TRACE_SOCKET_ROWS][TRACE_SOCKET_COLUMNS];
};

#endif
