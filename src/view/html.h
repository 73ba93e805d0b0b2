// SPDX-License-Identifier: MIT
//
// The illustrated connection: one page that needs nothing else, made of a run's own bytes. It keeps each connection on
// a tape and is written at the end.
#ifndef VIEW_HTML_H
#define VIEW_HTML_H

#include "trace/tape.h"
#include "view/text.h"

struct html_settings {
    const char *version; // of this program
    const char *command; // the command line
};

struct html_view;

// NULL if there is no memory.
struct html_view *html_new(const struct html_settings *settings);

struct trace_sink html_sink(struct html_view *view);

// Writes the page of all that has been seen. text drains itself, or is large enough.
void html_write(const struct html_view *view, struct text *text);

void html_free(struct html_view *view);

#endif
