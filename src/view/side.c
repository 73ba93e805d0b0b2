// SPDX-License-Identifier: MIT
//
// Drawing two connections side by side (see side.h).
#include "view/side.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "view/ladder.h"
#include "view/words.h"

enum { WIDE = 100, STATE = 14, ARROW = 25, ARROW_ALONE = 34, ARROW_ENDS = 4, TIME = 9, HALF = STATE + ARROW + TIME };
enum { INDENT = 3, NAME = 22, VALUE = 14, LONG = 12 }; // LONG: where a value begins that is longer than VALUE

struct drawing {
    struct text *text;
    const struct comparison *c;
    unsigned verbosity;
    bool told[DIFFERENCE_WHYS]; // whose sentence stands there already
    bool brackets;              // a state in brackets was drawn
};

// Who talks to whom, and where.
static void head(const struct drawing *d) {
    const struct trace_about *kernel = d->c->kernel.about, *hand = d->c->hand.about;
    char prose[400], server[RS_ENDPOINT_TEXT_BYTES];
    if (!kernel || !hand)
        return;
    rs_endpoint_text(&hand->server, server, sizeof server);
    snprintf(
        prose, sizeof prose,
        "The same connection to %s twice%s: first by the kernel's connect(), from port %u, and watched; then by hand, "
        "from port %u.",
        server, hand->private_network ? ", in a private network of our own" : "", (unsigned)kernel->client.port,
        (unsigned)hand->client.port);
    text_wrap(d->text, 0, false, 0, prose);
    text_add(d->text, "\n");
}

// ---- the ladders

static void fill(struct text *text, unsigned takes, unsigned width) {
    text_repeat(text, " ", takes < width ? width - takes : 0);
}

// Our end's state. What a segment that was watched says of its receiver is in brackets until something proves it.
static void state(struct drawing *d, const struct trace_event *event) {
    const struct trace_segment *s = &event->u.segment;
    bool proved = event->kind != TRACE_SEEN || s->state_proved;
    char name[24];
    snprintf(name, sizeof name, proved ? "%s" : "(%s)", rs_state_name(s->state));
    d->brackets |= !proved;
    text_add(d->text, "%s", name);
    fill(d->text, text_width(name), STATE);
}

// "+124.7 ms" would touch the arrow: of a tenth of a second and more, the tenths of a millisecond are left out.
static void time_since(uint64_t us, char *out, size_t room) {
    out[0] = '+';
    if (us >= 100000 && us < 1000000)
        snprintf(out + 1, room - 1, "%u ms", (unsigned)(us / 1000));
    else
        words_time(us, out + 1, room - 1);
}

static void half(struct drawing *d, const struct comparison_side *side, const struct trace_event *event,
                 unsigned arrow_width) {
    char label[96], time[24];
    if (!event) {
        fill(d->text, 0, STATE + arrow_width + TIME);
        return;
    }
    const struct trace_segment *s = &event->u.segment;
    ladder_label(s, arrow_width - ARROW_ENDS, label, sizeof label);
    const struct ladder_arrow arrow = {.label = label,
                                       .width = arrow_width,
                                       .ours = s->ours,
                                       .bad = (s->packet->segment.flags & RS_RST) || (s->bent & TRACE_BENT_CORRUPTED)};
    time_since(event->at_us - side->began_us, time, sizeof time);
    state(d, event);
    ladder_draw_arrow(d->text, &arrow);
    text_add(d->text, "%*s", (int)TIME, time);
}

static void strong(struct text *text, const char *line) {
    text_color(text, TEXT_STRONG);
    text_add(text, "%s", line);
    text_color(text, TEXT_PLAIN);
}

