// SPDX-License-Identifier: MIT
//
// The ladder as a drawing, to paste into notes: SVG, or text for Mermaid (sequenceDiagram). The page has the same SVG
// at its top.
#ifndef VIEW_DIAGRAM_H
#define VIEW_DIAGRAM_H

#include "trace/tape.h"
#include "view/text.h"

// One connection's ladder as an <svg> element that can stand alone as a file, or in a page. text drains itself, or is
// large enough.
void diagram_svg(const struct tape *tape, struct text *text);

// The same as Mermaid's sequenceDiagram. Several connections follow each other in one diagram, each under a note with
// its ends; the first call writes the head of it.
void diagram_mermaid(const struct tape *tape, bool first, struct text *text);

#endif
