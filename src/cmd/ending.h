// SPDX-License-Identifier: MIT
#ifndef CMD_ENDING_H
#define CMD_ENDING_H

struct handmade;

// Says on standard error how a connection failed, if it did: one line. Returns the exit status.
int ending_report(const struct handmade *h);

#endif
