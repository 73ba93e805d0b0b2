// SPDX-License-Identifier: MIT
//
// See follow.h: which segments belong, and how they open, carry on and end a connection. Called by the tracker.
#include "capture/follow.h"

#include <string.h>

#include "capture/notice.h"
#include "rawshake/seq.h"

#define SILENT_NS (60 * UINT64_C(1000000000)) // Linux's TIME-WAIT: the same four numbers come back after it

static uint32_t length(const struct follow_segment *s) {
    const uint8_t flags = s->segment->flags;
    return (uint32_t)s->data_bytes + (flags & RS_SYN ? 1 : 0) + (flags & RS_FIN ? 1 : 0);
}

static bool is_bare_syn(const struct rs_segment *s) { return (s->flags & (RS_SYN | RS_ACK | RS_RST)) == RS_SYN; }

int follow_direction(const struct follow *f, const struct rs_endpoint *source) {
    return source->port == f->endpoint[0].port && rs_endpoint_equal(source, &f->endpoint[0]) ? 0 : 1;
}

// Who is the client: whoever sent the first SYN; if none was seen, the end with the higher port.
void follow_begin(struct follow *f, const struct follow_segment *s) {
    const uint8_t flags = s->segment->flags;
    bool syn = flags & RS_SYN, answers = syn && (flags & RS_ACK);
    bool from_client = syn ? !answers : s->source->port >= s->destination->port;
    memset(f, 0, sizeof *f);
    f->endpoint[0] = *(from_client ? s->source : s->destination);
    f->endpoint[1] = *(from_client ? s->destination : s->source);
    f->roles_guessed = !syn;
    f->midway = !is_bare_syn(s->segment);
    f->first_ns = s->wall_ns;
    if (!syn)
        for (int i = 0; i < 2; i++)
            f->end[i].must = HAS_SENT_SYN | HAS_SYN_ACKED | HAS_GOT_SYN;
}

// Both ends have shown that it stands, and neither that it is to end. If it has been silent for long, its end may have
// passed unseen.
static bool is_standing(const struct follow *f, uint64_t now_ns) {
    bool silent = now_ns > f->last_ns && now_ns - f->last_ns > SILENT_NS;
    return f->third_seen && !f->reset && !f->end[0].space.fin_seen && !f->end[1].space.fin_seen && !silent;
}

bool follow_is_another(const struct follow *f, const struct follow_segment *s) {
    int from = follow_direction(f, s->source);
    const struct space *space = &f->end[from].space;
    if (!(s->segment->flags & RS_SYN) || (s->segment->flags & RS_RST))
        return false;
    if (space->known && s->segment->seq == space->base && !space->base_is_old)
        return false;
    if (s->segment->flags & RS_ACK) // an answer that fits nothing is stray, unless there is nothing that it could fit
        return follow_is_over(f);
    // Whoever gets a SYN in the middle of a connection asks back, and only a RST makes room for another (RFC 5961,
    // section 4; RFC 9293, section 3.5.1). Otherwise a forged one would take the connection's place.
    if (is_standing(f, s->wall_ns))
        return false;
    if (space->syn_seen || f->midway || from == 0 || follow_is_over(f))
        return true;
    return f->end[1].sent_data || f->third_seen; // otherwise SYN meets SYN
}

bool follow_is_over(const struct follow *f) {
    const struct space *a = &f->end[0].space, *b = &f->end[1].space;
    if (f->reset || f->refused)
        return true;
    return a->fin_seen && b->fin_seen && a->has_acked && b->has_acked && rs_seq_gt(a->acked, a->fin) &&
           rs_seq_gt(b->acked, b->fin);
}

uint8_t follow_scale(const struct follow *f, int end, bool *known) {
    const struct follow_end *e = &f->end[end], *other = &f->end[1 - end];
    bool refused = (e->space.syn_seen && !e->offers_scale) || (other->space.syn_seen && !other->offers_scale);
    *known = refused || (e->space.syn_seen && other->space.syn_seen);
    return refused || !*known ? 0 : e->scale;
}

void follow_states(const struct follow *f, struct shown_state state[2]) {
    for (int i = 0; i < 2; i++)
        state[i] = notice_receiver(f, i);
}

