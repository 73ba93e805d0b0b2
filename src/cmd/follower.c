// SPDX-License-Identifier: MIT
//
// What passes on the program's connections (see follower.h).
#include "cmd/follower.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "net/clock.h"
#include "run/ends.h"

// So long is waited for what is late when RST has ended a connection.
static const uint64_t late_ns = 250000000;

static_assert((int)FOLLOWED_MAX <= (int)FILTER_PORTS_MAX, "the tap can be aimed at all of them");

// ---- which there are

static bool aim(struct follower *f) {
    struct filter_ports ports = {.count = 0};
    for (size_t i = 0; i < FOLLOWED_MAX; i++)
        if (f->list[i].used)
            ports.list[ports.count++] = f->list[i].aftermath.client.port;
    return tap_aim(&f->tap, &ports);
}

static struct followed *free_place(struct follower *f) {
    for (size_t i = 0; i < FOLLOWED_MAX; i++)
        if (!f->list[i].used)
            return &f->list[i];
    return NULL;
}

static struct followed *of_handshake(struct follower *f, const struct handshake *handshake) {
    for (size_t i = 0; i < FOLLOWED_MAX; i++)
        if (f->list[i].used && f->list[i].handshake == handshake)
            return &f->list[i];
    return NULL;
}

void follower_settle(struct follower *f) { tracker_finish_over(f->tracker); }

enum trace_after follower_begins(struct follower *f, const struct handshake *h) {
    const struct rs_endpoint client = ends_local(h);
    follower_settle(f);
    if (rs_endpoint_equal(&client, &h->call.to.endpoint))
        return TRACE_ITSELF;
    struct followed *one = free_place(f);
    if (!one)
        return TRACE_TOO_MANY;
    *one =
        (struct followed){.handshake = h, .used = true, .aftermath = {.client = client, .server = h->call.to.endpoint}};
    one->used = aim(f);
    return one->used ? TRACE_FOLLOWED : TRACE_NOT_FOLLOWED;
}

// The handshake's name for the program says what was to become of its call; now it has.
static void describe(struct follower *f, struct followed *one, const struct handshake *h) {
    const char *end = strrchr(h->client_is, ':');
    snprintf(one->client_is, sizeof one->client_is, "%.*s: its kernel has the connection",
             end ? (int)(end - h->client_is) : (int)strlen(h->client_is), h->client_is);
    one->about = f->about;
    one->about.client = one->aftermath.client;
    one->about.server = one->aftermath.server;
    one->about.client_is = one->client_is;
    one->about.process = (uint32_t)h->call.process;
    one->about.continues = h->session.config.connection;
}

void follower_is_over(struct follower *f, const struct handshake *h) {
    struct followed *one = of_handshake(f, h);
    const struct clock clock = clock_real();
    if (!one)
        return;
    one->handshake = NULL;
    one->used = h->taken;
    if (!h->taken)
        return;
    describe(f, one, h);
    one->number = handshakes_another_number(f->handshakes);
    one->began_ns = clock.wall_ns(clock.self);
    f->passed_at = clock.monotonic_us(clock.self);
}

size_t follower_open_count(const struct follower *f) {
    size_t count = 0;
    for (size_t i = 0; i < FOLLOWED_MAX; i++)
        count += f->list[i].used && !f->list[i].handshake;
    return count;
}

// ---- what passes

static void emit(struct follower *f, const struct followed *one, struct trace_event event) {
    event.connection = one->number;
    trace_emit(f->trace, &event);
}

// In the trace it begins with its first segment.
static void begin(struct follower *f, struct followed *one) {
    if (!one->begun)
        emit(f, one, aftermath_at((struct trace_event){.kind = TRACE_BEGIN, .u.about = &one->about}, one->began_ns));
    one->begun = true;
}

static void end(struct follower *f, struct followed *one, struct trace_event event) {
    aftermath_take_out(&one->aftermath, &event);
    one->used = false;
    if (one->begun)
        emit(f, one, event);
}

