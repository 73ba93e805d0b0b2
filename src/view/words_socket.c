// SPDX-License-Identifier: MIT
//
// What a TCP knows of its connection, in words: the rows of tcp_info, and why the kernel, which has taken a connection
// of ours over, may say something else than our own TCP does. Called by the narrator, the page and the JSON view.
#include <inttypes.h>
#include <stdio.h>

#include "view/words.h"

static const struct {
    const char *name, *meaning;
} rows[] = {
    [TRACE_SOCKET_STATE] = {"state", "of RFC 9293's machine"},
    [TRACE_SOCKET_LOCAL_PORT] = {"local_port", "ours"},
    [TRACE_SOCKET_REMOTE_PORT] = {"remote_port", "the server's"},
    [TRACE_SOCKET_SND_NXT] = {"snd_nxt", "number of our next byte"},
    [TRACE_SOCKET_RCV_NXT] = {"rcv_nxt", "number that we expect next"},
    [TRACE_SOCKET_SND_WND] = {"snd_wnd", "bytes that the server takes"},
    [TRACE_SOCKET_RCV_WND] = {"rcv_wnd", "bytes that we take"},
    [TRACE_SOCKET_SND_WSCALE] = {"snd_wscale", "its windows are times 2^this"},
    [TRACE_SOCKET_RCV_WSCALE] = {"rcv_wscale", "ours are times 2^this"},
    [TRACE_SOCKET_SND_MSS] = {"snd_mss", "data in a segment of ours"},
    [TRACE_SOCKET_ADVMSS] = {"advmss", "the MSS of our SYN"},
    [TRACE_SOCKET_PMTU] = {"pmtu", "bytes in a packet of ours"},
    [TRACE_SOCKET_TIMESTAMPS] = {"timestamps", "agreed on (RFC 7323)"},
    [TRACE_SOCKET_SACK] = {"sack", "agreed on (RFC 2018)"},
    [TRACE_SOCKET_SND_CWND] = {"snd_cwnd", "segments at once (RFC 5681)"},
    [TRACE_SOCKET_RTT] = {"rtt", "there and back, smoothed"},
    [TRACE_SOCKET_RTO] = {"rto", "wait before sending again"},
    [TRACE_SOCKET_SEGS_OUT] = {"segs_out", "segments sent so far"},
};

_Static_assert(sizeof rows / sizeof *rows == TRACE_SOCKET_ROWS, "each row has a name");

const char *words_socket_name(enum trace_socket_row row) { return rows[row].name; }

const char *words_socket_meaning(const struct trace_socket *socket, enum trace_socket_row row) {
    if (socket->we_listen && row == TRACE_SOCKET_REMOTE_PORT)
        return "the client's";
    if (socket->we_listen && row == TRACE_SOCKET_SND_WND)
        return "bytes that the client takes";
    return rows[row].meaning;
}

const char *words_socket_title(const struct trace_socket *socket) {
    return socket->we_listen ? "What accept() returns: the kernel's description of the socket (tcp_info)"
                             : "What connect() builds: the kernel's description of the socket (tcp_info)";
}

void words_socket_value(enum trace_socket_row row, const struct trace_socket_cell *cell, char *out, size_t room) {
    if (!cell->known)
        snprintf(out, room, "-");
    else if (row == TRACE_SOCKET_STATE)
        snprintf(out, room, "%s", rs_state_name((enum rs_state)cell->value));
    else if (row == TRACE_SOCKET_TIMESTAMPS || row == TRACE_SOCKET_SACK)
        snprintf(out, room, "%s", cell->value ? "yes" : "no");
    else if (row == TRACE_SOCKET_RTT || row == TRACE_SOCKET_RTO)
        words_time(cell->value, out, room);
    else
        snprintf(out, room, "%" PRIu64, cell->value);
}

static const char *why(enum trace_socket_row row) {
    switch (row) {
    case TRACE_SOCKET_RTT:
    case TRACE_SOCKET_RTO:
        return "What was measured cannot be handed over. Ours comes from the SYN and its answer; the kernel will "
               "measure "
               "with its own first segment.";
    case TRACE_SOCKET_SND_CWND:
        return "Each TCP chooses with how much it begins: ours as RFC 5681 has it, Linux with 10 segments (RFC 6928) "
               "unless its route says otherwise.";
    case TRACE_SOCKET_SEGS_OUT:
        return "By hand the SYN was sent, and again if it had to be. The kernel has sent nothing on this connection.";
    case TRACE_SOCKET_ADVMSS:
        return "The server has been told ours. The kernel has it less the 12 bytes of timestamps, or as its own SYN "
               "would have "
               "said it, if ours could not be written.";
    case TRACE_SOCKET_SND_MSS:
        return "The kernel works it out from its own route, and leaves room for timestamps where it would have offered "
               "them; a segment that carries none has that room for data.";
    case TRACE_SOCKET_PMTU:
        return "The kernel works it out from its own route.";
    default:
        return "The kernel has not taken it as it was.";
    }
}

// Before our SYN-ACK leaves there is less to hand over.
static const char *why_listening(enum trace_socket_row row) {
    switch (row) {
    case TRACE_SOCKET_STATE:
        return "TCP_REPAIR knows no SYN-RECEIVED. Ours is ESTABLISHED when the client's ACK has come, and only then "
               "anybody gets the kernel's socket.";
    case TRACE_SOCKET_RTO:
        return "Nothing has been measured yet. RFC 6298 begins with 1 s, as ours does, and Linux with 3 s where no "
               "handshake of its own has measured anything, unless it remembers the path from another connection.";
    case TRACE_SOCKET_ADVMSS:
        return "The client will be told ours. The kernel has it less the 12 bytes of timestamps, or as its own SYN "
               "would have "
               "said it, if ours could not be written.";
    default:
        return why(row);
    }
}

const char *words_socket_why(const struct trace_socket *socket, enum trace_socket_row row) {
    const struct trace_socket_cell *ours = &socket->cells[row][TRACE_SOCKET_OURS],
                                   *after = &socket->cells[row][TRACE_SOCKET_AFTER];
    const bool tells = row == TRACE_SOCKET_RTT || after->known; // nothing measured is an answer too
    if (ours->known == after->known && (!ours->known || ours->value == after->value))
        return NULL;
    if (!tells)
        return "This kernel does not tell.";
    return socket->we_listen ? why_listening(row) : why(row);
}
