// SPDX-License-Identifier: MIT
//
// What the kernel lets a process see of another one of the same user (ptrace(2), "access mode checking"):
//
//   tgkill (2.5), /proc (5)              the process that a thread belongs to, and its name
//   process_vm_readv (3.2)               its memory
//   pidfd_open (5.3), pidfd_getfd (5.6)  its files
//   /proc/PID/ns (3.0)                   its network
//
// Called by notification.c.
#include "run/peek.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "run/processes.h"

// The beginning of a file of /proc, with a zero behind it. Returns its bytes.
static size_t read_proc(pid_t number, const char *file, char *text, size_t room) {
    char path[40];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)number, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, room - 1) : -1;
    if (fd >= 0)
        close(fd);
    text[size > 0 ? size : 0] = '\0';
    return size > 0 ? (size_t)size : 0;
}

// Most threads that call are the first of their process, and have its number. Signal 0 is never sent: the kernel says
// whether that process has that thread, which costs a fiftieth of its status. A name in the first line of that may have
// any bytes, but no end of line: there they are written as two.
pid_t peek_process(pid_t thread) {
    char text[512];
    if (syscall(SYS_tgkill, thread, thread, 0) == 0 || errno == EPERM)
        return thread;
    read_proc(thread, "status", text, sizeof text);
    const char *line = strstr(text, "\nTgid:");
    return line ? (pid_t)strtol(line + 6, NULL, 10) : 0;
}

void peek_name(pid_t process, char name[PEEK_NAME_BYTES]) {
    char text[PEEK_NAME_BYTES + 1]; // the kernel adds an end of line
    size_t size = read_proc(process, "comm", text, sizeof text);
    memset(name, 0, PEEK_NAME_BYTES);
    if (size > 0)
        memcpy(name, text, size - 1);
}

enum peek peek_bytes(pid_t thread, uint64_t place, uint8_t *bytes, size_t size) {
    struct iovec here = {bytes, size};
    struct iovec there = {.iov_len = size};
    memcpy(&there.iov_base, &place, sizeof there.iov_base); // a place in the program, which is none in ours
    ssize_t copied = process_vm_readv(thread, &here, 1, &there, 1, 0);
    if (copied < 0 && errno != EFAULT)
        return errno == ESRCH ? PEEK_GONE : PEEK_FORBIDDEN;
    return copied == (ssize_t)size ? PEEK_GOOD : PEEK_NOTHING;
}

bool peek_shares_our_network(pid_t thread) {
    char path[40];
    struct stat here, there;
    snprintf(path, sizeof path, "/proc/%d/ns/net", (int)thread);
    return stat(path, &there) != 0 || stat("/proc/self/ns/net", &here) != 0 ||
           (here.st_dev == there.st_dev && here.st_ino == there.st_ino);
}

static enum peek why_not(int number) {
    if (number == EMFILE || number == ENFILE || number == ENOMEM)
        return PEEK_NO_ROOM;
    return number == ESRCH ? PEEK_GONE : PEEK_FORBIDDEN;
}

// Files belong to processes, nearly always. Since Linux 6.9 a thread can be named itself (PIDFD_THREAD, which is
// O_EXCL); before, only its process. Where the first thread of that has ended already, its files cannot be reached: the
// kernel then says that there is no such file, and later ones that there is no such process.
static int open_pidfd(pid_t thread) {
    int pidfd = (int)syscall(SYS_pidfd_open, thread, O_EXCL);
    if (pidfd >= 0 || errno != EINVAL)
        return pidfd;
    pid_t process = peek_process(thread);
    if (process > 0)
        return (int)syscall(SYS_pidfd_open, process, 0);
    errno = ESRCH;
    return -1;
}

static bool has_lost_its_leader(pid_t thread) {
    struct process leader;
    const pid_t process = peek_process(thread);
    return process > 0 && process != thread && process_look(process, &leader) && leader.state == 'Z';
}

enum peek peek_file(pid_t thread, int number, int *fd) {
    *fd = -1;
    int pidfd = open_pidfd(thread);
    if (pidfd < 0)
        return why_not(errno);
    *fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
    int failure = errno;
    close(pidfd);
    if (*fd >= 0)
        return PEEK_GOOD;
    if (has_lost_its_leader(thread))
        return PEEK_FORBIDDEN;
    return failure == EBADF ? PEEK_NOTHING : why_not(failure);
}
