// SPDX-License-Identifier: MIT
//
// The kernel's verdict: which of its counters of TCP and IP have moved. For a network of our own, where they count
// nobody else's packets. Opened by the commands that make a connection there.
#ifndef NET_COUNTERS_H
#define NET_COUNTERS_H

#include "doors.h"

enum { COUNTERS_MOST = 256, COUNTER_NAME_BYTES = 48, COUNTERS_TEXT_BYTES = 32768 };

// The counters door over /proc/net/snmp and /proc/net/netstat.
struct kernel_counters {
    int fds[2];    // -1: it could not be opened; then none of its counters ever moves
    bool guarded;  // a guard of ours listens: what it drops is ours (see counters.c)
    uint64_t owed; // segments that the guard has dropped, but that are not yet taken out of what TCP counts as arrived
    size_t count;
    char names[COUNTERS_MOST][COUNTER_NAME_BYTES];
    uint64_t values[COUNTERS_MOST]; // as they were told last
    char text[COUNTERS_TEXT_BYTES];
};

// Opens the files, which stay open, and takes what they say now as the beginning. Needs no privilege, and never fails.
// They tell of the network namespace that this process is in.
void kernel_counters_open(struct kernel_counters *counters, bool guarded);
// Whether the kernel has a counter of this name, and lets us read it: one that has not moved has stood still only then.
bool kernel_counters_know(const struct kernel_counters *counters, const char *name);

struct counters kernel_counters_door(struct kernel_counters *counters);
void kernel_counters_close(struct kernel_counters *counters);

// Takes in the text of one such file: pairs of lines, "Tcp: NAME NAME" and "Tcp: NUMBER NUMBER". *at is the place of
// its first counter in names and values; afterwards it is behind the last. What moved is added to list, in which
// *moved of at most room stand already; what finds no room has not been told, and moves again the next time.
void counters_take_text(struct kernel_counters *counters, const char *text, size_t size, size_t *at,
                        struct counter *list, size_t *moved, size_t room);

// Says of each counter in the list how much of it was moved by our guard.
void counters_take_out_ours(struct kernel_counters *counters, struct counter *list, size_t count);

#endif
