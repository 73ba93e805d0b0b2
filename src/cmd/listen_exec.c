// SPDX-License-Identifier: MIT
//
// listen --exec: a connection becomes the standard input and output of a program, as inetd(8) had it. The program need
// know nothing of networks; whom it talks to stands in its environment, as ucspi has it (PROTO, TCPREMOTEIP ...). It
// has no privilege, and the signals as we were started with. Called by listen_guests.c.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/complain.h"
#include "cmd/listen.h"
#include "net/descriptors.h"

enum { CANNOT_EXECUTE = 126, NOT_FOUND = 127 };

// ---- in the program's process

static void name(const char *ip, const char *port, const struct rs_endpoint *endpoint) {
    char text[RS_ENDPOINT_TEXT_BYTES], number[8];
    snprintf(number, sizeof number, "%" PRIu16, endpoint->port);
    setenv(ip, rs_address_text(endpoint, text, sizeof text), 1);
    setenv(port, number, 1);
}

static void name_ends(const struct guest *g) {
    setenv("PROTO", "TCP", 1);
    name("TCPREMOTEIP", "TCPREMOTEPORT", &g->remote);
    name("TCPLOCALIP", "TCPLOCALPORT", &g->local);
}

static _Noreturn void become(const struct guest *g, pid_t parent) {
    const struct guests *guests = &g->listen->guests;
    setpgid(0, 0); // all that it starts can be ended with it
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || dup2(g->fd, STDIN_FILENO) < 0 || dup2(g->fd, STDOUT_FILENO) < 0)
        _exit(CANNOT_EXECUTE);
    descriptors_keep(STDERR_FILENO, STDERR_FILENO);
    name_ends(g);
    sigaction(SIGCHLD, &guests->child_before, NULL);
    sigprocmask(SIG_SETMASK, &guests->mask_before, NULL);
    execl("/bin/sh", "sh", "-c", g->listen->options.command, (char *)NULL);
    _exit(errno == ENOENT ? NOT_FOUND : CANNOT_EXECUTE);
}

// ---- in ours

void guest_execute(struct guest *g) {
    const pid_t parent = getpid();
    const int flags = fcntl(g->fd, F_GETFL);
    if (flags >= 0)
        fcntl(g->fd, F_SETFL, flags & ~O_NONBLOCK); // a program that is not told so expects to wait
    g->pid = fork();
    if (g->pid == 0)
        become(g, parent);
    if (g->pid < 0) {
        struct net_error error;
        net_fail(&error, errno, NULL, "a process for '%.60s'", g->listen->options.command);
        complain_net(&error);
        guest_over(g, 0);
        return;
    }
    setpgid(g->pid, g->pid); // whoever of us comes first
    close(g->fd);
    g->fd = -1;
}

// What a shell's exit status means, where it is known.
static const char *meaning(int status) {
    if (status == NOT_FOUND)
        return ", which is what a shell says of a command that it does not find";
    return status == CANNOT_EXECUTE ? ", which is what a shell says of a command that it cannot execute" : "";
}

static void tell_end(const struct guest *g, int raw) {
    struct text *text = &g->listen->show.screen.text;
    char from[RS_ENDPOINT_TEXT_BYTES], how[120], prose[320];
    if (!show_tells(&g->listen->show))
        return;
    if (WIFSIGNALED(raw))
        snprintf(how, sizeof how, "was ended by signal %d (%s)", WTERMSIG(raw), strsignal(WTERMSIG(raw)));
    else
        snprintf(how, sizeof how, "has ended with status %d%s", WEXITSTATUS(raw), meaning(WEXITSTATUS(raw)));
    snprintf(prose, sizeof prose, "The program for %s (process %ld) %s.",
             rs_endpoint_text(&g->remote, from, sizeof from), (long)g->pid, how);
    text_add(text, "\n");
    text_wrap(text, 0, false, 0, prose);
}

void guest_reap(struct guest *g) {
    int raw = 0;
    if (waitpid(g->pid, &raw, WNOHANG) != g->pid)
        return;
    tell_end(g, raw);
    g->pid = -1;
    guest_over(g, 0);
}
