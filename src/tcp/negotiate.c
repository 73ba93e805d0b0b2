// SPDX-License-Identifier: MIT
//
// The options of a SYN: what we offer in ours, and what theirs makes of it. An option is used only if both ends have
// offered it (RFC 7323, sections 2.2 and 3.2; RFC 2018, section 2). Called by output.c and opening.c.
#include "internal.h"

enum {
    SCALE_MOST = 14, // so that a window stays below half of the sequence space (RFC 7323, section 2.3)
    UNITS_LEAST = 4  // in the receive buffer
};

// True if this kind stands in the order that the caller has chosen; without one, all do.
static bool is_listed(const struct rs_conn *c, enum rs_option_kind kind) {
    const uint8_t *order = c->config.syn_options;
    if (order[0] == RS_OPTION_END)
        return true;
    for (int i = 0; i < RS_SYN_OPTIONS_MAX && order[i] != RS_OPTION_END; i++)
        if (order[i] == kind)
            return true;
    return false;
}

static bool offers_window_scale(const struct rs_conn *c) {
    return !c->config.no_window_scale && is_listed(c, RS_OPTION_WINDOW_SCALE);
}

static bool offers_timestamps(const struct rs_conn *c) {
    return !c->config.no_timestamps && is_listed(c, RS_OPTION_TIMESTAMPS);
}

static bool offers_sack(const struct rs_conn *c) {
    return !c->config.no_sack && is_listed(c, RS_OPTION_SACK_PERMITTED);
}

// The least shift that lets the whole receive buffer be offered in 16 bits. A larger one may be asked for, but a window
// of less than one unit could not be told at all.
uint8_t negotiate_own_scale(const struct rs_conn *c) {
    uint8_t shift = c->config.window_scale < SCALE_MOST ? c->config.window_scale : SCALE_MOST;
    while (shift > 0 && c->config.receive_bytes >> shift < UNITS_LEAST)
        shift--;
    while (shift < SCALE_MOST && (UINT64_C(65535) << shift) < c->config.receive_bytes)
        shift++;
    return shift;
}

static void write_order(const struct rs_conn *c, struct rs_options *out) {
    while (out->order_count < RS_SYN_OPTIONS_MAX && c->config.syn_options[out->order_count] != RS_OPTION_END) {
        out->order[out->order_count] = c->config.syn_options[out->order_count];
        out->order_count++;
    }
}

void negotiate_offer(struct rs_conn *c, uint64_t now, struct rs_options *out) {
    bool answers = c->rcv.irs_known;                                 // a SYN,ACK has only what their SYN had
    out->has_mss = !c->config.no_mss && is_listed(c, RS_OPTION_MSS); // only in a SYN (RFC 9293, section 3.7.1, MUST-65)
    out->mss = c->config.mss;                                        // without the options' bytes (RFC 6691, MUST-67)
    out->sack_permitted = answers ? c->opt.sack : offers_sack(c);
    out->has_window_scale = answers ? c->opt.window_scale : offers_window_scale(c);
    out->window_scale = negotiate_own_scale(c);
    out->has_timestamps = answers ? c->opt.timestamps : offers_timestamps(c);
    if (out->has_timestamps) {
        out->ts_value = c->opt.first_value = timestamps_now(c, now);
        out->ts_echo = answers ? c->opt.recent : 0; // zero without ACK (RFC 7323, section 3.2)
    }
    write_order(c, out);
}

void negotiate_take(struct rs_conn *c, const struct rs_options *theirs, uint64_t now) {
    uint16_t otherwise = conn_default_mss(c);
    if (!theirs->has_mss)
        conn_event(c, RS_NO_MSS_OPTION, c->state, otherwise);
    c->rcv.peer_mss = theirs->has_mss ? theirs->mss : otherwise; // MUST-15
    uint16_t mss = c->rcv.peer_mss < MSS_LEAST ? MSS_LEAST : c->rcv.peer_mss;
    c->snd.mss = mss < c->config.path_mss ? mss : c->config.path_mss; // MUST-16

    c->opt.sack = theirs->sack_permitted && offers_sack(c);
    c->opt.window_scale = theirs->has_window_scale && offers_window_scale(c);
    if (c->opt.window_scale) {
        c->rcv.scale = negotiate_own_scale(c);
        c->snd.scale = theirs->window_scale < SCALE_MOST ? theirs->window_scale : SCALE_MOST;
    }
    c->opt.timestamps = theirs->has_timestamps && offers_timestamps(c);
    if (c->opt.timestamps)
        timestamps_begin(c, theirs, now);
}
