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
    if (event->kind == TRACE_ICMP)
        words_event(event, NULL, sentence, sizeof sentence);
    else
        words_segment(event, NULL, sentence, sizeof sentence);
    say(c, "%s", sentence);
}

// What is the same for many packets is said on the first of them.
static void say_of_checksum(struct comment *c, const struct trace_event *event, const struct pcapng_told *told) {
    const struct trace_segment *s = &event->u.segment;
    if (s->error != RS_WIRE_OK || s->packet->tcp_checksum != RS_CHECKSUM_UNFINISHED)
        return;
    if (told->fixed)
        say(c, "Its checksum, left unfinished, is finished in this file (--fix-checksums): it was 0x%04x.",
            (unsigned)told->checksum);
    else if (!told->warned)
        say(c,
            "Its checksum was left unfinished, as others in this file: that is no error, but Wireshark, if it checks, "
            "finds them incorrect or partial (--fix-checksums finishes them).");
}

static void say_of_header(struct comment *c, const struct pcapng_told *told) {
    if (told->warned_of_header)
        say(c, "Its IPv6 header was put together by us.");
    else
        say(c, "Its IPv6 header was put together of what the kernel told beside it, since a raw socket gets none: "
               "extension headers, if there were any, are missing.");
}

void pcapng_comment(const struct trace_event *event, const struct pcapng_told *told, char *out, size_t room) {
    struct comment c = {.out = out, .room = room};
    bool icmp = event->kind == TRACE_ICMP;
    out[0] = '\0';
    if (told->call)
        say(&c, "The program calls %s.", told->call);
    say_what_happens(&c, event);
    if (!icmp)
        say_of_checksum(&c, event, told);
    if (icmp ? event->u.icmp.ip_rebuilt : event->u.segment.ip_rebuilt)
        say_of_header(&c, told);
}
