// SPDX-License-Identifier: MIT
//
// What a script writes by hand: segments that no engine has thought of (see lab.h). Their numbers count from the
// beginning of each direction, as in the ladder. Called by experiments.
#include "lab/internal.h"

enum { PATIENCE_US = 10000000, WINDOW = 64 };

static uint32_t iss_of(const struct lab_end *end) {
    struct rs_conn_facts facts;
    rs_conn_facts(&end->session.conn, &facts);
    return end->by_hand ? end->session.config.conn.iss : facts.iss;
}

static uint32_t irs_of(const struct lab_end *end) {
    struct rs_conn_facts facts;
    rs_conn_facts(&end->session.conn, &facts);
    return end->by_hand ? end->session.first_heard : facts.irs;
}

// The SYN that an engine with this configuration would send: its options are what the kernel's would be.
static struct rs_segment usual_syn(const struct lab_end *end) {
    struct rs_conn_config config = end->session.config.conn;
    struct rs_segment syn;
    static const struct rs_segment none;
    struct rs_conn conn;
    config.has_secret = false;
    rs_conn_init(&conn, &config);
    rs_conn_open(&conn, session_now(&end->session));
    return rs_conn_poll_segment(&conn, session_now(&end->session), &syn) ? syn : none;
}

// The newest timestamp of the server's, if it sends any.
static const struct rs_options *heard_timestamps(const struct lab_end *end) {
    for (size_t i = end->lab->recorded; i > 0; i--) {
        const struct lab_segment *s = &end->lab->record[i - 1];
        if (!s->ours && s->connection == end->session.config.connection)
            return s->options.has_timestamps ? &s->options : NULL;
    }
    return NULL;
}

// Once both ends have sent timestamps, each segment has one (RFC 7323, section 3.2).
static void add_timestamps(const struct lab_end *end, struct rs_options *options) {
    const struct rs_options *heard = heard_timestamps(end);
    struct rs_conn_facts facts;
    rs_conn_facts(&end->session.conn, &facts);
    if (!heard)
        return;
    options->has_timestamps = true;
    options->ts_value = (uint32_t)(session_now(&end->session) / 1000) +
                        (end->by_hand ? end->session.config.conn.ts_offset : facts.ts_offset);
    options->ts_echo = heard->ts_value;
}

struct forged lab_segment(const struct lab_end *end, uint8_t flags, uint32_t seq, uint32_t ack) {
    struct rs_segment segment = {.window = WINDOW};
    if (flags & RS_SYN)
        segment = usual_syn(end);
    else
        add_timestamps(end, &segment.options);
    segment.source_port = end->local.port;
    segment.destination_port = end->remote.port;
    segment.flags = flags;
    segment.seq = iss_of(end) + seq;
    segment.ack = flags & RS_ACK ? irs_of(end) + ack : 0;
    return (struct forged){.packet = session_wrap(&end->session, &segment)};
}

struct forged lab_segment_now(const struct lab_end *end, uint8_t flags) {
    struct rs_conn_facts facts;
    rs_conn_facts(&end->session.conn, &facts);
    return lab_segment(end, flags, facts.snd_nxt - facts.iss, facts.rcv_nxt - facts.irs);
}

static bool has_left(void *self) {
    const struct lab_end *end = self;
    return !session_has_forged(&end->session);
}

void lab_forge(struct lab_end *end, const struct forged *forged) {
    if (end->lab->stopped)
        return;
    session_forge(&end->session, forged);
    lab_go(end->lab, has_left, end, PATIENCE_US);
}

void lab_forge_bare(struct lab_end *end, uint8_t flags, uint32_t seq, uint32_t ack, const char *purpose) {
    struct forged forged = lab_segment(end, flags, seq, ack);
    forged.purpose = purpose;
    lab_forge(end, &forged);
}

bool lab_syn_by_hand(struct lab_end *end, uint64_t most_us) {
    lab_by_hand(end);
    lab_forge_bare(end, RS_SYN, 0, 0, "Our SYN, written by hand: no TCP at our end is to interfere.");
    return lab_until_arrived(end, RS_SYN | RS_ACK, 0, most_us);
}

bool lab_shake_by_hand(struct lab_end *end, uint64_t most_us) {
    if (!lab_syn_by_hand(end, most_us))
        return false;
    lab_forge_bare(end, RS_ACK, 1, 1, "");
    return true;
}
