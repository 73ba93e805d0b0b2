// SPDX-License-Identifier: MIT
//
// Opening and closing the ways out (see ways.h). Called by the commands that make a connection by hand.
#include "ways.h"

#include <errno.h>

enum { PORTS_TRIED = 32 };

// What the guards are to be.
enum kind { LOUD, SILENT, SERVING };

static bool open_guard(struct guard *guard, enum rs_family family, uint16_t port, enum kind kind,
                       struct net_error *error) {
    return kind == SERVING ? guard_open_serving(guard, family, port, error)
                           : guard_open(guard, family, port, kind == SILENT, error);
}

static bool open_way(struct ways *ways, enum rs_family family, uint16_t port, enum kind kind, struct net_error *error) {
    struct way *way = &ways->list[ways->count];
    *way = (struct way){.raw = {.send_fd = -1, .receive_fd = -1, .icmp_fd = -1}};
    if (!open_guard(&way->guard, family, port, kind, error))
        return false;
    ways->count++; // so that it is closed with the others
    return raw_link_open(&way->raw, family, way->guard.port, error);
}

static bool open_both(struct ways *ways, uint16_t port, enum kind kind, struct net_error *error) {
    if (!open_way(ways, RS_IPV4, port, kind, error))
        return error->number == EAFNOSUPPORT && open_way(ways, RS_IPV6, port, kind, error);
    return open_way(ways, RS_IPV6, ways->list[0].guard.port, kind, error) || error->number == EAFNOSUPPORT;
}

static bool open_ways(struct ways *ways, unsigned family, uint16_t port, enum kind kind, struct net_error *error) {
    for (int i = 0; i < PORTS_TRIED; i++) {
        *ways = (struct ways){0};
        if (family ? open_way(ways, (enum rs_family)family, port, kind, error) : open_both(ways, port, kind, error))
            return true;
        ways_close(ways);
        // A port that the kernel chose as free in one family may be taken in the other: then it chooses again.
        if (port != 0 || error->number != EADDRINUSE)
            break;
    }
    return false;
}

bool ways_open(struct ways *ways, unsigned family, uint16_t port, bool silent, struct net_error *error) {
    return open_ways(ways, family, port, silent ? SILENT : LOUD, error);
}

bool ways_open_serving(struct ways *ways, unsigned family, uint16_t port, struct net_error *error) {
    return open_ways(ways, family, port, SERVING, error);
}

struct way *ways_find(struct ways *ways, enum rs_family family) {
    for (size_t i = 0; i < ways->count; i++)
        if (ways->list[i].guard.family == family)
            return &ways->list[i];
    return NULL;
}

void ways_close(struct ways *ways) {
    for (size_t i = 0; i < ways->count; i++) {
        struct way *way = &ways->list[i];
        raw_link_close(&way->raw);
        guard_settle(&way->guard, way->seen);
        guard_close(&way->guard); // last: whatever comes from now on, our own kernel answers with RST
    }
    ways->count = 0;
}
