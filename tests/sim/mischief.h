// SPDX-License-Identifier: MIT
//
// What strangers and routers do to a simulated connection: they squeeze its windows, and send segments of an older
// incarnation, old data with old timestamps, and ICMP errors. None of it may do more than slow the connection down.
#ifndef SIM_MISCHIEF_H
#define SIM_MISCHIEF_H

#include "network.h"

// May make the window in a segment that passes smaller.
void mischief_squeeze(struct network *n, struct rs_segment *segment);

// After this segment was sent by one end: may send something to either. size: the packet's bytes.
void mischief_around(struct network *n, int from, const struct rs_segment *segment, enum wire_fate fate, size_t size);

#endif
