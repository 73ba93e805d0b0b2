// SPDX-License-Identifier: MIT
//
// More networks than one: going from one to another, and knowing in which one we are. Called by router.c and the lab.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "links.h"
#include "namespace.h"

static const char here[] = "/proc/thread-self/ns/net";

int namespace_here(struct net_error *error) {
    int fd = open(here, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        net_fail(error, errno, NULL, "open %s", here);
    return fd;
}

bool namespace_go(int fd, struct net_error *error) {
    return setns(fd, CLONE_NEWNET) == 0 || net_fail(error, errno, NULL, "going to another private network");
}

bool namespace_another(int *fd, struct net_error *error) {
    *fd = -1;
    struct net_error passing;
    int before = namespace_here(error);
    if (before < 0)
        return false;
    if (unshare(CLONE_NEWNET) != 0) {
        net_fail(error, errno, NULL, "making another private network");
    } else if (!links_raise("lo", error) || (*fd = namespace_here(error)) < 0) {
        namespace_go(before, &passing);
    }
    close(before);
    return *fd >= 0;
}

// The number of a network's file is given anew when the network has gone, and the one that we leave may go at once: we
// may be the last in it. So it is kept, by a descriptor that leads nowhere.
bool namespace_enter_with_proof(bool *through_user, struct namespace_proof *proof, struct net_error *error) {
    struct stat outside;
    *proof = (struct namespace_proof){.outside = open(here, O_PATH | O_CLOEXEC)};
    if (proof->outside < 0 || fstat(proof->outside, &outside) != 0)
        return net_fail(error, errno, NULL, "open %s", here);
    if (!namespace_enter(through_user, error))
        return false;
    proof->entered = true;
    proof->device = outside.st_dev;
    proof->inode = outside.st_ino;
    return namespace_is_private(proof) || net_fail(error, EPERM, NULL, "proving that the network is a private one");
}

bool namespace_is_private(const struct namespace_proof *proof) {
    struct stat now;
    return proof->entered && stat(here, &now) == 0 && (now.st_dev != proof->device || now.st_ino != proof->inode);
}
