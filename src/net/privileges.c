// SPDX-License-Identifier: MIT
//
// Privileges, and how to lose them (capabilities(7)). A program that reads bytes from strangers must not be root while
// it does. Called by every command that opened a raw socket.
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOBODY = 65534 };

// A number from the environment that sudo sets. Root itself, nonsense and nothing all mean that nobody did:
// `otherwise`.
static unsigned id_from_sudo(const char *name, unsigned otherwise) {
    const char *text = getenv(name);
    char *end = NULL;
    errno = 0;
    unsigned long id = text && *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
    bool usable = end && *end == '\0' && errno == 0 && id > 0 && id < UINT32_MAX;
    return usable ? (unsigned)id : otherwise;
}

// In a user namespace that maps a single user there is nobody else to become: capabilities are all there is to lose.
static bool is_the_only_user(void) {
    unsigned long inside = 0, outside = 0, count = 0;
    FILE *map = fopen("/proc/self/uid_map", "re");
    bool read = map && fscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3;
    if (map)
        fclose(map);
    return read && count == 1;
}

// The ids that a file is opened with, one after the other; what they were is of no interest, so what they are is asked
// for (setfsuid(2) tells no failure).
static bool look_at_files_as(uid_t uid, gid_t gid) {
    setfsgid(gid);
    setfsuid(uid);
    return (gid_t)setfsgid((gid_t)-1) == gid && (uid_t)setfsuid((uid_t)-1) == uid;
}

bool privileges_lend(struct privileges_lent *lent, struct net_error *error) {
    bool called_by_root = getuid() == 0;
    uid_t uid = called_by_root ? id_from_sudo("SUDO_UID", 0) : getuid();
    gid_t gid = called_by_root ? id_from_sudo("SUDO_GID", NOBODY) : getgid();
    *lent = (struct privileges_lent){.uid = geteuid(), .gid = getegid()};
    if (geteuid() != 0 || is_the_only_user() || uid == 0)
        return true;
    lent->groups_count = getgroups(sizeof lent->groups / sizeof *lent->groups, lent->groups);
    lent->lent = lent->groups_count >= 0 && setgroups(0, NULL) == 0 && look_at_files_as(uid, gid);
    return lent->lent ? true : net_fail(error, EPERM, "nothing was sent", "opening files as the user who called us");
}

bool privileges_take_back(const struct privileges_lent *lent, struct net_error *error) {
    if (!lent->lent)
        return true;
    if (look_at_files_as(lent->uid, lent->gid) && setgroups((size_t)lent->groups_count, lent->groups) == 0)
        return true;
    return net_fail(error, EPERM, "nothing was sent", "becoming root again after files were opened");
}

// Where not root has called us but the file is set-user-ID root, only the kernel's word counts: anybody can write an
// environment.
struct identity {
    uid_t uid;
    gid_t gid;
    bool through_sudo;
};

static struct identity caller(uid_t if_root, gid_t if_roots_group) {
    if (getuid() != 0)
        return (struct identity){getuid(), getgid(), false};
    uid_t uid = id_from_sudo("SUDO_UID", 0);
    if (uid == 0)
        return (struct identity){if_root, if_roots_group, false};
    return (struct identity){uid, id_from_sudo("SUDO_GID", NOBODY), true};
}

// The order matters: once the uid is gone, the groups can no longer be changed.
static bool become(const struct identity *who) {
    return setresgid(who->gid, who->gid, who->gid) == 0 && setresuid(who->uid, who->uid, who->uid) == 0;
}

enum { NO_CAPABILITY = 64 };

// The bits of one capability in the kernel's two words; none of NO_CAPABILITY.
static uint32_t word_of(unsigned capability, unsigned word) {
    return capability / 32 == word ? UINT32_C(1) << capability % 32 : 0;
}

static bool keep_capability(unsigned capability) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct kept[_LINUX_CAPABILITY_U32S_3] = {{0}};
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        kept[i].effective = kept[i].permitted = word_of(capability, i);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) // EINVAL: before Linux 4.3
        return false;
    return syscall(SYS_capset, &header, kept) == 0;
}

