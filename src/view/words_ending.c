// SPDX-License-Identifier: MIT
//
// How a connection of others has ended, as far as was seen, and what it was in all (see words.h). Called by the
// narrator and, through words_end, by every view.
#include <inttypes.h>
#include <stdio.h>

#include "view/words.h"

#define SAY(...) snprintf(out, room, __VA_ARGS__)

static const char *still_open(enum trace_opening opening) {
    switch (opening) {
    case TRACE_NO_ANSWER:
        return "No answer to the SYN was seen: it was lost or not caught, or nobody answers there.";
    case TRACE_HALF_OPEN:
        return "The handshake was not finished, as far as was seen.";
    default:
        return "No end of it was seen: as far as can be told, it is still open.";
    }
}

void words_ending(const struct trace_event *event, char *out, size_t room) {
    out[0] = '\0';
    switch (event->u.end.ending) {
    case TRACE_CLOSED:
        SAY("Both ends have closed, and each has acknowledged the other's FIN: the connection is over, in order.");
        break;
    case TRACE_HALF_CLOSED:
        SAY("One direction is closed. That the other one is was not seen.");
        break;
    case TRACE_RESET:
        SAY("The connection was ended by RST, not closed in order.");
        break;
    case TRACE_REFUSED:
        SAY("The connection was refused: it never stood.");
        break;
    case TRACE_FORGOTTEN:
        SAY("No end of it was seen: it had been silent longest when more connections were open than can be followed at "
            "once, so it was given up.");
        break;
    case TRACE_STILL_OPEN:
        SAY("%s", still_open(event->u.end.opening));
        break;
    }
}

void words_totals(const struct trace_event *event, char *out, size_t room) {
    char bytes[2][40], time[32], took[120] = "";
    const uint64_t *segments = event->u.end.segments;
    for (int i = 0; i < 2; i++)
        words_bytes(event->u.end.bytes[i], bytes[i], sizeof bytes[i]);
    words_time(event->u.end.handshake_us, time, sizeof time);
    if (event->u.end.handshake_timed)
        snprintf(took, sizeof took, " The handshake took %s, from the first SYN to the ACK of its answer.", time);
    SAY("Seen: %s in %" PRIu64 " segment%s from the client, %s in %" PRIu64 " from the server.%s", bytes[0],
        segments[0], segments[0] == 1 ? "" : "s", bytes[1], segments[1], took);
}

void words_omitted(const struct trace_event *event, char *out, size_t room) {
    char bytes[40];
    const uint64_t segments = event->u.omitted.segments;
    words_bytes(event->u.omitted.bytes, bytes, sizeof bytes);
    if (segments == 0)
        SAY("Here something is left out: there was no room to keep it.");
    else
        SAY("Here %" PRIu64 " segment%s with %s of data %s left out: there was no room to keep all.", segments,
            segments == 1 ? "" : "s", bytes, segments == 1 ? "is" : "are");
}
