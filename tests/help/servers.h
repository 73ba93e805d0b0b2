// SPDX-License-Identifier: MIT
//
// What a test's server does with its connection, where several tests want the same: for live_server and its like. And
// a stream that both ends know.
#ifndef HELP_SERVERS_H
#define HELP_SERVERS_H

#include <stddef.h>
#include <stdint.h>

// Takes one connection, reads it to its end, and closes.
void serve_to_the_end(int listener);

// Sends back what it reads, and reads nothing more until all of that is gone: it depends on both directions.
void serve_echo(int listener);

// Byte i of a stream that does not repeat where a piece, a segment or a window ends.
uint8_t stream_byte(uint64_t i);

// Writes size bytes of the stream, from byte `at` on; ends the process if that fails.
void stream_write(int fd, uint64_t at, size_t size);

#endif
