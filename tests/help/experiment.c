// SPDX-License-Identifier: MIT
//
// Making up an experiment (see experiment.h): a row of what a script, a bend and the server's program might do.
#include "experiment.h"

#include <errno.h>

#include "bytes.h"
#include "cm.h"

enum { ISS = EVENTS_ISS, SYN_ACK = RS_SYN | RS_ACK };

#define IRS EVENTS_IRS

static const uint8_t hello[] = "Hello server!";

static struct trace_event *peer(struct events *e, enum rs_state state) {
    return events_add(e, (struct trace_event){.kind = TRACE_PEER, .u.peer = {.known = true, .state = state}});
}

static struct trace_event *note(struct events *e, const char *text) {
    return events_add(e, (struct trace_event){.kind = TRACE_NOTE, .u.note.text = text});
}

static struct trace_segment *segment(struct events *e, enum trace_kind kind, bool ours, uint8_t flags, uint32_t seq,
                                     uint32_t ack, size_t data) {
    const struct rs_segment s = {.seq = (ours ? ISS : IRS) + seq,
                                 .ack = flags & RS_ACK ? (ours ? IRS : ISS) + ack : 0,
                                 .flags = flags,
                                 .window = 500,
                                 .payload = {{hello, data}}};
    struct trace_segment *added = &events_segment(e, kind, RS_IPV4, ours, &s)->u.segment;
    added->expected = (struct trace_expected){.flags = SYN_ACK, .any_seq = true, .ack = ISS + 1};
    return added;
}

// A segment of our TCP's, to which the bend does something; in step mode it is shown first.
static struct trace_segment *bent(struct events *e, bool step, enum rs_reason why, uint8_t how, const char *purpose,
                                  uint8_t flags, uint32_t seq, uint32_t ack, size_t data) {
    enum trace_kind kinds[] = {TRACE_PENDING, TRACE_SENT};
    struct trace_segment *last = NULL;
    for (size_t i = step ? 0 : 1; i < COUNT(kinds); i++) {
        last = segment(e, kinds[i], true, flags, seq, ack, data);
        last->why = why;
        last->bent = how;
        last->purpose = purpose;
        last->irs_known = !(flags & RS_SYN);
    }
    return last;
}

static void server(struct events *e, enum trace_server_call call, size_t size, int error) {
    const struct rs_endpoint from = rs_endpoint_ipv4(192, 0, 2, 1, 45708);
    events_add(e, (struct trace_event){.kind = TRACE_SERVER, .u.server = {call, hello, size, from, error}});
}

static void call(struct events *e, enum trace_kind kind, enum trace_call which) {
    struct trace_event event = {.kind = kind};
    event.u.call.call = which;
    event.u.call.message = kind == TRACE_CALL ? hello : NULL;
    event.u.call.message_bytes = which == TRACE_SENDALL ? sizeof hello - 1 : 0;
    events_add(e, event);
}

static void open_with_a_wrong_checksum(struct events *e, bool step) {
    peer(e, RS_LISTEN);
    note(e, "The checksum of our SYN is written wrong by one. Everything else is as it always is, and the server's "
            "program waits in accept().");
    call(e, TRACE_CALL, TRACE_CONNECT);
    bent(e, step, RS_SENT_SYN, TRACE_BENT_ALTERED, "Its checksum is one too high.", RS_SYN, 0, 0, 0)->state =
        RS_SYN_SENT;
    peer(e, RS_LISTEN);
    events_add(
        e, (struct trace_event){.kind = TRACE_DECISION, .u.decision = {RS_SENT_SYN, RS_CLOSED, RS_SYN_SENT, 1000000}});
    server(e, TRACE_SERVER_ACCEPT, 0, EAGAIN);
    events_add(e, (struct trace_event){.kind = TRACE_DECISION,
                                       .u.decision = {RS_TIMED_OUT, RS_SYN_SENT, RS_SYN_SENT, 2000000}});
    bent(e, step, RS_RESENT_SYN, 0, NULL, RS_SYN, 0, 0, 0)->state = RS_SYN_SENT;
    peer(e, RS_SYN_RECEIVED);
    segment(e, TRACE_RECEIVED, false, SYN_ACK, 0, 1, 0);
    peer(e, RS_SYN_RECEIVED);
    segment(e, TRACE_UNSENT, true, RS_ACK, 1, 1, 0)->purpose = "The third segment never leaves.";
    e->list[e->count - 1].u.segment.bent = TRACE_BENT_DROPPED;
    call(e, TRACE_RETURN, TRACE_CONNECT);
}

