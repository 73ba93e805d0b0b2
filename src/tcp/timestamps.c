// SPDX-License-Identifier: MIT
//
// The timestamps option (RFC 7323): each segment carries our clock, and echoes theirs. That protects against old
// segments whose numbers have come round again (PAWS), and measures round trips that Karn's rule must leave out. Called
// by input.c, take.c and output.c.
#include "internal.h"

#define DAY (24 * 60 * 60 * SECOND)

static const uint64_t recent_expires = 24 * DAY; // their clock may have gone half way round (section 5.5)

// Our clock in milliseconds; it may come round, as a sequence number may.
uint32_t timestamps_now(const struct rs_conn *c, uint64_t now) { return (uint32_t)(now / 1000) + c->config.ts_offset; }

static void remember(struct rs_conn *c, const struct rs_options *theirs, uint64_t now) {
    c->opt.recent = theirs->ts_value;
    c->opt.recent_at = now;
}

void timestamps_begin(struct rs_conn *c, const struct rs_options *theirs, uint64_t now) { remember(c, theirs, now); }

void timestamps_write(const struct rs_conn *c, uint64_t now, struct rs_options *out) {
    out->has_timestamps = c->opt.timestamps;
    out->ts_value = c->opt.timestamps ? timestamps_now(c, now) : 0;
    out->ts_echo = c->opt.recent;
}

// PAWS: numbers that fit, from an older clock, are an old duplicate (section 5.3, R1). Not for RST (section 5.2).
bool timestamps_old(const struct rs_conn *c, const struct rs_segment *seg, uint64_t now) {
    return c->opt.timestamps && seg->options.has_timestamps && !(seg->flags & RS_RST) &&
           rs_seq_lt(seg->options.ts_value, c->opt.recent) && now - c->opt.recent_at <= recent_expires;
}

// Only a segment that covers the last ACK we sent may change what we echo, so that a delayed ACK echoes the first of
// the segments that it covers (section 4.3, and section 5.3, R3).
void timestamps_take(struct rs_conn *c, const struct rs_segment *seg, uint64_t now) {
    bool dropped = seg->flags & RS_SYN; // whatever it says
    if (!c->opt.timestamps || !seg->options.has_timestamps || dropped || rs_seq_gt(seg->seq, c->rcv.acked))
        return;
    if (rs_seq_geq(seg->options.ts_value, c->opt.recent) || now - c->opt.recent_at > recent_expires)
        remember(c, &seg->options, now);
}

bool timestamps_round_trip(const struct rs_conn *c, const struct rs_segment *seg, uint64_t now, uint64_t *us) {
    uint32_t echo = seg->options.ts_echo, clock = timestamps_now(c, now);
    if (!c->opt.timestamps || !seg->options.has_timestamps)
        return false;
    if (rs_seq_lt(echo, c->opt.first_value) || rs_seq_gt(echo, clock)) // not a time at which we sent anything
        return false;
    *us = (uint64_t)(clock - echo) * 1000;
    return true;
}
