// SPDX-License-Identifier: MIT
//
// The differences between ours and Linux's TCP that are known and meant, each with its reason (see sidebyside.h). What
// none of them explains is an error, here or in the program.
#include <string.h>

#include "sidebyside.h"

enum { AT_ONCE_MS = 50, ROUGHLY_MS = 750, ALIKE_MIN = 8 };

void wait_text(int ms, char *text) {
    if (ms < 0)
        text[0] = '\0';
    else if (ms < AT_ONCE_MS)
        snprintf(text, TEXT_ROOM, "at once");
    else if (ms < ROUGHLY_MS)
        snprintf(text, TEXT_ROOM, "after 0.%d s", (ms + 50) / 100);
    else
        snprintf(text, TEXT_ROOM, "after %d s", (ms + 500) / 1000);
}

static const struct {
    const char *title, *hand, *kernel, *why;
} table[DIFFERENCES] = {
    [DIFFERENT_WINDOW] =
        {"The window after the SYN", "All the room that the receive buffer has.",
         "About what the SYN offered; it grows with what the program reads (net.ipv4.tcp_moderate_rcvbuf).",
         "The window says how much may come, and both keep their word. A buffer that grows by itself saves memory "
         "on a machine with many connections; we have one. In the SYN itself the windows are the same."},
    [DIFFERENT_ACKS] =
        {"How often data is acknowledged",
         "As soon as two full segments have come, with one ACK for all that is there when we look; less than that "
         "waits 40 ms for company.",
         "The first segments of a connection one by one (quick ACKs), so that the sender's slow start gains speed; "
         "later every second one, or when the program has read.",
         "RFC 9293, 3.8.6.3 wants an ACK for at least every second full segment, but also that all that waits is "
         "processed first (MUST-58). Both do so; how many wait is chance."},
    [DIFFERENT_SYN_TIMER] =
        {"When the SYN is sent again", "After 1 s, then 2, 4, 8 ...: each wait is twice the last.",
         "Four times after 1 s each (tcp_syn_linear_timeouts, Linux 6.5 and later); only then the wait doubles.",
         "RFC 6298, 5.5 wants the doubling, and we teach the RFC."},
    [DIFFERENT_DATA_TIMER] = {"When a lost segment at the end is sent again",
                              "After the retransmission timeout, which is never less than 1 s.",
                              "After 0.2 s: the least timeout (TCP_RTO_MIN).",
                              "RFC 6298, 2.4 says that the timeout SHOULD be at least one second. Linux chose less."},
    [DIFFERENT_SACK] =
        {"How many signs of a loss are enough", "Three duplicate ACKs, or the timeout.",
         "One SACK block for something sent later, if nothing was ever reordered (RACK, RFC 8985).",
         "We send SACK blocks but judge losses by RFC 5681: three duplicates. After a short message there are not "
         "that many, so the timeout decides."},
    [DIFFERENT_CUT] =
        {"How what is sent again is cut", "Anew: the data and the FIN behind it leave as one segment.",
         "As it was sent the first time.",
         "We keep bytes, not packets; what to send is worked out each time (docs/design.md). A receiver counts bytes, "
         "and takes them however they are cut (RFC 9293, 3.10.7.4)."},
    [DIFFERENT_STREAM] =
        {"How the server cuts a long answer",
         "Where our window and our ACKs let it: a short segment at the end of a window, PSH now and then.",
         "The same, with other windows and other ACKs, so at other places.",
         "It is the server's kernel that cuts, and both answers are the same bytes, in order, each once, in segments "
         "of at most 1448. This follows from the window and the ACKs, and is another each time."},
};

static unsigned bit(enum difference d) { return 1u << d; }

static bool is_bare_ack(const struct line *line) { return line->flags == RS_ACK && line->data_bytes == 0; }

static unsigned explain_wait(const struct line *hand, const struct line *kernel) {
    char hand_text[TEXT_ROOM], kernel_text[TEXT_ROOM];
    wait_text(hand->again_after_ms, hand_text);
    wait_text(kernel->again_after_ms, kernel_text);
    if (strcmp(hand_text, kernel_text) == 0)
        return 0;
    if (!hand->to_server || hand->again_after_ms < 0 || kernel->again_after_ms < 0)
        return bit(DIFFERENCES); // none
    if (strcmp(kernel_text, "at once") == 0)
        return bit(DIFFERENT_SACK);
    return bit(hand->flags & RS_SYN ? DIFFERENT_SYN_TIMER : DIFFERENT_DATA_TIMER);
}

// The same segment on both sides, with something that is not the same.
static unsigned explain_pair(const struct line *hand, const struct line *kernel) {
    unsigned why = 0;
    if (hand->window != kernel->window)
        why |= bit(hand->to_server && !(hand->flags & RS_SYN) ? DIFFERENT_WINDOW : DIFFERENCES);
    if (hand->flags != kernel->flags || hand->data_bytes != kernel->data_bytes || hand->ack != kernel->ack ||
        strcmp(hand->options, kernel->options) != 0) {
        bool fin_joined = hand->to_server && hand->again_after_ms >= 0 && hand->flags == (kernel->flags | RS_FIN);
        bool else_same = hand->data_bytes == kernel->data_bytes && hand->ack == kernel->ack &&
                         strcmp(hand->options, kernel->options) == 0;
        why |= bit(fin_joined && else_same ? DIFFERENT_CUT : DIFFERENCES);
    }
    if (hand->tos != kernel->tos || hand->ttl != kernel->ttl || hand->dont_fragment != kernel->dont_fragment)
        why |= bit(DIFFERENCES);
    return why | explain_wait(hand, kernel);
}

