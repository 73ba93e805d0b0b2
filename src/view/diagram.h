// SPDX-License-Identifier: MIT
//
// The ladder as a drawing, to paste into notes: SVG, or text for Mermaid (sequenceDiagram). The page has the same SVG
// at its top. It keeps each connection on a tape and is written at the end, several connections below each other.
#ifndef VIEW_DIAGRAM_H
#define VIEW_DIAGRAM_H

#include "trace/tape.h"
#include "view/text.h"

struct diagram_view;

// NULL if there is no memory.
struct diagram_view *diagram_new(bool mermaid);

struct trace_sink diagram_sink(struct diagram_view *view);

// Writes the drawing of all that has been seen. text drains itself, or is large enough.
void diagram_write(const struct diagram_view *view, struct text *text);

void diagram_free(struct diagram_view *view);

// One connection's ladder as an <svg> element that can stand alone as a file.
void diagram_svg(const struct tape *tape, struct text *text);

// The same as Mermaid's sequenceDiagram. Several connections follow each other in one diagram, each under a note with
// its ends; the first call writes the head of it.
void diagram_mermaid(const struct tape *tape, bool first, struct text *text);

#endif
