// SPDX-License-Identifier: MIT
//
// One handshake for a program (see handshake.h). Our ACK is seen on its way out by a bend: in that moment the server
// says nothing yet, and the kernel gets the connection. If it refuses, RST leaves instead of that ACK, and the kernel
// makes a connection of its own: to the program it is all the same. Called by handshakes.c.
#include "run/handshake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "live/takeover.h"
#include "live/usual.h"
#include "run/ends.h"
#include "run/meanwhile.h"

enum { ROOM_LEAST = 65536, ROOM_MOST = 64 << 20 };

// ---- the handover

static bool hand_over(struct handshake *h, struct trace_socket *told) {
    struct handover numbers = takeover_numbers(&h->session, h->call.to.zone);
    numbers.mss = choices_peer_mss(&h->call.choices, numbers.mss);
    if (h->session.conn.state != RS_ESTABLISHED)
        return net_fail(&h->error, EPROTO, NULL, "handing the connection over to the kernel");
    takeover_tell_ours(&h->session, h->sent, told);
    takeover_tell_kernels(h->call.fd, TRACE_SOCKET_BEFORE, told);
    if (!handover_helper_take(h->means->handover, h->call.fd, &numbers, &h->error))
        return false;
    takeover_tell_kernels(h->call.fd, TRACE_SOCKET_AFTER, told);
    takeover_tell_numbers(&h->means->handover->told, told);
    return true;
}

static void try_to_hand_over(struct handshake *h, bool ack_due) {
    struct trace_socket told = {.no_ack_due = !ack_due};
    struct trace_event event = {.kind = TRACE_SOCKET, .u.socket = &told};
    char refused[400];
    h->tried = true;
    h->taken = hand_over(h, &told);
    if (h->taken) {
        session_retire(&h->session);
    } else {
        event = (struct trace_event){.kind = TRACE_NOTE};
        snprintf(refused, sizeof refused,
                 "The kernel has not taken the connection over (%s: %s). RST ends it; the kernel's own connect() makes "
                 "another one.",
                 h->error.what, strerror(h->error.number));
        event.u.note.text = refused;
    }
    session_record(&h->session, event);
}

static struct bent outgoing(void *self, struct rs_packet *packet) {
    struct handshake *h = self;
    const bool now = !h->tried && !(packet->segment.flags & (RS_SYN | RS_RST));
    if (now)
        try_to_hand_over(h, true);
    h->sent++;
    const bool leaves = h->taken || (packet->segment.flags & (RS_SYN | RS_RST));
    return (struct bent){.copies = leaves,
                         .slow = now,
                         .purpose = leaves ? NULL : "The kernel has no such connection, so this one does not leave."};
}

// ---- beginning

// A program's name may be any bytes; a screen gets letters.
static void name_client(struct handshake *h) {
    char name[NOTIFICATION_PROGRAM_BYTES + 1] = "";
    for (size_t i = 0; i < NOTIFICATION_PROGRAM_BYTES && h->call.program[i]; i++)
        name[i] = h->call.program[i] >= ' ' && h->call.program[i] < 0x7f ? h->call.program[i] : '?';
    snprintf(h->client_is, sizeof h->client_is, "%s, process %d: its connect() is made by hand",
             name[0] ? name : "a program", (int)h->call.process);
}

// The window is to be as the kernel's own would be: its buffers are as the program has chosen, or the system.
static bool take_room(struct handshake *h) {
    const uint32_t wanted = h->call.choices.receive_buffer;
    h->receive_bytes = wanted < ROOM_LEAST ? ROOM_LEAST : wanted < ROOM_MOST ? wanted : ROOM_MOST;
    h->receive_buffer = malloc(h->receive_bytes);
    if (h->receive_buffer)
        return true;
    return net_fail(&h->error, ENOMEM, ENDS_NO_MATTER, "room for %zu bytes", h->receive_bytes);
}

// What is missing here only is no answer for the program. And EACCES may be a route that says so, or an address for
// broadcast, for which connect() has other words on TCP: the kernel has the right ones.
static bool is_the_networks(int number) {
    return number != EACCES && number != EMFILE && number != ENFILE && number != ENOMEM && number != ENOBUFS;
}

