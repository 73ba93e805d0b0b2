// SPDX-License-Identifier: MIT
//
// Two captures side by side (see sidebyside.h): each segment is told in numbers that count from its connection's
// first, and the two lists are laid beside each other so that as much as possible is alike, in the same order.
#include "sidebyside.h"

#include "cm.h"

// A full segment of an MTU of 1500, with timestamps; and what is no matter of single segments any more.
enum { FULL_SEGMENT = 1448, STREAM_BYTES = 20 * FULL_SEGMENT };

static const char *option_name(uint8_t kind) {
    switch (kind) {
    case RS_OPTION_NOP:
        return "nop";
    case RS_OPTION_MSS:
        return "mss";
    case RS_OPTION_WINDOW_SCALE:
        return "scale";
    case RS_OPTION_SACK_PERMITTED:
        return "sack-ok";
    case RS_OPTION_SACK:
        return "sack";
    case RS_OPTION_TIMESTAMPS:
        return "ts";
    default:
        return "?";
    }
}

static void name_options(const struct rs_options *options, char out[TEXT_ROOM]) {
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < options->order_count && used < TEXT_ROOM; i++)
        used +=
            (size_t)snprintf(out + used, TEXT_ROOM - used, "%s%s", i > 0 ? " " : "", option_name(options->order[i]));
}

// When the same was last put on the wire. The clock of the timestamps goes in milliseconds, here and in Linux.
static int again_after(const struct capture *capture, unsigned at) {
    const struct seen *now = &capture->seen[at];
    const struct rs_segment *segment = &now->packet.segment;
    if (now->data_bytes == 0 && !(segment->flags & (RS_SYN | RS_FIN)))
        return -1;
    for (unsigned i = at; i-- > 0;) {
        const struct seen *before = &capture->seen[i];
        bool same = before->to_server == now->to_server && before->packet.segment.seq == segment->seq &&
                    (before->data_bytes > 0 || before->packet.segment.flags & (RS_SYN | RS_FIN));
        if (same)
            return (int)(segment->options.ts_value - before->packet.segment.options.ts_value);
    }
    return -1;
}

static unsigned tell(const struct capture *capture, struct line *out) {
    uint32_t first[2] = {0, 0}; // the initial sequence numbers: the server's, the client's
    assert_true(capture->count <= SIDES_MAX);
    for (unsigned i = 0; i < capture->count; i++) {
        const struct seen *seen = &capture->seen[i];
        const struct rs_segment *segment = &seen->packet.segment;
        if (segment->flags & RS_SYN)
            first[seen->to_server] = segment->seq;
        bool ack = segment->flags & RS_ACK, ipv6 = seen->packet.source.family == RS_IPV6;
        out[i] = (struct line){
            .to_server = seen->to_server,
            .flags = segment->flags,
            .seq = segment->seq - first[seen->to_server],
            .ack = ack ? segment->ack - first[!seen->to_server] : 0,
            .data_bytes = seen->data_bytes,
            .window = segment->window,
            .tos = ipv6 ? seen->packet.ip6.traffic_class : seen->packet.ip.tos,
            .ttl = ipv6 ? seen->packet.ip6.hop_limit : seen->packet.ip.ttl,
            .dont_fragment = seen->packet.ip.dont_fragment,
            .again_after_ms = again_after(capture, i),
        };
        name_options(&segment->options, out[i].options);
    }
    return capture->count;
}

// Flags, numbers, length, kinds of options in their order, and what IP says.
static bool alike(const struct line *a, const struct line *b) {
    return a->to_server == b->to_server && a->flags == b->flags && a->seq == b->seq && a->ack == b->ack &&
           a->data_bytes == b->data_bytes && strcmp(a->options, b->options) == 0 && a->tos == b->tos &&
           a->ttl == b->ttl && a->dont_fragment == b->dont_fragment;
}

// Not alike, but meant to say the same.
static bool counterparts(const struct line *a, const struct line *b) {
    return a->to_server == b->to_server && a->seq == b->seq && a->data_bytes > 0 && b->data_bytes > 0;
}

static void add(struct sides *sides, const struct line *hand, const struct line *kernel) {
    sides->rows[sides->count++] = (struct row){.hand = hand, .kernel = kernel};
}

// The longest common subsequence: longest[i][j] is how many can be alike from hand i and kernel j on.
static void lay_out(struct sides *sides) {
    static uint16_t longest[SIDES_MAX + 1][SIDES_MAX + 1];
    unsigned h = sides->hand_count, k = sides->kernel_count, i = h, j = k;
    memset(longest, 0, sizeof longest);
    for (i = h; i-- > 0;)
        for (j = k; j-- > 0;) {
            uint16_t skip = longest[i + 1][j] > longest[i][j + 1] ? longest[i + 1][j] : longest[i][j + 1];
            bool same = alike(&sides->hand[i], &sides->kernel[j]);
            longest[i][j] = same ? (uint16_t)(longest[i + 1][j + 1] + 1) : skip;
        }
    sides->count = 0;
    for (i = j = 0; i < h || j < k;) {
        const struct line *hand = i < h ? &sides->hand[i] : NULL, *kernel = j < k ? &sides->kernel[j] : NULL;
        bool hand_waits = hand && kernel && longest[i][j] == longest[i][j + 1], both = hand && kernel;
        both = both && (alike(hand, kernel) || (counterparts(hand, kernel) && longest[i][j] == longest[i + 1][j + 1]));
        bool take_kernel = both || !hand || (kernel && hand_waits);
        bool take_hand = both || !take_kernel;
        add(sides, take_hand ? hand : NULL, take_kernel ? kernel : NULL);
        i += take_hand;
        j += take_kernel;
    }
}

static bool same_wait(const struct line *a, const struct line *b) {
    char a_text[TEXT_ROOM], b_text[TEXT_ROOM];
    wait_text(a->again_after_ms, a_text);
    wait_text(b->again_after_ms, b_text);
    return strcmp(a_text, b_text) == 0;
}

// What the server says, in order and once, in segments of at most this size: how far it goes; 0 if it is not so.
static uint32_t whole_until(const struct line *lines, unsigned count) {
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
        if (!both || !alike(row->hand, row->kernel) || row->hand->window != row->kernel->window ||
            !same_wait(row->hand, row->kernel))
            difference_explain(row, whole > STREAM_BYTES);
        unexplained += row->unexplained;
    }
    return unexplained;
}
