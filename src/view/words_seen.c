// SPDX-License-Identifier: MIT
//
// What the tracker has proved of a segment that others exchange, in words (see words.h). A sentence says no more than
// the mark: why a segment passes again, nobody can see from outside. Called by the narrator and words_segment.c.
#include <inttypes.h>
#include <stdio.h>

#include "view/words.h"

#define SAY(...) snprintf(out, room, __VA_ARGS__)

static void gap(const struct trace_segment *s, char *out, size_t room) {
    char bytes[40];
    words_bytes(s->mark_bytes, bytes, sizeof bytes);
    SAY("What comes before it has not passed here (%s): it was lost, or has been overtaken, or was not caught.", bytes);
}

static void missed(const struct trace_segment *s, char *out, size_t room) {
    char bytes[40];
    words_bytes(s->mark_bytes, bytes, sizeof bytes);
    const uint32_t others = TRACE_MARK_GAP | TRACE_MARK_PART_AGAIN | TRACE_MARK_DUPLICATE_ACK;
    if (s->mark_bytes == 0 || (s->marks & others)) // then the number is theirs
        SAY("It acknowledges what never passed here: not every packet was caught.");
    else
        SAY("It acknowledges what never passed here (%s; a SYN or FIN counts as one): not every packet was caught.",
            bytes);
}

static void duplicate_ack(const struct trace_segment *s, char *out, size_t room) {
    SAY("It says the same as the ACK before, while bytes are on their way: a duplicate ACK, number %" PRIu32
        " in a row. Three of them tell %s that a segment is missing, and it sends again without waiting (RFC 5681).",
        s->mark_bytes, words_ends(s).receiver.them);
}

static void window_only(const struct trace_segment *s, char *out, size_t room) {
    if (s->window_unknown)
        SAY("Nothing but its window is new.");
    else
        SAY("Nothing but its window is new: now %" PRIu32 " bytes.",
            (uint32_t)s->packet->segment.window << s->window_shift);
}

static void cut(const struct trace_segment *s, char *out, size_t room) {
    SAY("Of this packet's %zu bytes only the first %zu were kept.", s->wire_size, s->size);
}

static void merged(const struct trace_segment *s, char *out, size_t room) {
    SAY("It holds more data than %s takes in one segment: the machine that caught it had merged several, or not yet "
        "cut them apart.",
        words_ends(s).receiver.name);
}

static void together(const struct trace_segment *s, char *out, size_t room) {
    if (s->packet->segment.flags & RS_SYN)
        SAY("SYN has met SYN: both ends open at once (RFC 9293, 3.5).");
    else
        SAY("FIN has met FIN: both ends close at once (RFC 9293, 3.6).");
}

static void partly_again(const struct trace_segment *s, char *out, size_t room) {
    char bytes[40];
    words_bytes(s->mark_bytes, bytes, sizeof bytes);
    SAY("Some of its bytes have passed here before; %s %s new.", bytes, s->mark_bytes == 1 ? "is" : "are");
}

static void beyond(const struct trace_segment *s, char *out, size_t room) {
    SAY("It goes beyond the window that %s had offered, as far as was seen here.", words_ends(s).receiver.name);
}

static void closes_window(const struct trace_segment *s, char *out, size_t room) {
    SAY("Its window is zero: %s has no room for more, and %s has to wait.", words_ends(s).sender.name,
        words_ends(s).receiver.name);
}

// One mark. A function where numbers or names belong into the sentence; in short, as a few words.
struct words_mark {
    enum trace_mark mark;
    const char *in_short, *sentence;
    void (*say)(const struct trace_segment *segment, char *out, size_t room);
};

static const struct words_mark marks[] = {
    {TRACE_MARK_REUSED, "numbers used again",
     "A new connection, with the same addresses and ports as one that has ended.", NULL},
    {TRACE_MARK_MIDWAY, "begun before",
     "The connection had begun before. What was said then is not known, and numbers count from the first one seen.",
     NULL},
    {TRACE_MARK_CUT, "cut", NULL, cut},
    {TRACE_MARK_MERGED, "merged", NULL, merged},
    {TRACE_MARK_STRAY, "stray",
     "It fits no state that this connection can be in: it is late, wrong or forged, and changes nothing.", NULL},
    {TRACE_MARK_SIMULTANEOUS, "both at once", NULL, together},
    {TRACE_MARK_SPLIT_HANDSHAKE, "split handshake",
     "The client's SYN was acknowledged alone, and this SYN comes apart from that: the handshake is split.", NULL},
    {TRACE_MARK_REFUSES, "refuses",
     "It refuses the connection: no program listens on that port, or a firewall answers in the server's place.", NULL},
    {TRACE_MARK_RESETS, "resets", "It ends the connection at once; what is on its way or unread may be lost.", NULL},
    {TRACE_MARK_KEEPALIVE, "keepalive",
     "A keepalive: it brings nothing new, so that its answer shows whether the other end is still there.", NULL},
    {TRACE_MARK_PROBE, "probe", "The other end's window is closed: this only asks whether it has opened.", NULL},
    {TRACE_MARK_AGAIN, "again", "All of it has passed here before: it was sent again, or doubled on its way.", NULL},
    {TRACE_MARK_PART_AGAIN, "partly again", NULL, partly_again},
    {TRACE_MARK_LATE, "late",
     "It fills a gap: what comes behind it passed before it. It had been lost and was sent again, or was overtaken.",
     NULL},
    {TRACE_MARK_GAP, "gap", NULL, gap},
    {TRACE_MARK_BEYOND_WINDOW, "beyond window", NULL, beyond},
    {TRACE_MARK_MISSED, "acknowledges what was not caught", NULL, missed},
    {TRACE_MARK_DUPLICATE_ACK, "duplicate ack", NULL, duplicate_ack},
    {TRACE_MARK_WINDOW_ZERO, "window zero", NULL, closes_window},
    {TRACE_MARK_WINDOW_ONLY, "window", NULL, window_only},
};

enum { MARKS = sizeof marks / sizeof *marks };

static size_t append(char *out, size_t room, size_t used, const char *between, const char *string) {
    int more = used < room ? snprintf(out + used, room - used, "%s%s", used > 0 ? between : "", string) : 0;
    return used + (more > 0 ? (size_t)more : 0);
}

void words_marks(const struct trace_segment *segment, uint32_t which, char *out, size_t room) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < MARKS; i++) {
        char sentence[300];
        if (!(segment->marks & which & marks[i].mark))
            continue;
        if (marks[i].say)
            marks[i].say(segment, sentence, sizeof sentence);
        used = append(out, room, used, " ", marks[i].say ? sentence : marks[i].sentence);
    }
}

void words_marks_in_short(const struct trace_segment *segment, uint32_t which, char *out, size_t room) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < MARKS; i++)
        if (segment->marks & which & marks[i].mark)
            used = append(out, room, used, ", ", marks[i].in_short);
}
