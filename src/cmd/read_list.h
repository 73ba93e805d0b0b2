// SPDX-License-Identifier: MIT
//
// read --list: a line for each connection, for people or as JSON, and what the capture holds besides.
#ifndef CMD_READ_LIST_H
#define CMD_READ_LIST_H

#include "capture/link.h"
#include "capture/tracker.h"
#include "view/text.h"

enum { READ_LINKS_MAX = 8 };

// What a capture holds, counted while it is read.
struct read_counts {
    uint64_t frames, lost;
    uint64_t found[LINK_FOUND];
    struct {
        uint32_t link;
        uint64_t frames;
    } unknown[READ_LINKS_MAX]; // link layers that are not known here
    size_t unknown_count;
    uint64_t unknown_others; // of still more link layers
    bool guessed, holes;     // a line had such a sign, which is to be explained
};

// Counts a frame and what was found in it.
void read_count(struct read_counts *counts, const struct capture_frame *frame, enum link_found found);

// What stands above the lines, and one line.
void read_list_head(struct text *text);
void read_list_line(struct text *text, struct read_counts *counts, const struct tracker_summary *summary);

// The sums, a line each: `all` of them, or only what could not be shown.
void read_totals(struct text *text, const struct read_counts *counts, const struct tracker_counts *tracked, bool all);

#endif
