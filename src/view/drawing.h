// SPDX-License-Identifier: MIT
//
// What the two drawings, the ladder (diagram.c) and the state machine (machine.c), have in common: colours, the ways in
// which a state is shown, and the links into a page. Both are SVG that stands alone: it carries its own styles, for
// light and for dark screens, and a title and a description for whoever listens instead of looking.
#ifndef VIEW_DRAWING_H
#define VIEW_DRAWING_H

#include "rawshake/state.h"
#include "view/steps.h"
#include "view/text.h"

// In a page: what the ids of this connection's segments begin with, "c1-". Alone: NULL, there is nothing to link to.
struct drawing_page {
    const char *prefix;
};

// The styles of all drawings, for a page that has them once in its head.
void drawing_styles(struct text *text);

// How many segments of a long connection are drawn: the first, and the last.
enum { DRAWING_HEAD = 120, DRAWING_TAIL = 24 };

enum { DRAWING_WIDTH = 780 };

// The class that a state is drawn with: "opening", "open" (ESTABLISHED), "closing" or "none".
const char *drawing_phase(enum rs_state state);

// What a drawing begins with. Title and description are made safe here.
struct drawing_head {
    const char *name; // its class
    unsigned width, height;
    const char *title, *description;
};

// Opens <svg>; alone (page is NULL) with its styles.
void drawing_begin(struct text *text, const struct drawing_head *head, const struct drawing_page *page);
void drawing_end(struct text *text);

// Opens and closes what belongs to a step: a link to its segment in a page, otherwise a group.
void drawing_link(struct text *text, const struct drawing_page *page, uint64_t step, const char *class_name);
void drawing_unlink(struct text *text, const struct drawing_page *page);

// A segment's number, in a round that is as wide as it needs to be.
void drawing_badge(struct text *text, const char *class_name, int x, int y, uint64_t number);

// How high the ladder is; its width is DRAWING_WIDTH.
unsigned drawing_ladder_height(const struct tape *tape);

// The ladder, in a page or alone.
void drawing_ladder(const struct tape *tape, const struct drawing_page *page, struct text *text);

// The states of one end and the way that it went, as a drawing. server: which end.
void drawing_machine(const struct tape *tape, bool server, const struct drawing_page *page, struct text *text);

#endif
