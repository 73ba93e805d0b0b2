// SPDX-License-Identifier: MIT
//
// Looking into another program: whose thread it is, bytes of its memory, a file of its own. Any of it may be refused,
// or be somebody else's if the thread has died meanwhile: whoever looks asks afterwards whether it lives.
#ifndef RUN_PEEK_H
#define RUN_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PEEK_NAME_BYTES = 16 }; // the kernel keeps 15, and a zero

// How it went.
// Nothing: no memory there, no file of that number. No room: we have no descriptor left.
enum peek { PEEK_GOOD, PEEK_GONE, PEEK_FORBIDDEN, PEEK_NOTHING, PEEK_NO_ROOM };

// The process of a thread; 0 if it is gone.
pid_t peek_process(pid_t thread);

// What a process is called: the first bytes of its program's file name, or what it calls itself; any bytes but zero,
// which ends them. Empty if it is gone.
void peek_name(pid_t process, char name[PEEK_NAME_BYTES]);

// Copies size bytes from a place in the thread's memory: all or nothing.
enum peek peek_bytes(pid_t thread, uint64_t place, uint8_t *bytes, size_t size);

// A descriptor of ours for the same open file as the thread's own number; *fd is -1 unless it is good.
enum peek peek_file(pid_t thread, int number, int *fd);

// Whether a thread is in our network; also if nobody can tell.
bool peek_shares_our_network(pid_t thread);

#endif
