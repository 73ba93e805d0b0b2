// SPDX-License-Identifier: MIT
//
// A keeper (run/keeper.h) for tests: a failure of its own fails the test, a wait has a generous limit.
#ifndef HELP_KEEPING_H
#define HELP_KEEPING_H

#include "run/keeper.h"

enum { KEEPING_PATIENCE_MS = 20000 };

#define PROGRAM(...) ((char *[]){__VA_ARGS__, NULL})

// Skips the test where the kernel has no listeners.
void keeping_start(struct keeper *k);

pid_t keeping_start_program(struct keeper *k, char *const *words, int *listener);

// The next news.
struct keeper_event keeping_wait(struct keeper *k);

// Ends it, and returns how many the program had left.
unsigned keeping_end(struct keeper *k);

// All of it: returns the program's status.
int keeping_run(char *const *words);

// For live_server: it only listens.
void keeping_wait_for_nothing(int listener);

// How many processes have this among their words.
unsigned keeping_count(const char *word);

// Waits until there are so many; false after KEEPING_PATIENCE_MS.
bool keeping_comes_to(const char *word, unsigned count);

#endif
