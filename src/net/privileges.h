// SPDX-License-Identifier: MIT
#ifndef NET_PRIVILEGES_H
#define NET_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

// Whoever we were before we became whoever called us.
struct privileges_lent {
    bool lent;
    uid_t uid;
    gid_t gid, groups[64];
    int groups_count;
};

// Files that are named on the command line are opened as whoever named them. Where root was reached through sudo, or
// the file is set-user-ID root, that is somebody else: until privileges_take_back, files are looked up and made with
// that user's ids alone. Root that called no sudo is itself, and nothing changes. The program must end if either fails.
bool privileges_lend(struct privileges_lent *lent, struct net_error *error);
bool privileges_take_back(const struct privileges_lent *lent, struct net_error *error);

// Gives up every privilege for good, and proves it. As root: the groups, gid and uid of the user who called sudo
// (nobody if there is none); in every case all capabilities, and the right to get any by exec (no_new_privs). Call it
// when the raw sockets and the guard are open, and before any name is resolved or byte read. On failure the program
// must end.
bool privileges_drop(struct net_error *error);

// The same, but for one capability (CAP_NET_ADMIN ...), which stays: for a process that does nothing but what takes it,
// and reads no byte from the network.
bool privileges_keep(unsigned capability, struct net_error *error);

#endif
