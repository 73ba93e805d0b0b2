// SPDX-License-Identifier: MIT
//
// What the tracker knows of a connection, as events of the trace and as a summary.
#ifndef CAPTURE_TELL_H
#define CAPTURE_TELL_H

#include "capture/table.h"
#include "capture/tracker.h"

void tell_begin(const struct tracker_config *config, const struct table_entry *entry);

// A segment has passed. packet: what was parsed of it; damaged: its checksum does not fit, and it was not taken in.
void tell_segment(const struct tracker_config *config, const struct table_entry *entry, const struct passing *passing,
                  const struct rs_packet *packet, const struct followed *followed, bool damaged);

// It ends: tells the trace and whoever wants the summary.
void tell_end(const struct tracker_config *config, const struct table_entry *entry, bool forgotten, uint64_t now_ns);

#endif
