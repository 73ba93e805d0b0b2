// SPDX-License-Identifier: MIT
//
// Showing connections that others make (see show.h). Called by the commands that have a tracker.
#include "cmd/show.h"

#include <unistd.h>

#include "cmd/complain.h"
#include "net/privileges.h"

// What the tapes of all connections that are open together may take.
enum { TAPES_BYTES = 64 << 20 };

bool show_tells(const struct show *s) { return s->settings.way != SHOW_NOTHING; }

// A connection is over: its ladder. Where many end at once, each goes to the screen before the next is drawn.
static void tell_whole(void *self, const struct tape *tape) {
    struct show *s = self;
    const struct trace_sink narrator = narrator_sink(&s->narrator);
    if (s->told++ > 0)
        text_add(&s->screen.text, "\n");
    tape_play(tape, &narrator);
    if (s->loop)
        screen_flush(&s->screen, s->loop);
}

// Without this, a reader that is only slow would miss what follows.
static void drain(void *self, struct text *text) {
    struct show *s = self;
    (void)text;
    screen_finish(&s->screen, -1);
}

static void set_up_screen(struct show *s, int fd) {
    const struct view_options *o = s->settings.views;
    s->screen.text.style = (struct view_style){
        .utf8 = !o->ascii && term_is_utf8(), .color = term_wants_color(o->color, fd), .columns = term_columns(fd)};
    if (s->settings.waits) {
        s->screen.text.drain = drain;
        s->screen.text.drain_self = s;
    }
}

static bool set_up_narration(struct show *s) {
    const struct narrator_settings narrator = {.verbosity = s->settings.views->verbosity, .step = s->settings.step};
    if (!show_tells(s))
        return true;
    if (s->settings.before.take)
        trace_add(&s->trace, s->settings.before);
    if (s->settings.way == SHOW_LIST)
        return true;
    narrator_init(&s->narrator, &s->screen.text, &narrator);
    if (s->settings.way == SHOW_ONE) {
        trace_add(&s->trace, narrator_sink(&s->narrator));
        return true;
    }
    if (s->settings.way == SHOW_LIVE) {
        liveline_init(&s->live, &s->screen.text);
        trace_add(&s->trace, liveline_sink(&s->live));
        return true;
    }
    s->collate = collate_new(TAPES_BYTES, tell_whole, s);
    if (s->collate)
        trace_add(&s->trace, collate_sink(s->collate));
    else
        complain("memory: not enough");
    return s->collate != NULL;
}

// As whoever named them.
static bool open_files(struct show *s) {
    struct privileges_lent lent;
    struct net_error error;
    if (!view_options_any(s->settings.views))
        return true;
    bool good = privileges_lend(&lent, &error);
    if (good)
        s->views = views_open(s->settings.views, s->settings.interface, s->settings.waits);
    if (!good || !privileges_take_back(&lent, &error)) {
        complain_net(&error);
        return false;
    }
    if (s->views)
        views_add(s->views, &s->trace);
    return s->views != NULL;
}

bool show_open(struct show *s, const struct show_settings *settings) {
    const int fd = view_options_narration_fd(settings->views);
    *s = (struct show){.settings = *settings};
    if (!screen_open(&s->screen, fd)) {
        complain("memory: not enough");
        return false;
    }
    if (show_tells(s)) // looking up the locale takes its time
        set_up_screen(s, fd);
    return set_up_narration(s) && open_files(s);
}

void show_flush(struct show *s, struct loop *loop) {
    s->loop = loop;
    screen_flush(&s->screen, loop);
    if (s->views)
        views_flush(s->views, loop);
}

bool show_has_room(const struct show *s) {
    const struct text *text = &s->screen.text;
    if (show_tells(s) && s->screen.error == 0 && text->used > text->size / 2)
        return false;
    return !s->views || views_have_room(s->views);
}

void show_wait(struct show *s, int interrupt_fd) {
    screen_finish(&s->screen, interrupt_fd);
    if (s->views)
        views_wait(s->views, interrupt_fd);
}

bool show_broken(const struct show *s) { return s->screen.error != 0 || (s->views && views_broken(s->views)); }

// Where the narration goes.
static const char *place_of(const struct show *s) {
    const int fd = view_options_narration_fd(s->settings.views);
    return fd == STDOUT_FILENO ? "standard output" : fd == STDERR_FILENO ? "standard error" : "the log";
}

int show_finish(struct show *s, int interrupt_fd) {
    char why[96];
    s->loop = NULL;
    screen_finish(&s->screen, interrupt_fd);
    int status = s->views ? views_finish(s->views, interrupt_fd) : EXIT_DONE;
    if (s->screen.error == 0)
        return status;
    complain("%s: %s: not all could be shown", place_of(s), errno_text(s->screen.error, why, sizeof why));
    return EXIT_CONNECTION;
}

void show_close(struct show *s) {
    collate_free(s->collate);
    views_close(s->views);
    if (s->screen.text.bytes)
        screen_close(&s->screen);
    *s = (struct show){.views = NULL};
}
