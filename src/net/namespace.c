// SPDX-License-Identifier: MIT
//
// A private network (namespaces(7), user_namespaces(7)): raw sockets without root, and nothing outside is touched.
// Called by demo, and by every test that talks to a real kernel.
#include "namespace.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "links.h"
#include "procfile.h"

// A setting of the kernel as a number; otherwise where there is no such setting.
static long setting(const char *path, long otherwise) {
    char text[32];
    return procfile_read(path, text, sizeof text) && text[0] ? strtol(text, NULL, 10) : otherwise;
}

// Inside we keep our own number: one user, mapped to himself. The kernel wants setgroups denied first.
static bool map_ids(uid_t uid, gid_t gid) {
    char line[64];
    if (!procfile_write("/proc/self/setgroups", "deny"))
        return false;
    snprintf(line, sizeof line, "%u %u 1", (unsigned)uid, (unsigned)uid);
    if (!procfile_write("/proc/self/uid_map", line))
        return false;
    snprintf(line, sizeof line, "%u %u 1", (unsigned)gid, (unsigned)gid);
    return procfile_write("/proc/self/gid_map", line);
}

// The settings that are known to refuse user namespaces, each with its own way out.
static bool refused(int number, struct net_error *error) {
    static const char what[] = "a private network (user namespace) is refused here";
    const char *way = "try it with sudo";
    if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0) == 1)
        way = "the setting kernel.apparmor_restrict_unprivileged_userns=1 refuses it: use sudo, or set it to 0 with "
              "sysctl";
    else if (setting("/proc/sys/kernel/unprivileged_userns_clone", 1) == 0)
        way = "the setting kernel.unprivileged_userns_clone=0 refuses it: use sudo, or set it to 1 with sysctl";
    else if (setting("/proc/sys/user/max_user_namespaces", 1) == 0)
        way = "the setting user.max_user_namespaces=0 refuses it: use sudo, or raise it with sysctl";
    else if (setting("/proc/sys/user/max_net_namespaces", 1) == 0)
        way = "the setting user.max_net_namespaces=0 refuses it: raise it with sysctl";
    else if (number == EPERM || number == EACCES)
        way = "no setting of the kernel does it, so it is a container's or a sandbox's filter: use sudo outside of it, "
              "or allow unshare() in it";
    return net_fail(error, number, way, "%s", what);
}

bool namespace_enter(bool *through_user, struct net_error *error) {
    uid_t uid = geteuid();
    gid_t gid = getegid();
    *through_user = false;
    if (unshare(CLONE_NEWNET) != 0) { // root, or another who may; everybody else needs a user namespace around it
        *through_user = true;
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); // with file capabilities our own /proc files would be root's
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0 || !map_ids(uid, gid))
            return refused(errno, error);
    }
    if (!links_raise("lo", error))
        return *through_user ? refused(error->number, error) : false;
    return true;
}

void namespace_be_patient(void) {
    struct net_error passing;
    (void)namespace_set("net.ipv4.tcp_synack_retries", "255", &passing); // 5 is about a minute, 255 the most: hours
}
