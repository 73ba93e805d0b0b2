// SPDX-License-Identifier: MIT
#ifndef CMD_INPUT_H
#define CMD_INPUT_H

// Opens a file that the command line names ("-": standard input). hint: what its failing means, or NULL. Returns the
// descriptor, or -1 after a complaint. Call it as the invoking user (net/privileges.h): the file is that user's affair.
int input_open(const char *file, const char *hint);

#endif