static void tell(struct follower *f, struct followed *one, const struct trace_event *event) {
    const struct clock clock = clock_real();
    if (event->kind == TRACE_BEGIN)
        return;
    if (event->kind == TRACE_SEEN && aftermath_is_told(&one->aftermath, &event->u.segment))
        return;
    if (one->handshake) // what a failed one has left behind was told by whoever made it
        return;
    if (event->kind == TRACE_END) {
        if (one->aftermath.handshake_over) // otherwise it will begin again
            end(f, one, *event);
        return;
    }
    begin(f, one);
    emit(f, one, *event);
    f->passed_at = clock.monotonic_us(clock.self);
}

static void pass_on(void *self, const struct trace_event *event) {
    struct follower *f = self;
    for (size_t i = 0; i < FOLLOWED_MAX; i++)
        if (f->list[i].used && aftermath_is_ours(&f->list[i].aftermath, event)) {
            tell(f, &f->list[i], event);
            return;
        }
}

// In the moment of a handover its end has not been told yet, and what passes comes behind that.
static bool is_between(const struct follower *f) {
    for (size_t i = 0; i < FOLLOWED_MAX; i++) {
        const struct handshake *h = f->list[i].used ? f->list[i].handshake : NULL;
        if (h && h->tried && !h->over)
            return true;
    }
    return false;
}

bool follower_take(struct follower *f) {
    const struct clock clock = clock_real();
    if (is_between(f))
        return false;
    if (tapping_take_until(&f->tapping, f->until_ns))
        return true;
    tap_error(&f->tap); // an interface that goes down wakes us once, if that is heard
    tracker_tick(f->tracker, clock.wall_ns(clock.self));
    return false;
}

uint64_t follower_wait_us(const struct follower *f) {
    const struct clock clock = clock_real();
    const uint64_t due_ns = tracker_deadline_ns(f->tracker), now_ns = clock.wall_ns(clock.self);
    if (due_ns == UINT64_MAX)
        return UINT64_MAX;
    return due_ns > now_ns ? (due_ns - now_ns) / 1000 + 1 : 0;
}

// ---- opening and closing

bool follower_open(struct follower *f, bool private_network, bool through_user, struct net_error *error) {
    const struct tap_config config = {.interface = private_network ? "lo" : NULL, .wait = true};
    f->private_network = private_network;
    f->through_user = through_user;
    return tap_open(&f->tap, &config, error);
}

bool follower_start(struct follower *f, struct trace *trace, struct handshakes *handshakes) {
    f->trace = trace;
    f->handshakes = handshakes;
    f->until_ns = UINT64_MAX;
    f->about = (struct trace_about){.source = TRACE_HANDED,
                                    .where = f->private_network ? "lo" : NULL,
                                    .private_network = f->private_network,
                                    .through_user = f->through_user};
    const struct tracker_config config = {
        .trace = &f->passing, .about = &f->about, .linger_ns = late_ns, .closed_at_once = true};
    trace_add(&f->passing, (struct trace_sink){.self = f, .take = pass_on});
    f->tracker = tracker_new(&config);
    f->tapping = (struct tapping){.tap = &f->tap, .tracker = f->tracker, .trace = trace};
    return f->tracker != NULL;
}

void follower_no_later(struct follower *f) {
    const struct clock clock = clock_real();
    f->until_ns = clock.wall_ns(clock.self);
}

size_t follower_end(struct follower *f) {
    const struct clock clock = clock_real();
    size_t silent = 0;
    if (!f->tracker)
        return 0;
    tapping_end(&f->tapping, clock.wall_ns(clock.self));
    for (size_t i = 0; i < FOLLOWED_MAX; i++)
        silent += f->list[i].used && !f->list[i].handshake && !f->list[i].begun;
    tracker_finish(f->tracker);
    return silent;
}

void follower_close(struct follower *f) {
    if (f->tracker)
        tracker_free(f->tracker);
    f->tracker = NULL;
    tap_close(&f->tap);
}
