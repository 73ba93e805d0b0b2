// SPDX-License-Identifier: MIT
//
// What a segment that belongs to a connection shows: of its numbers and windows, and of the states of the ends. The
// part of follow.c that looks closely.
#ifndef CAPTURE_NOTICE_H
#define CAPTURE_NOTICE_H

#include "capture/follow.h"

// Its numbers pass, it acknowledges, it tells a window: sets the marks.
void notice_numbers(struct follow *f, int from, const struct follow_segment *s, struct followed *out);

// What it shows of its sender, and makes of its receiver: sets the states. Nothing if it is stray.
void notice_states(struct follow *f, int from, const struct follow_segment *s, bool stray, struct followed *out);

// The state of an end that has not sent this segment.
struct shown_state notice_receiver(const struct follow *f, int end);

#endif
