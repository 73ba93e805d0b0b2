// SPDX-License-Identifier: MIT
//
// listen --handover: the moment when the kernel gets a connection. It is before our SYN-ACK leaves. Its answer, the
// client's ACK, may have data right behind it or on it, and what arrives while nobody owns the connection is lost: the
// guard drops it, and the client has to send it again. So the kernel has its socket before anything can come. It cannot
// be half-open (TCP_REPAIR knows no SYN-RECEIVED), so until that ACK it is deaf to all else, says nothing, and nobody
// has it; our own TCP takes the ACK as well, and that is when accept() returns. Called by listen_each.c.
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/complain.h"
#include "cmd/listen.h"
#include "live/takeover.h"
#include "net/address.h"

static struct session *session_of(const struct guest *g) {
    for (size_t i = 0; i < g->listen->count; i++) {
        const struct host *host = listener_host_of(&g->listen->listeners[i], &g->remote);
        if (host && rs_endpoint_equal(&g->listen->listeners[i].config.local, &g->local))
            return host->session;
    }
    return NULL;
}

static bool take_over(struct guest *g, const struct session *s, struct trace_socket *told, struct net_error *error) {
    struct listen *l = g->listen;
    const struct way *way = ways_find(&l->ways, g->local.family);
    const struct handover numbers = takeover_numbers(s, way->raw.zone);
    const int on = 1;
    int fd = socket(address_family(g->local.family), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return net_fail(error, errno, NULL, "a socket for the kernel");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); // the next server on this port need not wait for its end
    takeover_tell_ours(s, 0, told);
    takeover_tell_kernels(fd, TRACE_SOCKET_BEFORE, told);
    if (!handover_helper_take(&l->guests.helper, fd, &numbers, error)) {
        close(fd);
        return false;
    }
    takeover_tell_kernels(fd, TRACE_SOCKET_AFTER, told);
    takeover_tell_numbers(&l->guests.helper.told, told);
    g->fd = fd;
    return true;
}

// Whoever has the same four numbers is still answering for them: so it is with a connection in TIME-WAIT, which our
// kernel forgets when such a SYN comes. Ours waits as if the SYN-ACK had been lost, and tries again with it.
static bool is_soon_over(int number) { return number == EADDRNOTAVAIL || number == EADDRINUSE; }

static bool try_it(struct guest *g) {
    struct trace_socket told = {0};
    struct net_error error = {.number = 0};
    struct session *s = session_of(g);
    bool good = s && take_over(g, s, &told, &error);
    if (!good && s && !g->complained && !is_soon_over(error.number)) {
        complain_net(&error);
        g->complained = true;
    }
    if (good)
        session_record(s, (struct trace_event){.kind = TRACE_SOCKET, .u.socket = &told});
    return good;
}

static struct bent outgoing(void *self, struct rs_packet *packet) {
    struct guest *g = self;
    const bool now = g->fd < 0 && (packet->segment.flags & RS_SYN);
    if (now && !try_it(g))
        return (struct bent){.copies = 0,
                             .purpose = "The kernel has not taken the connection over, so our SYN,ACK stays here."};
    return (struct bent){.copies = 1, .slow = now};
}

struct guest *guest_begin(struct listen *l, struct session_config *config) {
    const size_t most = l->options.step ? 1 : GUESTS_MAX;
    if (l->over + guests_count(l) >= l->options.count)
        return NULL;
    for (size_t i = 0; i < most; i++) {
        struct guest *g = &l->guests.list[i];
        if (g->phase != GUEST_NONE)
            continue;
        *g = (struct guest){.phase = GUEST_OPENING,
                            .listen = l,
                            .local = config->conn.local,
                            .remote = config->conn.remote,
                            .fd = -1,
                            .pid = -1};
        config->bend = (struct bend){.self = g, .outgoing = outgoing};
        config->until_open = true;
        return g;
    }
    return NULL;
}

static void remember(struct guests *guests, const struct rs_endpoint *remote) {
    guests->known[guests->known_next] = *remote;
    guests->known_next = (guests->known_next + 1) % GUESTS_KNOWN;
    guests->known_count += guests->known_count < GUESTS_KNOWN;
}

void guest_stands(struct guest *g) {
    struct listen *l = g->listen;
    struct net_error error;
    remember(&l->guests, &g->remote);
    bool good = g->fd >= 0 || net_fail(&error, EPROTO, NULL, "a client has acknowledged what was not sent");
    if (!good || !handover_opened(g->fd, &error)) {
        complain_net(&error);
        guest_over(g, ECONNABORTED);
        return;
    }
    g->phase = l->options.command ? GUEST_EXECUTED : GUEST_SERVED;
    if (l->options.command)
        guest_execute(g);
}

void guest_forget(struct guest *g) {
    struct net_error error;
    if (g->fd >= 0 && !handover_helper_undo(&g->listen->guests.helper, g->fd, &error))
        complain_net(&error);
    if (g->fd >= 0)
        close(g->fd);
    g->phase = GUEST_NONE;
    g->fd = -1;
}

// The state in which our kernel has a connection with this client; RS_LISTEN: it has none.
static enum rs_state kernels_state(struct listen *l, const struct rs_endpoint *remote) {
    for (size_t i = 0; i < l->count; i++) {
        const struct rs_endpoint *local = &l->listeners[i].config.local;
        const struct witness witness = kernel_witness_door(&l->here);
        if (local->family != remote->family)
            continue;
        const struct peer peer = witness.ask(witness.self, local, remote);
        return peer.known ? peer.state : RS_LISTEN;
    }
    return RS_LISTEN;
}

// A SYN is the kernel's as long as it has such a connection, but for TIME-WAIT: a new one may follow it then. Of all
// else, what the last segment of a connection has ended meanwhile can only be remembered.
bool guest_is_others(void *self, const struct rs_endpoint *remote, bool syn) {
    struct listen *l = self;
    const struct guests *guests = &l->guests;
    for (size_t i = 0; i < guests->known_count && !syn; i++)
        if (rs_endpoint_equal(&guests->known[i], remote))
            return true;
    const enum rs_state state = kernels_state(l, remote);
    return state >= RS_SYN_SENT && state < (syn ? RS_TIME_WAIT : RS_STATE_UNKNOWN);
}
