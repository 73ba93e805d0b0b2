// SPDX-License-Identifier: MIT
//
// The ladder as text for Mermaid (see diagram.h): https://mermaid.js.org/syntax/sequenceDiagram.html. Whatever Mermaid
// would take for more than text goes through markup_mermaid. Called by cmd.
#include <inttypes.h>
#include <stdio.h>

#include "view/diagram.h"
#include "view/drawing.h"
#include "view/ladder.h"
#include "view/markup.h"
#include "view/words.h"

static void note(struct text *text, const char *where, const char *what) {
    text_add(text, "    Note %s: ", where);
    markup_mermaid(text, what);
    text_add(text, "\n");
}

static void state_note(struct text *text, bool server, enum rs_state state, bool proved) {
    char name[32];
    if (state == RS_STATE_UNKNOWN)
        return;
    snprintf(name, sizeof name, proved ? "%s" : "(%s)", rs_state_name(state));
    note(text, server ? "right of S" : "left of C", name);
}

static void server_note(struct text *text, const struct trace_event *event, const struct trace_about *about) {
    char sentence[400];
    words_event(event, about, sentence, sizeof sentence);
    note(text, "right of S", sentence);
}

static void events(struct text *text, const struct steps *steps, size_t first, size_t next) {
    for (size_t i = first; i < next; i++) {
        const struct trace_event *event = tape_event(steps->tape, i);
        char call[64];
        if (event->kind == TRACE_CALL) {
            words_call(event, 40, call, sizeof call);
            note(text, event->u.call.we_listen ? "right of S" : "left of C", call);
        } else if (event->kind == TRACE_SERVER) {
            server_note(text, event, &steps->about);
        } else if (event->kind == TRACE_NOTE) {
            note(text, "over C,S", event->u.note.text);
        }
    }
}

static void left_out(struct text *text, uint64_t count) {
    char what[64];
    if (count == 0)
        return;
    snprintf(what, sizeof what, "%" PRIu64 " segment%s not shown", count, count == 1 ? " is" : "s are");
    note(text, "over C,S", what);
}

static void message(struct text *text, const struct step *step) {
    char wire[96], time[32];
    ladder_label(&step->event->u.segment, sizeof wire, wire, sizeof wire);
    words_time(step->since_us, time, sizeof time);
    text_add(text, "    %s%s%s: ", step->ours ? "C" : "S", step->lost ? "--x" : "->>", step->ours ? "S" : "C");
    markup_mermaid(text, wire);
    text_add(text, " (+%s)\n", time);
}

// The ends' names. Within one diagram they are told once; connections that follow have them in a note.
static void ends(struct text *text, const struct trace_about *about, bool first) {
    char client[RS_ENDPOINT_TEXT_BYTES], server[RS_ENDPOINT_TEXT_BYTES], both[2 * RS_ENDPOINT_TEXT_BYTES + 16];
    rs_endpoint_text(&about->client, client, sizeof client);
    rs_endpoint_text(&about->server, server, sizeof server);
    if (first)
        text_add(text, "sequenceDiagram\n    participant C as client\n    participant S as server\n");
    snprintf(both, sizeof both, "%s with %s", client, server);
    note(text, "over C,S", both);
}

void diagram_mermaid(const struct tape *tape, bool first, struct text *text) {
    struct steps steps;
    struct step step;
    steps_begin(&steps, tape, DRAWING_HEAD, DRAWING_TAIL);
    ends(text, &steps.about, first);
    enum rs_state client = steps_first_client(&steps), server = steps_first_server(&steps);
    state_note(text, false, client, true);
    state_note(text, true, server, true);
    while (steps_next(&steps, &step)) {
        left_out(text, step.left_out);
        events(text, &steps, step.first, step.at);
        message(text, &step);
        if (step.client.after != client)
            state_note(text, false, step.client.after, step.client.proved);
        if (step.server.after != server)
            state_note(text, true, step.server.after, step.server.proved);
        client = step.client.after;
        server = step.server.after;
        events(text, &steps, step.at + 1, step.next);
    }
    left_out(text, steps_left_at_end(&steps));
}
