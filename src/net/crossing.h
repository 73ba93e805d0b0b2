// SPDX-License-Identifier: MIT
#ifndef NET_CROSSING_H
#define NET_CROSSING_H

#include "error.h"

// True once a UDP datagram has gone from one network to an address of another and one has come back. A new network's
// first packets may be lost, while neighbours look for each other; so it is tried again, for up to three seconds. What
// follows then meets a network that works. Both are given by descriptors; the process is in the first one afterwards.
bool crossing_works(int from, int to, const char *address, struct net_error *error);

#endif
