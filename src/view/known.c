// SPDX-License-Identifier: MIT
//
// What is known of how we differ from Linux (see known.h). Called by difference.c, and by tests.
#include "view/known.h"

#include <string.h>

static const struct known_words table[KNOWN_COUNT] = {
    [KNOWN_WINDOW] =
        {"The window after the SYN", "All the room that the receive buffer has.",
         "About what the SYN offered; it grows with what the program reads (net.ipv4.tcp_moderate_rcvbuf).",
         "The window says how much may come, and both keep their word. A buffer that grows by itself saves memory "
         "on a machine with many connections; we have one. In the SYN itself the windows are the same."},
    [KNOWN_ACKS] =
        {"How often data is acknowledged",
         "As soon as two full segments have come, with one ACK for all that is there when we look; less than that "
         "waits 40 ms for company.",
         "The first segments of a connection one by one (quick ACKs), so that the sender's slow start gains speed; "
         "later every second one, or when the program has read.",
         "RFC 9293, 3.8.6.3 wants an ACK for at least every second full segment, but also that all that waits is "
         "processed first (MUST-58). Both do so; how many wait is chance."},
    [KNOWN_SYN_TIMER] =
        {"When the SYN is sent again", "After 1 s, then 2, 4, 8 ...: each wait is twice the last.",
         "Four times after 1 s each (tcp_syn_linear_timeouts, Linux 6.5 and later); only then the wait doubles.",
         "RFC 6298, 5.5 wants the doubling, and we teach the RFC."},
    [KNOWN_DATA_TIMER] = {"When a lost segment at the end is sent again",
                          "After the retransmission timeout, which is never less than 1 s.",
                          "After 0.2 s: the least timeout (TCP_RTO_MIN).",
                          "RFC 6298, 2.4 says that the timeout SHOULD be at least one second. Linux chose less."},
    [KNOWN_SACK] =
        {"How many signs of a loss are enough", "Three duplicate ACKs, or the timeout.",
         "One SACK block for something sent later, if nothing was ever reordered (RACK, RFC 8985).",
         "We send SACK blocks but judge losses by RFC 5681: three duplicates. After a short message there are not "
         "that many, so the timeout decides."},
    [KNOWN_CUT] =
        {"How what is sent again is cut", "Anew: the data and the FIN behind it leave as one segment.",
         "As it was sent the first time.",
         "We keep bytes, not packets; what to send is worked out each time (docs/design.md). A receiver counts bytes, "
         "and takes them however they are cut (RFC 9293, 3.10.7.4)."},
    [KNOWN_STREAM] =
        {"How the server cuts a long answer",
         "Where our window and our ACKs let it: a short segment at the end of a window, PSH now and then.",
         "The same, with other windows and other ACKs, so at other places.",
         "It is the server's kernel that cuts, and both answers are the same bytes, in order, each once, in segments "
         "of at most 1448. This follows from the window and the ACKs, and is another each time."},
};

const struct known_words *known_words(enum known known) { return &table[known]; }

unsigned known_bit(enum known known) { return 1u << known; }

static unsigned explain_wait(const struct pair_line *hand, const struct pair_line *kernel) {
    char kernel_text[PAIR_TEXT_BYTES];
    if (pair_same_wait(hand, kernel))
        return 0;
    pair_wait_text(kernel->again_after_ms, kernel_text);
    if (!hand->to_server || hand->again_after_ms < 0 || kernel->again_after_ms < 0)
        return known_bit(KNOWN_COUNT); // none
    if (strcmp(kernel_text, "at once") == 0)
        return known_bit(KNOWN_SACK);
    return known_bit(hand->flags & RS_SYN ? KNOWN_SYN_TIMER : KNOWN_DATA_TIMER);
}

// The same segment on both sides, with something that is not the same.
static unsigned explain_pair(const struct pair_line *hand, const struct pair_line *kernel) {
    unsigned why = 0;
    if (hand->window != kernel->window)
        why |= known_bit(hand->to_server && !(hand->flags & RS_SYN) ? KNOWN_WINDOW : KNOWN_COUNT);
    if (hand->flags != kernel->flags || hand->data_bytes != kernel->data_bytes || hand->ack != kernel->ack ||
        strcmp(hand->options, kernel->options) != 0) {
        bool fin_joined = hand->to_server && hand->again_after_ms >= 0 && hand->flags == (kernel->flags | RS_FIN);
        bool else_same = hand->data_bytes == kernel->data_bytes && hand->ack == kernel->ack &&
                         strcmp(hand->options, kernel->options) == 0;
        why |= known_bit(fin_joined && else_same ? KNOWN_CUT : KNOWN_COUNT);
    }
    if (hand->tos != kernel->tos || hand->ttl != kernel->ttl || hand->dont_fragment != kernel->dont_fragment)
        why |= known_bit(KNOWN_COUNT);
    return why | explain_wait(hand, kernel);
}

static bool is_streaming(const struct pair_line *line) {
    return !line || (!line->to_server && line->data_bytes > 0 && (line->flags | RS_PSH) == (RS_PSH | RS_ACK) &&
                     line->again_after_ms < 0);
}

unsigned known_explain(const struct pair_row *row, bool streaming) {
    const struct pair_line *only = row->hand ? row->hand : row->kernel;
    if (streaming && is_streaming(row->hand) && is_streaming(row->kernel))
        return known_bit(KNOWN_STREAM); // that it is all there is for others to find out
    if (row->hand && row->kernel)
        return explain_pair(row->hand, row->kernel);
    return known_bit(streaming && only->to_server && pair_is_bare_ack(only) ? KNOWN_ACKS : KNOWN_COUNT);
}
