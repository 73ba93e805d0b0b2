// SPDX-License-Identifier: MIT
//
// The ladders of a run as one file (see diagram.h). How a ladder is drawn stands in drawing_ladder.c, and in
// diagram_mermaid.c. Called by cmd.
#include "view/diagram.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "trace/archive.h"
#include "view/drawing.h"

enum { BETWEEN = 32 }; // from one ladder to the next

struct diagram_view {
    bool mermaid;
    struct archive archive;
};

struct diagram_view *diagram_new(bool mermaid) {
    struct diagram_view *view = calloc(1, sizeof *view);
    if (view)
        view->mermaid = mermaid;
    return view;
}

void diagram_free(struct diagram_view *view) {
    if (view)
        archive_clear(&view->archive);
    free(view);
}

static void take(void *self, const struct trace_event *event) {
    struct diagram_view *view = self;
    archive_take(&view->archive, event);
}

struct trace_sink diagram_sink(struct diagram_view *view) {
    return (struct trace_sink){.self = view, .take = take, .wants_peer = true};
}

void diagram_svg(const struct tape *tape, struct text *text) { drawing_ladder(tape, NULL, text); }

// Ladders below each other: each is a drawing that could stand alone, put into its place.
static void several(const struct archive *archive, struct text *text) {
    unsigned height = BETWEEN, y = 0;
    char title[64];
    for (size_t i = 0; i < archive->count; i++)
        height += drawing_ladder_height(archive->kept[i].tape) + (i > 0 ? (unsigned)BETWEEN : 0);
    snprintf(title, sizeof title, "%zu TCP connections", archive->count);
    const struct drawing_head head = {"ladders", DRAWING_WIDTH, height, title, "Ladders, one below the other."};
    drawing_begin(text, &head, NULL);
    for (size_t i = 0; i < archive->count; i++) {
        text_add(text, "<g transform=\"translate(0 %u)\">\n", y);
        diagram_svg(archive->kept[i].tape, text);
        text_add(text, "</g>\n");
        y += drawing_ladder_height(archive->kept[i].tape) + BETWEEN;
    }
    drawing_end(text);
}

void diagram_write(const struct diagram_view *view, struct text *text) {
    const struct archive *archive = &view->archive;
    if (view->mermaid)
        for (size_t i = 0; i < archive->count; i++)
            diagram_mermaid(archive->kept[i].tape, i == 0, text);
    else if (archive->count == 1)
        diagram_svg(archive->kept[0].tape, text);
    else
        several(archive, text);
    if (archive->others > 0)
        text_add(text,
                 view->mermaid ? "%%%% %" PRIu64 " connections more\n" : "<!-- %" PRIu64 " connections more -->\n",
                 archive->others);
}
