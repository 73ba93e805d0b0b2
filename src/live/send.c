// SPDX-License-Identifier: MIT
//
// The way out: a segment of the engine's becomes a packet, goes to the link, and is recorded as what was sent. Called
// by session.c and hold.c.
#include <errno.h>
#include <string.h>

#include "live/internal.h"

struct rs_packet session_wrap(const struct session *s, const struct rs_segment *segment) {
    const struct rs_conn_config *c = &s->config.conn;
    return (struct rs_packet){
        .source = s->conn.local,
        .destination = s->config.conn.remote,
        .ip = {.tos = c->tos, .id = s->ip_id, .dont_fragment = true, .ttl = c->ttl},
        .ip6 = {.traffic_class = c->tos, .flow_label = c->flow_label, .hop_limit = c->ttl},
        .segment = *segment,
    };
}

// Failures that no waiting will cure. All others count as a lost packet: the engine will send it again.
static bool is_lasting(int number) {
    return number == EPERM || number == EACCES || number == EMSGSIZE || number == EINVAL || number == EAFNOSUPPORT ||
           number == ENOSYS;
}

bool session_no_room(int failure) { return failure == EAGAIN || failure == ENOBUFS; }

void session_note_failure(struct session *s, int failure) {
    if (is_lasting(failure))
        s->link_failure = failure;
}

// What is told is what was sent: it is read back from the bytes.
static void record(struct session *s, enum trace_kind kind, const struct passage *out, int failure, uint64_t now) {
    struct rs_packet parsed;
    if (!trace_wants_all(s->config.trace))
        return;
    (void)rs_packet_parse(s->packet, out->size, &parsed);
    struct trace_event event = session_segment_event(s, kind, &parsed, out->size, true);
    event.u.segment.why = out->why;
    event.u.segment.failure = failure;
    event.u.segment.bent = out->bent;
    event.u.segment.bent_us = out->bent_us;
    event.u.segment.purpose = out->purpose;
    event.wall_ns = out->wall_ns;
    session_record_at(s, event, now);
    if (kind != TRACE_HELD)
        session_ask_server(s);
}

// While the kernel sends, the answer may come and more than that: the time is taken before.
void send_put_on_wire(struct session *s, const struct passage *passage, uint64_t now) {
    struct passage out = *passage;
    session_ask_counters(s); // what has moved meanwhile is not this segment's doing
    out.wall_ns = s->config.clock.wall_ns(s->config.clock.self);
    int failure = s->config.link.send(s->config.link.self, &s->config.conn.remote, s->packet, out.size);
    session_note_failure(s, failure);
    s->left = failure == 0;
    record(s, s->left ? TRACE_SENT : TRACE_UNSENT, &out, failure, now);
}

static void transmit(struct session *s, const struct rs_segment *segment, enum rs_reason why, uint64_t now) {
    struct rs_packet packet = session_wrap(s, segment);
    const struct bend *bend = &s->config.bend;
    struct bent bent = bend->outgoing ? bend->outgoing(bend->self, &packet) : (struct bent){.copies = 1};
    struct passage out = {.why = why, .size = rs_packet_build(&packet, s->packet, sizeof s->packet)};
    out.purpose = bent.purpose;
    out.bent = bent.altered ? TRACE_BENT_ALTERED : 0;
    now = bent.slow ? session_now(s) : now;
    s->ip_id++;
    s->left = false;
    if (bent.flip && bent_flip(s, out.size, bent.flip_at))
        out.bent |= TRACE_BENT_CORRUPTED;
    if (bent.copies == 0) {
        out.bent |= TRACE_BENT_DROPPED;
        record(s, TRACE_UNSENT, &out, 0, now);
        return;
    }
    for (unsigned i = 0; i < bent.copies; i++) {
        out.bent |= i > 0 ? TRACE_BENT_COPY : 0;
        if (bent_put_aside(s, &bent, &out, true, now))
            record(s, TRACE_HELD, &out, 0, now);
        else
            send_put_on_wire(s, &out, now);
    }
    if (bent.delay_us == 0)
        bent_release_overtaken(s, true);
}

bool session_send_one(struct session *s) {
    struct rs_segment segment;
    uint64_t now = session_now(s);
    if (!rs_conn_poll_segment(&s->conn, now, &segment))
        return false;
    enum rs_reason why = session_drain_decisions(s);
    struct rs_event decisions[RS_EVENTS_MAX]; // told after the segment that they belong to
    size_t count = s->decisions_count;
    memcpy(decisions, s->decisions, count * sizeof *decisions);
    transmit(s, &segment, why, now);
    memcpy(s->decisions, decisions, count * sizeof *decisions);
    s->decisions_count = count;
    session_record_drained(s);
    return true;
}
