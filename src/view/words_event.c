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
    default:
        SAY("close()");
        break;
    }
}

static void server(const struct trace_event *event, char *out, size_t room) {
    char text[RS_ENDPOINT_TEXT_BYTES], bytes[72];
    switch (event->u.server.call) {
    case TRACE_SERVER_ACCEPT:
        SAY("accept() returns a socket for the connection from %s.",
            rs_endpoint_text(&event->u.server.from, text, sizeof text));
        break;
    case TRACE_SERVER_RECV: {
        size_t shown = escape_bytes(event->u.server.bytes, event->u.server.size, bytes, sizeof bytes);
        SAY("recv(1024) returns b\"%s\"%s: %zu byte%s.", bytes, shown < event->u.server.size ? "..." : "",
            event->u.server.size, event->u.server.size == 1 ? "" : "s");
        break;
    }
    case TRACE_SERVER_END_OF_FILE:
        SAY("recv(1024) returns b\"\": our FIN has become end of file.");
        break;
    case TRACE_SERVER_RECV_URGENT:
    case TRACE_SERVER_SEND:
    case TRACE_SERVER_SHUTDOWN:
        SAY("another call.");
        break;
    case TRACE_SERVER_CLOSE:
        SAY("close(). Its kernel has nothing left to send, so its FIN leaves at once.");
        break;
    }
}

static void server_program(const struct trace_event *event, char *out, size_t room) {
    char what[320];
    server(event, what, sizeof what);
    SAY("The server's program: %s", what);
}

static void held(const struct trace_segment *segment, char *out, size_t room) {
    char time[32];
    words_time(segment->bent_us, time, sizeof time);
    if (segment->bent & TRACE_BENT_REORDERED)
        SAY("held back until the next segment has overtaken it, %s at most (--reorder).", time);
    else
        SAY("held back for %s (--delay).", time);
}

static void damaged(const struct trace_segment *segment, char *out, size_t room) {
    if (segment->ours)
        SAY("One of its bits was turned round after the checksum was made (--corrupt): the checksum does not fit, so "
            "the other end will drop it without a word.");
    else
        SAY("One of its bits was turned round (--corrupt): our own check of the checksum has noticed it and dropped "
            "the "
            "segment, as if it had never come.");
}

static void dropped(const struct trace_segment *segment, char *out, size_t room) {
    if (segment->ours)
        SAY("Dropped by --drop before it left. Our end does not know that, as it would not if the network had lost "
            "it.");
    else
        SAY("Dropped by --drop when it arrived. Our end has not seen it; the server does not know that.");
}

static void waited(const struct trace_segment *segment, char *out, size_t room) {
    char time[32];
    words_time(segment->bent_us, time, sizeof time);
    if (segment->bent & TRACE_BENT_OVERTAKEN)
        SAY("The segment before it has overtaken it (--reorder).");
    else
        SAY("It was held back for %s (%s).", time,
            segment->bent & TRACE_BENT_REORDERED ? "--reorder: nothing came to overtake it" : "--delay");
}

void words_bent(const struct trace_segment *segment, enum trace_kind kind, char *out, size_t room) {
    char late[128] = "", rest[320] = "";
    if (segment->bent & (TRACE_BENT_DELAYED | TRACE_BENT_REORDERED) && kind != TRACE_HELD)
        waited(segment, late, sizeof late);
    if (segment->bent & TRACE_BENT_DROPPED)
        dropped(segment, rest, sizeof rest);
    else if (kind == TRACE_HELD)
        held(segment, rest, sizeof rest);
    else if (segment->bent & TRACE_BENT_COPY)
        snprintf(rest, sizeof rest, "The same packet once more (--duplicate).");
    else if (segment->bent & TRACE_BENT_CORRUPTED)
        damaged(segment, rest, sizeof rest);
    SAY("%s%s%s", late, late[0] && rest[0] ? " " : "", rest);
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

static void waiting(uint64_t for_us, char *out, size_t room) {
    char time[32], wait[96] = "We wait for its FIN as long as it takes (--linger sets a limit).";
    words_time(for_us, time, sizeof time);
    if (for_us != UINT64_MAX)
        snprintf(wait, sizeof wait, "We wait up to %s of silence for its FIN (--linger).", time);
    SAY("FIN-WAIT-2: our side is closed, the server's is not. %s If we left earlier, its FIN would meet nobody, and "
        "our "
        "kernel would answer it with RST.",
        wait);
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

void words_event(const struct trace_event *event, char *out, size_t room) {
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
        server_program(event, out, room);
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
        waiting(event->u.waiting.for_us, out, room);
        break;
    case TRACE_PEER_GONE:
        SAY("While you were reading, the server's kernel has given up the half-open connection: our ACK did not come, "
            "after it had sent its SYN,ACK again and again. If our ACK leaves now, RST will answer it.");
        break;
    case TRACE_WITHDRAWN:
        SAY("What was about to be sent is needless now: what arrived meanwhile has ended the connection.");
        break;
    default:
        break;
    }
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
