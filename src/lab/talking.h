// SPDX-License-Identifier: MIT
//
// What experiments of the chapter "Talking" share: how the message is sent, and what is found out about it.
// Included by data.c, pieces.c, fast.c, flags.c and windows.c.
#ifndef LAB_TALKING_H
#define LAB_TALKING_H

#include "lab/experiments.h"

#define TALKING_MESSAGE "Hello server!" // its first byte has the number 1, its last 13
enum { TALKING_BYTES = sizeof TALKING_MESSAGE - 1 };

// connect() and sendall() of the message, with this done to it unless it is a control. Waits for its ACK, at most this
// long, and returns the mark from before it was sent.
size_t talking_bent(struct lab *lab, struct lab_rule *rule, uint64_t most_us);

// By hand: a segment with these bytes of the stream, the first of which has this number; it acknowledges the server's
// SYN. Returns when something was answered to it.
void talking_piece(struct lab *lab, struct lab_end *hand, uint32_t seq, const char *bytes, size_t size,
                   const char *purpose);

// The n-th segment of ours with data since the mark, from 0, whether it has left or not; NULL: there is none.
const struct lab_segment *talking_sending(const struct lab *lab, size_t mark, size_t n);

// A block that an ACK reports with SACK, its edges counted as in the ladder. False: there is none. The right edge is
// the first number behind it.
bool talking_sack(const struct lab_segment *ack, size_t block, uint32_t *left, uint32_t *right);

// Evidence: so many bytes can be read at the server now; the first answer since the mark still acknowledges nothing of
// the message.
void talking_sees_unread(struct lab *lab, struct lab_end *end, uint32_t bytes, unsigned how);
void talking_sees_nothing_acked(struct lab *lab, struct lab_end *end, size_t mark, unsigned how);

// What is left of an experiment in which the message was not taken: our timer sends it again, and it is read.
void talking_again(struct lab *lab, struct lab_end *end, size_t mark);

#endif
