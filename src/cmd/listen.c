// SPDX-License-Identifier: MIT
//
// rawshake listen: the passive side by hand. What a server's kernel does between listen() and accept() is done here,
// over a raw link, for any client; the guard holds the port, so that our own kernel is silent about it. Where the
// tutorial's server has one client at a time, this one has several.
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/complain.h"
#include "cmd/listen.h"
#include "cmd/signals.h"
#include "net/clock.h"
#include "net/privileges.h"
#include "net/resolve.h"
#include "net/route.h"

enum { LESSON_BYTES = 65536, QUIET_BYTES = 256 * 1024, LESSON_RECV = 1024, ROUNDS_MAX = 64 };

static_assert((int)LISTENER_PLACES_MAX <= (int)NARRATOR_KEPT, "every connection that is open can be told of");

// ---- opening

static size_t read_room(void *self) {
    const struct listen *l = self;
    const struct text *text = &l->show.screen.text;
    return l->options.quiet ? text->size - text->used : SIZE_MAX;
}

static bool open_show(struct listen *l) {
    const struct listen_options *o = &l->options;
    const struct show_settings show = {.views = &o->view,
                                       .way = o->quiet ? SHOW_NOTHING : SHOW_ONE,
                                       .interface = "rawshake",
                                       .step = o->step,
                                       .before = o->step ? step_sink(&l->step) : (struct trace_sink){.self = NULL}};
    if (!show_open(&l->show, &show))
        return false;
    if (o->quiet && !view_options_take_stdout(&o->view))
        trace_add(&l->show.trace, screen_quiet_sink(&l->show.screen));
    return true;
}

// A listener behind this address. Returns false after a complaint.
static bool open_listener(struct listen *l, const struct address *at, struct way *way) {
    const struct listen_options *o = &l->options;
    const size_t bytes = o->quiet ? QUIET_BYTES : LESSON_BYTES;
    const struct listener_config config = {
        .link = raw_link_door(&way->raw),
        .clock = clock_real(),
        .local = at->endpoint,
        .backlog = (unsigned)o->backlog,
        .places = o->step ? 1 : LISTENER_PLACES_MAX / 2,
        .send_bytes = bytes,
        .receive_bytes = bytes,
        .host = {.echo = o->echo,
                 .read_bytes = o->quiet ? HOST_READ_MAX : LESSON_RECV,
                 .read_room = read_room,
                 .read_room_self = l,
                 .until_open = o->handover},
        .self = l,
        .prepare = listen_prepare,
        .begun = listen_begun,
        .over = listen_over,
        .is_others = o->handover ? guest_is_others : NULL,
    };
    if (listener_open(&l->listeners[l->count++], &config))
        return true;
    complain("memory: not enough");
    return false;
}

// An address that is not this machine's own gets nothing.
static bool is_ours(const struct address *at, struct net_error *error) {
    struct route route;
    char text[RS_ENDPOINT_TEXT_BYTES];
    if (rs_endpoint_is_unicast(&at->endpoint) && route_find(at, &route, error) && route.local)
        return true;
    return net_fail(error, EADDRNOTAVAIL, "listen on one that is", "%s is no address of this machine",
                    rs_address_text(&at->endpoint, text, sizeof text));
}

static bool listen_at(struct listen *l, const char *host, bool dispensable) {
    struct addresses at;
    struct net_error error;
    struct way *way = NULL;
    if (resolve_host(host, l->options.port, 0, &at, &error) && is_ours(&at.list[0], &error)) // a number
        way = ways_find(&l->ways, at.list[0].endpoint.family);
    if (!way && dispensable)
        return true;
    if (!way || !guard_verify(&way->guard, &error)) {
        complain_net(&error);
        return false;
    }
    way->raw.zone = at.list[0].zone;
    return open_listener(l, &at.list[0], way);
}

// localhost is an address of each family; one that this machine has not is no loss if nobody asked for it.
static bool listen_where_asked(struct listen *l) {
    const struct listen_options *o = &l->options;
    const bool both = o->family == 0;
    if (o->address)
        return listen_at(l, o->address, false);
    return (o->family == RS_IPV6 || listen_at(l, "127.0.0.1", both)) &&
           (o->family == RS_IPV4 || listen_at(l, "::1", both && l->count > 0));
}

static unsigned family_of(const struct listen_options *o) {
    enum rs_family family;
    return o->address && resolve_number_family(o->address, &family) ? family : o->family;
}

