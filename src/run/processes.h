// SPDX-License-Identifier: MIT
//
// Who is whose child: asked of /proc (proc(5)), where every answer is of a moment that has passed.
#ifndef RUN_PROCESSES_H
#define RUN_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PROCESSES_MAX = 1024 };

struct process {
    pid_t parent, group;
    char state; // 'Z': it has ended, and its parent has not asked for it
};

bool process_look(pid_t pid, struct process *p);

// Whether `ancestor` is the process itself, or its parent, or the parent's parent, and so on.
bool process_is_below(pid_t pid, pid_t ancestor);

// How many seccomp filters it has; -1: unknown (Linux 5.9 tells).
int process_filters(pid_t pid);

// The numbers of a process's children, or of all that descend from it; at most room. Returns how many.
size_t processes_children(pid_t parent, pid_t *out, size_t room);
size_t processes_descendants(pid_t ancestor, pid_t *out, size_t room);

// Sends a signal to all that descend from a process. No number is believed that may have become a stranger's
// meanwhile (pidfd_send_signal(2)).
void processes_signal_descendants(pid_t ancestor, int number);

#endif