static bool read_capabilities(struct __user_cap_data_struct *now) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    return syscall(SYS_capget, &header, now) == 0;
}

bool privileges_has(unsigned capability) {
    struct __user_cap_data_struct now[_LINUX_CAPABILITY_U32S_3];
    return read_capabilities(now) && (now[capability / 32].effective & word_of(capability, capability / 32));
}

// Root without a single capability can become nobody else; so is a program that root has us run.
static bool has_any(void) {
    struct __user_cap_data_struct now[_LINUX_CAPABILITY_U32S_3];
    uint32_t any = 0;
    if (!read_capabilities(now))
        return true;
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        any |= now[i].permitted;
    return any != 0;
}

static bool are_gone(bool became_another, unsigned but) {
    struct __user_cap_data_struct left[_LINUX_CAPABILITY_U32S_3];
    if (became_another && (setuid(0) == 0 || seteuid(0) == 0))
        return false;
    if (!read_capabilities(left))
        return false;
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        if ((left[i].effective | left[i].permitted) != word_of(but, i) || left[i].inheritable)
            return false;
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

// A change of user takes all capabilities, unless one asks to keep those that are permitted.
static bool keep_as(const struct identity *who, unsigned capability, struct net_error *error) {
    if (prctl(PR_SET_KEEPCAPS, capability != NO_CAPABILITY, 0, 0, 0) != 0)
        return net_fail(error, errno, "nothing was sent", "keeping a capability");
    if (geteuid() == 0 && has_any() && !(setgroups(0, NULL) == 0 && become(who)) && !is_the_only_user())
        return net_fail(error, errno, "nothing was sent", "giving up root");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !keep_capability(capability))
        return net_fail(error, errno, "nothing was sent", "giving up capabilities");
    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
    if (!are_gone(geteuid() != 0, capability))
        return net_fail(error, EPERM, "nothing was sent", "privileges were given up, but can be had back");
    return true;
}

bool privileges_keep(unsigned capability, struct net_error *error) {
    const struct identity who = caller(NOBODY, NOBODY);
    return keep_as(&who, capability, error);
}

bool privileges_drop(struct net_error *error) { return privileges_keep(NO_CAPABILITY, error); }

bool privileges_keep_to_caller(unsigned capability, struct net_error *error) {
    const struct identity who = caller(0, getgid());
    return keep_as(&who, capability, error);
}

bool privileges_drop_to_caller(struct net_error *error) { return privileges_keep_to_caller(NO_CAPABILITY, error); }

// ---- becoming whoever called us

// The user's name, home and groups, of /etc/passwd or whatever stands in for it. A user whom it does not know has no
// groups but his own.
static bool take_name_and_groups(const struct identity *who) {
    char room[16384];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(who->uid, &entry, room, sizeof room, &found) != 0 || !found)
        return setgroups(0, NULL) == 0;
    return initgroups(entry.pw_name, who->gid) == 0 && setenv("HOME", entry.pw_dir, 1) == 0 &&
           setenv("USER", entry.pw_name, 1) == 0 && setenv("LOGNAME", entry.pw_name, 1) == 0;
}

// Root gets all that is in its bounding set from every exec (capabilities(7)). Who may not empty it is not root, and
// has no_new_privs against the rest.
static bool empty_bounding_set(void) {
    for (unsigned long i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
        if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0)
            return errno == EPERM && geteuid() != 0;
    return true;
}

bool privileges_become_caller(struct net_error *error) {
    const struct identity who = caller(0, getgid());
    const bool changes = geteuid() == 0 && !is_the_only_user();
    if (!empty_bounding_set())
        return net_fail(error, errno, "nothing was started", "emptying the set of capabilities that exec gives");
    if (changes && ((who.through_sudo && !take_name_and_groups(&who)) || !become(&who)))
        return net_fail(error, errno, "nothing was started", "becoming the user who called us");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !keep_capability(NO_CAPABILITY))
        return net_fail(error, errno, "nothing was started", "giving up capabilities");
    if (!are_gone(geteuid() != 0, NO_CAPABILITY))
        return net_fail(error, EPERM, "nothing was started", "privileges were given up, but can be had back");
    return true;
}
