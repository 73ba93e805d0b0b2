// SPDX-License-Identifier: MIT
//
// What arrives early: bytes behind a gap. They are kept (RFC 9293, section 3.10.7.4, SHLD-31) where they belong, in the
// receive ring itself, behind what is readable; a small table says which ranges there are, and SACK tells the other end
// (RFC 2018). Called by take.c and output.c.
#include "internal.h"

enum { BLOCKS_BESIDE_TIMESTAMPS = 3 }; // 40 bytes hold four, or three and the timestamps (RFC 2018, section 3)

static void remove_range(struct rs_conn *c, uint32_t i) {
    c->rcv.ranges_count--;
    for (; i < c->rcv.ranges_count; i++)
        c->rcv.ranges[i] = c->rcv.ranges[i + 1];
}

static bool insert_range(struct rs_conn *c, uint32_t i, struct rs_range range) {
    if (c->rcv.ranges_count == RS_RANGES_MAX)
        return false;
    for (uint32_t j = c->rcv.ranges_count++; j > i; j--)
        c->rcv.ranges[j] = c->rcv.ranges[j - 1];
    c->rcv.ranges[i] = range;
    return true;
}

// Notes that left to right has arrived: joins it with every range that it touches. False if the table is full.
static bool note_range(struct rs_conn *c, uint32_t left, uint32_t right) {
    struct rs_range *r = c->rcv.ranges;
    uint32_t i = 0;
    while (i < c->rcv.ranges_count && rs_seq_lt(r[i].right, left))
        i++;
    if (i == c->rcv.ranges_count || rs_seq_lt(right, r[i].left))
        return insert_range(c, i, (struct rs_range){left, right, ++c->rcv.heard});
    if (rs_seq_lt(left, r[i].left))
        r[i].left = left;
    while (i + 1 < c->rcv.ranges_count && rs_seq_geq(right, r[i + 1].left)) { // the gap behind it is filled
        if (rs_seq_lt(right, r[i + 1].right))
            right = r[i + 1].right;
        remove_range(c, i + 1);
    }
    if (rs_seq_gt(right, r[i].right))
        r[i].right = right;
    r[i].heard = ++c->rcv.heard;
    return true;
}

bool early_keep(struct rs_conn *c, uint32_t seq, const struct rs_span spans[2]) {
    uint32_t size = (uint32_t)(spans[0].size + spans[1].size);
    if (!note_range(c, seq, seq + size))
        return false;
    ring_write(&c->receive_ring, seq - c->rcv.nxt, spans);
    return true;
}

uint32_t early_join(struct rs_conn *c) {
    uint32_t before = c->rcv.nxt;
    // What has just arrived in order may reach into the first range, or beyond it.
    while (c->rcv.ranges_count > 0 && rs_seq_leq(c->rcv.ranges[0].left, c->rcv.nxt)) {
        uint32_t right = c->rcv.ranges[0].right;
        if (rs_seq_gt(right, c->rcv.nxt)) {
            ring_extend(&c->receive_ring, right - c->rcv.nxt);
            c->rcv.nxt = right;
        }
        remove_range(c, 0);
    }
    return c->rcv.nxt - before;
}

uint32_t early_bytes(const struct rs_conn *c) {
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < c->rcv.ranges_count; i++)
        bytes += c->rcv.ranges[i].right - c->rcv.ranges[i].left;
    return bytes;
}

// The range that grew latest of those that grew before this one; NULL: there is none.
static const struct rs_range *next_latest(const struct rs_conn *c, const struct rs_range *than) {
    const struct rs_range *latest = NULL;
    for (uint32_t i = 0; i < c->rcv.ranges_count; i++) {
        const struct rs_range *r = &c->rcv.ranges[i];
        if ((!than || rs_seq_lt(r->heard, than->heard)) && (!latest || rs_seq_gt(r->heard, latest->heard)))
            latest = r;
    }
    return latest;
}

void early_write_sack(const struct rs_conn *c, struct rs_options *out) {
    uint8_t most = out->has_timestamps ? BLOCKS_BESIDE_TIMESTAMPS : RS_SACK_BLOCKS_MAX;
    const struct rs_range *range = NULL;
    out->sack_blocks = 0;
    if (!c->opt.sack)
        return;
    // First the block with what came last, then the others by age (RFC 2018, section 4): each is thus told several
    // times, and one lost ACK does no harm.
    while (out->sack_blocks < most && (range = next_latest(c, range)) != NULL)
        out->sack[out->sack_blocks++] = (struct rs_sack_block){range->left, range->right};
}
