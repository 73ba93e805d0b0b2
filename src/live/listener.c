// SPDX-License-Identifier: MIT
//
// One port, many sessions (see listener.h). A session takes from its door what is its own; what it meets there of the
// others' waits in the inbox for them. Called by the command listen, and by demo --both.
#include "live/listener.h"

#include <stdlib.h>
#include <string.h>

// A connection, or room for one.
struct listener_place {
    struct listener *listener;
    bool active, heard; // heard: its SYN has been taken
    uint64_t order;     // the how many-th connection it is
    uint64_t lost_before;
    struct rs_endpoint remote;
    struct host host;
    uint8_t *buffers; // to send, and behind that to receive
    struct session session;
};

// ---- the inbox

static struct listener_packet *waiting(struct listener *l, size_t at) {
    return &l->inbox[(l->first + at) % LISTENER_INBOX];
}

static void drop_used(struct listener *l) {
    while (l->count > 0 && !l->inbox[l->first].used) {
        l->first = (l->first + 1) % LISTENER_INBOX;
        l->count--;
    }
}

// Whose it is, as far as it can be read. Returns false if it is nobody's.
static bool address_packet(struct listener *l, struct listener_packet *p) {
    struct rs_packet packet;
    struct rs_icmp icmp;
    enum rs_wire_error error = rs_packet_parse(p->bytes, p->size, &packet);
    p->icmp = error == RS_WIRE_NOT_TCP;
    if (p->icmp) { // what it quotes was sent by us
        error = rs_icmp_parse(p->bytes, p->size, &icmp);
        p->local = icmp.source;
        p->remote = icmp.destination;
        return error == RS_WIRE_OK;
    }
    p->local = packet.destination;
    p->remote = packet.source;
    p->flags = error == RS_WIRE_OK ? packet.segment.flags : 0;
    l->arrived += error == RS_WIRE_OK;
    return error == RS_WIRE_OK || error == RS_WIRE_BAD_TCP_CHECKSUM; // a session tells of what is damaged
}

// Takes one packet from the link, if there is room for it and one has come.
static struct listener_packet *pull(struct listener *l) {
    const struct link *link = &l->config.link;
    drop_used(l);
    while (l->count < LISTENER_INBOX) {
        struct listener_packet *p = waiting(l, l->count);
        ssize_t size = link->receive(link->self, p->bytes, sizeof p->bytes);
        if (size <= 0)
            return NULL;
        p->size = (size_t)size;
        p->used = address_packet(l, p);
        if (!p->used)
            continue;
        l->count++;
        return p;
    }
    return NULL;
}

// ---- the door of one session

static bool is_for(const struct listener_place *place, const struct listener_packet *p) {
    return p->used && rs_endpoint_equal(&p->remote, &place->remote) &&
           rs_endpoint_equal(&p->local, &place->listener->config.local);
}

// What comes when a connection is over may be the SYN of the next one with the same numbers: it is not this session's.
static bool is_over(const struct listener_place *place) {
    const enum rs_state state = place->session.conn.state;
    return state == RS_CLOSED || (state == RS_LISTEN && place->heard);
}

static struct listener_packet *next_for(struct listener_place *place) {
    struct listener *l = place->listener;
    struct listener_packet *p;
    for (size_t i = 0; i < l->count; i++)
        if (is_for(place, waiting(l, i)))
            return waiting(l, i);
    while ((p = pull(l)))
        if (is_for(place, p))
            return p;
    return NULL;
}

static ssize_t door_receive(void *self, uint8_t *packet, size_t room) {
    struct listener_place *place = self;
    struct listener_packet *p = is_over(place) ? NULL : next_for(place);
    if (!p)
        return 0;
    size_t size = p->size < room ? p->size : room;
    memcpy(packet, p->bytes, size);
    p->used = false;
    place->heard = true;
    return (ssize_t)size;
}

static int door_send(void *self, const struct rs_endpoint *to, const uint8_t *packet, size_t size) {
    const struct listener_place *place = self;
    const struct link *link = &place->listener->config.link;
    return link->send(link->self, to, packet, size);
}

static uint64_t door_lost(void *self) {
    const struct listener_place *place = self;
    const struct link *link = &place->listener->config.link;
    return link->lost ? link->lost(link->self) - place->lost_before : 0;
}

static struct link door(struct listener_place *place) {
    struct link link = place->listener->config.link; // its descriptors, and how it rebuilds headers
    link.self = place;
    link.send = door_send;
    link.send_many = NULL;
    link.receive = door_receive;
    link.lost = door_lost;
    return link;
}

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

static struct listener_place *place_of(struct listener *l, const struct listener_packet *p) {
    for (size_t i = 0; i < l->config.places; i++)
        if (active_place(l, i) && is_for(l->places[i], p) && !is_over(l->places[i]))
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
    config.link = door(place);
    place->lost_before = c->link.lost ? c->link.lost(c->link.self) : 0;
    place->remote = *remote;
    place->heard = false;
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
static void answer_stray(struct listener *l, const struct listener_packet *p) {
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
static bool take_stray(struct listener *l, const struct listener_packet *p) {
    const uint8_t opens = p->flags & (RS_SYN | RS_ACK | RS_RST);
    if (p->icmp || !rs_endpoint_equal(&p->local, &l->config.local))
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

static void take_in(struct listener *l) {
    while (pull(l)) {
    }
}

// What none of the sessions has taken. Later than they: what has arrived before may have made a place free.
static void take_strays(struct listener *l) {
    for (size_t i = 0; i < l->count; i++) {
        struct listener_packet *p = waiting(l, i);
        if (p->used && !place_of(l, p))
            p->used = take_stray(l, p);
    }
    drop_used(l);
}

bool listener_advance(struct listener *l) {
    take_in(l);
    bool any = l->count > 0;
    for (size_t i = 0; i < l->config.places; i++) {
        struct listener_place *place = active_place(l, i);
        if (!place)
            continue;
        any |= host_advance(&place->host);
        if (place->host.phase == HOST_FINISHED)
            make_free(place);
    }
    take_strays(l);
    return any || l->count > 0;
}

uint64_t listener_wait_us(const struct listener *l) {
    uint64_t least = l->count > 0 ? 0 : UINT64_MAX;
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
        if (active_place(l, i) && rs_endpoint_equal(&l->places[i]->remote, client))
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
    take_in(l);
    take_strays(l);
    return told;
}

bool listener_open(struct listener *l, const struct listener_config *config) {
    *l = (struct listener){.config = *config};
    if (l->config.places > LISTENER_PLACES_MAX)
        l->config.places = LISTENER_PLACES_MAX;
    l->inbox = calloc(LISTENER_INBOX, sizeof *l->inbox);
    return l->inbox != NULL;
}

void listener_close(struct listener *l) {
    for (size_t i = 0; i < LISTENER_PLACES_MAX; i++) {
        if (l->places[i])
            free(l->places[i]->buffers);
        free(l->places[i]);
        l->places[i] = NULL;
    }
    free(l->inbox);
    l->inbox = NULL;
}
