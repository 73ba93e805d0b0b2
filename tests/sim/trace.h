// SPDX-License-Identifier: MIT
//
// A simulated run told on standard output, a line a packet, for whoever replays a seed.
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include "network.h"

void trace_sent(const struct network *n, int from, const struct rs_segment *segment, enum wire_fate fate);
void trace_arrived(const struct network *n, int to, const uint8_t *bytes, size_t size);
void trace_stray(const struct network *n, int to, const struct rs_segment *segment);
void trace_error(const struct network *n, int to, const struct rs_icmp *error);
void trace_end(const struct network *n);

#endif
