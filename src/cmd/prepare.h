// SPDX-License-Identifier: MIT
#ifndef CMD_PREPARE_H
#define CMD_PREPARE_H

struct handmade;

// Makes session and client of an attempt whose way has been found, as the options and the kernel's habits have it.
void prepare_connection(struct handmade *h);

#endif
