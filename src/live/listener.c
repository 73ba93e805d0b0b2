// SPDX-License-Identifier: MIT
//
// One port, many sessions (see listener.h). Called by the command listen, and by demo --both.
#include "live/listener.h"

#include <stdlib.h>
#include <string.h>

// A connection, or room for one.
struct listener_place {
    struct listener *listener;
    bool active;
    uint64_t order; // the how many-th connection it is
    struct sorter_door door;
    struct host host;
    uint8_t *buffers; // to send, and behind that to receive
    struct session session;
};

// ---- places

static void make_free(struct listener_place *place) {
    const struct listener_config *config = &place->listener->config;
    place->active = false;
    if (config->over)
        config->over(config->self, &place->host);
}

// A place that has been used before, or a new one; NULL: there is none.
static struct listener_place *free_place(struct listener *l) {
    const size_t buffers = l->config.send_bytes + l->config.receive_bytes;
    size_t at = 0;
    while (at < l->config.places && l->places[at] && l->places[at]->active)
        at++;
    if (at == l->config.places)
        return NULL;
    if (l->places[at])
        return l->places[at];
    struct listener_place *place = malloc(sizeof *place);
    uint8_t *bytes = malloc(buffers);
    if (!place || !bytes) {
        free(place);
        free(bytes);
        return NULL;
    }
    place->listener = l;
    place->active = false;
    place->buffers = bytes;
    return l->places[at] = place;
}

static struct listener_place *active_place(const struct listener *l, size_t at) {
    return l->places[at] && l->places[at]->active ? l->places[at] : NULL;
}

static struct listener_place *place_of(struct listener *l, const struct sorter_packet *p) {
    for (size_t i = 0; i < l->config.places; i++)
        if (active_place(l, i) && sorter_is_for(&l->places[i]->door, p))
            return l->places[i];
    return NULL;
}

// Handshakes in progress; and of those that had to say SYN,ACK again the one that came first.
static unsigned half_open(const struct listener *l, struct listener_place **stale) {
    unsigned count = 0;
    *stale = NULL;
    for (size_t i = 0; i < l->config.places; i++) {
        struct listener_place *place = active_place(l, i);
        if (!place || !host_is_half_open(&place->host))
            continue;
        count++;
        if (host_waits_in_vain(&place->host) && (!*stale || place->order < (*stale)->order))
            *stale = place;
    }
    return count;
}

// A client that is there acknowledges our SYN in one round trip. One that has not when our SYN,ACK had to go out again
// gives way if its place is needed: so SYNs with made-up addresses, however many, keep honest clients out only as long
// as they come faster than those try.
static struct listener_place *place_for_syn(struct listener *l) {
    struct listener_place *stale;
    if (half_open(l, &stale) >= l->config.backlog) {
        if (!stale)
            return NULL;
        host_give_way(&stale->host);
        make_free(stale);
    }
    return free_place(l);
}

static bool begin(struct listener *l, struct listener_place *place, const struct rs_endpoint *remote) {
    const struct listener_config *c = &l->config;
    struct session_config config = {.conn = {.local = c->local,
                                             .remote = *remote,
                                             .send_buffer = place->buffers,
                                             .send_bytes = c->send_bytes,
                                             .receive_buffer = place->buffers + c->send_bytes,
                                             .receive_bytes = c->receive_bytes}};
    if (!c->prepare(c->self, &config))
        return false;
    config.we_listen = true;
    config.link = sorter_link(&place->door, &l->sorter, &c->local, remote, &place->session.conn);
    place->active = true;
    place->order = ++l->began;
    session_init(&place->session, &config);
    if (c->begun)
        c->begun(c->self, &place->session);
    host_start(&place->host, &place->session, &c->host);
    return true;
}

// ---- what belongs to no session

// As an end in LISTEN answers it: ACK with RST, all else not at all. RST is not answered with RST.
static void answer_stray(struct listener *l, const struct sorter_packet *p) {
    static const uint8_t ttl = 64;
    uint8_t none[2], out[RS_CONN_PACKET_ROOM(0)];
    const struct link *link = &l->config.link;
    const uint64_t now = l->config.clock.monotonic_us(l->config.clock.self);
    const struct rs_conn_config config = {.local = l->config.local,
                                          .send_buffer = none,
                                          .send_bytes = 1,
                                          .receive_buffer = none + 1,
                                          .receive_bytes = 1,
                                          .unfinished_checksum = true,
                                          .ttl = ttl};
    struct rs_conn conn;
    rs_conn_init(&conn, &config);
    rs_conn_listen(&conn);
    if (rs_conn_input_packet(&conn, p->bytes, p->size, now) != RS_WIRE_OK)
        return;
    size_t size = rs_conn_poll_packet(&conn, now, out, sizeof out);
    if (size > 0 && link->send(link->self, &p->remote, out, size) == 0)
        l->strays++;
}

