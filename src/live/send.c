// SPDX-License-Identifier: MIT
//
// The way out: a segment of the engine's becomes a packet, goes to the link, and is recorded as what was sent. Called
// by session.c and hold.c.
#include <errno.h>
#include <string.h>

#include "live/internal.h"

struct rs_packet session_wrap(const struct session *s, const struct rs_segment *segment) {
    return (struct rs_packet){
        .source = s->conn.local,
        .destination = s->conn.remote,
        .ip = {.tos = s->config.tos, .id = s->ip_id, .dont_fragment = true, .ttl = s->config.ttl},
        .ip6 = {.traffic_class = s->config.tos, .flow_label = s->config.conn.flow_label, .hop_limit = s->config.ttl},
        .segment = *segment,
    };
}

// Failures that no waiting will cure. All others count as a lost packet: the engine will send it again.
static bool is_lasting(int number) {
    return number == EPERM || number == EACCES || number == EMSGSIZE || number == EINVAL || number == EAFNOSUPPORT;
}

bool session_no_room(int failure) { return failure == EAGAIN || failure == ENOBUFS; }

void session_note_failure(struct session *s, int failure) {
    if (is_lasting(failure))
        s->link_failure = failure;
}

static void transmit(struct session *s, const struct rs_segment *segment, enum rs_reason why, uint64_t now) {
    struct rs_packet packet = session_wrap(s, segment), parsed;
    const struct bend *bend = &s->config.bend;
    unsigned copies = bend->outgoing ? bend->outgoing(bend->self, &packet) : 1;
    s->ip_id++;
    size_t size = rs_packet_build(&packet, s->packet, sizeof s->packet);
    int failure = 0;
    for (unsigned i = 0; i < copies && failure == 0; i++)
        failure = s->config.link.send(s->config.link.self, &packet.destination, s->packet, size);
    session_note_failure(s, failure);
    if (!trace_wants_all(s->config.trace))
        return;
    // What is told is what was sent: it is read back from the bytes.
    (void)rs_packet_parse(s->packet, size, &parsed);
    bool left = copies > 0 && failure == 0;
    struct trace_event event = session_segment_event(s, left ? TRACE_SENT : TRACE_UNSENT, &parsed, size, true);
    event.u.segment.why = why;
    event.u.segment.failure = failure;
    session_record_at(s, event, now);
    session_ask_peer(s);
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
