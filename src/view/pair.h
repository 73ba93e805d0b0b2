// SPDX-License-Identifier: MIT
//
// Two connections laid side by side: each segment is told in numbers that count from its connection's first, and the
// two lists are paired so that as much as possible is alike, in the same order. Used by compare, and by the test from
// which docs/linux.md is written.
#ifndef VIEW_PAIR_H
#define VIEW_PAIR_H

#include "trace/trace.h"

enum { PAIR_MOST = 600, PAIR_TEXT_BYTES = 40 }; // of longer connections the beginning is compared

// A segment, told relative to its connection.
struct pair_line {
    bool to_server;
    uint8_t flags;
    uint32_t seq, ack, data_bytes;
    char options[PAIR_TEXT_BYTES]; // their kinds in order
    uint16_t window;
    uint8_t tos, ttl;
    bool dont_fragment;
    uint32_t ts_value;  // of its timestamps
    int again_after_ms; // since the same was last sent, by the timestamps that both carry; -1: it was not
};

// What stands in one row: both, or one that the other connection does not have.
struct pair_row {
    const struct pair_line *hand, *kernel;
};

// The line of a packet, without again_after_ms. first_ours and first_theirs: the first numbers of its direction and of
// the other one. data_bytes: the packet may have been cut short.
void pair_line_of(const struct rs_packet *packet, bool to_server, uint32_t first_ours, uint32_t first_theirs,
                  uint32_t data_bytes, struct pair_line *out);

// The kinds of a segment's options in their order: "mss sack-ok ts nop scale".
void pair_option_names(const struct rs_options *options, char out[PAIR_TEXT_BYTES]);

// Finds out when each line was last sent before.
void pair_find_repeats(struct pair_line *lines, unsigned count);

// True if two lines are alike but for what follows from settings and buffers: the window and the wait.
bool pair_alike(const struct pair_line *a, const struct pair_line *b);

// True for a segment that only acknowledges.
bool pair_is_bare_ack(const struct pair_line *line);

// True for two that are not the same step, but meant to say the same: both open, both close, or both carry data from
// the same place on.
bool pair_counterparts(const struct pair_line *a, const struct pair_line *b);

// Pairs at most PAIR_MOST lines of each; the rows point to them. rows has room for all of both. Returns how many rows
// there are, or 0 if there is no memory.
unsigned pair_lay_out(const struct pair_line *hand, unsigned hand_count, const struct pair_line *kernel,
                      unsigned kernel_count, struct pair_row *rows);

// "after 0.2 s", "at once", or "": rounded so that it is the same each time.
void pair_wait_text(int ms, char out[PAIR_TEXT_BYTES]);
bool pair_same_wait(const struct pair_line *a, const struct pair_line *b);

#endif
