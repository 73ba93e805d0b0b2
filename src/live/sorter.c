// SPDX-License-Identifier: MIT
//
// Sorting what arrives (see sorter.h). Called by the listener, and by whoever opens several connections at once.
#include "live/sorter.h"

#include <stdlib.h>
#include <string.h>

// ---- the inbox

struct sorter_packet *sorter_waiting(struct sorter *s, size_t at) {
    return &s->inbox[(s->first + at) % SORTER_INBOX];
}

void sorter_drop_used(struct sorter *s) {
    while (s->count > 0 && !s->inbox[s->first].used) {
        s->first = (s->first + 1) % SORTER_INBOX;
        s->count--;
    }
}

// Whose it is, as far as it can be read. Returns false if it is nobody's.
static bool address_packet(struct sorter *s, struct sorter_packet *p) {
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
    s->arrived += error == RS_WIRE_OK;
    return error == RS_WIRE_OK || error == RS_WIRE_BAD_TCP_CHECKSUM; // a session tells of what is damaged
}

// Takes one packet from the link, if there is room for it and one has come.
static struct sorter_packet *pull(struct sorter *s) {
    sorter_drop_used(s);
    while (s->count < SORTER_INBOX) {
        struct sorter_packet *p = sorter_waiting(s, s->count);
        ssize_t size = s->link.receive(s->link.self, p->bytes, sizeof p->bytes);
        if (size <= 0)
            return NULL;
        p->size = (size_t)size;
        p->used = address_packet(s, p);
        if (!p->used)
            continue;
        s->count++;
        return p;
    }
    return NULL;
}

void sorter_take_in(struct sorter *s) {
    while (pull(s)) {
    }
}

// ---- the door of one session

static bool is_over(const struct sorter_door *door) {
    const enum rs_state state = door->conn->state;
    return state == RS_CLOSED || (state == RS_LISTEN && door->heard);
}

bool sorter_is_for(const struct sorter_door *door, const struct sorter_packet *p) {
    return p->used && !is_over(door) && rs_endpoint_equal(&p->remote, &door->remote) &&
           rs_endpoint_equal(&p->local, &door->local);
}

static struct sorter_packet *next_for(struct sorter_door *door) {
    struct sorter *s = door->sorter;
    struct sorter_packet *p;
    for (size_t i = 0; i < s->count; i++)
        if (sorter_is_for(door, sorter_waiting(s, i)))
            return sorter_waiting(s, i);
    while ((p = pull(s)))
        if (sorter_is_for(door, p))
            return p;
    return NULL;
}

static ssize_t door_receive(void *self, uint8_t *packet, size_t room) {
    struct sorter_door *door = self;
    struct sorter_packet *p = is_over(door) ? NULL : next_for(door);
    if (!p)
        return 0;
    size_t size = p->size < room ? p->size : room;
    memcpy(packet, p->bytes, size);
    p->used = false;
    door->heard = true;
    return (ssize_t)size;
}

static int door_send(void *self, const struct rs_endpoint *to, const uint8_t *packet, size_t size) {
    const struct sorter_door *door = self;
    const struct link *link = &door->sorter->link;
    return link->send(link->self, to, packet, size);
}

static uint64_t lost(const struct sorter_door *door) {
    const struct link *link = &door->sorter->link;
    return link->lost ? link->lost(link->self) : 0;
}

static uint64_t door_lost(void *self) {
    const struct sorter_door *door = self;
    return lost(door) - door->lost_before;
}

struct link sorter_link(struct sorter_door *door, struct sorter *sorter, const struct rs_endpoint *local,
                        const struct rs_endpoint *remote, const struct rs_conn *conn) {
    struct link link = sorter->link; // its descriptors, and how it rebuilds headers
    *door = (struct sorter_door){.sorter = sorter, .local = *local, .remote = *remote, .conn = conn};
    door->lost_before = lost(door);
    link.self = door;
    link.send = door_send;
    link.send_many = NULL;
    link.receive = door_receive;
    link.lost = door_lost;
    return link;
}

// ---- opening and closing

bool sorter_open(struct sorter *s, const struct link *link) {
    *s = (struct sorter){.link = *link};
    s->inbox = calloc(SORTER_INBOX, sizeof *s->inbox);
    return s->inbox != NULL;
}

void sorter_close(struct sorter *s) {
    free(s->inbox);
    s->inbox = NULL;
    s->count = 0;
}
