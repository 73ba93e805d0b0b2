// SPDX-License-Identifier: MIT
//
// One connection made by hand (see handmade.h): everything is joined here, and the loop goes round here. Privileges are
// gone by then (handmade_open.c); names are resolved first of all.
#include "cmd/handmade.h"

#include <string.h>
#include <sys/random.h>

#include "cmd/complain.h"
#include "cmd/ending.h"
#include "cmd/prepare.h"
#include "cmd/signals.h"
#include "cmd/weather_options.h"

enum { ROUNDS_MAX = 64 };

bool handmade_counts(const struct handmade *h) {
    return h->lesson.private_network && !h->options.quiet && !h->lesson.other;
}

// Where percentages hit can be had again, if one knows the seed.
static void choose_weather(struct handmade *h) {
    struct weather *w = &h->options.weather;
    uint32_t seed = 0;
    if (weather_is_random(w) && !h->options.seed_set && getrandom(&seed, sizeof seed, GRND_NONBLOCK) == sizeof seed)
        w->seed = seed;
    weather_text(w, h->weather, sizeof h->weather);
    if (weather_is_random(w) && !h->options.seed_set && h->options.quiet)
        complain("the weather is %s", h->weather);
}

static void set_up_screen(struct handmade *h) {
    const struct connect_options *o = &h->options;
    if (o->quiet) // nothing is drawn, and looking up the locale takes longer than a handshake
        return;
    const int fd = view_options_narration_fd(&o->view);
    h->screen.text.style = (struct view_style){.utf8 = !o->view.ascii && term_is_utf8(),
                                               .color = term_wants_color(o->view.color, fd),
                                               .columns = term_columns(fd)};
}

static struct session *held_session(void *self) {
    struct handmade *h = self;
    return h->session.held ? &h->session : NULL;
}

static void send_all_held(void *self) {
    struct handmade *h = self;
    h->session.config.step = false;
    session_permit(&h->session);
}

static void abort_held(void *self) {
    struct handmade *h = self;
    client_abort(&h->client);
}

static void set_up_narration(struct handmade *h) {
    const struct connect_options *o = &h->options;
    if (h->lesson.company) {
        trace_add(&h->trace, h->lesson.company->sink);
        return;
    }
    if (o->quiet) {
        progress_open(&h->progress, &h->client);
        if (!view_options_take_stdout(&o->view))
            trace_add(&h->trace, screen_quiet_sink(&h->screen));
        return;
    }
    const struct narrator_settings settings = {.verbosity = o->view.verbosity, .step = o->step};
    narrator_init(&h->narrator, &h->screen.text, &settings);
    if (o->step) {
        const struct step_target target = {h, held_session, send_all_held, abort_held};
        step_open(&h->step, h->keys_fd, &target, &h->narrator);
        trace_add(&h->trace, step_sink(&h->step));
    }
    trace_add(&h->trace, narrator_sink(&h->narrator));
}

// Who looks at the trace; its events are counted on.
static void set_up_trace(struct handmade *h) {
    h->trace = (struct trace){.events = h->trace.events};
    set_up_narration(h);
    if (h->views)
        views_add(h->views, &h->trace);
}

// What every view begins with.
static void record_begin(struct handmade *h) {
    const struct connect_options *o = &h->options;
    const struct trace_about about = {
        .source = TRACE_BY_HAND,
        .server = h->remote,
        .client = h->local,
        .private_network = h->lesson.private_network,
        .through_user = h->lesson.through_user,
        .our_server = h->lesson.partner.read != NULL || h->lesson.other != NULL,
        .both_by_hand = h->lesson.other != NULL,
        .server_is_local = h->server_is_local,
        .guarded = !o->no_guard,
        .filtered = h->way->guard.filtered,
        .stays_in_time_wait = o->time_wait_us > 0,
        .timeout_us = o->timeout_us,
        .weather = weather_option(&o->weather) ? h->weather : NULL,
        .choices = {.isn = o->isn_set,
                    .source_port = o->source_port,
                    .mss = o->mss,
                    .ttl = o->ttl_set,
                    .window = o->window,
                    .without = o->without},
    };
    struct trace_event event = {.kind = TRACE_BEGIN, .u.about = &about};
    session_record(&h->session, event);
}

static void nothing(void *self) { (void)self; } // being woken is enough: client_advance does the rest

static void watch_what_matters_now(struct handmade *h) {
    loop_watch(&h->loop, h->session.config.link.fd, POLLIN, nothing, h);
    loop_watch(&h->loop, h->session.config.link.icmp_fd, POLLIN, nothing, h);
    if (h->session.blocked)
        loop_watch(&h->loop, h->session.config.link.send_fd, POLLOUT, nothing, h);
    else
        loop_unwatch(&h->loop, h->session.config.link.send_fd);
    if (client_wants_input(&h->client))
        loop_watch(&h->loop, h->input_fd, POLLIN, client_read_input, &h->client);
    else if (h->input_fd >= 0)
        loop_unwatch(&h->loop, h->input_fd);
    if (h->lesson.other)
        h->lesson.other->watch(h->lesson.other->self, &h->loop);
    if (h->session.held && !h->step.ended)
        loop_watch(&h->loop, h->step.keys.fd, POLLIN, step_key, &h->step);
    else if (h->options.step)
        loop_unwatch(&h->loop, h->step.keys.fd);
}

