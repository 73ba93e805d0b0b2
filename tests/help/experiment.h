// SPDX-License-Identifier: MIT
//
// An experiment, made up: two connections with everything in them that only experiments bring. For tests of views.
#ifndef TESTS_HELP_EXPERIMENT_H
#define TESTS_HELP_EXPERIMENT_H

#include "events.h"

// The row of its events. control: its deviation is said to be left out, and the evidence fails. step: segments are
// shown before they leave.
void experiment_events(struct events *events, bool control, bool step);

// Another one: two clients at once, whose segments come between each other.
void experiment_two_at_once(struct events *events, bool step);

// Hands events to a sink.
void experiment_play(const struct events *events, const struct trace_sink *sink);

#endif