static void beside_each_other(struct drawing *d) {
    const char *line = d->text->style.utf8 ? "│" : "|";
    char title[80];
    snprintf(title, sizeof title, "%-*s %s %s", HALF, "the kernel's connect()", " ", "by hand");
    strong(d->text, title);
    text_add(d->text, "\n");
    for (unsigned i = 0; i < d->c->rows_count; i++) {
        half(d, &d->c->kernel, d->c->rows[i].kernel, ARROW);
        text_add(d->text, " %s", line);
        if (d->c->rows[i].hand) {
            text_add(d->text, " ");
            half(d, &d->c->hand, d->c->rows[i].hand, ARROW);
        }
        text_add(d->text, "\n");
    }
}

static void one_alone(struct drawing *d, const char *title, const struct comparison_side *side) {
    strong(d->text, title);
    text_add(d->text, "\n");
    for (unsigned i = 0; i < side->count; i++) {
        text_add(d->text, " ");
        half(d, side, side->events[i], ARROW_ALONE);
        text_add(d->text, "\n");
    }
}

static void ladders(struct drawing *d) {
    if (d->text->style.columns >= WIDE) {
        beside_each_other(d);
    } else {
        one_alone(d, "the kernel's connect()", &d->c->kernel);
        one_alone(d, "\nby hand", &d->c->hand);
    }
    if (d->brackets)
        text_wrap(d->text, INDENT, false, INDENT,
                  "In brackets: the state of the kernel's client if the segment has reached it. Only what it "
                  "sends itself can prove a state.");
}

// ---- the differences

static void sentence(struct drawing *d, enum difference_why why, unsigned indent) {
    char prose[900];
    if (d->told[why] || why == DIFFERENCE_NONE)
        return;
    d->told[why] = true;
    words_difference(why, prose, sizeof prose);
    text_wrap(d->text, indent, false, indent, prose);
}

static void kind(struct drawing *d, enum difference_why why) {
    enum difference_kind kind = difference_kind(why);
    text_color(d->text, kind == DIFFERENCE_IS_UNEXPLAINED ? TEXT_BAD
                        : kind == DIFFERENCE_IS_NONE      ? TEXT_FAINT
                                                          : TEXT_PLAIN);
    text_add(d->text, "%s", words_difference_kind(kind));
    text_color(d->text, TEXT_PLAIN);
    text_add(d->text, "\n");
}

// Values that are too long for their columns stand on lines of their own.
static void field(struct drawing *d, const struct difference *f) {
    struct text *t = d->text;
    bool fits = text_width(f->kernel) < VALUE && text_width(f->hand) < VALUE;
    text_add(t, "%*s%-*s", (int)INDENT, "", (int)NAME, f->name);
    if (fits)
        text_add(t, "%-*s%-*s", (int)VALUE, f->kernel, (int)VALUE, f->hand);
    else
        text_add(t, "%-*s", (int)(2 * VALUE), f->why == DIFFERENCE_NONE ? "" : "see below");
    kind(d, f->why);
    if (!fits && f->why == DIFFERENCE_NONE)
        text_add(t, "%*s%s\n", (int)LONG, "", f->kernel);
    else if (!fits)
        text_add(t, "%*sby the kernel  %s\n%*sby hand        %s\n", (int)LONG, "", f->kernel, (int)LONG, "", f->hand);
    sentence(d, f->why, INDENT + NAME);
}

// "SYN,ACK seq=0 ack=1, from the server"
static void heading(struct drawing *d, const struct comparison_row *row) {
    const struct trace_segment *s = row->kernel ? &row->kernel->u.segment : &row->hand->u.segment;
    char label[96], line[160];
    ladder_label(s, sizeof label, label, sizeof label);
    snprintf(line, sizeof line, " %s, %s the server%s", label, s->ours ? "to" : "from",
             row->kernel && row->hand ? ""
             : row->kernel            ? ": by the kernel alone"
                                      : ": by hand alone");
    strong(d->text, line);
    text_add(d->text, "\n");
}

