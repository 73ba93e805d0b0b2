// SPDX-License-Identifier: MIT
//
// The settings of a network (ip(7), tcp(7), the kernel's ip-sysctl). Each network has its own, and /proc/sys/net shows
// those of the network that the process is in. Called by the lab, which shortens waiting, and by namespace.c.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "namespace.h"
#include "procfile.h"

enum { PATH_BYTES = 128 };

// Where sysctl(8) has a dot, there is a slash. Nothing but a setting of the network can be named: no way leads up.
static bool find(const char *setting, char path[static PATH_BYTES]) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    const size_t size = strlen(setting);
    bool good = strncmp(setting, "net.", 4) == 0 && setting[strspn(setting, allowed)] == '\0' &&
                strstr(setting, "..") == NULL && setting[size - 1] != '.' && size + sizeof "/proc/sys/" <= PATH_BYTES;
    if (!good)
        return false;
    snprintf(path, PATH_BYTES, "/proc/sys/%s", setting);
    for (char *c = path; (c = strchr(c, '.')) != NULL;)
        *c = '/';
    return true;
}

static bool refused(const char *setting, struct net_error *error) {
    net_fail(error, EINVAL, NULL, "setting %.80s", setting);
    error->why = "only settings of a network are touched, named as in net.ipv4.tcp_synack_retries";
    return false;
}

static bool failed(const char *setting, const char *verb, struct net_error *error) {
    const int number = errno;
    net_fail(error, number, NULL, "%s the setting %.80s", verb, setting);
    if (number == ENOENT)
        error->why = "this kernel has no such setting";
    return false;
}

bool namespace_set(const char *setting, const char *value, struct net_error *error) {
    char path[PATH_BYTES];
    if (!find(setting, path))
        return refused(setting, error);
    return procfile_write(path, value) || failed(setting, "writing", error);
}

bool namespace_get(const char *setting, char *value, size_t room, struct net_error *error) {
    char path[PATH_BYTES];
    if (!find(setting, path))
        return refused(setting, error);
    return procfile_read(path, value, room) || failed(setting, "reading", error);
}
