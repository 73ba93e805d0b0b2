// SPDX-License-Identifier: MIT
#ifndef NET_NAMESPACE_H
#define NET_NAMESPACE_H

#include "error.h"

// Moves this process into a network of its own with nothing in it but a loopback that is up. As an ordinary user
// through a user namespace (then *through_user is set), in which the process has every capability over that network and
// none outside; as root without one. It vanishes with its last process. Where it is refused, the error names the
// setting that refuses it, and the way out.
bool namespace_enter(bool *through_user, struct net_error *error);

// Inside: lets the kernel's half-open connections live for long, since a person may read between two steps.
// Best effort.
void namespace_be_patient(void);

#endif
