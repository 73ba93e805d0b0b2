// SPDX-License-Identifier: MIT
//
// More networks than one, for tests: places (network namespaces) and the paths (veth pairs) between them. A process is
// in one place at a time, and what it starts begins there; a socket stays in the place where it was made. So one test
// can listen on one side of a router, watch on the other, and run the program in the middle. Needs ip(8).
#ifndef HELP_PATHS_H
#define HELP_PATHS_H

#include <stdbool.h>

// Skips the test unless there is a private network (live_enter), and ip(8).
void paths_or_skip(void);

// The place that this process is in, or a new one with nothing in it but a loopback that is up. A descriptor; what is
// started inherits it. The place is gone when it is closed and nobody and no socket is left in there.
int place_here(void);
int place_new(void);

// Moves this process. Sockets that it has stay where they are.
void place_enter(int place);

// Runs a shell script in a place, and asserts that it succeeds; in it, $RAWSHAKE is the program.
void place_shell(int place, const char *script);

// Joins two places by a cable with an end in each: devices of these names, up, without any address. Both put on the
// cable what they put into a segment: neither leaves cutting, joining or checksums to a network card that is not there.
void path_new(int place, const char *device, int other_place, const char *other_device, unsigned mtu);

// Gives a device an address with the length of its network: "10.0.0.1/24", "fd00::1/64". It can be used at once.
void path_address(int place, const char *device, const char *address);

#endif
