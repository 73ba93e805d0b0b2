// SPDX-License-Identifier: MIT
//
// What an experiment claims and what was seen of it, in words (see words.h). Called by whoever shows evidence.
#include <stdio.h>

#include "view/words.h"

const char *words_place(enum trace_place place) {
    static const char *const names[] = {
        [TRACE_ON_THE_WIRE] = "on the wire",      [TRACE_IN_THE_KERNEL] = "the server's kernel",
        [TRACE_IN_THE_COUNTERS] = "its counters", [TRACE_IN_THE_PROGRAM] = "the server's program",
        [TRACE_AT_OUR_END] = "our end",
    };
    return names[place];
}

void words_evidence(const struct trace_event *event, char *out, size_t room) {
    snprintf(out, room, "Evidence, %s: expected %s; seen %s. It %s.%s%s", words_place(event->u.evidence.place),
             event->u.evidence.expected, event->u.evidence.seen,
             event->u.evidence.holds ? "is as expected" : "is NOT as expected",
             event->u.evidence.of_linux ? " No RFC demands it: it is Linux's own way." : "",
             event->u.evidence.either_way ? " It is to be so without the deviation too." : "");
}
