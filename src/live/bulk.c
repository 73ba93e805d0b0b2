// SPDX-License-Identifier: MIT
//
// The way out in batches (see bulk.h). Called by session.c in the place of send.c.
#include "live/bulk.h"

#include "live/internal.h"

// True if all that was built has left. What the kernel has no room for now stays and is tried again: it is not lost.
static bool flush(struct session *s) {
    struct bulk *b = s->config.bulk;
    const struct link *link = &s->config.link;
    s->blocked = false;
    while (b->first < b->count && !s->blocked && s->link_failure == 0) {
        int failure = 0;
        b->first +=
            link->send_many(link->self, &s->config.conn.remote, b->packets + b->first, b->count - b->first, &failure);
        s->blocked = session_no_room(failure);
        if (failure != 0 && !s->blocked) { // this one is lost, as if on its way
            session_note_failure(s, failure);
            b->first++;
        }
    }
    if (b->first < b->count)
        return false;
    b->first = b->count = b->used = 0;
    return true;
}

static bool has_room(const struct bulk *b) {
    return b->count < BULK_PACKETS && sizeof b->bytes - b->used >= RS_IPV6_PACKET_MAX;
}

static bool add(struct session *s, uint64_t now) {
    struct bulk *b = s->config.bulk;
    struct rs_segment segment;
    if (!rs_conn_poll_segment(&s->conn, now, &segment))
        return false;
    const struct rs_packet packet = session_wrap(s, &segment);
    s->ip_id++;
    size_t size = rs_packet_build(&packet, b->bytes + b->used, sizeof b->bytes - b->used);
    b->packets[b->count++] = (struct iovec){.iov_base = b->bytes + b->used, .iov_len = size};
    b->used += size;
    session_record_decisions(s);
    return true;
}

bool bulk_send(struct session *s) {
    uint64_t now = session_now(s);
    if (!flush(s))
        return false;
    while (has_room(s->config.bulk) && add(s, now)) {
    }
    bool any = s->config.bulk->count > 0;
    flush(s);
    return any;
}
