// SPDX-License-Identifier: MIT
//
// See space.h. Called by follow.c.
#include "capture/space.h"

#include <string.h>

#include "rawshake/seq.h"
#include "trace/trace.h"

enum { NEAR = 1 << 30 }; // no window is larger, so no two numbers that matter are further apart (RFC 7323, 2.3)

void space_begin(struct space *s, uint32_t first, bool syn) {
    uint32_t base = syn ? first : first - 1;
    *s = (struct space){.base = base, .next = first, .sure_from = first, .known = true, .syn_seen = syn};
}

static void drop_first_hole(struct space *s) {
    s->holes--;
    memmove(s->hole, s->hole + 1, s->holes * sizeof *s->hole);
}

// A new one goes to its place. If there are too many, nothing is known any more of what lies before the second.
static void insert_hole(struct space *s, size_t at, struct space_hole hole) {
    if (s->holes == SPACE_HOLES) {
        s->sure_from = s->hole[0].to;
        drop_first_hole(s);
        at = at > 0 ? at - 1 : 0;
    }
    memmove(s->hole + at + 1, s->hole + at, (s->holes - at) * sizeof *s->hole);
    s->hole[at] = hole;
    s->holes++;
}

// What is too far behind is forgotten: soon it would compare as lying ahead.
static void grow_old(struct space *s) {
    s->base_is_old |= s->next - s->base > NEAR;
    if (s->next - s->sure_from > NEAR)
        s->sure_from = s->next - NEAR;
    while (s->holes > 0 && rs_seq_lt(s->hole[0].from, s->sure_from))
        drop_first_hole(s);
    s->has_acked &= s->next - s->acked <= NEAR;
    s->has_edge &= s->edge - s->next <= NEAR || s->next - s->edge <= NEAR;
    s->has_stray &= s->stray_end - s->next <= NEAR;
}

static void advance(struct space *s, uint32_t next) {
    s->next = next;
    if (next - s->sure_from > NEAR / 2)
        grow_old(s);
}

static uint32_t later(uint32_t a, uint32_t b) { return rs_seq_gt(a, b) ? a : b; }

static uint32_t earlier(uint32_t a, uint32_t b) { return rs_seq_lt(a, b) ? a : b; }

// How many of these numbers have not passed: those in holes, and those beyond all.
static uint32_t not_passed(const struct space *s, uint32_t from, uint32_t to) {
    uint32_t count = rs_seq_gt(to, s->next) ? to - later(from, s->next) : 0;
    for (size_t i = 0; i < s->holes; i++) {
        uint32_t a = later(from, s->hole[i].from), b = earlier(to, s->hole[i].to);
        count += rs_seq_lt(a, b) ? b - a : 0;
    }
    return count;
}

// Takes these numbers out of the holes.
static void fill_holes(struct space *s, uint32_t from, uint32_t to) {
    for (size_t i = 0; i < s->holes;) {
        struct space_hole *h = &s->hole[i];
        bool starts_in = rs_seq_leq(from, h->from), ends_in = rs_seq_geq(to, h->to);
        if (rs_seq_leq(to, h->from) || rs_seq_geq(from, h->to)) {
            i++;
        } else if (starts_in && ends_in) {
            s->holes--;
            memmove(h, h + 1, (s->holes - i) * sizeof *h);
        } else if (starts_in) {
            h->from = to;
            i++;
        } else if (ends_in) {
            h->to = from;
            i++;
        } else {
            const struct space_hole rest = {to, h->to, h->missed};
            h->to = from;
            insert_hole(s, i + 1, rest);
            return; // it lay within one hole
        }
    }
}

struct space_passed space_pass(struct space *s, uint32_t seq, uint32_t syn, uint32_t data, uint32_t fin) {
    struct space_passed p = {0};
    uint32_t length = syn + data + fin, end = seq + length, fresh = 0;
    if (seq == s->next) { // as nearly all do
        p.fresh = data;
        p.advances = length > 0;
        advance(s, end);
        return p;
    }
    if (length > 0) {
        fresh = not_passed(s, seq, end);
        p.fresh = not_passed(s, seq + syn, seq + syn + data);
    }
    p.advances = length > 0 && rs_seq_gt(end, s->next);
    if (rs_seq_gt(seq, s->next)) {
        p.marks |= TRACE_MARK_GAP;
        p.mark_bytes = seq - s->next;
        insert_hole(s, s->holes, (struct space_hole){s->next, seq, false});
    } else if (length > 0) {
        uint32_t ahead = p.advances ? end - s->next : 0;
        if (fresh > ahead)
            p.marks |= TRACE_MARK_LATE;
        if (fresh == 0 && rs_seq_geq(seq, s->sure_from))
            p.marks |= TRACE_MARK_AGAIN;
        else if (fresh > 0 && fresh < length && rs_seq_geq(seq, s->sure_from))
            p.marks |= TRACE_MARK_PART_AGAIN;
        p.mark_bytes = p.marks & TRACE_MARK_PART_AGAIN ? fresh : 0;
        fill_holes(s, seq, end);
    }
    if (rs_seq_gt(end, s->next))
        advance(s, end);
    return p;
}

uint32_t space_ack(struct space *s, uint32_t ack, uint32_t *missed) {
    *missed = 0;
    if (rs_seq_gt(ack, s->next)) {
        *missed = ack - s->next;
        insert_hole(s, s->holes, (struct space_hole){s->next, ack, true});
        advance(s, ack);
    }
    for (size_t i = 0; i < s->holes; i++) {
        struct space_hole *h = &s->hole[i];
        if (h->missed || rs_seq_gt(h->to, ack))
            continue;
        h->missed = true;
        *missed += h->to - h->from;
    }
    if (!s->has_acked || rs_seq_gt(ack, s->acked))
        s->acked = ack;
    s->has_acked = true;
    return *missed > 0 ? TRACE_MARK_MISSED : 0;
}

void space_offer(struct space *s, uint32_t edge) {
    if (!s->has_edge || rs_seq_gt(edge, s->edge))
        s->edge = edge;
    s->has_edge = true;
}

uint32_t space_contiguous(const struct space *s) {
    for (size_t i = 0; i < s->holes; i++)
        if (!s->hole[i].missed)
            return s->hole[i].from;
    return s->next;
}

bool space_is_wild(const struct space *s, uint32_t seq) { return seq - s->next > NEAR && s->next - seq > NEAR; }

uint32_t space_missing(const struct space *s) {
    uint32_t missing = 0;
    for (size_t i = 0; i < s->holes; i++)
        missing += s->hole[i].to - s->hole[i].from;
    return missing;
}
