// SPDX-License-Identifier: MIT
//
// A ring of bytes. Called by the rest of the engine; a copy goes in two pieces where the ring's end lies between.
#include "ring.h"

#include <string.h>

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

size_t ring_room(const struct rs_ring *r) { return r->size - r->used; }

// Copies size bytes to the place offset bytes behind the front.
static void copy_in(struct rs_ring *r, size_t offset, const uint8_t *bytes, size_t size) {
    if (size == 0)
        return;
    size_t begin = (r->start + offset) % r->size;
    size_t first = smaller(size, r->size - begin);
    memcpy(r->bytes + begin, bytes, first);
    if (size > first)
        memcpy(r->bytes, bytes + first, size - first);
}

size_t ring_put(struct rs_ring *r, const uint8_t *bytes, size_t size) {
    size = smaller(size, ring_room(r));
    copy_in(r, r->used, bytes, size);
    r->used += size;
    return size;
}

void ring_write(struct rs_ring *r, size_t offset, const struct rs_span spans[2]) {
    copy_in(r, r->used + offset, spans[0].bytes, spans[0].size);
    copy_in(r, r->used + offset + spans[0].size, spans[1].bytes, spans[1].size);
}

void ring_extend(struct rs_ring *r, size_t size) { r->used += size; }

size_t ring_get(struct rs_ring *r, uint8_t *out, size_t room) {
    size_t size = smaller(room, r->used);
    struct rs_span spans[2];
    ring_spans(r, 0, size, spans);
    for (int i = 0; i < 2; i++) {
        if (spans[i].size > 0)
            memcpy(out, spans[i].bytes, spans[i].size);
        out += spans[i].size;
    }
    ring_drop(r, size);
    return size;
}

void ring_drop(struct rs_ring *r, size_t size) {
    if (r->size > 0)
        r->start = (r->start + size) % r->size;
    r->used -= size;
}

void ring_spans(const struct rs_ring *r, size_t offset, size_t size, struct rs_span out[2]) {
    out[0] = out[1] = (struct rs_span){0};
    if (size == 0)
        return;
    size_t begin = (r->start + offset) % r->size;
    size_t first = smaller(size, r->size - begin);
    out[0] = (struct rs_span){r->bytes + begin, first};
    if (size > first)
        out[1] = (struct rs_span){r->bytes, size - first};
}
