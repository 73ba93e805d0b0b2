// SPDX-License-Identifier: MIT
//
// One connection made by hand (see handmade.h): everything is opened and joined here, and the loop goes round here.
// What is opened when is a matter of safety: first what needs privileges, then they go, then names and files.
#include "cmd/handmade.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/complain.h"
#include "cmd/ending.h"
#include "cmd/input.h"
#include "net/clock.h"
#include "net/habits.h"
#include "net/privileges.h"
#include "net/resolve.h"
#include "net/route.h"
#include "rawshake/isn.h"

enum { HEADERS_BYTES = 40, ROUNDS_MAX = 64 };

static bool reads_stdin(const struct connect_options *o) { return o->file && strcmp(o->file, "-") == 0; }

// Keys come from standard input, unless the message does: then from the terminal itself, if there is one.
static int open_keys(const struct connect_options *o) {
    if (!o->step)
        return -1;
    return reads_stdin(o) ? open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
}

struct handmade *handmade_open(const struct connect_options *options, int *status) {
    struct net_error error;
    struct handmade *h = calloc(1, sizeof *h);
    *status = EXIT_CONNECTION;
    if (!h || !screen_open(&h->screen, STDOUT_FILENO)) {
        complain("memory: not enough");
        free(h);
        return NULL;
    }
    h->options = *options;
    h->raw = (struct raw_link){.send_fd = -1, .receive_fd = -1};
    h->guard.fd = h->witness.fd = h->input_fd = h->signal_fd = -1;
    h->keys_fd = open_keys(options);
    if (guard_open(&h->guard, options->source_port, !options->no_guard, &error) &&
        raw_link_open(&h->raw, h->guard.port, &error) && privileges_drop(&error))
        return h;
    *status = complain_net(&error);
    handmade_close(h);
    return NULL;
}

static bool open_input(struct handmade *h) {
    h->input_fd = h->options.file ? input_open(h->options.file) : -1;
    return !h->options.file || h->input_fd >= 0;
}

static bool refuse(const struct rs_endpoint *remote, const char *why) {
    char text[RS_ENDPOINT_TEXT_BYTES];
    complain("connect to %s: %s", rs_endpoint_text(remote, text, sizeof text), why);
    return false;
}

static bool find_way(struct handmade *h) {
    struct net_error error;
    struct route route;
    if (!resolve_host(h->options.host, h->options.port, &h->remote, &error)) {
        complain_net(&error);
        return false;
    }
    if (!rs_endpoint_is_unicast(&h->remote))
        return refuse(&h->remote, "not the address of one machine (RFC 9293, 3.9.2.3): name the server's own address");
    if (!route_find(&h->remote, &route, &error)) {
        if (error.number == EACCES ||
            error.number == EPERM) // the kernel's answer for the broadcast address of a network
            return refuse(&h->remote, "a broadcast address (EACCES): TCP is between two machines: name one");
        complain_net(&error);
        return false;
    }
    h->local = route.source;
    h->local.port = h->guard.port;
    h->mtu = route.mtu < RS_PACKET_MAX ? route.mtu : RS_PACKET_MAX;
    h->server_is_local = route.local;
    if (rs_endpoint_equal(&h->local, &h->remote))
        return refuse(&h->remote, "that is our own end: choose another --source-port");
    return true;
}

static bool get_ready(struct handmade *h) {
    struct net_error error;
    if (guard_verify(&h->guard, &error))
        return true;
    complain_net(&error);
    return false;
}

static size_t read_room(void *self) {
    const struct handmade *h = self;
    return h->options.quiet ? h->screen.text.size - h->screen.text.used : SIZE_MAX;
}

// In quiet mode what the server sends goes out as it is, and nothing else does.
static void take_quietly(void *self, const struct trace_event *event) {
    struct text *text = self;
    if (event->kind != TRACE_DATA || event->u.data.size > text->size - text->used)
        return;
    memcpy(text->bytes + text->used, event->u.data.bytes, event->u.data.size);
    text->used += event->u.data.size;
}

// What strangers must not guess (RFC 9293, section 3.4.1): it depends on both ends, the time, and a secret that lives
// as long as this process.
static void hash_numbers(struct session_config *config, bool choose_isn) {
    uint8_t secret[RS_SECRET_BYTES] = {0};
    uint64_t wall_ns = config->clock.wall_ns(config->clock.self);
    if (getrandom(secret, sizeof secret, 0) != sizeof secret) // only where a filter forbids it
        memcpy(secret, &wall_ns, sizeof wall_ns);
    struct rs_conn_config *conn = &config->conn;
    if (choose_isn)
        conn->iss = rs_isn(secret, &conn->local, &conn->remote, config->clock.monotonic_us(config->clock.self));
    conn->ts_offset = rs_ts_offset(secret, &conn->local, &conn->remote);
}

