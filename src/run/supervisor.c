// SPDX-License-Identifier: MIT
//
// Calls in, answers out (see supervisor.h). A sleeping caller can be woken by a signal at any moment (seccomp(2)): its
// connect() then returns EINTR, or is made again if the signal's handler was installed with SA_RESTART, and comes here
// as a new call. An answer that finds nobody is lost, so two things are kept as connect(2) has them:
//
// - Two calls for one socket. The kernel says EALREADY to the second, if the socket does not wait; otherwise it waits
//   for the same connection. If that fails, the first hears why, and the second ECONNABORTED.
// - A connection was made, and a signal took away the caller. The next connect() finds a connected socket; the kernel's
//   own would return 0 then, once, and so does ours.
//
// Called by whoever runs a program.
#include "run/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "net/clock.h"

enum { LOOK_US = 20000 };

static void watch(struct supervisor *s);

// ---- sockets whose program has not heard yet that they are connected

static void owe(struct supervisor *s, uint64_t cookie) { s->owed[s->owed_next++ % SUPERVISOR_OWED_MAX] = cookie; }

static bool pay(struct supervisor *s, uint64_t cookie) {
    for (size_t i = 0; cookie != 0 && i < SUPERVISOR_OWED_MAX; i++)
        if (s->owed[i] == cookie) {
            s->owed[i] = 0;
            return true;
        }
    return false;
}

// ---- the calls that wait

static struct notification take_out(struct supervisor *s, size_t i) {
    const struct notification call = s->waiting[i].call;
    s->count--;
    memmove(&s->waiting[i], &s->waiting[i + 1], (s->count - i) * sizeof s->waiting[0]);
    watch(s);
    return call;
}

// As it is to be answered.
static struct notification take_out_to_answer(struct supervisor *s, size_t i) {
    const uint64_t asks = s->waiting[i].asks;
    struct notification call = take_out(s, i);
    call.id = asks;
    return call;
}

static bool waits(const struct supervisor *s, size_t i) {
    struct notification call = s->waiting[i].call;
    call.id = s->waiting[i].asks;
    return notification_waits(s->listener, &call);
}

static size_t find_id(const struct supervisor *s, uint64_t id) {
    size_t i = 0;
    while (i < s->count && s->waiting[i].call.id != id)
        i++;
    return i;
}

// The first one that waits for this socket; s->count if there is none.
static size_t find_socket(const struct supervisor *s, uint64_t cookie) {
    size_t i = 0;
    while (i < s->count && s->waiting[i].call.cookie != cookie)
        i++;
    return i;
}

static bool answer(struct supervisor *s, struct notification *call, int number) {
    notification_close(call);
    bool heard = notification_answer(s->listener, call, number);
    if (!heard && number == 0)
        owe(s, call->cookie);
    return heard;
}

// The call, and those that wait for the same socket.
static bool answer_all(struct supervisor *s, size_t i, int number, int to_others) {
    struct notification call = take_out_to_answer(s, i);
    bool heard = answer(s, &call, number);
    while ((i = find_socket(s, call.cookie)) < s->count) {
        struct notification second = take_out_to_answer(s, i);
        heard |= answer(s, &second, to_others);
    }
    return heard;
}

bool supervisor_answer(struct supervisor *s, uint64_t id, int number) {
    const size_t i = find_id(s, id);
    return i < s->count && answer_all(s, i, number, number > 0 ? ECONNABORTED : number);
}

static void begin(struct supervisor *s, size_t i) {
    const struct notification call = s->waiting[i].call;
    s->waiting[i].second = false;
    int number = s->door.connect_by_hand(s->door.self, &call);
    if (number != SUPERVISOR_LATER)
        supervisor_answer(s, call.id, number);
}

static void let_go(struct supervisor *s, const struct notification *call, int number) {
    if (s->door.gone)
        s->door.gone(s->door.self, call, number);
}

// It was under way, and nobody waits. If another one waits for the same socket, it is begun anew for that.
static void lose(struct supervisor *s, size_t i) {
    bool second = s->waiting[i].second;
    struct notification call = take_out(s, i);
    if (!second)
        let_go(s, &call, EINTR);
    notification_close(&call);
    i = find_socket(s, call.cookie);
    if (!second && i < s->count)
        begin(s, i);
}

// A call that a signal has interrupted may come again at once.
static bool is_lost(struct supervisor *s, size_t i, uint64_t now_us) {
    if (waits(s, i))
        s->waiting[i].missed_us = 0;
    else if (s->waiting[i].missed_us == 0)
        s->waiting[i].missed_us = now_us;
    return s->waiting[i].missed_us > 0 && now_us - s->waiting[i].missed_us >= LOOK_US;
}

