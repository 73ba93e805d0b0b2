// SPDX-License-Identifier: MIT
//
// A sentence for each kind of event that is told in one (see words.h). Called by the narrator.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "view/escape.h"
#include "view/words.h"

#define SAY(...) snprintf(out, room, __VA_ARGS__)

void words_call(const struct trace_event *event, size_t most, char *out, size_t room) {
    char message[64];
    size_t size = event->u.call.message_bytes, space = most + 1 < sizeof message ? most + 1 : sizeof message;
    switch (event->u.call.call) {
    case TRACE_CONNECT:
        SAY("connect(...)");
        break;
    case TRACE_SENDALL: {
        size_t shown = escape_bytes(event->u.call.message, size, message, space);
        bool whole = shown == size && !event->u.call.more;
        if (!whole) // shorter, but no escape is cut in two
            escape_bytes(event->u.call.message, size, message, space - sizeof "..." - 1);
        SAY(whole ? "sendall(b\"%s\")" : "sendall(b\"%s...\")", message);
        break;
    }
    case TRACE_SHUTDOWN:
        SAY("shutdown(SHUT_WR)");
        break;
    case TRACE_ACCEPT:
        SAY("accept()");
        break;
    default:
        SAY("close()");
        break;
    }
}

static void server_program(const struct trace_event *event, bool experiment, char *out, size_t room) {
    char what[320];
    words_program(event, experiment, what, sizeof what);
    SAY("The server's program: %s", what);
}

static void unsent(const struct trace_segment *segment, char *out, size_t room) {
    if (segment->failure == 0 && segment->bent != 0)
        words_bent(segment, TRACE_UNSENT, out, room);
    else if (segment->failure != 0)
        SAY("It did not leave: our own kernel refused to send it: %s.", strerror(segment->failure));
    else
        SAY("It did not leave: it was dropped on purpose.");
}

static void data(const struct trace_event *event, char *out, size_t room) {
    char bytes[72];
    size_t size = event->u.data.size, shown = escape_bytes(event->u.data.bytes, size, bytes, sizeof bytes);
    SAY("recv() would return %zu byte%s: b\"%s\"%s", size, size == 1 ? "" : "s", bytes, shown < size ? "..." : "");
}

static void ignored(const struct trace_segment *segment, char *out, size_t room) {
    char from[RS_ENDPOINT_TEXT_BYTES];
    SAY("Ignored: a packet of %zu bytes from %s at our port: %s.", segment->size,
        rs_endpoint_text(&segment->packet->source, from, sizeof from),
        segment->error == RS_WIRE_OK ? "it belongs to another connection" : rs_wire_error_text(segment->error));
}

static void icmp(const struct trace_event *event, char *out, size_t room) {
    const struct rs_icmp *error = &event->u.icmp.icmp;
    char from[RS_ENDPOINT_TEXT_BYTES], quoted[48] = "our SYN", mtu[96] = "";
    if (event->u.icmp.seq != 0)
        snprintf(quoted, sizeof quoted, "our segment with seq=%" PRIu32, event->u.icmp.seq);
    if (error->mtu > 0)
        snprintf(mtu, sizeof mtu, ": the next link takes packets of at most %" PRIu32 " bytes", error->mtu);
    SAY("An ICMP error comes from %s, %s. It says: %s%s. It quotes %s.",
        rs_address_text(&error->reporter, from, sizeof from),
        event->u.icmp.from_us       ? "our own machine"
        : event->u.icmp.from_server ? "the server's machine"
                                    : "which is neither end: a router or a firewall",
        rs_icmp_name(error), mtu, quoted);
}

// An experiment waits as long as it is written to: no option changes that.
static void waiting(uint64_t for_us, bool experiment, char *out, size_t room) {
    char time[32], wait[96];
    words_time(for_us, time, sizeof time);
    if (for_us == UINT64_MAX)
        snprintf(wait, sizeof wait, "We wait for its FIN as long as it takes%s.",
                 experiment ? "" : " (--linger sets a limit)");
    else
        snprintf(wait, sizeof wait, "We wait up to %s of silence for its FIN%s.", time,
                 experiment ? "" : " (--linger)");
    SAY("FIN-WAIT-2: our side is closed, the server's is not. %s If we left earlier, its FIN would meet nobody, and "
        "our "
        "kernel would answer it with RST.",
        wait);
}

