// SPDX-License-Identifier: MIT
//
// A place for what another program prints, so that its lines can be read as they are written.
#ifndef RUN_OUTPUT_H
#define RUN_OUTPUT_H

#include <stdbool.h>

// ends[0] is ours to read from, and does not block; ends[1] is for the program's standard output and error. Both are
// closed by exec. At the end of all that is written, ours reads as empty (a pipe) or as broken, EIO (a terminal).
// Returns false with errno set.
bool output_open(int ends[2]);

#endif
