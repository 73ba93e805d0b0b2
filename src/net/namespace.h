// SPDX-License-Identifier: MIT
//
// Private networks (network_namespaces(7)). A process is in one network at a time, and what it starts begins there; a
// socket stays in the network where it was made. A network is there as long as a process, a socket or a descriptor
// keeps it, and its links vanish with it.
#ifndef NET_NAMESPACE_H
#define NET_NAMESPACE_H

#include <stddef.h>
#include <sys/types.h>

#include "error.h"

// Moves this process into a network of its own with nothing in it but a loopback that is up. As an ordinary user
// through a user namespace (then *through_user is set), in which the process has every capability over that network and
// none outside; as root without one. It vanishes with its last process. Where it is refused, the error names the
// setting that refuses it, and the way out.
bool namespace_enter(bool *through_user, struct net_error *error);

// What tells the network that a process was started in from all others: the file behind /proc/self/ns/net. All zero, it
// proves nothing.
struct namespace_proof {
    bool entered;
    int outside; // keeps the number below from being given to another network; nobody can be moved with it (O_PATH)
    dev_t device;
    ino_t inode;
};

// namespace_enter, keeping the proof of it.
bool namespace_enter_with_proof(bool *through_user, struct namespace_proof *proof, struct net_error *error);

// True only if the process is now in another network than the one it was in when it entered: asked of the kernel each
// time. Whoever is about to send what nobody outside may see asks first.
bool namespace_is_private(const struct namespace_proof *proof);

// A descriptor of the network that this process is in, closed by exec; -1 on failure.
int namespace_here(struct net_error *error);

// Moves this process into ANOTHER new network, its loopback up; *fd becomes a descriptor of it. Needs the capabilities
// that namespace_enter gives, so before privileges_drop. On failure the process is where it was.
bool namespace_another(int *fd, struct net_error *error);

// Moves this process into the network of a descriptor.
bool namespace_go(int fd, struct net_error *error);

// Writes, or reads as text, a setting of the network that this process is in; of the names that sysctl(8) takes those
// that begin with "net.", as in "net.ipv4.tcp_synack_retries". In the network that the process was started in, it would
// be the machine's own: only in a private one is it to be written.
bool namespace_set(const char *setting, const char *value, struct net_error *error);
bool namespace_get(const char *setting, char *value, size_t room, struct net_error *error);

// Inside: lets the kernel's half-open connections live for long, since a person may read between two steps.
// Best effort.
void namespace_be_patient(void);

#endif
