// SPDX-License-Identifier: MIT
//
// A private network (namespaces(7), user_namespaces(7)): raw sockets without root, and nothing outside is touched.
// Called by demo, and by every test that talks to a real kernel.
#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    int number = errno;
    close(fd);
    errno = number;
    return written;
}

// A setting of the kernel as a number; otherwise where there is no such setting.
static long setting(const char *path, long otherwise) {
    char text[32] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return otherwise;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    return size > 0 ? strtol(text, NULL, 10) : otherwise;
}

// Inside we keep our own number: one user, mapped to himself. The kernel wants setgroups denied first.
static bool map_ids(uid_t uid, gid_t gid) {
    char line[64];
    if (!write_file("/proc/self/setgroups", "deny"))
        return false;
    snprintf(line, sizeof line, "%u %u 1", (unsigned)uid, (unsigned)uid);
    if (!write_file("/proc/self/uid_map", line))
        return false;
    snprintf(line, sizeof line, "%u %u 1", (unsigned)gid, (unsigned)gid);
    return write_file("/proc/self/gid_map", line);
}

static bool raise_loopback(void) {
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool up = ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    up = up && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    int number = errno;
    close(fd);
    errno = number;
    return up;
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
    if (!raise_loopback())
        return *through_user ? refused(errno, error)
                             : net_fail(error, errno, NULL, "raising the loopback of the private network");
    return true;
}

void namespace_be_patient(void) {
    // 5 means about a minute, 255 is the most that it takes: hours.
    (void)write_file("/proc/sys/net/ipv4/tcp_synack_retries", "255");
}