// The same failures as connect's, with other ways out.
static int cannot_open(const struct listen *l, struct net_error *error) {
    if (error->hint == net_hint_permission)
        error->hint = "run it with sudo, or give it the capabilities once with 'make setcap', or see both ends made by "
                      "hand in a private network: rawshake demo --both";
    else if (error->number == EADDRINUSE)
        net_fail(error, EADDRINUSE, "another program holds it: name another port", "port %u",
                 (unsigned)l->options.port);
    else if (error->number == EACCES)
        net_fail(error, EACCES, "ports below 1024 are reserved: name a higher one, or run it with sudo", "port %u",
                 (unsigned)l->options.port);
    return complain_net(error);
}

// ---- going round

static struct listener *holding(struct listen *l) {
    for (size_t i = 0; i < l->count; i++)
        if (listener_held(&l->listeners[i]))
            return &l->listeners[i];
    return NULL;
}

static struct session *held_session(void *self) {
    struct listener *listener = holding(self);
    return listener ? listener_held(listener)->session : NULL;
}

static void send_all_held(void *self) {
    struct listen *l = self;
    for (size_t i = 0; i < l->count; i++)
        listener_go_on(&l->listeners[i]);
}

static void abort_held(void *self) {
    struct listener *listener = holding(self);
    if (listener)
        host_abort(listener_held(listener));
}

static void take_signal(void *self) {
    struct listen *l = self;
    int number = signals_read(l->signal_fd);
    if (number != SIGTSTP) {
        l->signal = number;
        return;
    }
    step_terminal(&l->step, false); // Ctrl-Z: the terminal goes back to the shell as it was
    show_flush(&l->show, &l->loop);
    raise(SIGSTOP);
    step_terminal(&l->step, true);
}

static void nothing(void *self) { (void)self; } // being woken is enough

static void watch_what_matters_now(struct listen *l) {
    for (size_t i = 0; i < l->count; i++) {
        const struct link *link = &l->listeners[i].config.link;
        loop_watch(&l->loop, link->fd, POLLIN, nothing, l);
        loop_watch(&l->loop, link->icmp_fd, POLLIN, nothing, l);
        if (listener_is_blocked(&l->listeners[i]))
            loop_watch(&l->loop, link->send_fd, POLLOUT, nothing, l);
        else
            loop_unwatch(&l->loop, link->send_fd);
    }
    if (held_session(l) && !l->step.ended)
        loop_watch(&l->loop, l->step.keys.fd, POLLIN, step_key, &l->step);
    else if (l->options.step)
        loop_unwatch(&l->loop, l->step.keys.fd);
}

// Two that open at the same time may both stand where one was left of --count: whoever stands is not thrown out.
static bool is_enough(const struct listen *l) {
    return l->signal != 0 || (l->over >= l->options.count && guests_count(l) == 0) || show_broken(&l->show);
}

static bool advance(struct listen *l) {
    bool any = false;
    guests_watch(l);
    for (size_t i = 0; i < l->count && !is_enough(l); i++)
        any |= listener_advance(&l->listeners[i]);
    return any;
}

static uint64_t wait_us(const struct listen *l) {
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < l->count; i++) {
        uint64_t wait = listener_wait_us(&l->listeners[i]);
        least = wait < least ? wait : least;
    }
    return least;
}

static void go_round(struct listen *l) {
    loop_watch(&l->loop, l->signal_fd, POLLIN, take_signal, l);
    while (!is_enough(l)) {
        bool busy = true;
        for (int i = 0; i < ROUNDS_MAX && busy; i++) // signals and keys get their turn in a flood too
            busy = advance(l);
        if (is_enough(l))
            break;
        if (l->options.step)
            step_ask(&l->step);
        show_flush(&l->show, &l->loop);
        watch_what_matters_now(l);
        if (l->step.ended && held_session(l)) // nobody is asked any more: the next round sends it
            continue;
        if (!loop_wait(&l->loop, busy ? 0 : wait_us(l)))
            break;
    }
}

// ---- saying

static void say_where(struct listen *l) {
    struct text *text = &l->show.screen.text;
    char at[RS_ENDPOINT_TEXT_BYTES];
    if (!show_tells(&l->show))
        return;
    text_add(text, "Listening by hand on");
    for (size_t i = 0; i < l->count; i++)
        text_add(text, "%s%s", i > 0 ? " and " : " ", rs_endpoint_text(&l->listeners[i].config.local, at, sizeof at));
    text_add(text, " (backlog %u); Ctrl-C ends it.\n\n", l->listeners[0].config.backlog);
    show_flush(&l->show, &l->loop);
}

