// SPDX-License-Identifier: MIT
//
// What signals do (see signals.h). Called by the commands that have something to finish first, and by the loop when one
// has come.
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

// nohup and a script's background jobs start us with signals ignored, and that is to stay so.
static void unless_ignored(sigset_t *set, int number) {
    struct sigaction now;
    if (sigaction(number, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
        sigaddset(set, number);
}

int signals_open(bool keys) {
    sigset_t set;
    sigemptyset(&set);
    unless_ignored(&set, SIGINT);
    unless_ignored(&set, SIGTERM);
    unless_ignored(&set, SIGHUP);
    if (keys) {
        unless_ignored(&set, SIGTSTP);
        unless_ignored(&set, SIGQUIT);
    }
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd >= 0) // otherwise they end us as they end every program
        sigprocmask(SIG_BLOCK, &set, NULL);
    return fd;
}

void signals_without_keys(int fd) {
    sigset_t set, keys;
    sigemptyset(&keys);
    sigaddset(&keys, SIGTSTP);
    sigaddset(&keys, SIGQUIT);
    sigemptyset(&set);
    unless_ignored(&set, SIGINT);
    unless_ignored(&set, SIGTERM);
    unless_ignored(&set, SIGHUP);
    if (fd >= 0 && signalfd(fd, &set, 0) == fd)
        sigprocmask(SIG_UNBLOCK, &keys, NULL);
}

int signals_read(int fd) {
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

void signals_take(void *self) {
    struct handmade *h = self;
    int number = signals_read(h->signal_fd);
    if (number == 0)
        return;
    if (number == SIGTSTP) {
        stop_and_continue(h);
        return;
    }
    h->signal = number;
    if (h->client.end == CLIENT_UNFINISHED)
        client_abort(&h->client);
}

void signals_watch(struct handmade *h) {
    h->signal_fd = signals_open(h->options.step);
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
