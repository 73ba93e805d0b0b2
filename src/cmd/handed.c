// SPDX-License-Identifier: MIT
//
// The handover (see handed.h). Our ACK is seen on its way out by a bend: in that moment the server says nothing yet,
// and the kernel gets the connection. What it needs CAP_NET_ADMIN for is done by a process of its own (net/handover.h);
// this one, which reads what arrives, has no privilege any more. Two connections come into the trace: the handshake,
// and the rest of it.
#include "cmd/handed.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/complain.h"
#include "cmd/handmade.h"
#include "cmd/kernel_lesson.h"
#include "cmd/signals.h"
#include "cmd/without.h"
#include "live/takeover.h"
#include "net/clock.h"
#include "net/privileges.h"

struct handed {
    const struct handed_config *config;
    struct handmade *h;
    struct tap tap;
    struct handover_helper helper;
    struct kernel_counters counters;
    int fd; // the socket that takes it over
    bool tap_is_narrow, tried, failed;
    size_t attempt; // of h->attempts, and
    uint64_t sent;  // segments of ours in it
    uint64_t taken_ns;
    struct net_error error;
};

// ---- the moment between the SYN-ACK and our ACK

// What was chosen for our segments holds for the kernel's too.
static void choose(const struct handed *d, bool ipv6) {
    const struct connect_options *o = d->config->options;
    const int ttl = o->ttl, on = 1,
              patience_ms = (int)(o->timeout_us / 1000 < INT32_MAX ? o->timeout_us / 1000 : INT32_MAX);
    if (o->ttl_set)
        setsockopt(d->fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_UNICAST_HOPS : IP_TTL, &ttl, sizeof ttl);
    if (o->timeout_us > 0)
        setsockopt(d->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof patience_ms);
    if (o->without & WITHOUT_NAGLE)
        setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static bool take_over(struct handed *d, struct trace_socket *told) {
    struct session *s = &d->h->session;
    const struct attempts *a = &d->h->attempts;
    const struct handover numbers = takeover_numbers(s, a->addresses.list[a->at].zone);
    const enum rs_family family = d->h->remote.family;
    if (s->conn.state != RS_ESTABLISHED || !d->tap_is_narrow)
        return net_fail(&d->error, d->error.number ? d->error.number : EPROTO, d->error.hint,
                        "handing the connection over to the kernel");
    d->fd = socket(address_family(family), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (d->fd < 0)
        return net_fail(&d->error, errno, NULL, "a socket for the kernel");
    choose(d, family == RS_IPV6);
    takeover_tell_ours(s, d->sent, told);
    takeover_tell_kernels(d->fd, TRACE_SOCKET_BEFORE, told);
    if (!handover_helper_take(&d->helper, d->fd, &numbers, &d->error))
        return false;
    takeover_tell_kernels(d->fd, TRACE_SOCKET_AFTER, told);
    takeover_tell_numbers(&d->helper.told, told);
    return true;
}

static void hand_over(struct handed *d) {
    struct trace_socket told = {0};
    struct trace_event event = {.kind = TRACE_SOCKET, .u.socket = &told};
    struct clock clock = clock_real();
    d->failed = !take_over(d, &told);
    if (d->failed) {
        event = (struct trace_event){.kind = TRACE_NOTE};
        event.u.note.text = "The kernel has not taken the connection over. Nothing is sent; we close it by hand.";
    } else {
        client_taken(&d->h->client);
        d->taken_ns = clock.wall_ns(clock.self);
    }
    session_record(&d->h->session, event);
}

// Before the SYN leaves, the tap knows whom to watch; before our ACK leaves, the kernel has the connection.
static struct bent outgoing(void *self, struct rs_packet *packet) {
    struct handed *d = self;
    const struct attempts *a = &d->h->attempts;
    if (!d->tap_is_narrow)
        d->tap_is_narrow = tap_narrow(&d->tap, a->addresses.list, a->addresses.count, &d->error);
    d->sent = d->attempt == a->at ? d->sent : 0;
    d->attempt = a->at;
    const bool now = !d->tried && !(packet->segment.flags & (RS_SYN | RS_RST));
    if (now)
        hand_over(d);
    d->tried |= now;
    d->sent++;
    return (struct bent){.copies = 1, .slow = now};
}

// ---- the kernel's part

static void idle(void *self) {
    struct handed *d = self;
    screen_flush(&d->h->screen, &d->h->loop);
    if (d->h->views)
        views_flush(d->h->views, &d->h->loop);
}

static size_t read_room(void *self) {
    const struct handed *d = self;
    const struct text *text = &d->h->screen.text;
    return d->h->options.quiet && d->h->screen.error == 0 ? text->size - text->used : SIZE_MAX;
}

static void after(void *self, struct handmade *h) {
    struct handed *d = self;
    const struct connect_options *o = &h->options;
    const bool own = d->config->private_network;
    signals_without_keys(h->signal_fd);
    if (handmade_counts(h))
        kernel_counters_open(&d->counters, true);
    const struct kernel_lesson lesson = {
        .watched = {.trace = &h->trace,
                    .about = {.client = h->local,
                              .server = h->remote,
                              .where = own ? "lo" : NULL,
                              .private_network = own,
                              .through_user = d->config->through_user,
                              .our_server = own,
                              .continues = h->connections_before + (uint32_t)h->attempts.at + 1},
                    .tap = &d->tap,
                    .began_ns = d->taken_ns,
                    .number = h->connections_before + (uint32_t)h->attempts.at + 2,
                    .interrupt_fd = h->signal_fd,
                    .idle = idle,
                    .idle_self = d},
        .server = h->attempts.addresses.list[h->attempts.at],
        .partner = d->config->server,
        .message = o->message,
        .message_bytes = o->message_bytes,
        .input_fd = h->input_fd,
        .counters = handmade_counts(h) ? kernel_counters_door(&d->counters) : (struct counters){0},
        .connected = &d->fd,
        .read_room = read_room,
        .read_room_self = d,
        .linger_us = o->file && !o->linger_set ? UINT64_MAX : o->linger_us,
    };
    d->failed = !kernel_lesson_run(&lesson, &d->error);
    d->fd = -1; // it is closed
    if (d->failed)
        signals_take(h);
}

// ---- what is opened, and when

static int go(struct handed *d) {
    const struct handed_config *c = d->config;
    const struct handmade_heir heir = {d, outgoing, after};
    const struct handmade_lesson lesson = {.private_network = c->private_network,
                                           .through_user = c->through_user,
                                           .partner = c->server ? demo_server_partner(c->server) : (struct partner){0},
                                           .heir = &heir};
    int status = handmade_run(d->h, &lesson);
    if (d->failed)
        status = complain_net(&d->error);
    if (c->server && !c->options->quiet && d->h->screen.error == 0)
        demo_server_printed(c->server, d->h->screen.text.style.utf8,
                            view_options_take_stdout(&c->options->view) ? stderr : stdout);
    return status;
}

// All that needs privileges; handmade_open gives them up.
static int open_all(struct handed *d) {
    const struct connect_options *o = d->config->options;
    const struct tap_config tap = {
        .interface = d->config->private_network ? "lo" : NULL, .port = o->port, .family = o->family, .wait = true};
    int status = EXIT_DONE;
    if (!handover_possible(&d->error) || !handover_helper_start(&d->helper, privileges_keep, &d->error) ||
        !tap_open(&d->tap, &tap, &d->error))
        return complain_net(&d->error);
    d->h = handmade_open(o, &status);
    return status;
}

int handed_run(const struct handed_config *config) {
    struct handed d = {
        .config = config, .tap.fd = -1, .helper = {.pid = -1, .fd = -1}, .counters.fds = {-1, -1}, .fd = -1};
    int status = open_all(&d);
    if (d.h)
        status = go(&d);
    if (d.fd >= 0)
        close(d.fd);
    handover_helper_stop(&d.helper);
    kernel_counters_close(&d.counters);
    tap_close(&d.tap);
    if (d.h)
        handmade_close(d.h);
    return status;
}
