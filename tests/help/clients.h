// SPDX-License-Identifier: MIT
//
// Ordinary clients of this machine's kernel, for tests of a server that is none.
#ifndef HELP_CLIENTS_H
#define HELP_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// connect() to localhost; fails unless it succeeds.
int client_connect(bool ipv6, uint16_t port);

// Sends all of the text at once.
void client_say(int fd, const char *text);

// Closes our side, reads the server's to its end, of which nothing more is to come, and closes.
void client_finish(int fd);

// Closes with RST.
void client_reset(int fd);

// Sends all and reads as much back at the same time; fails unless it is the same.
void client_exchange(int fd, const uint8_t *bytes, size_t size);

#endif
