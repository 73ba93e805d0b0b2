// SPDX-License-Identifier: MIT
//
// Several handshakes at once (see handshakes.h). The raw sockets get segments for the ports in use and no others, and
// all ICMP errors; what comes for a port that has just been given up belongs to nobody. Called by whoever runs a
// program.
#include "run/handshakes.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "live/usual.h"

// ---- links

static struct raw_link *link_of(const struct handshakes *h, enum rs_family family, size_t *at) {
    for (*at = 0; *at < h->config.links_count; (*at)++)
        if (h->config.links[*at].family == family)
            return &h->config.links[*at];
    return NULL;
}

static struct handshake *active(const struct handshakes *h, size_t at) { return h->active[at] ? h->places[at] : NULL; }

// Of all that are in progress, and one that is about to be.
static bool aim(struct handshakes *h, struct raw_link *link) {
    struct filter_ports ports = {.count = 0};
    for (size_t i = 0; i < HANDSHAKES_MAX; i++)
        if (active(h, i) && h->places[i]->guard.family == link->family)
            ports.list[ports.count++] = h->places[i]->guard.port;
    return raw_link_aim(link, &ports);
}

// A link-local address belongs to one zone, and a link sends into one at a time.
static bool zone_is_free(const struct handshakes *h, const struct notification *call) {
    for (size_t i = 0; i < HANDSHAKES_MAX; i++)
        if (active(h, i) && call->to.zone != 0 && h->places[i]->call.to.zone != 0 &&
            h->places[i]->call.to.zone != call->to.zone)
            return false;
    return true;
}

uint32_t handshakes_another_number(struct handshakes *h) { return ++h->begun; }

// ---- places

static size_t free_place(struct handshakes *h) {
    size_t at = 0;
    while (at < HANDSHAKES_MAX && h->active[at])
        at++;
    if (at < HANDSHAKES_MAX && !h->places[at])
        h->places[at] = malloc(sizeof *h->places[at]);
    return at < HANDSHAKES_MAX && h->places[at] ? at : HANDSHAKES_MAX;
}

static void leave(struct handshakes *h, size_t at) {
    size_t link_at;
    struct raw_link *link = link_of(h, h->places[at]->call.to.endpoint.family, &link_at);
    if (h->config.is_over)
        h->config.is_over(h->config.self, h->places[at]);
    handshake_close(h->places[at]);
    h->active[at] = false;
    if (link)
        aim(h, link);
}

static void count(struct handshakes *h, int number) {
    h->made += number == 0;
    h->to_kernel += number == NOTIFICATION_KERNEL;
    h->gone += number == EINTR;
    h->failed += number > 0 && number != EINTR;
}

// Nothing has left, and nothing will.
static int give_up(struct handshakes *h, size_t at, int number) {
    struct handshake *one = h->places[at];
    one->number = number;
    count(h, number);
    if (h->config.not_begun)
        h->config.not_begun(h->config.self, one);
    leave(h, at);
    return number;
}

// Returns the answer, or SUPERVISOR_LATER.
static int begin(struct handshakes *h, size_t at, const struct notification *call) {
    struct handshake *one = h->places[at];
    size_t link_at;
    struct raw_link *link = link_of(h, call->to.endpoint.family, &link_at);
    bool ready = handshake_prepare(one, &h->config.means, call);
    h->active[at] = true;
    if (!ready)
        return give_up(h, at, one->number);
    if (!link || !aim(h, link)) {
        net_fail(&one->error, link ? errno : EAFNOSUPPORT, NULL, "a raw socket of this family");
        return give_up(h, at, NOTIFICATION_KERNEL);
    }
    if (call->to.zone != 0)
        link->zone = call->to.zone;
    if (h->config.begins)
        one->after = h->config.begins(h->config.self, one);
    handshake_start(one, &h->sorters[link_at], handshakes_another_number(h));
    return SUPERVISOR_LATER;
}

// ---- the line

static bool may_begin(struct handshakes *h, const struct notification *call, size_t *at) {
    *at = zone_is_free(h, call) ? free_place(h) : HANDSHAKES_MAX;
    return *at < HANDSHAKES_MAX;
}

static void take_from_line(struct handshakes *h, size_t i) {
    h->waiting--;
    memmove(&h->line[i], &h->line[i + 1], (h->waiting - i) * sizeof h->line[0]);
}

static bool advance_line(struct handshakes *h) {
    size_t at;
    if (h->waiting == 0 || !may_begin(h, &h->line[0], &at))
        return false;
    const struct notification call = h->line[0];
    take_from_line(h, 0);
    int number = begin(h, at, &call);
    if (number != SUPERVISOR_LATER)
        supervisor_answer(h->config.supervisor, call.id, number);
    return true;
}

