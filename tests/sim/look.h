// SPDX-License-Identifier: MIT
//
// Looks at a segment as it leaves, knowing only what left before: its bytes are those that the program gave, the edge
// of its window does not go back, FIN has one number and stands behind the last byte, options of a SYN are in a SYN
// only, and nothing goes more than one byte beyond what the peer has offered.
#ifndef SIM_LOOK_H
#define SIM_LOOK_H

#include "end.h"

// Notes what is wrong in e->broken. peer may be NULL: then nothing is known of its window.
void look_at_sent(struct end *e, const struct end *peer, const struct rs_segment *segment);

#endif