// Returns whether it has a session now.
static bool take_stray(struct listener *l, const struct sorter_packet *p) {
    const uint8_t opens = p->flags & (RS_SYN | RS_ACK | RS_RST);
    if (p->icmp || !rs_endpoint_equal(&p->local, &l->config.local))
        return false;
    if (l->config.is_others && l->config.is_others(l->config.self, &p->remote, opens == RS_SYN))
        return false;
    if (opens != RS_SYN) {
        if (p->flags != 0)
            answer_stray(l, p);
        return false;
    }
    if (!rs_endpoint_is_unicast(&p->remote) || p->remote.port == 0) // MUST-57
        return false;
    struct listener_place *place = place_for_syn(l);
    if (place && begin(l, place, &p->remote))
        return true;
    l->unanswered++; // silence: a client that means it will try again
    return false;
}

// ---- going round

// What none of the sessions has taken. Later than they: what has arrived before may have made a place free.
static void take_strays(struct listener *l) {
    for (size_t i = 0; i < l->sorter.count; i++) {
        struct sorter_packet *p = sorter_waiting(&l->sorter, i);
        if (p->used && !place_of(l, p))
            p->used = take_stray(l, p);
    }
    sorter_drop_used(&l->sorter);
}

bool listener_advance(struct listener *l) {
    sorter_take_in(&l->sorter);
    bool any = l->sorter.count > 0;
    for (size_t i = 0; i < l->config.places; i++) {
        struct listener_place *place = active_place(l, i);
        if (!place)
            continue;
        any |= host_advance(&place->host);
        if (place->host.phase == HOST_FINISHED)
            make_free(place);
    }
    take_strays(l);
    return any || l->sorter.count > 0;
}

uint64_t listener_wait_us(const struct listener *l) {
    uint64_t least = l->sorter.count > 0 ? 0 : UINT64_MAX;
    for (size_t i = 0; i < l->config.places; i++) {
        const struct listener_place *place = active_place(l, i);
        uint64_t wait = place ? host_wait_us(&place->host) : UINT64_MAX;
        least = wait < least ? wait : least;
    }
    return least;
}

unsigned listener_open_count(const struct listener *l) {
    unsigned count = 0;
    for (size_t i = 0; i < l->config.places; i++)
        count += active_place(l, i) != NULL;
    return count;
}

const struct host *listener_host_of(const struct listener *l, const struct rs_endpoint *client) {
    for (size_t i = 0; i < l->config.places; i++)
        if (active_place(l, i) && rs_endpoint_equal(&l->places[i]->door.remote, client))
            return &l->places[i]->host;
    return NULL;
}

struct host *listener_held(struct listener *l) {
    for (size_t i = 0; i < l->config.places; i++)
        if (active_place(l, i) && l->places[i]->session.held)
            return &l->places[i]->host;
    return NULL;
}

void listener_go_on(struct listener *l) {
    for (size_t i = 0; i < l->config.places; i++)
        if (active_place(l, i)) {
            l->places[i]->session.config.step = false;
            session_permit(&l->places[i]->session);
        }
}

bool listener_is_blocked(const struct listener *l) {
    for (size_t i = 0; i < l->config.places; i++)
        if (active_place(l, i) && l->places[i]->session.blocked)
            return true;
    return false;
}

unsigned listener_abort(struct listener *l) {
    unsigned told = 0;
    for (size_t i = 0; i < l->config.places; i++) {
        struct listener_place *place = active_place(l, i);
        if (!place)
            continue;
        host_abort(&place->host);
        told += place->host.reset_sent;
        make_free(place);
    }
    // A client that had missed something asks back, and is told once more: by now it is nobody's. No SYN gets a place.
    l->config.backlog = 0;
    sorter_take_in(&l->sorter);
    take_strays(l);
    return told;
}

bool listener_open(struct listener *l, const struct listener_config *config) {
    *l = (struct listener){.config = *config};
    if (l->config.places > LISTENER_PLACES_MAX)
        l->config.places = LISTENER_PLACES_MAX;
    return sorter_open(&l->sorter, &l->config.link);
}

void listener_close(struct listener *l) {
    for (size_t i = 0; i < LISTENER_PLACES_MAX; i++) {
        if (l->places[i])
            free(l->places[i]->buffers);
        free(l->places[i]);
        l->places[i] = NULL;
    }
    sorter_close(&l->sorter);
}
