// SPDX-License-Identifier: MIT
//
// The handshake (see opening.h): a session whose ACK is seen on its way out by a bend, which hands over.
#include "opening.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cm.h"
#include "live/takeover.h"
#include "live/usual.h"
#include "net/clock.h"
#include "net/resolve.h"
#include "net/route.h"

enum { PATIENCE_MS = 3000 };

// Our ACK is on its way out: now.
static struct bent take_over(void *self, struct rs_packet *packet) {
    struct opening *o = self;
    if (packet->segment.flags & RS_SYN || o->taken)
        return (struct bent){.copies = 1};
    const struct handover numbers = takeover_numbers(&o->session, 0);
    o->taken = o->helper ? handover_helper_take(o->helper, o->fd, &numbers, &o->error)
               : o->told ? handover_take_and_ask(o->fd, &numbers, o->told, &o->error)
                         : handover_take(o->fd, &numbers, &o->error);
    return (struct bent){.copies = o->taken};
}

struct opening *opening_new(const char *host, uint16_t port, void (*change)(struct rs_conn_config *)) {
    static struct opening o;
    struct addresses to;
    struct route route;
    memset(&o, 0, sizeof o);
    assert_true(resolve_host(host, port, 0, &to, &o.error));
    assert_true(route_find(&to.list[0], &route, &o.error));
    const enum rs_family family = to.list[0].endpoint.family;
    assert_true(guard_open(&o.guard, family, 0, true, &o.error));
    assert_true(raw_link_open(&o.raw, family, o.guard.port, &o.error));
    o.fd = socket(family == RS_IPV4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct session_config config = {.link = raw_link_door(&o.raw), .clock = clock_real(), .trace = &o.nobody};
    struct rs_conn_config *conn = &config.conn;
    conn->local = route.source;
    conn->local.port = o.guard.port;
    conn->remote = to.list[0].endpoint;
    conn->mss = conn->path_mss = (uint16_t)(family == RS_IPV4 ? 65535 - 40 : 65536 - 60);
    conn->send_buffer = o.send_buffer;
    conn->receive_buffer = o.receive_buffer;
    conn->send_bytes = conn->receive_bytes = OPENING_BUFFER;
    conn->ttl = route.ttl;
    usual_habits(conn);
    if (change)
        change(conn);
    usual_numbers(conn, &config.clock, false);
    config.bend = (struct bend){.self = &o, .outgoing = take_over};
    session_init(&o.session, &config);
    return &o;
}

bool opening_shake(struct opening *o) {
    rs_conn_open(&o->session.conn, session_now(&o->session));
    for (int i = 0; i < PATIENCE_MS && !o->taken && o->session.conn.state != RS_CLOSED; i++) {
        struct pollfd come = {.fd = o->raw.receive_fd, .events = POLLIN};
        while (!o->taken && session_advance(&o->session)) {
        }
        if (!o->taken)
            poll(&come, 1, 1);
    }
    return o->taken;
}

void opening_close(struct opening *o) {
    close(o->fd);
    raw_link_close(&o->raw);
    guard_close(&o->guard);
}