// A copy of what has been seen on another interface; only what goes beyond it is news.
static bool is_elsewhere(const struct follow *f, int from, const struct follow_segment *s) {
    const struct follow_end *e = &f->end[from];
    if (!e->pinned || e->interface == s->interface)
        return false;
    if (e->space.known && rs_seq_gt(s->segment->seq + length(s), e->space.next))
        return false;
    return !(s->segment->flags & RS_ACK) || !e->has_last_ack || rs_seq_leq(s->segment->ack, e->last_ack);
}

// RST belongs if its number is one that the other end may be waiting for.
static bool reset_fits(const struct follow *f, int from, const struct rs_segment *s) {
    const struct space *space = &f->end[from].space, *other = &f->end[1 - from].space;
    if (!space->known) { // it answers a SYN, and must name it, or it is all that was seen
        bool acks = (s->flags & RS_ACK) && rs_seq_gt(s->ack, other->base) && rs_seq_leq(s->ack, other->next);
        return other->known ? acks : f->midway;
    }
    uint32_t least = space->has_acked ? space->acked : space->base + 1;
    return rs_seq_geq(s->seq, least) && rs_seq_leq(s->seq, space->next);
}

static uint32_t take_reset(struct follow *f, int from, const struct rs_segment *s) {
    if (follow_is_over(f) || !reset_fits(f, from, s))
        return TRACE_MARK_STRAY;
    bool answers_syn = from == 1 && !f->midway && !f->end[1].space.known;
    f->end[from].shown |= HAS_ENDED;
    f->end[0].must |= HAS_ENDED;
    f->end[1].must |= HAS_ENDED;
    f->refused = answers_syn;
    f->reset = !answers_syn;
    return answers_syn ? TRACE_MARK_REFUSES : TRACE_MARK_RESETS;
}

// A SYN gives its direction a beginning. False if it cannot be this connection's.
static bool take_syn(struct follow *f, int from, const struct follow_segment *s, uint32_t *marks) {
    struct follow_end *e = &f->end[from];
    const struct space *other = &f->end[1 - from].space;
    const struct rs_segment *seg = s->segment;
    const uint32_t ack = seg->ack;
    if ((seg->flags & RS_ACK) && other->known && !other->base_is_old &&
        (rs_seq_leq(ack, other->base) || rs_seq_gt(ack, other->next)))
        return false;
    if (e->space.syn_seen)
        return seg->seq == e->space.base;
    bool bare = is_bare_syn(seg), split = bare && from == 1 && other->syn_seen && other->has_acked;
    if (e->space.known && !split && seg->seq != e->space.base)
        return false;
    if (split)
        *marks |= TRACE_MARK_SPLIT_HANDSHAKE;
    else if (bare && f->end[1 - from].sent_bare_syn)
        *marks |= TRACE_MARK_SIMULTANEOUS;
    f->split |= split;
    if (e->space.known && !split) {
        e->space.syn_seen = true; // its number was known from the ACK
    } else {
        const struct space before = e->space;
        space_begin(&e->space, seg->seq, true);
        e->space.has_edge = before.has_edge && !split;
        e->space.edge = before.edge;
    }
    e->offers_scale = seg->options.has_window_scale;
    e->scale = seg->options.window_scale > 14 ? 14 : seg->options.window_scale; // RFC 7323, section 2.3
    e->has_mss = seg->options.has_mss;
    e->mss = seg->options.mss;
    e->syn_end = seg->seq + 1 + (uint32_t)s->data_bytes;
    e->sent_bare_syn |= bare;
    return true;
}

// What is too far from all that is known of either direction, or beyond the sender's own FIN.
static bool is_stray(struct follow *f, int from, const struct follow_segment *s) {
    struct follow_end *e = &f->end[from];
    const struct space *space = &e->space, *other = &f->end[1 - from].space;
    const uint32_t end = s->segment->seq + length(s), ack = s->segment->ack;
    bool has_ack = s->segment->flags & RS_ACK;
    if (f->reset || f->refused || (!has_ack && !(s->segment->flags & RS_SYN)))
        return true;
    if (space->known && (space_is_wild(space, s->segment->seq) || space_is_wild(space, end)))
        return true;
    if (space->fin_seen && rs_seq_gt(end, space->fin + 1))
        return true;
    if (space->syn_seen && !space->base_is_old && rs_seq_lt(s->segment->seq, space->base))
        return true;
    if (!has_ack || !other->known)
        return false;
    if (space_is_wild(other, ack) || (other->syn_seen && !other->base_is_old && rs_seq_leq(ack, other->base)))
        return true;
    return rs_seq_gt(ack, other->next) && (other->fin_seen || !f->end[1 - from].unsafe);
}

