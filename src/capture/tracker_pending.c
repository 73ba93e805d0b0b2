// SPDX-License-Identifier: MIT
//
// The tracker is not there yet.
#include "capture/tracker.h"

#define PENDING __attribute__((weak))

PENDING struct tracker *tracker_new(const struct tracker_config *config) {
    (void)config;
    return NULL;
}
PENDING void tracker_take(struct tracker *t, const struct passing *packet) { (void)t, (void)packet; }
PENDING void tracker_lost(struct tracker *t, uint64_t packets) { (void)t, (void)packets; }
PENDING void tracker_tick(struct tracker *t, uint64_t now) { (void)t, (void)now; }
PENDING uint64_t tracker_deadline_ns(const struct tracker *t) { return (void)t, UINT64_MAX; }
PENDING void tracker_finish(struct tracker *t) { (void)t; }
PENDING size_t tracker_open(const struct tracker *t) { return (void)t, 0; }
PENDING struct tracker_counts tracker_counts(const struct tracker *t) { return (void)t, (struct tracker_counts){0}; }
PENDING void tracker_free(struct tracker *t) { (void)t; }
