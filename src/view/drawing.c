// SPDX-License-Identifier: MIT
//
// What the drawings have in common (see drawing.h). Called by diagram.c and machine.c.
#include "view/drawing.h"

#include <inttypes.h>

#include "view/markup.h"

// Made of drawing.css, a line each.
static const char *const styles[] = {
#include "view/drawingcss.h"
};

const char *drawing_phase(enum rs_state state) {
    switch (state) {
    case RS_SYN_SENT:
    case RS_SYN_RECEIVED:
        return "opening";
    case RS_ESTABLISHED:
        return "open";
    case RS_CLOSED:
    case RS_LISTEN:
    case RS_STATE_UNKNOWN:
    case RS_STATES:
        return "none";
    default:
        return "closing";
    }
}

void drawing_styles(struct text *text) {
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
        text_add(text, "%s", styles[i]);
}

void drawing_begin(struct text *text, const struct drawing_head *head, const struct drawing_page *page) {
    text_add(text,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"drawing %s\" role=\"%s\" viewBox=\"0 0 %u %u\" "
             "width=\"%u\" height=\"%u\"><title>",
             head->name, page ? "group" : "img", head->width, head->height, head->width, head->height);
    markup_string(text, head->title);
    text_add(text, "</title><desc>");
    markup_string(text, head->description);
    text_add(text, "</desc>\n");
    if (!page) {
        text_add(text, "<style>");
        drawing_styles(text);
        text_add(text, "</style>\n<rect class=\"paper\" width=\"%u\" height=\"%u\"/>\n", head->width, head->height);
    }
}

void drawing_end(struct text *text) { text_add(text, "</svg>\n"); }

void drawing_link(struct text *text, const struct drawing_page *page, uint64_t step, const char *class_name) {
    if (page)
        text_add(text, "<a href=\"#%ss%" PRIu64 "\" class=\"%s\" data-f=\"s%" PRIu64 "\">", page->prefix, step,
                 class_name, step);
    else
        text_add(text, "<g class=\"%s\">", class_name);
}

void drawing_unlink(struct text *text, const struct drawing_page *page) { text_add(text, page ? "</a>\n" : "</g>\n"); }

void drawing_badge(struct text *text, const char *class_name, int x, int y, uint64_t number) {
    enum { ROUND = 20, DIGIT = 7 };
    int width = ROUND;
    for (uint64_t rest = number; rest > 99; rest /= 10)
        width += DIGIT;
    text_add(text,
             "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"10\"/>"
             "<text class=\"white\" text-anchor=\"middle\" x=\"%d\" y=\"%d\">%" PRIu64 "</text>",
             class_name, x - width / 2, y - ROUND / 2, width, (int)ROUND, x, y + 4, number);
}
