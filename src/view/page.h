// SPDX-License-Identifier: MIT
//
// The pieces of the illustrated connection (html.h), a file each: what stands in the page's head (html_style.c), the
// programs' lines (html_program.c), what an experiment did and found (html_lab.c), the socket that was
// handed the connection (html_socket.c), a segment (html_segment.c) with its
// states and reasons (html_story.c), its header as the RFC draws it (html_header.c), its bytes (html_bytes.c), its
// fields (html_fields.c) and its checksum (html_sum.c).
//
// Elements that belong together, wherever they stand, share a token in data-f: "p17" for a part of a packet, within its
// segment, "s3" for a segment, within its connection. The page's script lights all that share one.
#ifndef VIEW_PAGE_H
#define VIEW_PAGE_H

#include "view/drawing.h"
#include "view/parts.h"
#include "view/steps.h"
#include "view/text.h"
#include "view/words.h"

enum { PAGE_DATA_SHOWN = 256, PAGE_MEANING = 700 };

struct page {
    struct text *text;
    const struct tape *tape; // the connection in hand
    struct trace_about about;
    char prefix[16];          // of its ids: "c1-"
    struct words_known known; // as far as the steps before have told
    enum rs_reason caption;   // of the segment in hand: why we sent it; RS_REASON_COUNT for those of others
};

// The head of the document, up to and with <body>; and its end, with the script.
void page_begin(struct text *text, const char *title);
void page_end(struct text *text);

// The tutorial's lines, each tied to the segments that it caused.
void page_program(struct page *page);

// In an experiment: what the two ends are, and the calls that their programs made.
void page_calls(struct page *page);

// Its name among the facts, and whether its deviation is left out; nothing if it is none.
void page_experiment(struct page *page);

// What it found, as a table; nothing if there is nothing. notes: also what it said, since no segment's story has it.
void page_evidence(struct page *page, bool notes);

// How the kernel describes the socket that has taken the connection over, as a table; nothing if none has.
void page_socket(struct page *page);

// One segment, closed; it opens to everything that is known of it.
void page_segment(struct page *page, const struct step *step, bool open);

// What happened around it: the states of both ends, decisions, calls, counters.
void page_story(struct page *page, const struct step *step);

void page_header(struct page *page, const struct parts *parts);
void page_bytes(struct page *page, const struct parts *parts);
void page_fields(struct page *page, const struct parts *parts);
void page_sum(struct page *page, const struct parts *parts);

// The class that colours a part wherever it is drawn: "seq", "flag" ...
const char *page_hue(const struct part *part);

// A section as a link: "RFC 9293 3.1". Nothing is loaded until somebody follows it. "" writes nothing.
void page_reference(struct text *text, const char *section);

#endif