void supervisor_look(struct supervisor *s) {
    const struct clock clock = clock_real();
    const uint64_t now_us = s->count > 0 ? clock.monotonic_us(clock.self) : 0;
    for (size_t i = 0; i < s->count;) {
        if (!is_lost(s, i, now_us)) {
            i++;
            continue;
        }
        lose(s, i);
        i = 0; // what it led to may have changed them all
    }
}

uint64_t supervisor_patience(const struct supervisor *s) { return s->count > 0 ? LOOK_US : UINT64_MAX; }

// ---- a new one

// A process with a ring may have many, or ask again and again: it is told once.
static bool is_told(struct supervisor *s, const struct notification *call) {
    if (call->kind != NOTIFICATION_AROUND_IO_URING || call->process == 0)
        return false;
    for (size_t i = 0; i < SUPERVISOR_RINGS_MAX; i++)
        if (s->rings[i] == call->process)
            return true;
    s->rings[s->rings_next++ % SUPERVISOR_RINGS_MAX] = call->process;
    return false;
}

// All who wait for a connection of this socket get EPIPE, as from Linux 6.7 on. The first in the list is under way.
static void disconnect(struct supervisor *s, const struct notification *call) {
    const size_t i = find_socket(s, call->cookie);
    if (i < s->count) {
        let_go(s, &s->waiting[i].call, EPIPE);
        answer_all(s, i, EPIPE, EPIPE);
    }
    pay(s, call->cookie);
}

static void let_through(struct supervisor *s, struct notification *call) {
    if (call->kind == NOTIFICATION_DISCONNECT)
        disconnect(s, call);
    if (call->kind == NOTIFICATION_NOT_NEW && pay(s, call->cookie)) {
        if (!notification_answer(s->listener, call, 0))
            owe(s, call->cookie);
        return;
    }
    if (notification_answer(s->listener, call, NOTIFICATION_KERNEL) && s->door.let_through && !is_told(s, call))
        s->door.let_through(s->door.self, call);
}

// A signal whose handler has SA_RESTART, or a stop: the call is made again, and finds the one before still here, which
// nobody waits for. What is under way goes on for it, as in the kernel; begun anew each time, it would never end where
// signals come faster than answers.
static bool goes_on_for(struct supervisor *s, struct notification *call) {
    const size_t i = find_socket(s, call->cookie);
    if (i == s->count || waits(s, i))
        return false;
    s->waiting[i].asks = call->id;
    s->waiting[i].missed_us = 0;
    notification_close(call); // there is a copy of the same socket already
    return true;
}

static void connect_it(struct supervisor *s, struct notification *call) {
    if (goes_on_for(s, call))
        return;
    supervisor_look(s);
    bool second = find_socket(s, call->cookie) < s->count;
    if (second && call->nonblocking) {
        answer(s, call, EALREADY);
        return;
    }
    s->waiting[s->count].call = *call;
    s->waiting[s->count].asks = call->id;
    s->waiting[s->count].missed_us = 0;
    s->waiting[s->count].second = second;
    s->count++;
    if (!second)
        begin(s, s->count - 1);
    watch(s);
}

static void ready(void *self) {
    struct supervisor *s = self;
    struct pollfd come = {.fd = s->listener, .events = POLLIN};
    struct notification call;
    if (poll(&come, 1, 0) > 0 && !(come.revents & POLLIN)) {
        s->ended = come.revents & (POLLHUP | POLLERR | POLLNVAL); // POLLHUP: nobody has the filter any more (Linux 5.8)
        watch(s);
        return;
    }
    if (come.revents == 0)
        return; // it has gone since
    if (!notification_take(s->listener, &call, &s->error)) {
        s->ended = true;
        watch(s);
    } else if (call.kind == NOTIFICATION_TCP) {
        connect_it(s, &call);
    } else if (call.kind != NOTIFICATION_GONE) {
        let_through(s, &call);
    }
}

// Where there is no room for one more, callers wait in the kernel's queue.
static void watch(struct supervisor *s) {
    if (s->ended || s->count == SUPERVISOR_CALLS_MAX)
        loop_unwatch(s->loop, s->listener);
    else
        loop_watch(s->loop, s->listener, POLLIN, ready, s);
}

void supervisor_start(struct supervisor *s, int listener, struct loop *loop, const struct supervisor_door *door) {
    *s = (struct supervisor){.listener = listener, .loop = loop, .door = *door};
    watch(s);
}

void supervisor_stop(struct supervisor *s) {
    s->ended = true;
    while (s->count > 0) {
        bool second = s->waiting[s->count - 1].second;
        struct notification call = take_out(s, s->count - 1);
        if (!second)
            let_go(s, &call, EINTR);
        notification_close(&call);
    }
    watch(s);
}
