// SPDX-License-Identifier: MIT
//
// Opening what a connection made by hand needs, and closing it (see handmade.h). What is opened when is a matter of
// safety: first what needs privileges, then files as whoever named them, then privileges go; names come later. Called
// by connect, demo and compare.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/complain.h"
#include "cmd/handmade.h"
#include "cmd/input.h"
#include "cmd/signals.h"
#include "net/privileges.h"
#include "net/resolve.h"

static bool reads_stdin(const struct connect_options *o) { return o->file && strcmp(o->file, "-") == 0; }

// Keys come from standard input, unless the message does: then from the terminal itself, if there is one.
static int open_keys(const struct connect_options *o) {
    if (!o->step)
        return -1;
    return reads_stdin(o) ? open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
}

// The family that is certain before a name is looked up, which may be done only when privileges are gone; 0: none.
static unsigned certain_family(const struct connect_options *o) {
    enum rs_family family;
    if (o->family == 0 && resolve_number_family(connect_options_host(o), &family))
        return family;
    return o->family;
}

static bool open_views(struct handmade *h) {
    if (view_options_any(&h->options.view))
        h->views = views_open(&h->options.view, "rawshake", false);
    return h->views || !view_options_any(&h->options.view);
}

static bool open_input(struct handmade *h) {
    h->input_fd = h->options.file ? input_open(h->options.file, "nothing was sent") : -1;
    return !h->options.file || h->input_fd >= 0;
}

// As whoever named them. Returns false after a complaint.
static bool open_files(struct handmade *h) {
    struct privileges_lent lent;
    struct net_error error;
    if (!privileges_lend(&lent, &error)) {
        complain_net(&error);
        return false;
    }
    bool opened = open_input(h) && open_views(h);
    if (privileges_take_back(&lent, &error))
        return opened;
    complain_net(&error);
    return false;
}

struct handmade *handmade_open(const struct connect_options *options, int *status) {
    struct net_error error;
    struct handmade *h = calloc(1, sizeof *h);
    *status = EXIT_CONNECTION;
    if (!h || !screen_open(&h->screen, view_options_narration_fd(&options->view))) {
        complain("memory: not enough");
        free(h);
        return NULL;
    }
    h->options = *options;
    h->witness.fd = h->input_fd = h->signal_fd = h->counters.fds[0] = h->counters.fds[1] = -1;
    h->keys_fd = open_keys(options);
    bool good = ways_open(&h->ways, certain_family(options), options->source_port, !options->no_guard, &error);
    if (!good)
        *status = complain_net(&error);
    good = good && open_files(h);
    if (good && !privileges_drop(&error)) {
        *status = complain_net(&error);
        good = false;
    }
    if (good)
        return h;
    handmade_close(h);
    return NULL;
}

void handmade_close(struct handmade *h) {
    int signal_number = h->signal;
    kernel_witness_close(&h->witness);
    kernel_counters_close(&h->counters);
    screen_close(&h->screen);
    views_close(h->views);
    if (h->input_fd > STDIN_FILENO)
        close(h->input_fd);
    if (h->keys_fd > STDIN_FILENO)
        close(h->keys_fd);
    ways_close(&h->ways); // last, for the guards are in it
    free(h);
    if (signal_number != 0)
        signals_end(signal_number);
}