// Our SYN has what the kernel's own would have, so that connect() is what is seen, and it takes ICMP errors as it does.
static void take_habits(const struct connect_options *o, struct session_config *config) {
    const struct habits habits = habits_read();
    struct rs_conn_config *conn = &config->conn;
    conn->no_window_scale = !habits.window_scaling;
    conn->no_timestamps = !habits.timestamps;
    conn->no_sack = !habits.sack;
    conn->window_scale = o->window ? 0 : habits.window_scale;
    conn->syn_window = o->window ? 0 : habits_syn_window(conn->mss);
    conn->icmp_ends_opening = true;
    config->ttl = o->ttl_set ? o->ttl : habits.ttl;
}

static size_t window_bytes(const struct handmade *h) {
    if (h->options.window)
        return h->options.window;
    if (!h->options.quiet)
        return LESSON_RECEIVE_BYTES;
    size_t queue = (size_t)h->raw.queue_bytes / 2; // no more than the raw socket can hold, should it all come at once
    return queue < BUFFER_BYTES ? queue : BUFFER_BYTES;
}

static void set_up_session(struct handmade *h) {
    const struct connect_options *o = &h->options;
    uint16_t path_mss = (uint16_t)(h->mtu - HEADERS_BYTES), mss = o->mss ? o->mss : path_mss;
    struct session_config config = {
        .conn = {.local = h->local,
                 .remote = h->remote,
                 .iss = o->isn,
                 .mss = mss,
                 .path_mss = path_mss,
                 .send_buffer = h->send_buffer,
                 .send_bytes = o->quiet ? BUFFER_BYTES : LESSON_SEND_BYTES,
                 .receive_buffer = h->receive_buffer,
                 .receive_bytes = window_bytes(h),
                 .open_timeout_us = o->timeout_us,
                 .data_timeout_us = o->timeout_us,
                 .time_wait_us = o->time_wait_us},
        .step = o->step,
        .bulk = o->quiet ? &h->bulk : NULL,
        .link = raw_link_door(&h->raw),
        .clock = clock_real(),
        .witness = kernel_witness_door(&h->witness),
        .trace = &h->trace,
    };
    take_habits(o, &config);
    hash_numbers(&config, !o->isn_set);
    if (getrandom(&config.first_ip_id, sizeof config.first_ip_id, GRND_NONBLOCK) != sizeof config.first_ip_id)
        config.first_ip_id = 1;
    session_init(&h->session, &config);
    const struct client_config client = {
        .message = (const uint8_t *)o->message,
        .message_bytes = o->message_bytes,
        .input_fd = h->input_fd,
        .half_close = o->file != NULL,
        .linger_us = o->file && !o->linger_set ? UINT64_MAX : o->linger_us, // a stream ends when both ends say so
        .stay_in_time_wait = o->time_wait_us > 0,
        .partner = h->lesson.partner,
        .read_room = read_room,
        .read_room_self = h,
    };
    client_init(&h->client, &h->session, &client);
}

static void set_up_views(struct handmade *h) {
    const struct connect_options *o = &h->options;
    if (o->quiet) {
        progress_open(&h->progress, &h->client);
        trace_add(&h->trace, (struct trace_sink){.self = &h->screen.text, .take = take_quietly, .only_data = true});
        return;
    }
    h->screen.text.style = (struct view_style){.utf8 = !o->ascii && term_is_utf8(),
                                               .color = term_wants_color(o->color, STDOUT_FILENO),
                                               .columns = term_columns(STDOUT_FILENO)};
    const struct narrator_settings settings = {
        .verbosity = o->verbosity,
        .step = o->step,
        .choices =
            {.isn = o->isn_set, .source_port = o->source_port, .mss = o->mss, .ttl = o->ttl_set, .window = o->window},
        .server = h->remote,
        .client = h->local,
        .private_network = h->lesson.private_network,
        .through_user = h->lesson.through_user,
        .our_server = h->lesson.partner.read != NULL,
        .server_is_local = h->server_is_local,
        .guarded = !o->no_guard,
        .filtered = h->guard.filtered,
        .stays_in_time_wait = o->time_wait_us > 0,
    };
    narrator_init(&h->narrator, &h->screen.text, &settings);
    if (o->step) {
        step_open(&h->step, h->keys_fd, &h->client, &h->narrator);
        trace_add(&h->trace, step_sink(&h->step));
    }
    trace_add(&h->trace, narrator_sink(&h->narrator));
    narrator_begin(&h->narrator);
}

