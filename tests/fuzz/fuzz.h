// SPDX-License-Identifier: MIT
//
// What the fuzzers (main.c, with clang's libFuzzer) and the test of the corpus (test_corpus.c, with any compiler) call:
// any bytes go in, and a property that does not hold comes out by name, or NULL.
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

// Parsing of packets and ICMP errors; build-then-parse and parse-then-build.
const char *fuzz_packet(const uint8_t *bytes, size_t size);

// A script of segments, packets, ICMP errors, calls and ticks for one connection.
const char *fuzz_conn(const uint8_t *bytes, size_t size);

// A capture file: reader, link layers and tracker.
const char *fuzz_capture(const uint8_t *bytes, size_t size);

// The address that a program gives to connect(), and what its socket is.
const char *fuzz_wanted(const uint8_t *bytes, size_t size);

// A program's system call, with its registers, its memory, and what it has chosen for its socket.
const char *fuzz_notification(const uint8_t *bytes, size_t size);

#endif
