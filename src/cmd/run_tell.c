// SPDX-License-Identifier: MIT
//
// What run says between the connections: which calls the kernel goes on with, and why; and how it ended. Called by
// run.c and run_servers.c, and by the supervisor and the handshakes as their door.
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "cmd/complain.h"
#include "cmd/run.h"
#include "net/clock.h"
#include "view/escape.h"

void run_say(struct run *r, const char *form, ...) {
    char raw[600], text[4 * sizeof raw];
    const struct clock clock = clock_real();
    va_list arguments;
    va_start(arguments, form);
    vsnprintf(raw, sizeof raw, form, arguments);
    va_end(arguments);
    escape_text((const uint8_t *)raw, strlen(raw), false, text, sizeof text); // commands and names may be anything
    struct trace_event event = {.kind = TRACE_NOTE, .wall_ns = clock.wall_ns(clock.self), .at_us = run_now_us()};
    event.u.note.text = text;
    trace_emit(&r->show.trace, &event);
}

// "python3 (4711)"
static const char *who(const struct notification *call, char *out, size_t room) {
    if (call->program[0])
        snprintf(out, room, "%s (%d)", call->program, (int)call->process);
    else
        snprintf(out, room, "process %d", (int)(call->process ? call->process : call->thread));
    return out;
}

static const char *why_through(const struct notification *call) {
    switch (call->kind) {
    case NOTIFICATION_FAST_OPEN:
        return "asks for TCP Fast Open (TCP_FASTOPEN_CONNECT): the SYN leaves with the first data, not now";
    case NOTIFICATION_OTHER_NETWORK:
        return "calls connect() on a socket of another network than ours";
    case NOTIFICATION_FORBIDDEN:
        return "calls connect(), and its memory or its socket is kept from us";
    case NOTIFICATION_NO_ROOM:
        return "calls connect(), and we may open no more files to look at its socket ('ulimit -n')";
    case NOTIFICATION_AROUND_IO_URING:
        return "makes an io_uring: by that it may connect without connect(2), and we would not see it";
    case NOTIFICATION_AROUND_FAST_OPEN_SEND:
        return "sends with MSG_FASTOPEN: on TCP that connects without connect(2)";
    case NOTIFICATION_AROUND_OTHER_ABI:
        return "calls connect() by the 32-bit interface of this kernel";
    case NOTIFICATION_AROUND_OWN_LISTENER:
        return "wants a seccomp listener of its own: the kernel refuses it (EBUSY), for ours is there";
    default:
        return NULL;
    }
}

// What only fails in the kernel, and calls on other than TCP sockets, are of interest to who looks closely.
static const char *why_through_closely(const struct notification *call) {
    switch (call->kind) {
    case NOTIFICATION_OTHER:
        return call->domain == AF_UNIX                          ? "calls connect() on a UNIX socket"
               : call->type == SOCK_DGRAM && call->domain != -1 ? "calls connect() on a datagram socket"
                                                                : "calls connect() on what is no TCP socket";
    case NOTIFICATION_NO_FILE:
        return "calls connect() on a descriptor that is none";
    case NOTIFICATION_NOT_NEW:
        return "calls connect() on a socket that is not fresh";
    case NOTIFICATION_DISCONNECT:
        return "calls connect() without an address (AF_UNSPEC), which ends a connection";
    case NOTIFICATION_UNREADABLE:
        return "calls connect() with an address where it has no memory";
    case NOTIFICATION_NO_ADDRESS:
        return "calls connect() with an address to which we send no SYN";
    default:
        return NULL;
    }
}

void run_tell_let_through(void *self, const struct notification *call) {
    struct run *r = self;
    char program[80];
    const char *why = why_through(call);
    r->let_through |= call->kind != NOTIFICATION_OTHER && call->kind != NOTIFICATION_NO_FILE;
    if (!why && r->options.view.verbosity > 0)
        why = why_through_closely(call);
    who(call, program, sizeof program);
    if (call->kind == NOTIFICATION_SPECIAL)
        run_say(r, "%s calls connect() on a socket with %s: the kernel alone can do that, and goes on.", program,
                call->choices.special);
    else if (why)
        run_say(r, "%s %s. The kernel goes on with it.", program, why);
}

void run_tell_not_begun(void *self, const struct handshake *h) {
    struct run *r = self;
    char program[80], to[RS_ENDPOINT_TEXT_BYTES], why[96], number[96];
    who(&h->call, program, sizeof program);
    rs_endpoint_text(&h->call.to.endpoint, to, sizeof to);
    net_error_why(&h->error, why, sizeof why);
    if (h->number == NOTIFICATION_KERNEL)
        run_say(r, "%s calls connect() to %s. We cannot make it: %s: %s. The kernel goes on with it.", program, to,
                h->error.what, why);
    else
        run_say(r, "%s calls connect() to %s. No segment can leave: connect() returns -1, %s.", program, to,
                errno_text(h->number, number, sizeof number));
}

void run_tell_end(struct run *r, unsigned left) {
    const struct handshakes *h = &r->handshakes;
    if (left > 0)
        run_say(r, "%s had left %u process%s behind: %s ended, since nobody answers connect() any more.",
                r->options.program[0], left, left == 1 ? "" : "es", left == 1 ? "it was" : "they were");
    const uint64_t all = h->made + h->failed;
    if (all > 1 && h->failed > 0)
        run_say(r,
                "%" PRIu64 " calls of connect() were answered by hand: %" PRIu64 " with 0, %" PRIu64
                " with -1 and an errno.",
                all, h->made, h->failed);
    else if (all > 1)
        run_say(r, "%" PRIu64 " calls of connect() were answered by hand, all with 0.", all);
    if (h->failed > 0 && h->made == 0 && r->private_network && r->options.servers_count == 0)
        run_say(r, "From inside the private network no server outside it can be reached, not even one on this machine: "
                   "--with starts one inside.");
    if (all + h->to_kernel + h->gone > 0 || !r->began)
        return;
    if (r->let_through)
        run_say(r, "No connect() of %s was made by hand.", r->options.program[0]);
    else
        run_say(r, "%s has not called connect() on a TCP socket.", r->options.program[0]);
}
