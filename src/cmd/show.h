// SPDX-License-Identifier: MIT
//
// Showing connections that others make: the screen, the narration and the views of one run, joined to one trace. Used
// by commands whose trace comes from the tracker.
#ifndef CMD_SHOW_H
#define CMD_SHOW_H

#include "cmd/views.h"
#include "trace/collate.h"
#include "view/liveline.h"
#include "view/narrator.h"

// How the narration goes.
enum show_way {
    SHOW_NOTHING, // -q
    SHOW_ONE,     // there is one connection: it is told as it happens
    SHOW_EACH,    // there may be many: each is told whole, when it is over
    SHOW_LIVE,    // a line for each segment as it passes, whosesoever it is
    SHOW_LIST     // the command itself writes lines to the screen
};

struct show_settings {
    const struct view_options *views; // must outlive it
    enum show_way way;
    const char *interface;    // see views_open
    bool waits;               // for whoever reads: nothing else would suffer from it
    bool step;                // SHOW_ONE: the narration says what is about to be sent
    struct trace_sink before; // looks at each event before the narration does; .take NULL: nobody
};

struct show {
    struct show_settings settings;
    struct screen screen;
    struct views *views; // NULL: none is wanted
    struct trace trace;  // what is shown
    struct collate *collate;
    struct narrator narrator;
    struct liveline live;
    struct loop *loop; // while it is flushed
    uint64_t told;     // connections
};

// Opens screen and files; the files as whoever named them, so privileges need not have gone yet. Returns false after a
// complaint. To be closed in either case. It must not be moved afterwards.
bool show_open(struct show *show, const struct show_settings *settings);

// True if there is a narration.
bool show_tells(const struct show *show);

// Writes what goes without waiting; watches what does not. loop must outlive it.
void show_flush(struct show *show, struct loop *loop);

// True if there is room for one more event, however much is said of it. What is broken takes no room.
bool show_has_room(const struct show *show);

// Waits until there is nothing that has still to be written, or until this descriptor has something to read.
void show_wait(struct show *show, int interrupt_fd);

// True if something cannot be shown any more, because its reader has gone: show_finish says it.
bool show_broken(const struct show *show);

// Writes what is left; see views_finish. Returns the exit status.
int show_finish(struct show *show, int interrupt_fd);

void show_close(struct show *show);

#endif
