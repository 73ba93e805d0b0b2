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

// The same for whoever must be of the same user as the program that it looks after: root that called no sudo stays uid
// 0, without a capability, and does not become nobody.
bool privileges_drop_to_caller(struct net_error *error);

// For a process that is to become a program of the user's own: the same user, but with his groups, and under sudo with
// HOME, USER and LOGNAME of his; no capability, and none to be had by exec. May ask the machine's user database, so
// call it where that is allowed to take time. On failure the process must end.
bool privileges_become_caller(struct net_error *error);

// privileges_drop, but for one capability (CAP_NET_ADMIN ...), which stays: for a process that does nothing but what
// takes it, and reads no byte from the network.
bool privileges_keep(unsigned capability, struct net_error *error);

// privileges_drop_to_caller, but for one capability.
bool privileges_keep_to_caller(unsigned capability, struct net_error *error);

// Whether this process has a capability now (CAP_NET_RAW ...).
bool privileges_has(unsigned capability);

#endif
