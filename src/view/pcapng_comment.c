// SPDX-License-Identifier: MIT
//
// The comment on a packet (see pcapng_comment.h): the sentence that the other views have for it, and what somebody who
// sees nothing but the file has to know besides. Called by pcapng.c.
#include "view/pcapng_comment.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "view/words.h"

// A text that grows sentence by sentence; each is preceded by a blank.
struct comment {
    char *out;
    size_t room, used;
};

static void say(struct comment *c, const char *form, ...) __attribute__((format(printf, 2, 3)));
static void say(struct comment *c, const char *form, ...) {
    char sentence[1600];
    va_list arguments;
    va_start(arguments, form);
    vsnprintf(sentence, sizeof sentence, form, arguments);
    va_end(arguments);
    size_t length = strlen(sentence);
    while (length > 0 && sentence[length - 1] == ' ')
        sentence[--length] = '\0';
    if (length > 0 && c->used < c->room)
        c->used += (size_t)snprintf(c->out + c->used, c->room - c->used, "%s%s", c->used > 0 ? " " : "", sentence);
}

static void say_what_happens(struct comment *c, const struct trace_event *event) {
    char sentence[1600] = "";
    if (event->kind == TRACE_SENT)
        snprintf(sentence, sizeof sentence, "%s", rs_reason_sentence(event->u.segment.why));
    else
        words_event(event, sentence, sizeof sentence);
    say(c, "%s", sentence);
}

static void say_what_was_bent(struct comment *c, const struct trace_event *event) {
    char sentence[1600] = "";
    if (event->u.segment.bent != 0 && event->kind != TRACE_IGNORED && event->kind != TRACE_SEEN)
        words_bent(&event->u.segment, event->kind, sentence, sizeof sentence);
    say(c, "%s", sentence);
}

static void say_of_checksum(struct comment *c, const struct trace_segment *s, const struct pcapng_told *told) {
    bool unfinished = s->error == RS_WIRE_OK && s->packet->tcp_checksum == RS_CHECKSUM_UNFINISHED;
    const char *why = "it was left to a network card, or several segments were merged on arrival";
    if (told->fixed)
        say(c, "Its checksum was unfinished (0x%04x), since %s; in this file it is finished (--fix-checksums).",
            (unsigned)told->checksum, why);
    else if (unfinished)
        say(c,
            "Its checksum is unfinished, since %s: Wireshark, if it checks, finds it incorrect or partial, but it is "
            "no error (--fix-checksums finishes it).",
            why);
}

void pcapng_comment(const struct trace_event *event, const struct pcapng_told *told, char *out, size_t room) {
    struct comment c = {.out = out, .room = room};
    bool icmp = event->kind == TRACE_ICMP;
    out[0] = '\0';
    if (told->call)
        say(&c, "The program calls %s.", told->call);
    say_what_happens(&c, event);
    if (!icmp) {
        say_what_was_bent(&c, event);
        say_of_checksum(&c, &event->u.segment, told);
    }
    if (icmp ? event->u.icmp.ip_rebuilt : event->u.segment.ip_rebuilt)
        say(&c, "Its IPv6 header was put together of what the kernel told beside it, since a raw socket gets none: the "
                "flow label is not known, and extension headers, if there were any, are missing.");
}