// Returns how long the screen may wait at most: less than for ever only if something is being held back.
static uint64_t show(struct handmade *h) {
    uint64_t held_back = attempts_hold_back_us(h);
    if (held_back > 0) {
        loop_unwatch(&h->loop, h->screen.fd);
        return held_back;
    }
    h->attempts.shown = true;
    screen_flush(&h->screen, &h->loop);
    if (h->views)
        views_flush(h->views, &h->loop);
    return UINT64_MAX;
}

static uint64_t wait_us(struct handmade *h, uint64_t show_again) {
    uint64_t wait = client_wait_us(&h->client), line = progress_show(&h->progress, &h->client);
    wait = wait < line ? wait : line;
    if (h->lesson.other) {
        uint64_t others = h->lesson.other->wait_us(h->lesson.other->self);
        wait = others < wait ? others : wait;
    }
    return wait < show_again ? wait : show_again;
}

static bool other_advance(struct handmade *h) {
    const struct handmade_other *other = h->lesson.other;
    return other && other->advance(other->self);
}

// Both ends, where both are ours.
static bool advance(struct handmade *h) {
    bool any = client_advance(&h->client);
    return other_advance(h) || any;
}

static void go_round(struct handmade *h) {
    while (h->client.end == CLIENT_UNFINISHED) {
        bool busy = true;
        for (int i = 0; i < ROUNDS_MAX && busy; i++) // signals and keys get their turn in a flood too
            busy = advance(h);
        if (h->client.end != CLIENT_UNFINISHED)
            break;
        if (h->options.step)
            step_ask(&h->step);
        progress_give_way(&h->progress, &h->client);
        uint64_t show_again = show(h);
        if (h->options.quiet && h->screen.error) { // nobody is left to read what the server sends
            client_abort(&h->client);
            break;
        }
        watch_what_matters_now(h);
        if (h->step.ended && h->session.held) // nobody is asked any more: the next round sends it
            continue;
        if (!loop_wait(&h->loop, busy ? 0 : wait_us(h, show_again)))
            client_abort(&h->client); // poll() itself fails: nothing more can be waited for
    }
}

// One address: its whole connection, or as much of one as comes about.
static void connect_once(struct handmade *h) {
    h->client.end = CLIENT_FAILED;
    if (!attempts_find_way(h))
        return;
    prepare_connection(h);
    set_up_trace(h);
    if (trace_wants_peer(&h->trace))
        kernel_witness_open(&h->witness, h->server_is_local, h->way->raw.zone);
    if (handmade_counts(h))
        kernel_counters_open(&h->counters, !h->options.no_guard);
    h->began_us = session_now(&h->session);
    record_begin(h);
    session_ask_peer(&h->session);
    client_start(&h->client);
    go_round(h);
    while (other_advance(h)) { // the last ACK of ours
    }
    progress_close(&h->progress);
    if (h->options.step)
        step_terminal(&h->step, false);
    h->way->seen += h->session.arrived;
    kernel_witness_close(&h->witness);
    kernel_counters_close(&h->counters);
    loop_unwatch(&h->loop, h->session.config.link.fd);
    loop_unwatch(&h->loop, h->session.config.link.icmp_fd);
    loop_unwatch(&h->loop, h->session.config.link.send_fd);
}

static bool company_before(struct handmade *h) {
    const struct handmade_company *company = h->lesson.company;
    if (!company)
        return true;
    h->client.end = CLIENT_ABORTED; // until it begins
    set_up_trace(h);
    return company->before(company->self, h);
}

int handmade_run(struct handmade *h, const struct handmade_lesson *lesson) {
    if (lesson)
        h->lesson = *lesson;
    if (!attempts_resolve(h))
        return EXIT_CONNECTION;
    set_up_screen(h);
    choose_weather(h);
    signals_watch(h);
    bool goes_on = company_before(h);
    while (goes_on) {
        connect_once(h);
        goes_on = attempts_go_on(h);
    }
    if (h->client.end == CLIENT_HANDED_OVER)
        h->lesson.heir->after(h->lesson.heir->self, h);
    if (h->lesson.company && h->signal == 0)
        h->lesson.company->after(h->lesson.company->self, h);
    // A signal that has ended the connection, or comes now, does not wait for a reader that does not read.
    if (h->signal == 0)
        screen_finish(&h->screen, h->signal_fd);
    else
        screen_flush(&h->screen, &h->loop);
    if (h->screen.text.used > 0)
        signals_take(h);
    int shown = h->views ? views_finish(h->views, h->signal == 0 ? h->signal_fd : -1) : EXIT_DONE;
    int status = ending_report(h);
    return status == EXIT_DONE ? shown : status;
}