static void waits(struct drawing *d, const struct comparison_row *row) {
    char line[160];
    if (row->why == DIFFERENCE_NONE)
        return;
    if (row->kernel && row->hand) {
        char kernel[24], hand[24];
        words_time(row->kernel->at_us - d->c->kernel.began_us, kernel, sizeof kernel);
        words_time(row->hand->at_us - d->c->hand.began_us, hand, sizeof hand);
        snprintf(line, sizeof line, "%*s%-*s%-*s%-*s", (int)INDENT, "", (int)NAME, "When", (int)VALUE, kernel,
                 (int)VALUE, hand);
    } else {
        snprintf(line, sizeof line, "%*s%-*s%-*s%-*s", (int)INDENT, "", (int)NAME, "The whole segment", (int)VALUE,
                 row->kernel ? "there" : "-", (int)VALUE, row->hand ? "there" : "-");
    }
    text_add(d->text, "%s", line);
    kind(d, row->why);
    sentence(d, row->why, INDENT + NAME);
}

static void differences(struct drawing *d, const struct comparison_row *row) {
    struct difference fields[DIFFERENCES_MOST];
    size_t count = 0;
    bool any = row->why != DIFFERENCE_NONE;
    if (row->kernel && row->hand)
        count = difference_fields(&row->kernel->u.segment, &row->hand->u.segment, &d->c->known, fields);
    for (size_t i = 0; i < count; i++)
        any |= fields[i].why != DIFFERENCE_NONE;
    if (!any && d->verbosity == 0)
        return;
    text_add(d->text, "\n");
    heading(d, row);
    waits(d, row);
    for (size_t i = 0; i < count; i++)
        if (fields[i].why != DIFFERENCE_NONE || d->verbosity > 0)
            field(d, &fields[i]);
}

// ---- the verdict

static size_t list_kinds(const struct comparison *c, char *out, size_t room) {
    size_t used = 0;
    out[0] = '\0';
    for (int k = DIFFERENCE_IS_RANDOM; k < DIFFERENCE_KINDS && used < room; k++)
        if (c->kinds[k] > 0)
            used += (size_t)snprintf(out + used, room - used, "%s%u %s", used > 0 ? ", " : "", c->kinds[k],
                                     words_difference_kind((enum difference_kind)k));
    return used;
}

static void verdict(struct drawing *d) {
    const struct comparison *c = d->c;
    char kinds[300], prose[700];
    if (list_kinds(c, kinds, sizeof kinds) == 0)
        snprintf(kinds, sizeof kinds, "none");
    const char *so = c->kinds[DIFFERENCE_IS_UNEXPLAINED] > 0 ? "Not all of this is explained: the two are not alike."
                     : c->kinds[DIFFERENCE_IS_ASKED] > 0
                         ? "Everything is explained; but with what was asked for, the two are not alike."
                     : comparison_holds(c) ? "Nothing differs but what must."
                                           : "There is nothing to compare.";
    snprintf(prose, sizeof prose, "%u segments by the kernel, %u by hand. Differences: %s.", c->kernel.count,
             c->hand.count, kinds);
    text_add(d->text, "\n");
    text_wrap(d->text, 0, false, 0, prose);
    text_wrap(d->text, 0, false, 0, so);
    if (c->kernel.left_out + c->hand.left_out == 0)
        return;
    snprintf(prose, sizeof prose,
             "Not compared: %" PRIu64 " segments by the kernel and %" PRIu64
             " by hand, because the connections were too long.",
             c->kernel.left_out, c->hand.left_out);
    text_wrap(d->text, 0, false, 0, prose);
}

void side_draw(struct text *text, const struct comparison *comparison, unsigned verbosity) {
    struct drawing d = {.text = text, .c = comparison, .verbosity = verbosity};
    head(&d);
    ladders(&d);
    text_add(text, "\n");
    text_add(text, "%*s%-*s%-*sby hand\n", (int)INDENT, "", (int)NAME, "What differs", (int)VALUE, "by the kernel");
    for (unsigned i = 0; i < comparison->rows_count; i++)
        differences(&d, &comparison->rows[i]);
    verdict(&d);
}
