// SPDX-License-Identifier: MIT
//
// What was told, in lines of JSON (--json) or for people: for tests of what is told in which order.
#ifndef HELP_TOLD_H
#define HELP_TOLD_H

#include <stddef.h>

// The events of one connection, in order, a word each: "begin call:connect SYN SYN,ACK ACK return:connect ... end".
void told_story(const char *json, unsigned connection, char *out, size_t room);

// How many lines have this in them.
unsigned told_count(const char *json, const char *text);

// Fails unless all of these stand in the text, one after the other; NULL ends the list.
void told_in_order(const char *text, const char *const *parts);

#endif
