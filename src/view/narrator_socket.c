// SPDX-License-Identifier: MIT
//
// Telling how the kernel describes the socket that has taken a connection over (see narrate.h): a table, a row a
// number.
//
//                  by hand       fresh  handed over
//     state    ESTABLISHED      CLOSED  ESTABLISHED   of RFC 9293's machine
//
// What differs is explained below it. Called by narrator.c.
#include <stdio.h>
#include <string.h>

#include "view/narrate.h"

enum { INDENT = 1, REASON_INDENT = 3 };

bool narrate_socket_again(const struct narrator *n) { return n->socket_told && n->settings.verbosity == 0; }

void narrate_socket(struct narrator *n, const struct trace_event *event) {
    n->now.socket = *event->u.socket;
    n->now.has_socket = true;
    if (!narrate_socket_again(n)) {
        narrate_sentence(n, event);
        return;
    }
    narrate_flush(n);
    narrate_say(n, "Here the kernel takes the connection over, too.");
}

static void row(struct narrator *n, enum trace_socket_row row) {
    const struct trace_socket_cell *cells = n->now.socket.cells[row];
    char ours[24], before[24], after[24];
    const char *mark = words_socket_why(&n->now.socket, row) ? "*" : " ";
    words_socket_value(row, &cells[TRACE_SOCKET_OURS], ours, sizeof ours);
    words_socket_value(row, &cells[TRACE_SOCKET_BEFORE], before, sizeof before);
    words_socket_value(row, &cells[TRACE_SOCKET_AFTER], after, sizeof after);
    text_add(n->text, " %-11s %11s %11s %11s%s %s\n", words_socket_name(row), ours, before, after, mark,
             words_socket_meaning(&n->now.socket, row));
}

// Rows that differ for the same reason are told together.
static void reason(struct narrator *n, enum trace_socket_row first) {
    const char *why = words_socket_why(&n->now.socket, first);
    char prose[600] = "* ";
    for (int i = 0; i < TRACE_SOCKET_ROWS; i++) {
        const enum trace_socket_row other = (enum trace_socket_row)i;
        if (words_socket_why(&n->now.socket, other) != why)
            continue;
        if (other < first) // told already
            return;
        size_t used = strlen(prose);
        snprintf(prose + used, sizeof prose - used, "%s%s", other == first ? "" : ", ", words_socket_name(other));
    }
    size_t used = strlen(prose);
    snprintf(prose + used, sizeof prose - used, ": %s", why);
    text_wrap(n->text, INDENT, false, REASON_INDENT, prose);
}

void narrate_socket_table(struct narrator *n) {
    char title[200];
    snprintf(title, sizeof title, "%s, fresh and with the connection, beside the numbers of our own TCP:",
             words_socket_title(&n->now.socket));
    n->socket_told = true;
    ladder_spill(&n->now.ladder);
    text_add(n->text, "\n");
    text_color(n->text, TEXT_STRONG);
    text_wrap(n->text, INDENT, false, INDENT, title);
    text_color(n->text, TEXT_FAINT);
    text_add(n->text, " %-11s %11s %11s %11s\n", "", "by hand", "fresh", "handed over");
    text_color(n->text, TEXT_PLAIN);
    for (int i = 0; i < TRACE_SOCKET_ROWS; i++)
        row(n, (enum trace_socket_row)i);
    for (int i = 0; i < TRACE_SOCKET_ROWS; i++)
        if (words_socket_why(&n->now.socket, (enum trace_socket_row)i))
            reason(n, (enum trace_socket_row)i);
}
