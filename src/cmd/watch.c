// SPDX-License-Identifier: MIT
//
// rawshake watch: connections that others make, this machine's kernel for one, seen as they pass. The tap catches the
// packets, the tracker tells what they prove. Reading never waits for the screen.
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/complain.h"
#include "cmd/show.h"
#include "cmd/signals.h"
#include "cmd/tapping.h"
#include "cmd/watch_options.h"
#include "net/clock.h"
#include "net/privileges.h"
#include "net/resolve.h"

// At once, before signals and the screen get their turn. And a connection that both ends have closed may still send its
// last segments again: a little while is waited for them. An end that has no answer tries again after 200 ms at least.
enum { PACKETS_AT_ONCE = 256, LINGER_NS = 250 * 1000 * 1000 };

struct watch {
    struct watch_options options;
    struct show show;
    struct tap tap;
    struct tapping tapping;
    struct tracker *tracker;
    struct trace_about about;
    struct loop loop;
    int signal_fd, signal; // signal: which one ended us, or 0
    int failure;           // an errno: the interface has gone down
    uint64_t over;         // connections
};

static void count_over(void *self, const struct tracker_summary *summary) {
    struct watch *w = self;
    (void)summary;
    w->over++;
}

static bool is_enough(const struct watch *w) {
    return w->signal != 0 || w->failure != 0 || w->over >= w->options.count;
}

static void take_signal(void *self) {
    struct watch *w = self;
    w->signal = signals_read(w->signal_fd);
}

static void nothing(void *self) { (void)self; } // being woken is enough

static uint64_t wall_ns(void) {
    struct clock clock = clock_real();
    return clock.wall_ns(clock.self);
}

// Returns true if there may be more.
static bool take_what_passed(struct watch *w) {
    int taken = 0;
    while (taken < PACKETS_AT_ONCE && !is_enough(w) && tapping_take(&w->tapping))
        taken++;
    if (taken == PACKETS_AT_ONCE || is_enough(w))
        return true;
    if (taken == 0)
        w->failure = tap_error(&w->tap);
    tracker_tick(w->tracker, wall_ns()); // only now: what has passed already comes first
    return false;
}

// The tracker's clock is the wall's, which may be set: a second at most is slept by it.
static uint64_t wait_us(const struct watch *w) {
    uint64_t now = wall_ns(), due = tracker_deadline_ns(w->tracker);
    if (due == UINT64_MAX)
        return UINT64_MAX;
    uint64_t wait = due > now ? (due - now) / 1000 + 1 : 0;
    return wait < 1000000 ? wait : 1000000;
}

static void go_round(struct watch *w) {
    loop_watch(&w->loop, w->tap.fd, POLLIN, nothing, w);
    loop_watch(&w->loop, w->signal_fd, POLLIN, take_signal, w);
    while (!is_enough(w)) {
        bool more = take_what_passed(w);
        show_flush(&w->show, &w->loop);
        if (show_broken(&w->show)) // for whom should it go on?
            return;
        if (!is_enough(w) && !loop_wait(&w->loop, more ? 0 : wait_us(w)))
            w->failure = errno;
    }
}

static void say_where(struct watch *w) {
    const struct watch_options *o = &w->options;
    if (!show_tells(&w->show))
        return;
    text_add(&w->show.screen.text, "Watching TCP port %u%s%s on %s%s; Ctrl-C ends it.\n\n", (unsigned)o->port,
             o->host ? " of " : "", o->host ? o->host : "", o->interface ? "interface " : "every interface",
             o->interface ? o->interface : "");
    show_flush(&w->show, &w->loop);
}

static void say_how_many(struct watch *w, size_t open) {
    struct text *text = &w->show.screen.text;
    if (!show_tells(&w->show))
        return;
    if (w->over == 0)
        text_add(text, "No connection was seen.\n");
    else if (open == 0)
        text_add(text, "\n%" PRIu64 " connection%s in all.\n", w->over, w->over == 1 ? "" : "s");
    else
        text_add(text, "\n%" PRIu64 " connection%s in all, of which %zu had not ended yet.\n", w->over,
                 w->over == 1 ? "" : "s", open);
}

