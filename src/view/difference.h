// SPDX-License-Identifier: MIT
//
// Two segments that play the same part in two connections, one made by the kernel and one by hand: which fields of
// their headers differ, and what kind of difference each is. Used by the view of two connections side by side, and by
// compare for its exit status. words_difference.c has the sentences.
#ifndef VIEW_DIFFERENCE_H
#define VIEW_DIFFERENCE_H

#include "trace/trace.h"
#include "view/known.h"

// Why two values differ. In this order: what must differ, what is meant, what was asked for, and what should not be.
enum difference_why {
    DIFFERENCE_NONE, // they do not
    // Chosen at random.
    DIFFERENCE_IP_ID,
    DIFFERENCE_FLOW_LABEL,
    DIFFERENCE_PORT,
    DIFFERENCE_SEQ, // counted from another first number; relative they are the same
    DIFFERENCE_ACK,
    DIFFERENCE_SACK,
    // A clock.
    DIFFERENCE_TS_VALUE,
    DIFFERENCE_TS_ECHO,
    // It follows from others.
    DIFFERENCE_IP_CHECKSUM,
    DIFFERENCE_TCP_CHECKSUM,
    DIFFERENCE_LENGTH,
    // One of the two holds no sum: it was left to a network card. So was cutting it into segments.
    DIFFERENCE_UNFINISHED,
    DIFFERENCE_UNCUT,
    // A moment: what the server's program had read or written by then.
    DIFFERENCE_SERVER_WINDOW,
    DIFFERENCE_SERVER_DATA,
    DIFFERENCE_FIN,        // ours goes with the last data, or alone
    DIFFERENCE_PROGRESS,   // how much of the other end's had come by then
    DIFFERENCE_ORDER,      // a row: the other connection has it too, but before or behind something of the server's
    DIFFERENCE_SERVER_ACK, // a row: it answers at once, or with what it has to say
    DIFFERENCE_LOST,       // a row: sent again
    // One of the two could not be seen.
    DIFFERENCE_UNSEEN,
    // Decisions of ours.
    DIFFERENCE_IP_ID_ZERO, // the kernel numbers no packet here, and we count on
    DIFFERENCE_WINDOW,
    DIFFERENCE_CUT,
    DIFFERENCE_LONG, // how a message is cut that does not fit into one segment
    DIFFERENCE_ACKS, // from here on: a row
    DIFFERENCE_SYN_TIMER,
    DIFFERENCE_DATA_TIMER,
    DIFFERENCE_EARLY,
    DIFFERENCE_STREAM,
    // Options of the command line.
    DIFFERENCE_ASKED_ISN,
    DIFFERENCE_ASKED_TTL,
    DIFFERENCE_ASKED_WINDOW,
    DIFFERENCE_ASKED_MSS,
    DIFFERENCE_ASKED_WITHOUT,
    // Nothing that is known.
    DIFFERENCE_UNEXPLAINED,
    DIFFERENCE_WHYS // how many there are
};

// "chosen at random", "a clock" ...
enum difference_kind {
    DIFFERENCE_IS_NONE,
    DIFFERENCE_IS_RANDOM,
    DIFFERENCE_IS_CLOCK,
    DIFFERENCE_IS_CONSEQUENCE,
    DIFFERENCE_IS_MOMENT,
    DIFFERENCE_IS_UNSEEN,
    DIFFERENCE_IS_DECISION,
    DIFFERENCE_IS_ASKED,
    DIFFERENCE_IS_UNEXPLAINED,
    DIFFERENCE_KINDS
};
enum difference_kind difference_kind(enum difference_why why);

enum { DIFFERENCE_VALUE_BYTES = 48, DIFFERENCES_MOST = 48 };

// One field or option of both.
struct difference {
    const char *name; // "Time to Live"
    char kernel[DIFFERENCE_VALUE_BYTES], hand[DIFFERENCE_VALUE_BYTES];
    enum difference_why why;
};

// What is known of the two connections.
struct difference_known {
    struct trace_choices choices; // for the one by hand
    bool server_spoke;            // it has sent data: when that came is a matter of moments
    bool long_message;            // what the client sends does not fit into one segment
    bool sent_again;              // one of the two has sent data again, or a FIN
};

// Compares every field of the headers, every option, and the data. Writes all of them, those that are alike too, at
// most DIFFERENCES_MOST; returns how many.
size_t difference_fields(const struct trace_segment *kernel, const struct trace_segment *hand,
                         const struct difference_known *known, struct difference out[DIFFERENCES_MOST]);

// words_difference.c: why two values differ, in a sentence or two; and a few words for the kind.
void words_difference(enum difference_why why, char *out, size_t room);
const char *words_difference_kind(enum difference_kind kind);

#endif