// Ctrl-Z: the terminal goes back to the shell as it was, and is taken again afterwards.
static void stop_and_continue(struct handmade *h) {
    step_terminal(&h->step, false);
    screen_flush(&h->screen, &h->loop);
    raise(SIGSTOP);
    step_terminal(&h->step, true);
}

static void on_signal(void *self) {
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

static void watch_signals(struct handmade *h) {
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
    loop_watch(&h->loop, h->signal_fd, POLLIN, on_signal, h);
}

static void nothing(void *self) { (void)self; } // being woken is enough: client_advance does the rest

static void watch_what_matters_now(struct handmade *h) {
    loop_watch(&h->loop, h->raw.receive_fd, POLLIN, nothing, h);
    if (h->session.blocked)
        loop_watch(&h->loop, h->session.config.link.send_fd, POLLOUT, nothing, h);
    else
        loop_unwatch(&h->loop, h->session.config.link.send_fd);
    if (client_wants_input(&h->client))
        loop_watch(&h->loop, h->input_fd, POLLIN, client_read_input, &h->client);
    else if (h->input_fd >= 0)
        loop_unwatch(&h->loop, h->input_fd);
    if (h->session.held && !h->step.ended)
        loop_watch(&h->loop, h->step.keys.fd, POLLIN, step_key, &h->step);
    else if (h->options.step)
        loop_unwatch(&h->loop, h->step.keys.fd);
}

static void go_round(struct handmade *h) {
    while (h->client.end == CLIENT_UNFINISHED) {
        bool busy = true;
        for (int i = 0; i < ROUNDS_MAX && busy; i++) // signals and keys get their turn in a flood too
            busy = client_advance(&h->client);
        if (h->client.end != CLIENT_UNFINISHED)
            break;
        if (h->options.step)
            step_ask(&h->step);
        screen_flush(&h->screen, &h->loop);
        if (h->options.quiet && h->screen.error) { // nobody is left to read what the server sends
            client_abort(&h->client);
            break;
        }
        watch_what_matters_now(h);
        if (h->step.ended && h->session.held) // nobody is asked any more: the next round sends it
            continue;
        uint64_t wait = client_wait_us(&h->client), line = progress_show(&h->progress, &h->client);
        if (!loop_wait(&h->loop, busy ? 0 : wait < line ? wait : line))
            client_abort(&h->client); // poll() itself fails: nothing more can be waited for
    }
}

int handmade_run(struct handmade *h, const struct handmade_lesson *lesson) {
    if (lesson)
        h->lesson = *lesson;
    if (!open_input(h) || !find_way(h) || !get_ready(h))
        return EXIT_CONNECTION;
    if (!h->options.quiet) // then nobody wants to know
        kernel_witness_open(&h->witness, h->server_is_local);
    set_up_session(h);
    watch_signals(h);
    set_up_views(h);
    session_ask_peer(&h->session);
    client_start(&h->client);
    go_round(h);
    progress_close(&h->progress);
    if (h->options.step)
        step_terminal(&h->step, false);
    // A signal that has ended the connection, or comes now, does not wait for a reader that does not read.
    if (h->signal == 0)
        screen_finish(&h->screen, h->signal_fd);
    else
        screen_flush(&h->screen, &h->loop);
    if (h->screen.text.used > 0)
        on_signal(h);
    return ending_report(h);
}

void handmade_close(struct handmade *h) {
    int signal_number = h->signal;
    kernel_witness_close(&h->witness);
    raw_link_close(&h->raw);
    screen_close(&h->screen);
    if (h->input_fd > STDIN_FILENO)
        close(h->input_fd);
    if (h->keys_fd > STDIN_FILENO)
        close(h->keys_fd);
    guard_settle(&h->guard, h->session.arrived);
    guard_close(&h->guard); // last: whatever comes from now on, our own kernel answers with RST
    free(h);
    if (signal_number == 0)
        return;
    sigset_t set; // the shell should see that a signal ended us
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}
