// SPDX-License-Identifier: MIT
//
// What the server's program did, a sentence a call (see words.h). The tutorial's server reads to the end of file and
// then closes, so more is certain of it than of one that an experiment tells what to do. Called by words_event.c and
// the page.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "view/escape.h"
#include "view/words.h"

enum { BYTES_SHOWN = 72 };

#define SAY(...) snprintf(out, room, __VA_ARGS__)

const char *words_program_call(enum trace_server_call call) {
    switch (call) {
    case TRACE_SERVER_ACCEPT:
        return "accept()";
    case TRACE_SERVER_RECV:
    case TRACE_SERVER_END_OF_FILE:
        return "recv(1024)";
    case TRACE_SERVER_CLOSE:
        return "close()";
    case TRACE_SERVER_RECV_URGENT:
        return "recv(1, MSG_OOB)";
    case TRACE_SERVER_SEND:
        return "send()";
    case TRACE_SERVER_SHUTDOWN:
        return "shutdown(SHUT_WR)";
    }
    return "";
}

// A call that would have waited, had it been allowed to.
static const char *would_wait(enum trace_server_call call) {
    switch (call) {
    case TRACE_SERVER_ACCEPT:
        return "no completed connection is there for it";
    case TRACE_SERVER_SEND:
        return "its kernel has no room for more";
    case TRACE_SERVER_RECV_URGENT:
        return "the urgent byte is not there";
    default:
        return "nothing is there";
    }
}

static void failed(enum trace_server_call call, int error, char *out, size_t room) {
    const char *name = words_errno_name(error);
    if (error == EAGAIN)
        SAY("%s would wait: %s.", words_program_call(call), would_wait(call));
    else
        SAY("%s fails: %s%s%s.", words_program_call(call), name ? name : "", name ? ", " : "", strerror(error));
}

// recv and send: which bytes, and how many.
static void moved(const struct trace_event *event, char *out, size_t room) {
    const enum trace_server_call call = event->u.server.call;
    const size_t size = event->u.server.size;
    char bytes[BYTES_SHOWN], count[40];
    const char *more = escape_bytes(event->u.server.bytes, size, bytes, sizeof bytes) < size ? "..." : "";
    words_bytes(size, count, sizeof count);
    if (call == TRACE_SERVER_SEND)
        SAY("send(b\"%s\"%s): its kernel has taken %s.", bytes, more, count);
    else
        SAY("%s returns b\"%s\"%s: %s.", words_program_call(call), bytes, more, count);
}

void words_program(const struct trace_event *event, bool experiment, char *out, size_t room) {
    char from[RS_ENDPOINT_TEXT_BYTES];
    if (event->u.server.error != 0) {
        failed(event->u.server.call, event->u.server.error, out, room);
        return;
    }
    switch (event->u.server.call) {
    case TRACE_SERVER_ACCEPT:
        SAY("accept() returns a socket for the connection from %s.",
            rs_endpoint_text(&event->u.server.from, from, sizeof from));
        break;
    case TRACE_SERVER_RECV:
    case TRACE_SERVER_RECV_URGENT:
    case TRACE_SERVER_SEND:
        moved(event, out, room);
        break;
    case TRACE_SERVER_END_OF_FILE: // after an error was told, recv() says so too, and no FIN has come
        SAY("recv(1024) returns b\"\": %s.",
            experiment ? "end of file, as after a FIN" : "our FIN has become end of file");
        break;
    case TRACE_SERVER_SHUTDOWN:
        SAY("shutdown(SHUT_WR). It has nothing more to send, but can still receive.");
        break;
    case TRACE_SERVER_CLOSE: // what lies unread makes a RST of the FIN, and what is unsent goes before it
        SAY("%s", experiment ? "close(). It is done with the connection; its kernel sees to the rest."
                             : "close(). Its kernel has nothing left to send, so its FIN leaves at once.");
        break;
    }
}