bool handshake_prepare(struct handshake *h, const struct handshake_means *means, const struct notification *call) {
    *h = (struct handshake){.means = means, .call = *call, .guard.fd = -1};
    name_client(h);
    h->number = NOTIFICATION_KERNEL;
    if (means->handover->fd < 0)
        return net_fail(&h->error, ESRCH, ENDS_NO_MATTER, "the process for the handover has ended");
    if (!route_find(&call->to, &h->route, &h->error)) {
        if (is_the_networks(h->error.number))
            h->number = h->error.number;
        return false;
    }
    return take_room(h) && ends_take(h);
}

// A program that does not want to wait is held no longer than the user says; one that waits, no longer than it says.
static uint64_t patience(const struct handshake *h) {
    return h->call.nonblocking ? h->means->hold_us : h->call.send_timeout_us;
}

// Which of the limits it is, in the order in which errno_of looks at them.
static const char *limit_is(const struct handshake *h) {
    const uint64_t limit = h->session.config.conn.open_timeout_us;
    if (limit != patience(h))
        return "as long as the kernel would have tried";
    return h->call.nonblocking ? "--hold" : "the program's SO_SNDTIMEO";
}

static struct trace_choices chosen_by_program(const struct handshake *h) {
    const struct notification_choices *c = &h->call.choices;
    return (struct trace_choices){.source_port = h->call.bound.endpoint.port > 0,
                                  .mss = c->mss > 0,
                                  .ttl = c->ttl > 0,
                                  .window = c->receive_buffer_chosen || c->window_clamp > 0};
}

static void record_begin(struct handshake *h) {
    const struct handshake_means *m = h->means;
    const struct trace_about about = {.source = TRACE_BY_HAND,
                                      .client = h->session.config.conn.local,
                                      .server = h->session.config.conn.remote,
                                      .client_is = h->client_is,
                                      .process = (uint32_t)h->call.process,
                                      .private_network = m->private_network,
                                      .through_user = m->through_user,
                                      .server_is_local = h->route.local,
                                      .guarded = true,
                                      .filtered = h->guard.filtered,
                                      .timeout_us = h->session.config.conn.open_timeout_us,
                                      .timeout_is = limit_is(h),
                                      .choices = chosen_by_program(h)};
    session_record(&h->session, (struct trace_event){.kind = TRACE_BEGIN, .u.about = &about});
}

static void record_call(struct handshake *h, enum trace_kind kind, int error) {
    struct trace_event event = {.kind = kind};
    event.u.call.call = TRACE_CONNECT;
    event.u.call.error = error;
    event.u.call.remote = h->call.to.endpoint;
    session_record(&h->session, event);
}

void handshake_start(struct handshake *h, struct sorter *sorter, uint32_t number) {
    const struct handshake_means *m = h->means;
    const struct habits habits = habits_of(m->habits);
    struct session_config config = {.conn = {.local = ends_local(h),
                                             .remote = h->call.to.endpoint,
                                             .send_buffer = h->send_buffer,
                                             .send_bytes = sizeof h->send_buffer,
                                             .receive_buffer = h->receive_buffer,
                                             .receive_bytes = h->receive_bytes,
                                             .open_timeout_us = patience(h)},
                                    .step = m->step,
                                    .bend = {.self = h, .outgoing = outgoing},
                                    .clock = m->clock,
                                    .witness = h->route.local ? m->here : m->away,
                                    .trace = m->trace,
                                    .connection = number};
    usual_path(&config.conn, h->route.mtu, h->route.announced_mss, h->route.ttl);
    usual_habits_of(&config.conn, &habits);
    choices_apply(&h->call.choices, &habits, &config.conn);
    usual_numbers(&config.conn, &config.clock, false);
    memcpy(config.conn.secret, m->secret, sizeof config.conn.secret);
    config.link = sorter_link(&h->door, sorter, &config.conn.local, &config.conn.remote, &h->session.conn);
    session_init(&h->session, &config);
    meanwhile_begin(&h->call);
    record_begin(h);
    session_ask_peer(&h->session);
    record_call(h, TRACE_CALL, 0);
    rs_conn_open(&h->session.conn, session_now(&h->session));
    session_record_decisions(&h->session);
}

// ---- going round

