// SPDX-License-Identifier: MIT
//
// Two captures side by side (see sidebyside.h), paired and explained by the functions that compare uses.
#include "sidebyside.h"

#include "cm.h"

// A full segment of an MTU of 1500, with timestamps; and what is no matter of single segments any more.
enum { FULL_SEGMENT = 1448, STREAM_BYTES = 20 * FULL_SEGMENT };

static unsigned tell(const struct capture *capture, struct pair_line *out) {
    uint32_t first[2] = {0, 0}; // the initial sequence numbers: the server's, the client's
    assert_true(capture->count <= SIDES_MAX);
    for (unsigned i = 0; i < capture->count; i++) {
        const struct seen *seen = &capture->seen[i];
        const struct rs_segment *segment = &seen->packet.segment;
        if (segment->flags & RS_SYN)
            first[seen->to_server] = segment->seq;
        pair_line_of(&seen->packet, seen->to_server, first[seen->to_server], first[!seen->to_server], seen->data_bytes,
                     &out[i]);
    }
    pair_find_repeats(out, capture->count);
    return capture->count;
}

static void lay_out(struct sides *sides) {
    static struct pair_row rows[2 * SIDES_MAX];
    sides->count = pair_lay_out(sides->hand, sides->hand_count, sides->kernel, sides->kernel_count, rows);
    assert_true(sides->count > 0);
    for (unsigned i = 0; i < sides->count; i++)
        sides->rows[i] = (struct row){.hand = rows[i].hand, .kernel = rows[i].kernel};
}

static void explain(struct row *row, bool streaming) {
    const struct pair_row pair = {row->hand, row->kernel};
    row->why = known_explain(&pair, streaming);
    row->unexplained = row->why & known_bit(KNOWN_COUNT);
}

// What the server says, in order and once, in segments of at most this size: how far it goes; 0 if it is not so.
static uint32_t whole_until(const struct pair_line *lines, unsigned count) {
    uint32_t next = 1;
    for (unsigned i = 0; i < count; i++) {
        if (lines[i].to_server || lines[i].data_bytes == 0)
            continue;
        if (lines[i].seq != next || lines[i].data_bytes > FULL_SEGMENT)
            return 0;
        next += lines[i].data_bytes;
    }
    return next;
}

unsigned sides_compare(struct sides *sides, const struct capture *hand, const struct capture *kernel) {
    unsigned unexplained = 0;
    sides->hand_count = tell(hand, sides->hand);
    sides->kernel_count = tell(kernel, sides->kernel);
    uint32_t whole = whole_until(sides->hand, sides->hand_count);
    if (whole == 0 || whole != whole_until(sides->kernel, sides->kernel_count))
        unexplained++;
    lay_out(sides);
    for (unsigned i = 0; i < sides->count; i++) {
        struct row *row = &sides->rows[i];
        bool both = row->hand && row->kernel;
        if (!both || !pair_alike(row->hand, row->kernel) || row->hand->window != row->kernel->window ||
            !pair_same_wait(row->hand, row->kernel))
            explain(row, whole > STREAM_BYTES);
        unexplained += row->unexplained;
    }
    return unexplained;
}
