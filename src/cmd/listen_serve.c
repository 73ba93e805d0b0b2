// SPDX-License-Identifier: MIT
//
// listen --handover: the tutorial's server by ordinary calls, on a socket whose handshake was made by hand. Several
// clients at once, so nothing here waits. Called by listen_guests.c.
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "cmd/listen.h"

enum { LESSON_RECV = 1024, AT_ONCE = 16 };

// No more is read than can be shown, or sent back: so a client that sends faster meets a closed window.
static size_t read_room(const struct guest *g) {
    const struct listen *l = g->listen;
    const struct text *text = &l->show.screen.text;
    if (g->back_sent < g->back_bytes)
        return 0;
    if (!l->options.quiet)
        return LESSON_RECV;
    return text->size - text->used < GUEST_BYTES ? text->size - text->used : GUEST_BYTES;
}

uint32_t guest_waits_for(const struct guest *g) {
    if (g->back_sent < g->back_bytes)
        return EPOLLOUT;
    return read_room(g) > 0 ? EPOLLIN : 0;
}

static void hear(struct guest *g, size_t size) {
    struct listen_heard *heard = &g->heard;
    if (heard->recvs++ > 0)
        return;
    heard->first_size = size;
    heard->first_bytes = size < sizeof heard->first ? size : sizeof heard->first;
    memcpy(heard->first, g->back, heard->first_bytes);
}

// -q: to standard output, as it is.
static void pass_on(struct guest *g, size_t size) {
    struct listen *l = g->listen;
    const struct trace_sink sink = screen_quiet_sink(&l->show.screen);
    struct trace_event event = {.kind = TRACE_DATA};
    event.u.data.bytes = g->back;
    event.u.data.size = size;
    if (l->options.quiet && !view_options_take_stdout(&l->options.view))
        sink.take(sink.self, &event);
}

// Returns false if the connection is over.
static bool send_back(struct guest *g) {
    while (g->back_sent < g->back_bytes) {
        ssize_t sent = send(g->fd, g->back + g->back_sent, g->back_bytes - g->back_sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN)
            return true;
        if (sent < 0) {
            guest_over(g, errno);
            return false;
        }
        g->back_sent += (size_t)sent;
    }
    return true;
}

// Returns false if there is nothing more to read now.
static bool read_some(struct guest *g, size_t room) {
    ssize_t size = recv(g->fd, g->back, room, 0);
    if (size < 0 && errno == EAGAIN)
        return false;
    if (size <= 0) { // the client has closed, and the tutorial's server does, too
        guest_over(g, size < 0 ? errno : 0);
        return false;
    }
    hear(g, (size_t)size);
    pass_on(g, (size_t)size);
    g->back_sent = 0;
    g->back_bytes = g->listen->options.echo ? (size_t)size : 0;
    return send_back(g);
}

void guest_serve(struct guest *g) {
    size_t room;
    if (!send_back(g))
        return;
    for (int i = 0; i < AT_ONCE && (room = read_room(g)) > 0 && read_some(g, room); i++) {
    }
}
