// SPDX-License-Identifier: MIT
//
// See notice.h. Called by follow.c.
#include "capture/notice.h"

#include "rawshake/seq.h"

static uint32_t syn_of(const struct rs_segment *s) { return s->flags & RS_SYN ? 1 : 0; }
static uint32_t fin_of(const struct rs_segment *s) { return s->flags & RS_FIN ? 1 : 0; }

// ---- numbers

static void mark(struct followed *out, uint32_t marks, uint32_t bytes) {
    const uint32_t counted = TRACE_MARK_GAP | TRACE_MARK_PART_AGAIN | TRACE_MARK_DUPLICATE_ACK;
    if (marks & counted || !(out->marks & counted))
        out->mark_bytes = bytes;
    out->marks |= marks;
}

// A segment that is meant to bring nothing but an answer: one number before what comes next, when nothing is on its
// way; or a byte, or none, into a closed window.
static uint32_t is_question(const struct follow *f, int from, const struct follow_segment *s) {
    const struct rs_segment *seg = s->segment;
    const struct space *space = &f->end[from].space;
    const struct follow_end *other = &f->end[1 - from];
    bool closed = other->has_window && other->window == 0 && !other->space.fin_seen;
    uint32_t numbers = (uint32_t)s->data_bytes + fin_of(seg);
    if (syn_of(seg) || !space->has_acked || numbers > 1)
        return 0;
    if (closed && ((numbers == 1 && seg->seq == space->acked) || (numbers == 0 && seg->seq == space->acked - 1)))
        return TRACE_MARK_PROBE;
    bool idle = space->acked == space->next && !space->fin_seen;
    return idle && !fin_of(seg) && seg->seq == space->next - 1 ? TRACE_MARK_KEEPALIVE : 0;
}

static void notice_data(struct follow *f, int from, const struct follow_segment *s, struct followed *out) {
    const struct rs_segment *seg = s->segment;
    struct follow_end *e = &f->end[from];
    const struct follow_end *other = &f->end[1 - from];
    uint32_t question = is_question(f, from, s), end = seg->seq + syn_of(seg) + (uint32_t)s->data_bytes;
    bool fits = !e->space.has_edge || rs_seq_leq(end, e->space.edge);
    struct space_passed p = space_pass(&e->space, seg->seq, syn_of(seg), (uint32_t)s->data_bytes, fin_of(seg));
    if (question == TRACE_MARK_KEEPALIVE)
        p.marks &= ~(uint32_t)TRACE_MARK_AGAIN;
    if (s->data_bytes > 0 && !fits && !question)
        p.marks |= TRACE_MARK_BEYOND_WINDOW;
    if (other->has_mss && s->data_bytes > other->mss)
        p.marks |= TRACE_MARK_MERGED;
    if (p.marks & (TRACE_MARK_AGAIN | TRACE_MARK_PART_AGAIN))
        e->resent++;
    e->bytes += p.fresh;
    e->sent_data |= s->data_bytes > 0;
    out->advanced = p.advances;
    mark(out, p.marks | question, p.mark_bytes);
}

// RFC 5681, section 2: nothing new, nothing in it, the same window, and something on its way that it could name.
static bool is_duplicate(const struct follow *f, int from, const struct follow_segment *s, uint32_t window) {
    const struct follow_end *e = &f->end[from];
    const struct space *other = &f->end[1 - from].space;
    return e->has_last_ack && s->data_bytes == 0 && !(s->segment->flags & (RS_SYN | RS_FIN)) &&
           s->segment->ack == e->last_ack && s->segment->ack == other->acked && other->acked != other->next &&
           e->has_window && window == e->window && s->segment->seq == e->space.next;
}

// window: in bytes if its unit is known, else as it stands in the segment; then that of a SYN says nothing beside it.
static void notice_window(struct follow *f, int from, const struct follow_segment *s, uint32_t window, bool known,
                          struct followed *out) {
    const struct rs_segment *seg = s->segment;
    struct follow_end *e = &f->end[from];
    bool same = e->has_last_ack && seg->ack == e->last_ack;
    bool bare = s->data_bytes == 0 && !(seg->flags & (RS_SYN | RS_FIN)) && seg->options.sack_blocks == 0 &&
                seg->seq == e->space.next;
    bool counts = !f->end[1 - from].space.fin_seen; // after the FIN nobody uses it
    bool compares = e->has_window && (known || !e->window_of_syn);
    if (counts && same && bare && compares && window != e->window)
        out->marks |= TRACE_MARK_WINDOW_ONLY;
    if (counts && window == 0 && (!e->has_window || e->window != 0))
        out->marks |= TRACE_MARK_WINDOW_ZERO;
    e->window = window;
    e->window_of_syn = seg->flags & RS_SYN;
    e->has_window = true;
    if (known || (seg->flags & RS_SYN))
        space_offer(&f->end[1 - from].space, seg->ack + window);
}

