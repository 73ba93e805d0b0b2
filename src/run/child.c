// SPDX-License-Identifier: MIT
//
// Between fork and exec (see child.h). The listener comes into being here, in the process that the filter is for, as
// the result of its seccomp() call, and must get to the supervisor. Between the filter and exec there is no call that
// the filter would hold. Called by keeper_process.c.
#include "run/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/filter.h"
#include "run/keeper.h"
#include "run/message.h"

static bool tell(const struct child *child, enum child_step step, int number, int listener) {
    const struct child_report report = {.step = step, .number = number, .pid = getpid()};
    return message_send(child->report, &report, sizeof report, &listener, listener >= 0);
}

static _Noreturn void give_up(const struct child *child, enum child_step step, int number) {
    tell(child, step, number, -1);
    _exit(number == ENOENT ? RUN_NOT_FOUND : RUN_CANNOT_EXECUTE);
}

// The words of a file, NULL after the last. They are freed by exec.
static char **read_words(int file) {
    struct stat about;
    if (fstat(file, &about) != 0 || about.st_size <= 0)
        return NULL;
    const size_t size = (size_t)about.st_size;
    char *text = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    if (text == MAP_FAILED || text[size - 1] != '\0')
        return NULL;
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += text[i] == '\0';
    char **words = calloc(count + 1, sizeof *words);
    for (size_t i = 0; words && i < count; i++) {
        words[i] = text;
        text += strlen(text) + 1;
    }
    return words;
}

// A group of its own: Ctrl-C at the terminal is for the program, and what the server starts can be told from the rest.
static bool stand_aside(int output) {
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    setenv("TERM", "dumb", 1); // it may be a terminal, and nobody paints there
    return setpgid(0, 0) == 0 && nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
           dup2(output, STDERR_FILENO) >= 0;
}

// The death signal is exec's to keep, since exec changes no user here (no_new_privs). A parent that has died before it
// was set sends none.
static void end_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(RUN_CANNOT_EXECUTE);
}

static void give_signals_back(const struct child_signals *signals) {
    sigaction(SIGCHLD, &signals->on_child, NULL);
    sigprocmask(SIG_SETMASK, &signals->blocked, NULL);
}

// Whether one of PATH's directories has a file of this name; what is in those that we may not look into counts as
// nothing, as it does for a shell.
static bool is_in_path(const char *name) {
    const char *dir = getenv("PATH");
    char file[PATH_MAX];
    for (; dir && *dir; dir += strcspn(dir, ":"), dir += *dir == ':') {
        const int size = (int)strcspn(dir, ":");
        if (snprintf(file, sizeof file, "%.*s/%s", size, dir, name) < (int)sizeof file && access(file, F_OK) == 0)
            return true;
    }
    return false;
}

// execvp() says EACCES, too, where it was kept out of a directory that may have had the program, and no other has it.
static int why_not_executed(const char *name, int number) {
    return number == EACCES && !strchr(name, '/') && !is_in_path(name) ? ENOENT : number;
}

void child_become(const struct child *child) {
    const bool is_program = child->output < 0;
    end_with(child->parent);
    char **words = read_words(child->words);
    if (!words || (!is_program && !stand_aside(child->output)))
        give_up(child, CHILD_FORK, errno ? errno : EPROTO);
    int listener = is_program ? connect_filter_install() : -1;
    if (is_program && listener < 0)
        give_up(child, CHILD_READY, errno);
    if (!tell(child, CHILD_READY, 0, listener))
        _exit(RUN_CANNOT_EXECUTE);
    if (listener >= 0)
        close(listener); // with it, the program could answer its own calls
    give_signals_back(child->signals);
    execvp(words[0], words);
    give_up(child, CHILD_EXEC, why_not_executed(words[0], errno));
}
