// SPDX-License-Identifier: MIT
//
// Telling of a connection that others make, and the end of any (see narrate.h). Called by narrator.c.
#include <inttypes.h>
#include <stdio.h>

#include "view/explain.h"
#include "view/narrate.h"

enum { TOLD_IN_FULL = 2 }; // then a mark is told in a few words

// Told once or twice they are known: what comes after that has them by the hundred.
static const uint32_t soon_known = TRACE_MARK_CUT | TRACE_MARK_MERGED | TRACE_MARK_WINDOW_ONLY;

// The marks of this segment that have not been told in full as often as is good.
static uint32_t still_new(struct narrator *n, uint32_t marks) {
    uint32_t fresh = 0;
    for (size_t i = 0; i < sizeof n->now.marks_told; i++) {
        const uint32_t mark = UINT32_C(1) << i;
        if (!(marks & mark) || (n->now.marks_told[i] == TOLD_IN_FULL && n->settings.verbosity == 0))
            continue;
        if (n->now.marks_told[i] < TOLD_IN_FULL)
            n->now.marks_told[i]++;
        fresh |= mark;
    }
    return fresh;
}

static void tell_marks(struct narrator *n, const struct trace_segment *s) {
    char prose[1200], in_short[240];
    uint32_t in_full = still_new(n, s->marks);
    words_marks(s, in_full, prose, sizeof prose);
    narrate_say(n, prose);
    words_marks_in_short(s, ~(in_full | soon_known), in_short, sizeof in_short);
    if (in_short[0]) {
        snprintf(prose, sizeof prose, "(%s)", in_short);
        narrate_say(n, prose);
    }
}

// -v and -vv: as far as the packet was kept.
static void look_closely(struct narrator *n, const struct trace_segment *s) {
    size_t headers = rs_packet_ip_bytes(s->packet) + s->packet->segment.header_bytes;
    if (n->settings.verbosity == 0 || s->size < headers)
        return;
    explain_fields(n->text, s, &n->now.about);
    if (n->settings.verbosity < 2)
        return;
    explain_boxes(n->text, s);
    explain_bytes(n->text, s);
    if (s->marks & TRACE_MARK_CUT)
        narrate_say(n, "The checksum cannot be worked out: it is over the whole segment, and only a part was kept.");
    else
        explain_checksum(n->text, s);
}

void narrate_seen(struct narrator *n, const struct trace_event *event) {
    const struct trace_segment *s = &event->u.segment;
    char prose[400];
    narrate_flush(n);
    narrate_name(n);
    ladder_segment(&n->now.ladder, event);
    ladder_flush(&n->now.ladder);
    words_damage(s, prose, sizeof prose);
    if (s->packet->tcp_checksum == RS_CHECKSUM_BAD && !(s->doubted && n->now.doubt_told))
        narrate_say(n, prose);
    n->now.doubt_told |= s->doubted;
    tell_marks(n, s);
    look_closely(n, s);
}

void narrate_end(struct narrator *n, const struct trace_event *event) {
    char prose[600];
    narrate_flush(n);
    n->now.over = true;
    if (n->now.about.experiment) // its evidence has been told, and its answer follows
        return;
    const bool socket = n->now.has_socket && event->u.end.handed_over, again = narrate_socket_again(n);
    if (socket && !again)
        narrate_socket_table(n);
    const bool in_short = event->u.end.after == TRACE_FOLLOWED || event->u.end.after == TRACE_NOT_FOLLOWED;
    if (socket && again && in_short)
        snprintf(prose, sizeof prose, "From here on the connection is the kernel's.");
    else
        words_end(event, &n->now.about, prose, sizeof prose);
    if (prose[0])
        narrate_name(n);
    narrate_say(n, prose);
    if (n->now.about.source != TRACE_BY_HAND) {
        words_totals(event, prose, sizeof prose);
        narrate_say(n, prose);
    } else if (event->u.end.ignored > 0) {
        words_ignored_count(event->u.end.ignored, prose, sizeof prose);
        narrate_say(n, prose);
    }
}