static void socket_taken(const struct trace_socket *socket, char *out, size_t room) {
    static const char here[] =
        "Here the kernel takes the connection over (TCP_REPAIR): an ordinary socket, fresh until "
        "now, is given the numbers of";
    if (socket->we_listen)
        SAY("%s both SYNs. That puts nothing on the wire. Our SYN,ACK still goes out by hand; until the client "
            "acknowledges it, that socket is deaf to all else, and nobody gets it. So what comes right behind that "
            "ACK, or on it, finds a socket that takes it.",
            here);
    else
        SAY("%s our handshake, and is ESTABLISHED. That puts nothing on the wire. %s", here,
            socket->no_ack_due ? "Each SYN has been acknowledged already, so no ACK of ours is due."
                               : "Our ACK still goes out by hand.");
}

static void not_caught(uint64_t packets, char *out, size_t room) {
    SAY("%" PRIu64 " packet%s passed faster than we read and %s not caught: what seems to be missing may be that.",
        packets, packets == 1 ? "" : "s", packets == 1 ? "was" : "were");
}

static void lost(uint64_t packets, char *out, size_t room) {
    SAY("%" PRIu64
        " packet%s arrived faster than we read and %s lost in our own receive queue: not the network's fault. "
        "The server will send again what mattered.",
        packets, packets == 1 ? "" : "s", packets == 1 ? "was" : "were");
}

static void sentence(const struct trace_event *event, const struct trace_about *about, char *out, size_t room) {
    const bool experiment = about && about->experiment;
    out[0] = '\0';
    switch (event->kind) {
    case TRACE_UNSENT:
    case TRACE_UNTAKEN:
        unsent(&event->u.segment, out, room);
        break;
    case TRACE_IGNORED:
        ignored(&event->u.segment, out, room);
        break;
    case TRACE_DATA:
        data(event, out, room);
        break;
    case TRACE_SERVER:
        server_program(event, experiment, out, room);
        break;
    case TRACE_ICMP:
        icmp(event, out, room);
        break;
    case TRACE_LOST:
        if (event->u.lost.of_others)
            not_caught(event->u.lost.packets, out, room);
        else
            lost(event->u.lost.packets, out, room);
        break;
    case TRACE_OMITTED:
        words_omitted(event, out, room);
        break;
    case TRACE_WAITING:
        waiting(event->u.waiting.for_us, experiment, out, room);
        break;
    case TRACE_NOTE:
        SAY("%s", event->u.note.text);
        break;
    case TRACE_SOCKET:
        socket_taken(event->u.socket, out, room);
        break;
    case TRACE_EVIDENCE:
        words_evidence(event, out, room);
        break;
    case TRACE_PEER_GONE:
        SAY("While you were reading, the server%s has given up the half-open connection: our ACK did not come, "
            "after it had sent its SYN,ACK again and again. If our ACK leaves now, RST will answer it.",
            about && about->both_by_hand ? "" : "'s kernel");
        break;
    case TRACE_WITHDRAWN:
        SAY("What was about to be sent is needless now: what arrived meanwhile has ended the connection.");
        break;
    default:
        break;
    }
}

// True if it tells of the other end in our words, and that one is the client. What has bytes in it that somebody has
// sent is told as it is.
static bool is_of_client(const struct trace_event *event, const struct trace_about *about) {
    switch (event->kind) {
    case TRACE_DATA:
    case TRACE_SERVER:
    case TRACE_NOTE:
    case TRACE_EVIDENCE:
        return false;
    case TRACE_UNSENT:
    case TRACE_UNTAKEN:
    case TRACE_IGNORED:
        return event->u.segment.we_listen;
    case TRACE_ICMP:
        return event->u.icmp.we_listen;
    default:
        return about && about->we_listen;
    }
}

void words_event(const struct trace_event *event, const struct trace_about *about, char *out, size_t room) {
    sentence(event, about, out, room);
    if (is_of_client(event, about))
        words_exchange_roles(out);
}

void words_ignored_count(uint64_t packets, char *out, size_t room) {
    SAY("%" PRIu64 " packet%s at our port %s not this connection's and %s ignored (-v shows them).", packets,
        packets == 1 ? "" : "s", packets == 1 ? "was" : "were", packets == 1 ? "was" : "were");
}

void words_window_only(uint32_t window, char *out, size_t room) {
    SAY("The same ACK once more, for the sake of its window: now %u bytes.", window);
}

void words_peer_unknown(const char *why_not, char *out, size_t room) {
    SAY("? in the server's column: its state cannot be asked, because %s.", why_not);
}