static void say_how_many(struct listen *l, unsigned reset) {
    struct text *text = &l->show.screen.text;
    uint64_t unanswered = 0, strays = 0;
    for (size_t i = 0; i < l->count; i++) {
        unanswered += l->listeners[i].unanswered;
        strays += l->listeners[i].strays;
    }
    if (!show_tells(&l->show))
        return;
    text_add(text, "\n");
    if (l->guests.told_to_end > 0)
        text_add(text, "%u program%s had not ended: SIGTERM told %s to.\n", l->guests.told_to_end,
                 l->guests.told_to_end == 1 ? "" : "s", l->guests.told_to_end == 1 ? "it" : "them");
    if (reset > 0)
        text_add(text, "%u connection%s had not ended: RST ended %s.\n", reset, reset == 1 ? "" : "s",
                 reset == 1 ? "it" : "them");
    if (unanswered > 0)
        text_add(text, "%" PRIu64 " SYN%s not answered: there was no place for %s.\n", unanswered,
                 unanswered == 1 ? " was" : "s were", unanswered == 1 ? "it" : "them");
    if (strays > 0)
        text_add(text, "%" PRIu64 " segment%s of no connection: RST answered %s.\n", strays,
                 strays == 1 ? " was" : "s were", strays == 1 ? "it" : "them");
    text_add(text, "%" PRIu64 " connection%s in all.\n", l->over, l->over == 1 ? "" : "s");
}

static int end(struct listen *l) {
    unsigned reset = 0;
    if (l->options.step)
        step_terminal(&l->step, false);
    for (size_t i = 0; i < l->count; i++)
        reset += listener_abort(&l->listeners[i]);
    reset += guests_end(l);
    say_how_many(l, reset);
    int status = show_finish(&l->show, l->signal_fd);
    return status == EXIT_DONE && l->failed > 0 ? EXIT_CONNECTION : status;
}

static int listen_by_hand(struct listen *l) {
    struct net_error error;
    const struct listen_options *o = &l->options;
    const struct step_target target = {l, held_session, send_all_held, abort_held};
    int status = EXIT_DONE;
    if (!guests_open(l, &status))
        return status;
    if (!ways_open_serving(&l->ways, family_of(o), o->port, &error))
        return cannot_open(l, &error);
    if (!open_show(l))
        return EXIT_CONNECTION;
    if (!privileges_drop(&error))
        return complain_net(&error);
    if (!listen_where_asked(l))
        return EXIT_CONNECTION;
    kernel_witness_open(&l->here, true, l->ways.list[0].raw.zone);
    kernel_witness_open(&l->away, false, 0);
    l->signal_fd = signals_open(o->step);
    say_where(l);
    if (o->step)
        step_open(&l->step, STDIN_FILENO, &target, &l->show.narrator);
    go_round(l);
    return end(l);
}

static void close_all(struct listen *l) {
    for (size_t i = 0; i < l->count; i++) {
        struct way *way = ways_find(&l->ways, l->listeners[i].config.local.family);
        way->seen += l->listeners[i].sorter.arrived;
        listener_close(&l->listeners[i]);
    }
    guests_close(l);
    kernel_witness_close(&l->here);
    kernel_witness_close(&l->away);
    show_close(&l->show);
    ways_close(&l->ways); // last, for the guards are in it
}

static int run(const struct command *command, int argc, char **argv) {
    struct listen *l = calloc(1, sizeof *l); // a narrator is large
    if (!l) {
        complain("memory: not enough");
        return EXIT_CONNECTION;
    }
    l->here.fd = l->away.fd = l->signal_fd = -1;
    l->guests = (struct guests){.helper = {.pid = -1, .fd = -1}, .poll_fd = -1, .child_fd = -1};
    int status = listen_options_parse(command, argc, argv, &l->options);
    if (status < 0)
        status = listen_by_hand(l);
    int number = l->signal;
    close_all(l);
    free(l);
    if (number != 0)
        signals_end(number);
    return status;
}

const struct command command_listen = {
    .name = "listen",
    .arguments = "[PORT]",
    .summary = "the passive side by hand: take connections as a server's kernel does",
    .options = listen_option_specs,
    .options_count = LISTEN_OPTIONS,
    .run = run,
};
