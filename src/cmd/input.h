// SPDX-License-Identifier: MIT
#ifndef CMD_INPUT_H
#define CMD_INPUT_H

// Opens the file that -f names ("-": standard input). Returns the descriptor, or -1 after a complaint. Call it when
// privileges are gone: the file is the invoking user's affair.
int input_open(const char *file);

#endif
