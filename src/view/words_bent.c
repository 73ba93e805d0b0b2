// SPDX-License-Identifier: MIT
//
// What a bend did to a segment, and what follows from it (see words.h). Bad weather is an option of the command line,
// and its sentence names it. An experiment says itself what it did and why: then what is certain besides is told too.
// Called by words_event.c, words_segment.c and the narrator.
#include <stdio.h>

#include "view/words.h"

enum { SENTENCE = 320 };

// How long a segment is to wait.
static void held(const struct trace_segment *segment, char *out, size_t room) {
    const bool asked = !segment->purpose;
    char time[32];
    words_time(segment->bent_us, time, sizeof time);
    if (segment->bent & TRACE_BENT_REORDERED)
        snprintf(out, room, "held back until the next segment has overtaken it, %s at most%s.", time,
                 asked ? " (--reorder)" : "");
    else
        snprintf(out, room, "held back for %s%s.", time, asked ? " (--delay)" : "");
}

// How long it has waited.
static void waited(const struct trace_segment *segment, char *out, size_t room) {
    const bool asked = !segment->purpose;
    char time[32];
    words_time(segment->bent_us, time, sizeof time);
    if (segment->bent & TRACE_BENT_OVERTAKEN)
        snprintf(out, room, "The segment before it has overtaken it%s.", asked ? " (--reorder)" : "");
    else if (segment->bent & TRACE_BENT_REORDERED)
        snprintf(out, room, "It was held back for %s (%snothing came to overtake it).", time,
                 asked ? "--reorder: " : "");
    else
        snprintf(out, room, "It was held back for %s%s.", time, asked ? " (--delay)" : "");
}

static const char *dropped(bool ours) {
    return ours ? "Dropped by --drop before it left. Our end does not know that, as it would not if the network had "
                  "lost it."
                : "Dropped by --drop when it arrived. Our end has not seen it; the server does not know that.";
}

static const char *damaged(bool ours) {
    return ours ? "One of its bits was turned round after the checksum was made (--corrupt): the checksum does not "
                  "fit, so the other end will drop it without a word."
                : "One of its bits was turned round (--corrupt): our own check of the checksum has noticed it and "
                  "dropped the segment, as if it had never come.";
}

// What has no purpose to say it is told by what happened.
static const char *happened(const struct trace_segment *segment, enum trace_kind kind) {
    if (segment->bent & TRACE_BENT_DROPPED)
        return dropped(segment->ours);
    if (kind == TRACE_HELD)
        return "";
    if (segment->bent & TRACE_BENT_FORGED)
        return "An experiment's script has written it: no TCP has decided to send it.";
    if (segment->bent & TRACE_BENT_ALTERED)
        return segment->ours ? "Something in it is other than our TCP had it."
                             : "Something in it was altered before our TCP saw it.";
    if (segment->bent & TRACE_BENT_COPY)
        return "The same packet once more (--duplicate).";
    return segment->bent & TRACE_BENT_CORRUPTED ? damaged(segment->ours) : "";
}

bool words_is_made_up(const struct trace_segment *segment) {
    return segment->bent & (TRACE_BENT_ALTERED | TRACE_BENT_FORGED);
}

bool words_has_waited(const struct trace_segment *segment, enum trace_kind kind) {
    return segment->bent & (TRACE_BENT_DELAYED | TRACE_BENT_REORDERED) &&
           (kind == TRACE_SENT || kind == TRACE_RECEIVED);
}

void words_bent(const struct trace_segment *segment, enum trace_kind kind, char *out, size_t room) {
    char late[SENTENCE] = "";
    const char *rest = segment->purpose ? segment->purpose : happened(segment, kind);
    if (kind == TRACE_HELD)
        held(segment, late, sizeof late);
    else if (segment->bent & (TRACE_BENT_DELAYED | TRACE_BENT_REORDERED))
        waited(segment, late, sizeof late);
    if (segment->purpose && words_has_waited(segment, kind))
        rest = ""; // it was told when the segment was put aside
    snprintf(out, room, "%s%s%s", late, late[0] && rest[0] ? " " : "", rest);
}
