// SPDX-License-Identifier: MIT
#ifndef NET_PRIVILEGES_H
#define NET_PRIVILEGES_H

#include "error.h"

// Gives up every privilege for good, and proves it. As root: the groups, gid and uid of the user who called sudo
// (nobody if there is none); in every case all capabilities, and the right to get any by exec (no_new_privs). Call it
// when the raw sockets and the guard are open, and before any name is resolved or byte read. On failure the program
// must end.
bool privileges_drop(struct net_error *error);

#endif