// What had passed when we were told to end.
static void take_the_rest(struct watch *w) {
    const uint64_t now = wall_ns();
    while (w->over < w->options.count && tapping_take_until(&w->tapping, now)) {
    }
    tapping_end(&w->tapping, now);
}

// What is open is told as it stands, and the files are completed.
static int end(struct watch *w) {
    char why[96];
    take_the_rest(w);
    size_t open = tracker_open(w->tracker);
    tracker_finish(w->tracker);
    say_how_many(w, open);
    int status = show_finish(&w->show, w->signal_fd);
    tapping_complain(&w->tapping);
    if (w->failure == 0)
        return status;
    if (w->options.interface)
        complain("interface '%s': %s: it was watched until now", w->options.interface,
                 errno_text(w->failure, why, sizeof why));
    else
        complain("watching: %s", errno_text(w->failure, why, sizeof why));
    return EXIT_CONNECTION;
}

static bool start_tracker(struct watch *w) {
    w->about = (struct trace_about){.source = TRACE_WATCHED, .where = w->options.interface};
    const struct tracker_config config = {.trace = &w->show.trace,
                                          .about = &w->about,
                                          .finished = count_over,
                                          .finished_self = w,
                                          .linger_ns = LINGER_NS};
    w->tracker = tracker_new(&config);
    w->tapping = (struct tapping){.tap = &w->tap, .tracker = w->tracker, .trace = &w->show.trace};
    if (!w->tracker)
        complain("memory: not enough");
    return w->tracker != NULL;
}

// The host's name is looked up when nothing is left that could be misused; until then the tap keeps nothing.
static bool find_host(struct watch *w, struct net_error *error) {
    struct addresses at;
    const struct watch_options *o = &w->options;
    return !o->host ||
           (resolve_host(o->host, o->port, o->family, &at, error) && tap_narrow(&w->tap, at.list, at.count, error));
}

static int watch(struct watch *w) {
    struct net_error error;
    const struct watch_options *o = &w->options;
    const struct tap_config tap = {
        .interface = o->interface, .port = o->port, .family = o->family, .wait = o->host != NULL};
    const struct show_settings show = {.views = &o->view,
                                       .way = o->quiet  ? SHOW_NOTHING
                                              : o->live ? SHOW_LIVE
                                                        : SHOW_EACH,
                                       .interface = o->interface ? o->interface : "any"};
    if (!tap_open(&w->tap, &tap, &error))
        return complain_net(&error);
    if (!show_open(&w->show, &show) || !start_tracker(w))
        return EXIT_CONNECTION;
    if (!privileges_drop(&error) || !find_host(w, &error))
        return complain_net(&error);
    w->signal_fd = signals_open(false);
    say_where(w);
    go_round(w);
    return end(w);
}

static int run(const struct command *command, int argc, char **argv) {
    struct watch *w = calloc(1, sizeof *w); // a narrator is large
    if (!w) {
        complain("memory: not enough");
        return EXIT_CONNECTION;
    }
    w->tap.fd = w->signal_fd = -1;
    int status = watch_options_parse(command, argc, argv, &w->options);
    if (status < 0)
        status = watch(w);
    int number = w->signal;
    if (w->tracker)
        tracker_free(w->tracker);
    show_close(&w->show);
    tap_close(&w->tap);
    free(w);
    if (number != 0 && number != SIGINT) // Ctrl-C is how one ends it; whoever sends another signal wants to see it
        signals_end(number);
    return status;
}

const struct command command_watch = {
    .name = "watch",
    .arguments = "[[HOST] PORT]",
    .summary = "follow connections that others make: what this machine's kernel sends and gets",
    .options = watch_option_specs,
    .options_count = WATCH_OPTIONS,
    .run = run,
};
