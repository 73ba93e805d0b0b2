// SPDX-License-Identifier: MIT
//
// rawshake read FILE: a capture is told as if it happened now: reader -> tracker -> trace -> a tape for each connection
// -> ladder, and the other views. With --list the tracker makes no trace, only a line for each connection.
//
// What is read comes from strangers. So files are opened first, as the user who named them; then all privileges go, and
// only then is the first byte looked at.
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/complain.h"
#include "cmd/input.h"
#include "cmd/reading.h"
#include "cmd/signals.h"
#include "net/privileges.h"

// How long a closed connection may still get its last ACK again.
enum { LINGER_NS = 1000000000, TRY_AGAIN_MS = 50 };

// Reading may have to wait now: whoever looks on should see all there is.
static bool show_now(void *self) {
    struct reading *r = self;
    struct pollfd ready[] = {{.fd = r->fd, .events = POLLIN}, {.fd = r->signal_fd, .events = POLLIN}};
    do { // as long as nothing comes, what could not be written yet is tried again
        show_flush(&r->show, &r->loop);
        json_lines_flush(r->json);
    } while (poll(ready, 2, r->show.screen.text.used > 0 ? TRY_AGAIN_MS : -1) == 0);
    if (ready[1].revents != 0)
        r->signal = signals_read(r->signal_fd);
    return r->signal == 0;
}

static void finished(void *self, const struct tracker_summary *summary) {
    struct reading *r = self;
    if (r->options.stream != 0 && r->options.stream != summary->number)
        return;
    r->over = r->options.stream != 0;
    if (r->options.list && show_tells(&r->show))
        read_list_line(&r->show.screen.text, &r->counts, summary);
    if (r->json)
        read_json_line(r->json, summary);
}

// ---- what is opened

// A list in JSON on standard output has it for itself.
static enum show_way way_of(const struct read_options *o) {
    if (o->quiet || (o->list && view_options_take_stdout(&o->view)))
        return SHOW_NOTHING;
    return o->list ? SHOW_LIST : SHOW_EACH;
}

// As whoever named them. Returns false after a complaint.
static bool open_files(struct reading *r) {
    struct privileges_lent lent;
    struct net_error error;
    if (!privileges_lend(&lent, &error)) {
        complain_net(&error);
        return false;
    }
    r->fd = input_open(r->options.file, NULL);
    bool opened = r->fd >= 0 && view_options_spare(&r->options.view, r->fd);
    if (opened && r->options.list && r->options.view.json) {
        r->json = json_lines_open(r->options.view.json);
        opened = r->json != NULL;
    }
    if (privileges_take_back(&lent, &error))
        return opened;
    complain_net(&error);
    return false;
}

static bool join(struct reading *r) {
    r->about = (struct trace_about){.source = TRACE_READ, .where = r->name};
    const struct tracker_config config = {.trace = r->options.list ? NULL : &r->show.trace,
                                          .about = &r->about,
                                          .finished = finished,
                                          .finished_self = r,
                                          .only = r->options.stream,
                                          .linger_ns = LINGER_NS};
    r->tracker = tracker_new(&config);
    r->capture = capture_open(r->fd);
    if (r->capture)
        capture_before_wait(r->capture, show_now, r);
    if (!r->tracker || !r->capture)
        complain("memory: not enough");
    return r->tracker && r->capture;
}

static void close_all(struct reading *r) {
    capture_free(r->capture);
    tracker_free(r->tracker);
    json_lines_close(r->json);
    show_close(&r->show);
    if (r->fd > STDIN_FILENO)
        close(r->fd);
    free(r);
}

// ---- reading

static void take(struct reading *r, const struct capture_frame *frame) {
    struct passing packet;
    enum link_found found = link_open(frame, &packet);
    read_count(&r->counts, frame, found);
    if (frame->lost > 0)
        tracker_lost(r->tracker, frame->lost);
    if (found == LINK_IP)
        tracker_take(r->tracker, &packet);
}

// What there is besides connections, under a line of its own; nothing where there is nothing.
static void tell_rest(struct reading *r) {
    char lines[4096];
    struct text rest = {.bytes = lines, .size = sizeof lines};
    const struct tracker_counts tracked = tracker_counts(r->tracker);
    if (!show_tells(&r->show) || r->options.stream != 0)
        return;
    read_totals(&rest, &r->counts, &tracked, r->options.list);
    if (rest.used > 0)
        text_add(&r->show.screen.text, "%s%.*s", tracked.connections > 0 ? "\n" : "", (int)rest.used, lines);
}

static enum capture_status read_all(struct reading *r) {
    struct capture_frame frame;
    enum capture_status status = capture_next(r->capture, &frame);
    if (r->options.list && show_tells(&r->show) && status == CAPTURE_FRAME)
        read_list_head(&r->show.screen.text);
    while (status == CAPTURE_FRAME && !r->over && !r->show.screen.error) {
        take(r, &frame);
        status = capture_next(r->capture, &frame);
    }
    if (r->signal != 0) // it ends where we were told to stop, and is no worse for that
        status = CAPTURE_END;
    tracker_finish(r->tracker);
    if (r->show.collate)
        collate_finish(r->show.collate);
    if (status != CAPTURE_FOREIGN)
        tell_rest(r);
    return status;
}

static int finish(struct reading *r, enum capture_status status) {
    int written = show_finish(&r->show, r->signal == 0 ? r->signal_fd : -1), listed = json_lines_close(r->json);
    r->json = NULL;
    if (r->signal == 0) // a reader that does not read was not waited for
        r->signal = signals_read(r->signal_fd);
    int ending = read_ending(r, status);
    return ending != EXIT_DONE ? ending : written != EXIT_DONE ? written : listed;
}

static int read_capture(struct reading *r) {
    struct net_error error;
    const struct show_settings settings = {
        .views = &r->shown, .way = way_of(&r->options), .interface = r->name, .waits = true};
    if (!open_files(r) || !show_open(&r->show, &settings))
        return EXIT_CONNECTION;
    if (!privileges_drop(&error))
        return complain_net(&error);
    r->signal_fd = signals_open(false);
    return join(r) ? finish(r, read_all(r)) : EXIT_CONNECTION;
}

static int run(const struct command *command, int argc, char **argv) {
    struct read_options options;
    int status = read_options_parse(command, argc, argv, &options);
    if (status >= 0)
        return status;
    const bool standard = strcmp(options.file, "-") == 0;
    if (standard && isatty(STDIN_FILENO)) {
        complain("standard input: it is a terminal: a capture comes from a pipe: tcpdump -w - | rawshake read -");
        return EXIT_USAGE;
    }
    struct reading *r = calloc(1, sizeof *r);
    if (!r) {
        complain("memory: not enough");
        return EXIT_CONNECTION;
    }
    r->options = options;
    r->shown = options.view;
    if (options.list)
        r->shown.json = NULL;
    r->name = standard ? "standard input" : options.file;
    r->fd = r->signal_fd = -1;
    status = read_capture(r);
    int number = r->signal;
    close_all(r);
    if (number != 0)
        signals_end(number);
    return status;
}

const struct command command_read = {
    .name = "read",
    .arguments = "FILE",
    .summary = "tell the connections in a capture: pcap or pcapng, or '-' for standard input",
    .options = read_option_specs,
    .options_count = READ_OPTIONS,
    .run = run,
};
