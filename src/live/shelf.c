// SPDX-License-Identifier: MIT
//
// Where packets wait that are held back (see shelf.h). Called by bent.c.
#include "live/shelf.h"

#include <stddef.h>

void shelf_clear(struct shelf *shelf) {
    for (size_t i = 0; i < SHELF_PACKETS; i++)
        shelf->packets[i].used = false;
}

struct shelf_packet *shelf_put(struct shelf *shelf) {
    for (size_t i = 0; i < SHELF_PACKETS; i++) {
        struct shelf_packet *p = &shelf->packets[i];
        if (p->used)
            continue;
        *p = (struct shelf_packet){.bytes = shelf->bytes[i]};
        p->used = true;
        p->order = shelf->count++;
        return p;
    }
    return NULL;
}

static bool earlier(const struct shelf_packet *a, const struct shelf_packet *b) {
    return !b || a->until_us < b->until_us || (a->until_us == b->until_us && a->order < b->order);
}

struct shelf_packet *shelf_first(struct shelf *shelf) {
    struct shelf_packet *first = NULL;
    for (size_t i = 0; i < SHELF_PACKETS; i++)
        if (shelf->packets[i].used && earlier(&shelf->packets[i], first))
            first = &shelf->packets[i];
    return first;
}

struct shelf_packet *shelf_overtaken(struct shelf *shelf, bool ours) {
    struct shelf_packet *first = NULL;
    for (size_t i = 0; i < SHELF_PACKETS; i++) {
        struct shelf_packet *p = &shelf->packets[i];
        if (p->used && p->ours == ours && p->behind_next && earlier(p, first))
            first = p;
    }
    return first;
}