// After the others the program may not know, or has disconnected the socket itself.
static bool is_a_failure(int number) {
    return number > 0 && number != EINTR && number != EINPROGRESS && number != EPIPE;
}

static void finish(struct handshake *h, int number) {
    struct trace_event event = {.kind = TRACE_END};
    if (is_a_failure(number))
        meanwhile_renew(&h->call);
    h->over = true;
    h->number = number;
    if (number != NOTIFICATION_KERNEL)
        record_call(h, TRACE_RETURN, number);
    event.u.end.state = h->session.conn.state;
    event.u.end.handed_over = h->taken;
    event.u.end.after = h->taken ? h->after : TRACE_NOT_FOLLOWED;
    event.u.end.ignored = h->session.ignored;
    session_record(&h->session, event);
}

// What the program had limited itself is over as connect(2) tells it: its call would go on without it.
static int errno_of(const struct handshake *h) {
    const int number = rs_conn_errno(&h->session.conn);
    const uint64_t limit = h->session.config.conn.open_timeout_us; // the shortest of all
    const bool own_limit = !h->call.nonblocking && limit > 0 && limit == h->call.send_timeout_us;
    return number == ETIMEDOUT && own_limit ? EINPROGRESS : number > 0 ? number : ECONNABORTED;
}

void handshake_abort(struct handshake *h, int number) {
    if (h->over)
        return;
    if (!h->taken)
        session_abort(&h->session);
    finish(h, number);
}

static void say(struct handshake *h, const char *text) {
    struct trace_event event = {.kind = TRACE_NOTE};
    event.u.note.text = text;
    session_record(&h->session, event);
}

// A firewall of this machine may refuse our packets, and the kernel's own connect() would not hear of it (tcp_connect):
// what it makes of that, it may show.
static void leave_to_kernel(struct handshake *h) {
    say(h, "This machine does not let our segment leave. The kernel's own connect() goes on instead.");
    handshake_abort(h, NOTIFICATION_KERNEL);
}

void handshake_break_off(struct handshake *h, int number) {
    if (number == ECONNRESET)
        say(h, "The program has called shutdown() on the socket meanwhile, which ends this.");
    else if (number == EPIPE)
        say(h, "The program has disconnected the socket meanwhile (connect() with AF_UNSPEC), which ends this.");
    else if (number == NOTIFICATION_KERNEL)
        say(h, "The program has made something else of the socket meanwhile. The kernel's own connect() goes on.");
    handshake_abort(h, number);
}

// Where both ends open at once (RFC 9293, section 3.5), or a socket connects to itself, the last segment comes, and no
// ACK of ours is due that could be seen on its way out.
static bool stands_without_our_ack(const struct handshake *h) {
    return !h->tried && h->session.conn.state == RS_ESTABLISHED;
}

static void look(struct handshake *h) {
    struct session *s = &h->session;
    const int done_meanwhile = h->tried ? MEANWHILE_NOTHING : meanwhile(&h->call);
    if (done_meanwhile != MEANWHILE_NOTHING) {
        handshake_break_off(h, done_meanwhile);
        return;
    }
    if (s->link_failure != 0 && !h->taken) {
        leave_to_kernel(h);
        return;
    }
    if (s->held || s->blocked)
        return;
    if (stands_without_our_ack(h))
        try_to_hand_over(h, false);
    if (h->taken) {
        meanwhile_wake(&h->call);
        finish(h, 0);
    } else if (h->tried)
        handshake_abort(h, NOTIFICATION_KERNEL);
    else if (s->conn.state == RS_CLOSED)
        finish(h, errno_of(h));
}

bool handshake_advance(struct handshake *h) {
    if (h->over)
        return false;
    if (session_advance(&h->session))
        return true;
    look(h);
    return h->over;
}

uint64_t handshake_wait_us(const struct handshake *h) { return h->over ? 0 : session_wait_us(&h->session); }

void handshake_close(struct handshake *h) {
    guard_settle(&h->guard, h->session.arrived);
    guard_close(&h->guard);
    if (h->shares_port)
        setsockopt(h->call.fd, SOL_SOCKET, SO_REUSEPORT, &h->reuseport, sizeof h->reuseport);
    h->shares_port = false;
    free(h->receive_buffer);
    h->receive_buffer = NULL;
}
