// SPDX-License-Identifier: MIT
//
// What the narrator's files know of each other, and nobody else needs.
#ifndef VIEW_NARRATE_H
#define VIEW_NARRATE_H

#include "view/narrator.h"

// narrator.c: a sentence below the ladder's last line; nothing if it is empty.
void narrate_say(struct narrator *n, const char *prose);

// The line that waits is complete now; what belongs below it follows.
void narrate_flush(struct narrator *n);

// Keeps a segment beyond its event.
void narrate_keep(struct narrator_copy *copy, const struct trace_segment *segment);

// An event that is told in one sentence (words_event).
void narrate_sentence(struct narrator *n, const struct trace_event *event);

// narrator_follow.c: some tell of several connections at once: an experiment, a server of ours, a program. Takes up the
// one to which an event belongs; puts the one in hand aside, because another begins; names the one in hand, if it was
// not told of last.
bool narrate_is_one_of_several(const struct trace_about *about);
void narrate_follow(struct narrator *n, const struct trace_event *event);
void narrate_put_aside(struct narrator *n);
void narrate_name(struct narrator *n);

// narrator_hand.c: why the server's column shows "?", once.
void narrate_why_unknown(struct narrator *n);

// A function for each kind of event; narrator_hand.c.
void narrate_call(struct narrator *n, const struct trace_event *event);
void narrate_return(struct narrator *n, const struct trace_event *event);
void narrate_held(struct narrator *n, const struct trace_event *event);
void narrate_peer(struct narrator *n, const struct trace_event *event);
void narrate_decision(struct narrator *n, const struct trace_event *event);
void narrate_counters(struct narrator *n, const struct trace_event *event);
void narrate_pending(struct narrator *n, const struct trace_event *event);

// narrator_lab.c.
void narrate_note(struct narrator *n, const struct trace_event *event);
void narrate_evidence(struct narrator *n, const struct trace_event *event);

// narrator_socket.c: when the kernel has taken the connection over, and how it describes its socket. Of several
// connections the first is told at length, and with -v each.
bool narrate_socket_again(const struct narrator *n);
void narrate_socket(struct narrator *n, const struct trace_event *event);
void narrate_socket_table(struct narrator *n);

// narrator_seen.c.
void narrate_seen(struct narrator *n, const struct trace_event *event);
void narrate_end(struct narrator *n, const struct trace_event *event);

#endif