// Data that lie wholly beyond the window are not believed, unless they go on where such a segment ended.
static bool is_far_beyond(struct space *space, uint32_t seq, uint32_t length) {
    if (!space->has_edge || length == 0 || seq == space->next || !rs_seq_gt(seq, space->edge))
        return false;
    bool goes_on = space->has_stray && space->stray_end == seq;
    space->stray_end = seq + length;
    space->has_stray = true;
    return !goes_on;
}

// The first segment of a direction whose SYN was not seen.
static void begin_midway(struct follow *f, int from, const struct rs_segment *seg) {
    struct space *space = &f->end[from].space, *other = &f->end[1 - from].space;
    if (!space->known)
        space_begin(space, seg->seq, false);
    if (!other->known && (seg->flags & RS_ACK)) {
        space_begin(other, seg->ack, false);
        f->end[1 - from].unsafe = true;
    }
}

void follow_take(struct follow *f, const struct follow_segment *s, struct followed *out) {
    const struct rs_segment *seg = s->segment;
    int from = follow_direction(f, s->source);
    struct follow_end *e = &f->end[from];
    bool first = !f->end[0].pinned && !f->end[1].pinned, missed_syn = false;
    *out = (struct followed){.elsewhere = is_elsewhere(f, from, s)};
    if (out->elsewhere)
        return;
    e->pinned = true;
    e->interface = s->interface;
    e->unsafe |= !s->safe;
    e->segments++;
    f->last_ns = s->wall_ns;
    out->sender_done = e->space.fin_seen;
    out->receiver_done = f->end[1 - from].space.fin_seen;
    if (first && f->midway)
        out->marks |= TRACE_MARK_MIDWAY;
    if (first && f->reused)
        out->marks |= TRACE_MARK_REUSED;
    bool stray = false;
    if (seg->flags & RS_RST) {
        out->marks |= take_reset(f, from, seg);
        stray = true; // its numbers count for nothing else
    } else {
        stray = is_stray(f, from, s) || ((seg->flags & RS_SYN) && !take_syn(f, from, s, &out->marks)) ||
                (!(seg->flags & RS_SYN) && is_far_beyond(&e->space, seg->seq, length(s)));
        if (stray)
            out->marks |= TRACE_MARK_STRAY;
    }
    if (!stray) {
        missed_syn = !f->midway && (seg->flags & RS_ACK) && !f->end[1 - from].space.known;
        begin_midway(f, from, seg);
        notice_numbers(f, from, s, out);
        if (missed_syn) {
            out->marks |= TRACE_MARK_MISSED;
            f->unknown_missed = true;
        }
    }
    notice_states(f, from, s, stray, out);
}

static bool fin_acked(const struct space *s) { return s->fin_seen && s->has_acked && rs_seq_gt(s->acked, s->fin); }

enum trace_opening follow_opening(const struct follow *f) {
    const struct follow_end *client = &f->end[0], *server = &f->end[1];
    if (f->midway)
        return TRACE_OPENING_NOT_SEEN;
    if (f->refused)
        return TRACE_OPENING_REFUSED;
    if (f->third_seen)
        return client->sent_bare_syn && server->sent_bare_syn && !f->split ? TRACE_OPENED_BOTH : TRACE_OPENED;
    return server->segments > 0 ? TRACE_HALF_OPEN : TRACE_NO_ANSWER;
}

enum trace_ending follow_ending(const struct follow *f) {
    if (f->refused)
        return TRACE_REFUSED;
    if (f->reset)
        return TRACE_RESET;
    if (follow_is_over(f))
        return TRACE_CLOSED;
    return fin_acked(&f->end[0].space) || fin_acked(&f->end[1].space) ? TRACE_HALF_CLOSED : TRACE_STILL_OPEN;
}

bool follow_has_holes(const struct follow *f) {
    return f->unknown_missed || space_missing(&f->end[0].space) > 0 || space_missing(&f->end[1].space) > 0;
}
