// SPDX-License-Identifier: MIT
//
// listen --handover: all the connections that the kernel has, those that we serve and those that have a program.
// Called by listen.c, and by the files of the two.
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/complain.h"
#include "cmd/listen.h"
#include "net/privileges.h"

enum { PATIENCE_MS = 2000, SLICE_MS = 20 };

// ---- opening

// A program's end is told by SIGCHLD; where that was ignored when we were started it would not be.
static bool hear_of_children(struct guests *guests, struct net_error *error) {
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (sigaction(SIGCHLD, &usual, &guests->child_before) != 0 ||
        sigprocmask(SIG_BLOCK, &child, &guests->mask_before) != 0)
        return net_fail(error, errno, NULL, "signals");
    guests->child_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    return guests->child_fd >= 0 || net_fail(error, errno, NULL, "a descriptor for signals");
}

bool guests_open(struct listen *l, int *status) {
    struct guests *guests = &l->guests;
    struct net_error error;
    if (!l->options.handover)
        return true;
    bool good = handover_possible(&error) && handover_helper_start(&guests->helper, privileges_keep, &error) &&
                hear_of_children(guests, &error);
    if (good)
        guests->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (good && guests->poll_fd < 0)
        good = net_fail(&error, errno, NULL, "a descriptor to wait for clients");
    if (!good)
        *status = complain_net(&error);
    return good;
}

// ---- going round

// What is not waited for is taken out: an error would be told of all the same.
static void wait_for(struct guest *g, uint32_t events) {
    struct epoll_event event = {.events = events};
    const int poll_fd = g->listen->guests.poll_fd;
    if (events == g->events)
        return;
    epoll_ctl(poll_fd, events == 0 ? EPOLL_CTL_DEL : g->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, g->fd, &event);
    g->events = events;
}

static void reap(struct listen *l) {
    struct signalfd_siginfo info;
    while (read(l->guests.child_fd, &info, sizeof info) == (ssize_t)sizeof info) {
    }
    for (size_t i = 0; i < GUESTS_MAX; i++)
        if (l->guests.list[i].phase == GUEST_EXECUTED && l->guests.list[i].pid > 0)
            guest_reap(&l->guests.list[i]);
}

static void look_after(void *self) {
    struct listen *l = self;
    for (size_t i = 0; i < GUESTS_MAX; i++)
        if (l->guests.list[i].phase == GUEST_SERVED)
            guest_serve(&l->guests.list[i]);
}

static void children_ended(void *self) { reap(self); }

void guests_watch(struct listen *l) {
    if (!l->options.handover)
        return;
    loop_watch(&l->loop, l->guests.poll_fd, POLLIN, look_after, l);
    loop_watch(&l->loop, l->guests.child_fd, POLLIN, children_ended, l);
    for (size_t i = 0; i < GUESTS_MAX; i++)
        if (l->guests.list[i].phase == GUEST_SERVED)
            wait_for(&l->guests.list[i], guest_waits_for(&l->guests.list[i]));
}

unsigned guests_count(const struct listen *l) {
    unsigned count = 0;
    for (size_t i = 0; i < GUESTS_MAX; i++)
        count += l->guests.list[i].phase == GUEST_SERVED || l->guests.list[i].phase == GUEST_EXECUTED;
    return count;
}

void guest_over(struct guest *g, int error) {
    struct listen *l = g->listen;
    char from[RS_ENDPOINT_TEXT_BYTES], why[96];
    if (g->fd >= 0)
        close(g->fd);
    listen_tell_printed(l, &g->remote, &g->heard);
    if (error != 0)
        complain("connection with %s: %s", rs_endpoint_text(&g->remote, from, sizeof from),
                 errno_text(error, why, sizeof why));
    g->phase = GUEST_NONE;
    g->fd = -1;
    l->over++;
    l->failed += error != 0;
}

// ---- ending

// As Ctrl-C has it: what is open is closed, and whoever is at the other end hears that it was not in order.
static unsigned reset_all(struct listen *l) {
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    unsigned count = 0;
    for (size_t i = 0; i < GUESTS_MAX; i++) {
        struct guest *g = &l->guests.list[i];
        if (g->phase != GUEST_SERVED)
            continue;
        setsockopt(g->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        guest_over(g, 0);
        count++;
    }
    return count;
}

static unsigned tell_programs(struct listen *l, int number) {
    unsigned count = 0;
    for (size_t i = 0; i < GUESTS_MAX; i++)
        if (l->guests.list[i].phase == GUEST_EXECUTED && kill(-l->guests.list[i].pid, number) == 0)
            count++;
    return count;
}

// They have a while to end; whoever asks again, or for too much, is not waited for.
static void end_programs(struct listen *l) {
    struct pollfd ready[] = {{.fd = l->guests.child_fd, .events = POLLIN}, {.fd = l->signal_fd, .events = POLLIN}};
    reap(l); // those that have ended are not told to
    l->guests.told_to_end = tell_programs(l, SIGTERM);
    for (int waited = 0; guests_count(l) > 0 && waited < PATIENCE_MS && ready[1].revents == 0; waited += SLICE_MS) {
        poll(ready, sizeof ready / sizeof *ready, SLICE_MS);
        reap(l);
    }
    tell_programs(l, SIGKILL);
    for (int waited = 0; guests_count(l) > 0 && waited < PATIENCE_MS; waited += SLICE_MS) {
        poll(ready, 1, SLICE_MS);
        reap(l);
    }
}

unsigned guests_end(struct listen *l) {
    if (!l->options.handover)
        return 0;
    unsigned reset = reset_all(l);
    if (guests_count(l) > 0)
        end_programs(l);
    return reset;
}

void guests_close(struct listen *l) {
    if (l->guests.poll_fd >= 0)
        close(l->guests.poll_fd);
    if (l->guests.child_fd >= 0)
        close(l->guests.child_fd);
    l->guests.poll_fd = l->guests.child_fd = -1;
    handover_helper_stop(&l->guests.helper);
}