static void talk_late(struct events *e, bool step) {
    struct trace_segment *s = segment(e, TRACE_HELD, true, RS_PSH | RS_ACK, 1, 1, 13);
    s->bent = TRACE_BENT_DELAYED;
    s->bent_us = 50000;
    s->purpose = "It is to come late.";
    s = bent(e, step, RS_SENT_DATA, TRACE_BENT_DELAYED, "It is to come late.", RS_PSH | RS_ACK, 1, 1, 13);
    s->bent_us = 50000;
    server(e, TRACE_SERVER_ACCEPT, 0, 0);
    server(e, TRACE_SERVER_RECV, 13, 0);
    server(e, TRACE_SERVER_RECV, 0, EAGAIN);
    server(e, TRACE_SERVER_RECV_URGENT, 1, 0);
    server(e, TRACE_SERVER_SEND, 5, 0);
    segment(e, TRACE_RECEIVED, false, RS_PSH | RS_ACK, 1, 14, 5);
    server(e, TRACE_SERVER_SHUTDOWN, 0, 0);
    segment(e, TRACE_RECEIVED, false, RS_FIN | RS_ACK, 6, 14, 0)->state = RS_CLOSE_WAIT;
    events_add(e, (struct trace_event){.kind = TRACE_WAITING, .u.waiting = {1000000}});
    server(e, TRACE_SERVER_RECV, 0, ECONNRESET);
    server(e, TRACE_SERVER_END_OF_FILE, 0, 0);
    server(e, TRACE_SERVER_CLOSE, 0, 0);
    struct trace_event end = {.kind = TRACE_END};
    end.u.end.state = RS_TIME_WAIT;
    events_add(e, end);
}

// No TCP is at our end: a script writes what leaves.
static void knock_by_script(struct events *e, bool step) {
    peer(e, RS_LISTEN);
    note(e, "Now a segment of a connection that nobody has opened.");
    struct trace_segment *s = bent(e, step, RS_SENT_SYN, TRACE_BENT_FORGED,
                                   "An ACK that acknowledges what was never sent.", RS_ACK, 1, 5001, 0);
    s->state = RS_CLOSED;
    peer(e, RS_LISTEN);
    s = segment(e, TRACE_RECEIVED, false, RS_RST, 5001, 0, 0);
    s->state = RS_CLOSED;
    s->expected = (struct trace_expected){0};
    peer(e, RS_LISTEN);
}

static void find(struct events *e, bool holds) {
    const struct trace_event found[] = {
        {.u.evidence = {TRACE_ON_THE_WIRE, "RST, its seq our ack", "RST, its seq our ack", true, false, true}},
        {.u.evidence = {TRACE_IN_THE_KERNEL, "LISTEN: the connection is unknown there", "LISTEN", true, false, true}},
        {.u.evidence = {TRACE_IN_THE_COUNTERS, "TcpExtTCPReqQFullDoCookies +1, and no other of the errors",
                        holds ? "TcpExtTCPReqQFullDoCookies +1" : "none of them", holds, true, false}},
        {.u.evidence = {TRACE_IN_THE_PROGRAM, "recv(): b\"<Hello> & so on\"",
                        holds ? "recv(): b\"<Hello> & so on\""
                              : "recv(): b\"\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\"",
                        holds, false, false}},
        {.u.evidence = {TRACE_AT_OUR_END, "nothing", "nothing", true, false, false}},
    };
    for (size_t i = 0; i < COUNT(found); i++) {
        struct trace_event event = found[i];
        event.kind = TRACE_EVIDENCE;
        events_add(e, event);
    }
}

