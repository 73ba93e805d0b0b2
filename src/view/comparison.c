// SPDX-License-Identifier: MIT
//
// Comparing two connections (see comparison.h). Called by compare.
#include "view/comparison.h"

#include <stdlib.h>

#include "rawshake/seq.h"

enum { STREAM_BYTES = 20 * 1448 }; // what the server says is then no matter of single segments any more

static bool has_passed(const struct trace_event *event) {
    return (event->kind == TRACE_SEEN || event->kind == TRACE_SENT || event->kind == TRACE_RECEIVED) &&
           event->u.segment.packet;
}

static void add_segment(struct comparison_side *side, const struct trace_event *event) {
    const struct trace_segment *s = &event->u.segment;
    if (side->count == PAIR_MOST) {
        side->left_out++;
        return;
    }
    uint32_t data = (uint32_t)rs_segment_data_bytes(&s->packet->segment);
    struct pair_line *line = &side->lines[side->count];
    pair_line_of(s->packet, s->ours, s->ours ? s->iss : s->irs, s->ours ? s->irs : s->iss, data, line);
    if (!s->ours && data > 0 && line->seq - 1 + data > side->server_said)
        side->server_said = line->seq - 1 + data;
    if (side->count == 0)
        side->began_us = event->at_us;
    side->events[side->count++] = event;
}

static void take_in(struct comparison_side *side, const struct tape *tape) {
    for (size_t i = 0; i < tape_count(tape); i++) {
        const struct trace_event *event = tape_event(tape, i);
        if (event->kind == TRACE_BEGIN)
            side->about = event->u.about;
        else if (event->kind == TRACE_OMITTED)
            side->left_out += event->u.omitted.segments;
        else if (has_passed(event))
            add_segment(side, event);
    }
    pair_find_repeats(side->lines, side->count);
}

