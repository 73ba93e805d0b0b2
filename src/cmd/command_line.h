// SPDX-License-Identifier: MIT
//
// The command line as it could be typed again, for what keeps a record of a run.
#ifndef CMD_COMMAND_LINE_H
#define CMD_COMMAND_LINE_H

#include <stddef.h>

// Writes this process's command line, quoted for a shell where need be, control characters shown as '?'. What does not
// fit in room is cut off, with "..." at the end.
void command_line(char *out, size_t room);

// The same for size bytes of NUL-terminated words.
void command_line_quote(const char *words, size_t size, char *out, size_t room);

#endif