void experiment_events(struct events *e, bool control, bool step) {
    static struct trace_about first, second;
    first = (struct trace_about){.source = TRACE_BY_HAND,
                                 .client = rs_endpoint_ipv4(192, 0, 2, 1, 45708),
                                 .server = rs_endpoint_ipv4(192, 0, 2, 2, 1712),
                                 .private_network = true,
                                 .through_user = true,
                                 .our_server = true,
                                 .experiment = "made-up",
                                 .timers_matter = true,
                                 .control = control,
                                 .client_is = "our own TCP, but its first segment is altered on its way out"};
    second = first;
    second.client_is = "a script: no TCP at all";
    second.server_is = "ordinary sockets, listen(64)";
    e->count = e->packets_count = 0;
    events_add(e, (struct trace_event){.kind = TRACE_BEGIN, .u.about = &first});
    open_with_a_wrong_checksum(e, step);
    talk_late(e, step);
    size_t one = e->count;
    events_add(e, (struct trace_event){.kind = TRACE_BEGIN, .u.about = &second});
    knock_by_script(e, step);
    find(e, !control);
    events_add(e, (struct trace_event){.kind = TRACE_END});
    for (size_t i = one; i < e->count; i++)
        e->list[i].connection = 2;
}

static void belong(struct events *e, size_t from, uint32_t connection) {
    for (size_t i = from; i < e->count; i++)
        e->list[i].connection = connection;
}

// An event that is told by nobody, or a sentence, of the connection that is not in hand.
static void decide(struct events *e, enum rs_reason reason) {
    events_add(e, (struct trace_event){.kind = TRACE_DECISION, .u.decision = {reason, RS_SYN_SENT, RS_SYN_SENT, 1}});
}

static void shake_hands(struct events *e, bool step, bool first, bool second, bool third) {
    if (first) {
        call(e, TRACE_CALL, TRACE_CONNECT);
        bent(e, step, RS_SENT_SYN, 0, NULL, RS_SYN, 0, 0, 0)->state = RS_SYN_SENT;
        peer(e, RS_SYN_RECEIVED);
    }
    if (second) {
        segment(e, TRACE_RECEIVED, false, SYN_ACK, 0, 1, 0)->state = RS_ESTABLISHED;
        peer(e, RS_SYN_RECEIVED);
    }
    if (third) {
        bent(e, step, RS_SENT_ACK, 0, NULL, RS_ACK, 1, 1, 0)->state = RS_ESTABLISHED;
        peer(e, RS_ESTABLISHED);
        call(e, TRACE_RETURN, TRACE_CONNECT);
    }
}

static void end_in(struct events *e, enum rs_state state) {
    struct trace_event event = {.kind = TRACE_END};
    event.u.end.state = state;
    events_add(e, event);
}

void experiment_two_at_once(struct events *e, bool step) {
    static struct trace_about first, second;
    first = (struct trace_about){.source = TRACE_BY_HAND,
                                 .client = rs_endpoint_ipv4(192, 0, 2, 1, 45708),
                                 .server = rs_endpoint_ipv4(192, 0, 2, 2, 1712),
                                 .private_network = true,
                                 .our_server = true,
                                 .guarded = true,
                                 .experiment = "made-up"};
    second = first;
    second.client.port = 45709;
    e->count = e->packets_count = 0;
    events_add(e, (struct trace_event){.kind = TRACE_BEGIN, .u.about = &first});
    peer(e, RS_LISTEN);
    shake_hands(e, step, true, false, false);
    call(e, TRACE_CALL, TRACE_SENDALL); // nothing leaves yet: no line waits for it when the other one is told
    belong(e, 0, 1);
    size_t from = e->count;
    events_add(e, (struct trace_event){.kind = TRACE_BEGIN, .u.about = &second});
    peer(e, RS_LISTEN);
    shake_hands(e, step, true, true, true);
    belong(e, from, 2);
    from = e->count;
    decide(e, RS_RTT_MEASURED); // a word about the first that is no word of the narration's
    belong(e, from, 1);
    from = e->count;
    server(e, TRACE_SERVER_ACCEPT, 0, 0);
    belong(e, from, 2);
    from = e->count;
    note(e, "And now the first one again.");
    belong(e, from, 2);
    from = e->count;
    decide(e, RS_STILL_TRYING);
    shake_hands(e, step, false, true, true);
    e->list[e->count - 2].u.peer.others = true; // accept() was called, though not for this one
    belong(e, from, 1);
    from = e->count;
    find(e, true);
    end_in(e, RS_ESTABLISHED);
    belong(e, from, 2);
    from = e->count;
    end_in(e, RS_ESTABLISHED);
    belong(e, from, 1);
}

void experiment_play(const struct events *events, const struct trace_sink *sink) {
    for (size_t i = 0; i < events->count; i++)
        sink->take(sink->self, &events->list[i]);
}
