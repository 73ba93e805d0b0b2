// SPDX-License-Identifier: MIT
//
// Families of processes (see processes.h). A kernel may list a thread's children (CONFIG_PROC_CHILDREN); where it does
// not, everybody's parent is looked at. Neither is exact while processes come and go, so whoever must find all asks
// again until wait(2) says that there are none. Called by keeper.c, keeper_process.c and listening.c.
#include "run/processes.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { GENERATIONS_MOST = 4096 };

// A directory's name as a process's number, 0 if it is none.
static pid_t number_of(const char *name) {
    char *end = NULL;
    long number = *name >= '1' && *name <= '9' ? strtol(name, &end, 10) : 0;
    return end && *end == '\0' && number > 0 && number < 1 << 30 ? (pid_t)number : 0;
}

// "PID (NAME) STATE PARENT GROUP ...": the name may hold anything, so the last bracket counts.
bool process_look(pid_t pid, struct process *p) {
    char path[40], line[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    size_t size = file ? fread(line, 1, sizeof line - 1, file) : 0;
    if (file)
        fclose(file);
    line[size] = '\0';
    const char *after = strrchr(line, ')');
    int parent = 0, group = 0;
    if (!after || sscanf(after, ") %c %d %d", &p->state, &parent, &group) != 3)
        return false;
    p->parent = parent;
    p->group = group;
    return true;
}

bool process_is_below(pid_t pid, pid_t ancestor) {
    struct process p;
    for (int i = 0; i < GENERATIONS_MOST && pid > 0; i++) {
        if (pid == ancestor)
            return true;
        if (!process_look(pid, &p))
            return false;
        pid = p.parent;
    }
    return false;
}

int process_filters(pid_t pid) {
    char path[40], line[128];
    int filters = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && filters < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, "Seccomp_filters:", 16) == 0)
            filters = (int)strtol(line + 16, NULL, 10);
    if (file)
        fclose(file);
    return filters;
}

// ---- children

static size_t children_of_thread(pid_t process, pid_t thread, pid_t *out, size_t room) {
    char path[64];
    size_t count = 0;
    int child;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)process, (int)thread);
    FILE *file = fopen(path, "re");
    while (file && count < room && fscanf(file, "%d", &child) == 1)
        out[count++] = child;
    if (file)
        fclose(file);
    return count;
}

static size_t children_by_list(pid_t parent, pid_t *out, size_t room) {
    char path[40];
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)parent);
    DIR *threads = opendir(path);
    for (struct dirent *entry; threads && (entry = readdir(threads));)
        if (number_of(entry->d_name))
            count += children_of_thread(parent, number_of(entry->d_name), out + count, room - count);
    if (threads)
        closedir(threads);
    return count;
}

static size_t children_by_search(pid_t parent, pid_t *out, size_t room) {
    size_t count = 0;
    struct process p;
    DIR *all = opendir("/proc");
    for (struct dirent *entry; all && count < room && (entry = readdir(all));) {
        pid_t pid = number_of(entry->d_name);
        if (pid && process_look(pid, &p) && p.parent == parent)
            out[count++] = pid;
    }
    if (all)
        closedir(all);
    return count;
}

size_t processes_children(pid_t parent, pid_t *out, size_t room) {
    return access("/proc/thread-self/children", R_OK) == 0 ? children_by_list(parent, out, room)
                                                           : children_by_search(parent, out, room);
}

// The list is its own queue. A process that moves up while we look may come twice, which harms nobody.
size_t processes_descendants(pid_t ancestor, pid_t *out, size_t room) {
    size_t count = processes_children(ancestor, out, room);
    for (size_t i = 0; i < count; i++)
        count += processes_children(out[i], out + count, room - count);
    return count;
}

// Once the descriptor is there, it means one process for ever; that it is one of ours is asked afterwards.
static void signal_one(pid_t pid, pid_t ancestor, int number) {
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd >= 0 && process_is_below(pid, ancestor))
        syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
    if (pidfd >= 0)
        close(pidfd);
}

void processes_signal_descendants(pid_t ancestor, int number) {
    pid_t all[PROCESSES_MAX];
    size_t count = processes_descendants(ancestor, all, PROCESSES_MAX);
    for (size_t i = 0; i < count; i++)
        signal_one(all[i], ancestor, number);
}