static enum difference_why why_known(unsigned known) {
    static const struct {
        enum known known;
        enum difference_why why;
    } names[] = {{KNOWN_SYN_TIMER, DIFFERENCE_SYN_TIMER},
                 {KNOWN_DATA_TIMER, DIFFERENCE_DATA_TIMER},
                 {KNOWN_SACK, DIFFERENCE_EARLY},
                 {KNOWN_STREAM, DIFFERENCE_STREAM},
                 {KNOWN_ACKS, DIFFERENCE_ACKS}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (known & known_bit(names[i].known))
            return names[i].why;
    return DIFFERENCE_UNEXPLAINED;
}

// The kernel has handed these bytes to a network card in one piece with others.
static bool is_part_of_uncut(const struct comparison *c, const struct pair_line *line) {
    for (unsigned i = 0; i < c->kernel.count; i++) {
        const struct pair_line *whole = &c->kernel.lines[i];
        if (whole->to_server && c->kernel.events[i]->u.segment.marks & TRACE_MARK_MERGED && line->data_bytes > 0 &&
            line->seq - whole->seq <= whole->data_bytes &&
            line->seq + line->data_bytes - whole->seq <= whole->data_bytes)
            return true;
    }
    return false;
}

// A FIN alone that elsewhere went with the last data.
static bool is_fin_with_data(const struct comparison_side *side, const struct pair_line *fin) {
    for (unsigned i = 0; i < side->count && fin->flags & RS_FIN && fin->data_bytes == 0; i++) {
        const struct pair_line *line = &side->lines[i];
        if (line->to_server == fin->to_server && line->flags & RS_FIN && line->data_bytes > 0 &&
            line->seq + line->data_bytes == fin->seq)
            return true;
    }
    return false;
}

// One that the other connection does not have.
// The other connection has one that says the same, and that stands alone too.
static bool is_elsewhere(const struct pair_row *rows, unsigned count, const struct pair_row *row) {
    for (unsigned i = 0; i < count; i++)
        if (row->hand ? !rows[i].hand && pair_counterparts(row->hand, rows[i].kernel)
                      : !rows[i].kernel && pair_counterparts(row->kernel, rows[i].hand))
            return true;
    return false;
}

static enum difference_why judge_lone(const struct comparison *c, const struct pair_line *line, bool streaming) {
    const struct pair_row row = {line, NULL};
    unsigned known = known_explain(&row, streaming);
    if (!(known & known_bit(KNOWN_COUNT)))
        return why_known(known);
    if (line->again_after_ms >= 0)
        return DIFFERENCE_LOST;
    bool bare = pair_is_bare_ack(line), opens_or_resets = line->flags & (RS_SYN | RS_RST);
    if (!line->to_server && bare)
        return DIFFERENCE_SERVER_ACK;
    if (!line->to_server)
        return c->known.server_spoke && !opens_or_resets ? DIFFERENCE_SERVER_DATA : DIFFERENCE_UNEXPLAINED;
    if (is_part_of_uncut(c, line))
        return DIFFERENCE_UNCUT;
    if (line->data_bytes > 0 && c->known.long_message)
        return DIFFERENCE_LONG;
    if (is_fin_with_data(&c->kernel, line) || is_fin_with_data(&c->hand, line))
        return DIFFERENCE_FIN;
    return bare && c->known.server_spoke ? DIFFERENCE_ACKS : DIFFERENCE_UNEXPLAINED;
}

static enum difference_why judge_row(const struct comparison *c, const struct pair_row *rows, unsigned at) {
    const struct pair_row *row = &rows[at];
    bool streaming = c->hand.server_said > STREAM_BYTES && c->kernel.server_said > STREAM_BYTES;
    bool lone = !row->hand || !row->kernel;
    if (lone && c->known.server_spoke && is_elsewhere(rows, c->rows_count, row))
        return DIFFERENCE_ORDER;
    if (lone)
        return judge_lone(c, row->hand ? row->hand : row->kernel, streaming);
    if (pair_same_wait(row->hand, row->kernel))
        return DIFFERENCE_NONE;
    if (row->hand->again_after_ms < 0 || row->kernel->again_after_ms < 0 || !row->hand->to_server)
        return DIFFERENCE_LOST;
    const struct pair_line alike = {
        .to_server = true, .flags = row->hand->flags, .again_after_ms = row->hand->again_after_ms};
    struct pair_line other = alike;
    other.again_after_ms = row->kernel->again_after_ms;
    const struct pair_row waits = {&alike, &other};
    return why_known(known_explain(&waits, false));
}

static void count_fields(struct comparison *c, const struct comparison_row *row) {
    struct difference fields[DIFFERENCES_MOST];
    if (!row->kernel || !row->hand)
        return;
    size_t count = difference_fields(&row->kernel->u.segment, &row->hand->u.segment, &c->known, fields);
    for (size_t i = 0; i < count; i++)
        c->kinds[difference_kind(fields[i].why)]++;
}

static const struct trace_event *event_of(const struct comparison_side *side, const struct pair_line *line) {
    return line ? side->events[line - side->lines] : NULL;
}

static bool lay_out(struct comparison *c) {
    struct pair_row *rows = calloc((size_t)2 * PAIR_MOST, sizeof *rows);
    if (!rows)
        return false;
    c->rows_count = pair_lay_out(c->hand.lines, c->hand.count, c->kernel.lines, c->kernel.count, rows);
    bool good = c->rows_count > 0 || c->hand.count + c->kernel.count == 0;
    for (unsigned i = 0; i < c->rows_count; i++) {
        struct comparison_row *row = &c->rows[i];
        row->kernel = event_of(&c->kernel, rows[i].kernel);
        row->hand = event_of(&c->hand, rows[i].hand);
        row->why = judge_row(c, rows, i);
        c->kinds[difference_kind(row->why)]++;
        count_fields(c, row);
    }
    free(rows);
    return good;
}

// Segments with data from the client, not counting what was sent again.
static unsigned client_pieces(const struct comparison_side *side) {
    unsigned count = 0;
    for (unsigned i = 0; i < side->count; i++)
        count += side->lines[i].to_server && side->lines[i].data_bytes > 0 && side->lines[i].again_after_ms < 0;
    return count;
}

static bool has_sent_again(const struct comparison_side *side) {
    for (unsigned i = 0; i < side->count; i++)
        if (side->lines[i].to_server && side->lines[i].again_after_ms >= 0)
            return true;
    return false;
}

struct comparison *comparison_new(const struct tape *kernel, const struct tape *hand) {
    struct comparison *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    take_in(&c->kernel, kernel);
    take_in(&c->hand, hand);
    if (c->hand.about)
        c->known.choices = c->hand.about->choices;
    c->known.server_spoke = c->kernel.server_said > 0 || c->hand.server_said > 0;
    c->known.long_message = client_pieces(&c->kernel) > 1 && client_pieces(&c->hand) > 1;
    c->known.sent_again = has_sent_again(&c->kernel) || has_sent_again(&c->hand);
    if (lay_out(c))
        return c;
    free(c);
    return NULL;
}

bool comparison_holds(const struct comparison *c) {
    return c->kernel.count > 0 && c->hand.count > 0 && c->kinds[DIFFERENCE_IS_ASKED] == 0 &&
           c->kinds[DIFFERENCE_IS_UNEXPLAINED] == 0;
}