static void notice_ack(struct follow *f, int from, const struct follow_segment *s, struct followed *out) {
    const struct rs_segment *seg = s->segment;
    struct follow_end *e = &f->end[from];
    struct space *other = &f->end[1 - from].space;
    bool known;
    uint8_t scale = follow_scale(f, from, &known);
    uint32_t missed, marks, window = (uint32_t)seg->window << (seg->flags & RS_SYN ? 0 : scale);
    if (other->has_acked && rs_seq_lt(seg->ack, other->acked))
        return; // it is late: it says nothing that is true now
    e->duplicates = is_duplicate(f, from, s, window) ? e->duplicates + 1 : 0;
    if (e->duplicates > 0)
        mark(out, TRACE_MARK_DUPLICATE_ACK, e->duplicates);
    marks = space_ack(other, seg->ack, &missed);
    if (marks)
        mark(out, marks, missed);
    notice_window(f, from, s, window, known, out);
    e->last_ack = seg->ack;
    e->has_last_ack = true;
}

void notice_numbers(struct follow *f, int from, const struct follow_segment *s, struct followed *out) {
    const struct rs_segment *seg = s->segment;
    struct follow_end *e = &f->end[from];
    const struct space *other = &f->end[1 - from].space;
    notice_data(f, from, s, out);
    if (fin_of(seg) && !e->space.fin_seen) {
        e->space.fin_seen = true;
        e->space.fin = seg->seq + syn_of(seg) + (uint32_t)s->data_bytes;
        bool has_theirs = other->fin_seen && (seg->flags & RS_ACK) && rs_seq_gt(seg->ack, other->fin);
        if (other->fin_seen && !has_theirs)
            out->marks |= TRACE_MARK_SIMULTANEOUS;
        if (has_theirs)
            e->must |= HAS_SENT_FIN_LAST;
        // A FIN that comes with its answer may be the second: the first may have been lost where we could not see it.
        if (has_theirs && (!e->unsafe || e->closes_last))
            e->shown |= HAS_SENT_FIN_LAST;
    }
    // An ACK of the other end's FIN comes with these numbers: whoever acknowledges them has that ACK too.
    if ((seg->flags & RS_ACK) && other->fin_seen && rs_seq_gt(seg->ack, other->fin) && out->advanced &&
        !f->end[1 - from].fin_ack_noted) {
        f->end[1 - from].fin_ack_noted = true;
        f->end[1 - from].fin_ack_end = e->space.next;
    }
    if (seg->flags & RS_ACK)
        notice_ack(f, from, s, out);
}

// ---- states

// True if the last number that this end has sent, and that the other one has acknowledged, never passed: it may have
// been a FIN, and then neither is in the state that it seems to be in.
static bool may_have_finished(const struct follow_end *e) {
    const struct space *s = &e->space;
    return !s->fin_seen && s->holes > 0 && s->hole[s->holes - 1].to == s->next;
}

// True if it acknowledges something of an end of which nothing has passed: that may be more than a SYN.
static bool answers_the_unseen(const struct follow *f, int from, const struct rs_segment *seg) {
    return (seg->flags & (RS_SYN | RS_ACK)) == RS_ACK && f->end[1 - from].segments == 0;
}

// True if it goes beyond all that this end has sent before, or says where that ends. What is sent again, or late, says
// less: what followed it the first time may not have passed.
static bool is_fresh(const struct follow *f, int from, const struct follow_segment *s, bool advanced) {
    const struct rs_segment *seg = s->segment;
    const struct follow_end *e = &f->end[from];
    uint32_t end = seg->seq + syn_of(seg) + (uint32_t)s->data_bytes + fin_of(seg);
    if (syn_of(seg) && (e->shown & (seg->flags & RS_ACK ? HAS_SYN_ACKED : HAS_GOT_SYN)))
        return false; // it had been sent before what this end has shown since
    bool says_all = advanced || end == seg->seq || (seg->flags & (RS_SYN | RS_FIN));
    return says_all && end == e->space.next && (!(seg->flags & RS_ACK) || seg->ack == e->last_ack);
}

// The sender has got all before its ACK.
static void show_by_ack(struct follow *f, int from, const struct follow_segment *s, bool fresh) {
    const struct rs_segment *seg = s->segment;
    struct follow_end *e = &f->end[from];
    const struct follow_end *other = &f->end[1 - from];
    bool names_syn = other->space.syn_seen && !other->space.base_is_old && rs_seq_gt(seg->ack, other->space.base);
    // Whoever has sent a SYN acknowledges nothing before it has got one, whether that was seen or not.
    bool unseen = (e->shown & HAS_SENT_SYN) && !other->space.syn_seen;
    if (names_syn || unseen || (seg->flags & RS_SYN)) // a SYN,ACK answers a SYN
        e->shown |= HAS_GOT_SYN | HAS_SENT_SYN;
    if (other->space.fin_seen && rs_seq_gt(seg->ack, other->space.fin))
        e->shown |= HAS_GOT_FIN;
    e->closes_last |= (e->shown & (HAS_GOT_FIN | HAS_SENT_FIN)) == HAS_GOT_FIN && fresh && !may_have_finished(e);
    if (e->fin_ack_noted && rs_seq_geq(seg->ack, e->fin_ack_end))
        e->shown |= HAS_FIN_ACKED;
    if ((seg->flags & RS_SYN) || !(e->shown & HAS_GOT_SYN))
        return;
    if (unseen) // to a bare SYN it would have answered with a SYN of its own
        e->must |= HAS_SYN_ACKED;
    // An end that was never in SYN-RECEIVED is past SYN-SENT when it sends anything but a SYN. One that was shows it by
    // data, or by acknowledging more than the SYN: it takes nothing before its own SYN is acknowledged.
    bool may_wait = e->sent_syn_ack || other->sent_bare_syn || !other->sent_syn_ack;
    bool sends = s->data_bytes > 0 && (unseen || other->syn_end == other->space.base + 1);
    if (!may_wait || sends || (!unseen && rs_seq_gt(seg->ack, other->syn_end)))
        e->shown |= HAS_SYN_ACKED;
}