static bool is_streaming(const struct line *line) {
    return !line || (!line->to_server && line->data_bytes > 0 && (line->flags | RS_PSH) == (RS_PSH | RS_ACK) &&
                     line->again_after_ms < 0);
}

void difference_explain(struct row *row, bool streaming) {
    const struct line *only = row->hand ? row->hand : row->kernel;
    if (streaming && is_streaming(row->hand) && is_streaming(row->kernel))
        row->why = bit(DIFFERENT_STREAM); // that it is all there is for sides_compare to find out
    else if (row->hand && row->kernel)
        row->why = explain_pair(row->hand, row->kernel);
    else
        row->why = bit(streaming && only->to_server && is_bare_ack(only) ? DIFFERENT_ACKS : DIFFERENCES);
    row->unexplained = row->why & bit(DIFFERENCES);
}

// ---- writing

static void write_flags(uint8_t flags, char out[TEXT_ROOM]) {
    static const struct {
        uint8_t flag;
        const char *name;
    } names[] = {{RS_SYN, "SYN"}, {RS_FIN, "FIN"}, {RS_RST, "RST"}, {RS_PSH, "PSH"},
                 {RS_ACK, "ACK"}, {RS_URG, "URG"}, {RS_ECE, "ECE"}, {RS_CWR, "CWR"}};
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (flags & names[i].flag)
            used += (size_t)snprintf(out + used, TEXT_ROOM - used, "%s%s", used > 0 ? "," : "", names[i].name);
}

static void write_why(FILE *out, unsigned why) {
    for (int d = 0; d < DIFFERENCES; d++)
        if (why & bit((enum difference)d))
            fprintf(out, " [%d]", d + 1);
    if (why & bit(DIFFERENCES))
        fprintf(out, " [NOT EXPLAINED]");
}

static void write_line(FILE *out, const char *who, const struct line *line, unsigned why) {
    char flags[TEXT_ROOM], text[100], wait[TEXT_ROOM];
    write_flags(line->flags, flags);
    int used = snprintf(text, sizeof text, "%s %s seq=%u", line->to_server ? "-->" : "<--", flags, line->seq);
    if (line->flags & RS_ACK)
        used += snprintf(text + used, sizeof text - (size_t)used, " ack=%u", line->ack);
    if (line->data_bytes > 0)
        snprintf(text + used, sizeof text - (size_t)used, " len=%u", line->data_bytes);
    wait_text(line->again_after_ms, wait);
    fprintf(out, "    %-7s %-40s %s%s%s%s%s", who, text, line->options[0] ? "<" : "", line->options,
            line->options[0] ? ">" : "", wait[0] ? " again " : "", wait);
    write_why(out, why);
    fprintf(out, "\n");
}

static void write_row(FILE *out, const struct row *row) {
    unsigned window = bit(DIFFERENT_WINDOW);
    if (row->hand && row->kernel && (row->why & ~window) == 0) {
        write_line(out, "both", row->hand, row->why);
        return;
    }
    if (row->hand)
        write_line(out, "hand", row->hand, row->why);
    if (row->kernel)
        write_line(out, "kernel", row->kernel, row->why);
}

// A long row of data is told in one line, with the ACKs in between.
static bool in_a_stream(const struct row *row) {
    const struct line *line = row->hand ? row->hand : row->kernel;
    return !row->unexplained && (line->to_server ? is_bare_ack(line) : line->data_bytes > 0);
}

// What differs in a stream is chance, and some of it may be missing once: all that may be there is named each time.
static unsigned write_stream(FILE *out, const struct sides *sides, unsigned from, unsigned to) {
    const unsigned why = bit(DIFFERENT_WINDOW) | bit(DIFFERENT_ACKS) | bit(DIFFERENT_STREAM);
    uint32_t first = 0, last = 0;
    for (unsigned i = from; i < to; i++) {
        const struct line *line = sides->rows[i].hand;
        if (!line || line->to_server)
            continue;
        first = first > 0 ? first : line->seq;
        last = line->seq + line->data_bytes - 1;
    }
    fprintf(out, "    both    <-- data from seq=%u to %u, and --> ACKs between and behind it", first, last);
    write_why(out, why);
    fprintf(out, "\n");
    return why;
}

void sides_write(FILE *out, const struct sides *sides, unsigned *seen) {
    for (unsigned i = 0, to; i < sides->count; i = to) {
        for (to = i; to < sides->count && in_a_stream(&sides->rows[to]);)
            to++;
        if (to - i >= ALIKE_MIN) {
            *seen |= write_stream(out, sides, i, to);
            continue;
        }
        to = i + 1;
        write_row(out, &sides->rows[i]);
        *seen |= sides->rows[i].why;
    }
}

void differences_write(FILE *out) {
    for (int d = 0; d < DIFFERENCES; d++)
        fprintf(out, "%d. **%s**\n   - by hand: %s\n   - by the kernel: %s\n   - why: %s\n", d + 1, table[d].title,
                table[d].hand, table[d].kernel, table[d].why);
}
