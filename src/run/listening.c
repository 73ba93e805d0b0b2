// SPDX-License-Identifier: MIT
//
// Whether a server listens already. Its sockets have numbers (inodes) in /proc/PID/fd, and the kernel's list of TCP
// sockets, /proc/net/tcp and tcp6, has the same numbers, addresses and states. That is asked, and nothing is connected
// to: a server sees no strange client. Called by whoever waits for a server.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/keeper.h"
#include "run/processes.h"

enum { SOCKETS_MAX = 1024, LISTENING = 0x0a, WORD_DIGITS = 8, WORDS_MOST = 4 };

struct sockets {
    unsigned long inodes[SOCKETS_MAX];
    size_t count;
};

// ---- the server's sockets

static void add_link(struct sockets *s, int directory, const char *name) {
    char target[64];
    unsigned long inode;
    ssize_t size = readlinkat(directory, name, target, sizeof target - 1);
    target[size > 0 ? size : 0] = '\0';
    if (s->count < SOCKETS_MAX && sscanf(target, "socket:[%lu]", &inode) == 1)
        s->inodes[s->count++] = inode;
}

static void add_process(struct sockets *s, pid_t pid) {
    char path[40];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *files = opendir(path);
    for (struct dirent *entry; files && (entry = readdir(files));)
        add_link(s, dirfd(files), entry->d_name);
    if (files)
        closedir(files);
}

// One that has lost its parent is the keeper's child, and has its group still.
static void find_sockets(struct sockets *s, pid_t keeper, pid_t server) {
    pid_t all[PROCESSES_MAX];
    struct process p;
    size_t count = processes_descendants(keeper, all, PROCESSES_MAX);
    for (size_t i = 0; i < count; i++)
        if (process_look(all[i], &p) && (p.group == server || process_is_below(all[i], server)))
            add_process(s, all[i]);
}

// ---- the kernel's list

// An address is written as one or four 32-bit numbers, each as it lies in memory.
static bool parse_address(const char *digits, struct rs_endpoint *at) {
    const size_t words = strlen(digits) / WORD_DIGITS;
    if (strlen(digits) % WORD_DIGITS != 0 || (words != 1 && words != WORDS_MOST))
        return false;
    at->family = words == 1 ? RS_IPV4 : RS_IPV6;
    for (size_t i = 0; i < words; i++) {
        char word[WORD_DIGITS + 1] = {0};
        memcpy(word, digits + i * WORD_DIGITS, WORD_DIGITS);
        const uint32_t value = (uint32_t)strtoul(word, NULL, 16);
        memcpy(at->addr + i * sizeof value, &value, sizeof value);
    }
    return true;
}

static bool is_among(const struct sockets *s, unsigned long inode) {
    for (size_t i = 0; i < s->count; i++)
        if (s->inodes[i] == inode)
            return true;
    return false;
}

// A row: "0: 0100007F:06B0 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000  0 INODE ...".
static bool is_ours(const struct sockets *s, const char *line, struct rs_endpoint *where) {
    char digits[33];
    unsigned port, state;
    unsigned long inode;
    struct rs_endpoint at = {.family = RS_IPV4};
    if (sscanf(line, " %*u: %32[0-9A-Fa-f]:%4x %*32[0-9A-Fa-f]:%*4x %2x %*x:%*x %*x:%*x %*x %*u %*u %lu", digits, &port,
               &state, &inode) != 4 ||
        state != LISTENING || !is_among(s, inode) || !parse_address(digits, &at))
        return false;
    at.port = (uint16_t)port;
    *where = at;
    return true;
}

static bool find(const struct sockets *s, const char *path, struct rs_endpoint *where) {
    char line[512];
    bool found = false;
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof line, file))
        found = is_ours(s, line, where);
    if (file)
        fclose(file);
    return found;
}

bool keeper_listens(const struct keeper *k, pid_t server, struct rs_endpoint *where) {
    struct sockets sockets = {.count = 0};
    if (k->pid <= 0 || server <= 0)
        return false;
    find_sockets(&sockets, k->pid, server);
    return sockets.count > 0 &&
           (find(&sockets, "/proc/self/net/tcp", where) || find(&sockets, "/proc/self/net/tcp6", where));
}