// What must have happened to the receiver when it has this.
static void make_of_receiver(struct follow *f, int from, const struct follow_segment *s) {
    const struct rs_segment *seg = s->segment;
    const struct space *space = &f->end[from].space;
    struct follow_end *other = &f->end[1 - from];
    if (seg->flags & RS_SYN)
        other->must |= HAS_GOT_SYN;
    if (space->fin_seen && rs_seq_gt(space_contiguous(space), space->fin))
        other->must |= HAS_GOT_FIN;
    if (!(seg->flags & RS_ACK))
        return;
    if (!other->space.base_is_old && rs_seq_gt(seg->ack, other->space.base))
        other->must |= HAS_SYN_ACKED | HAS_SENT_SYN;
    if (other->space.fin_seen && rs_seq_gt(seg->ack, other->space.fin))
        other->must |= HAS_FIN_ACKED;
}

static void time_handshake(struct follow *f, int from, const struct follow_segment *s) {
    const struct space *server = &f->end[1].space;
    if (f->third_seen || f->midway || (s->segment->flags & (RS_SYN | RS_RST)) || !(s->segment->flags & RS_ACK))
        return;
    const struct space *other = &f->end[1 - from].space;
    f->third_seen = rs_seq_gt(s->segment->ack, other->base) && (from == 0 || f->end[1].sent_bare_syn) &&
                    (from == 0 || server->syn_seen);
    f->handshake_timed = f->third_seen && from == 0 && f->end[1].sent_syn_ack && !f->end[1].sent_bare_syn &&
                         server->syn_seen && s->wall_ns >= f->first_ns;
    f->handshake_ns = f->handshake_timed ? s->wall_ns - f->first_ns : 0;
}

struct shown_state notice_receiver(const struct follow *f, int end) {
    const struct follow_end *e = &f->end[end];
    struct shown_state state = state_of_receiver(e->must, e->shown);
    state.proved &= (e->shown & HAS_ENDED) || !(may_have_finished(e) || may_have_finished(&f->end[1 - end]));
    if (!f->roles_guessed)
        return state;
    // Begun before: what this end had done until then nobody knows.
    if (state.state == RS_ESTABLISHED && !e->sent_data)
        state.state = RS_STATE_UNKNOWN;
    state.proved = (e->shown & HAS_ENDED) != 0;
    return state;
}

static struct shown_state sender_state(const struct follow *f, int from, const struct follow_segment *s, bool fresh,
                                       uint32_t marks) {
    const struct follow_end *e = &f->end[from];
    uint8_t excluded = 0;
    if (f->roles_guessed)
        return notice_receiver(f, from);
    if (s->segment->flags & RS_SYN)
        excluded |= HAS_SYN_ACKED;
    if (s->data_bytes + fin_of(s->segment) > 0 && !(marks & (TRACE_MARK_KEEPALIVE | TRACE_MARK_PROBE)))
        excluded |= HAS_FIN_ACKED;
    struct shown_state state = state_of_sender(e->must, e->shown, excluded);
    state.proved &= (fresh || !e->unsafe) && !may_have_finished(e) && !may_have_finished(&f->end[1 - from]);
    state.proved &= !answers_the_unseen(f, from, s->segment);
    return state;
}

void notice_states(struct follow *f, int from, const struct follow_segment *s, bool stray, struct followed *out) {
    const struct rs_segment *seg = s->segment;
    struct follow_end *e = &f->end[from];
    bool fresh = is_fresh(f, from, s, out->advanced);
    if (stray) {
        follow_states(f, out->state);
        return;
    }
    if (seg->flags & RS_SYN) {
        e->must |= HAS_SENT_SYN;
        e->shown |= HAS_SENT_SYN;
        e->sent_syn_ack |= (seg->flags & RS_ACK) != 0;
    }
    if (seg->flags & RS_FIN) {
        e->must |= HAS_SENT_FIN;
        e->shown |= HAS_SENT_FIN;
    }
    if (seg->flags & RS_ACK)
        show_by_ack(f, from, s, fresh);
    e->must |= e->shown;
    make_of_receiver(f, from, s);
    time_handshake(f, from, s);
    if (s->quick)
        return;
    out->state[from] = sender_state(f, from, s, fresh, out->marks);
    out->state[1 - from] = notice_receiver(f, 1 - from);
}