int handshakes_connect(struct handshakes *h, const struct notification *call) {
    size_t at;
    if (h->waiting == 0 && may_begin(h, call, &at))
        return begin(h, at, call);
    if (h->waiting == SUPERVISOR_CALLS_MAX) // the supervisor has no more
        return NOTIFICATION_KERNEL;
    h->line[h->waiting++] = *call;
    return SUPERVISOR_LATER;
}

void handshakes_gone(struct handshakes *h, const struct notification *call, int number) {
    for (size_t i = 0; i < h->waiting; i++)
        if (h->line[i].id == call->id) {
            take_from_line(h, i);
            count(h, number);
            return;
        }
    for (size_t i = 0; i < HANDSHAKES_MAX; i++)
        if (active(h, i) && h->places[i]->call.id == call->id) {
            handshake_break_off(h->places[i], number);
            count(h, number);
            leave(h, i);
        }
}

// ---- going round

// The port is given back before the program hears: it may want it at once.
static void decide(struct handshakes *h, size_t at) {
    const uint64_t id = h->places[at]->call.id;
    const int number = h->places[at]->number;
    count(h, number);
    leave(h, at);
    supervisor_answer(h->config.supervisor, id, number);
}

static bool advance_all(struct handshakes *h) {
    bool any = false;
    for (size_t i = 0; i < HANDSHAKES_MAX; i++) {
        if (!active(h, i))
            continue;
        any |= handshake_advance(h->places[i]);
        if (h->places[i]->over)
            decide(h, i);
    }
    return any;
}

static void drop_strays(struct sorter *s) {
    for (size_t i = 0; i < s->count; i++)
        sorter_waiting(s, i)->used = false;
    sorter_drop_used(s);
}

bool handshakes_advance(struct handshakes *h) {
    bool any = advance_line(h);
    for (size_t i = 0; i < h->config.links_count; i++)
        sorter_take_in(&h->sorters[i]);
    any |= advance_all(h);
    for (size_t i = 0; i < h->config.links_count; i++)
        drop_strays(&h->sorters[i]); // each session has taken what was its own
    return any;
}

uint64_t handshakes_wait_us(const struct handshakes *h) {
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < HANDSHAKES_MAX; i++) {
        const uint64_t wait = active(h, i) ? handshake_wait_us(h->places[i]) : UINT64_MAX;
        least = wait < least ? wait : least;
    }
    return least;
}

static void nothing(void *self) { (void)self; } // being woken is enough

static bool is_blocked(const struct handshakes *h, enum rs_family family) {
    for (size_t i = 0; i < HANDSHAKES_MAX; i++)
        if (active(h, i) && h->places[i]->session.blocked && h->places[i]->guard.family == family)
            return true;
    return false;
}

void handshakes_watch(struct handshakes *h, struct loop *loop) {
    for (size_t i = 0; i < h->config.links_count; i++) {
        const struct link *link = &h->sorters[i].link;
        loop_watch(loop, link->fd, POLLIN, nothing, h);
        loop_watch(loop, link->icmp_fd, POLLIN, nothing, h);
        if (is_blocked(h, h->config.links[i].family))
            loop_watch(loop, link->send_fd, POLLOUT, nothing, h);
        else
            loop_unwatch(loop, link->send_fd);
    }
}

// ---- step mode

struct handshake *handshakes_held(struct handshakes *h) {
    for (size_t i = 0; i < HANDSHAKES_MAX; i++)
        if (active(h, i) && h->places[i]->session.held)
            return h->places[i];
    return NULL;
}

void handshakes_go_on(struct handshakes *h) {
    h->config.means.step = false;
    for (size_t i = 0; i < HANDSHAKES_MAX; i++)
        if (active(h, i)) {
            h->places[i]->session.config.step = false;
            session_permit(&h->places[i]->session);
        }
}

// ---- opening and closing

bool handshakes_open(struct handshakes *h, const struct handshakes_config *config) {
    bool good = config->links_count <= HANDSHAKES_LINKS;
    *h = (struct handshakes){.config = *config};
    usual_secret(h->config.means.secret, &config->means.clock);
    habits_open(&h->habits);
    h->config.means.habits = &h->habits;
    for (size_t i = 0; good && i < config->links_count; i++) {
        const struct link link = raw_link_door(&config->links[i]);
        good = sorter_open(&h->sorters[i], &link);
    }
    return good;
}

void handshakes_close(struct handshakes *h) {
    for (size_t i = 0; i < HANDSHAKES_MAX; i++) {
        if (active(h, i)) {
            handshake_abort(h->places[i], EINTR);
            leave(h, i);
        }
        free(h->places[i]);
        h->places[i] = NULL;
    }
    for (size_t i = 0; i < HANDSHAKES_LINKS; i++)
        sorter_close(&h->sorters[i]);
    habits_close(&h->habits);
}
