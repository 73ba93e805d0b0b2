// SPDX-License-Identifier: MIT
//
// What signals do (see signals.h). Called by handmade.c, and by the loop when one has come.
#include "cmd/signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

// Ctrl-Z: the terminal goes back to the shell as it was, and is taken again afterwards.
static void stop_and_continue(struct handmade *h) {
    step_terminal(&h->step, false);
    screen_flush(&h->screen, &h->loop);
    raise(SIGSTOP);
    step_terminal(&h->step, true);
}

void signals_take(void *self) {
    struct handmade *h = self;
    struct signalfd_siginfo info;
    if (read(h->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (info.ssi_signo == SIGTSTP) {
        stop_and_continue(h);
        return;
    }
    h->signal = (int)info.ssi_signo;
    if (h->client.end == CLIENT_UNFINISHED)
        client_abort(&h->client);
}

// nohup and a script's background jobs start us with signals ignored, and that is to stay so.
static void unless_ignored(sigset_t *set, int number) {
    struct sigaction now;
    if (sigaction(number, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
        sigaddset(set, number);
}

void signals_watch(struct handmade *h) {
    sigset_t set;
    sigemptyset(&set);
    unless_ignored(&set, SIGINT);
    unless_ignored(&set, SIGTERM);
    unless_ignored(&set, SIGHUP);
    if (h->options.step) { // the terminal must be put back before these do what they do
        unless_ignored(&set, SIGTSTP);
        unless_ignored(&set, SIGQUIT);
    }
    h->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (h->signal_fd >= 0) // otherwise they end us as they end every program
        sigprocmask(SIG_BLOCK, &set, NULL);
    loop_watch(&h->loop, h->signal_fd, POLLIN, signals_take, h);
}

void signals_end(int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    signal(number, SIG_DFL);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}
