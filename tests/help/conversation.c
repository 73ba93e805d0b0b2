// SPDX-License-Identifier: MIT
//
// Playing conversations (see conversation.h). Called by the tests of page and diagrams.
#include "conversation.h"

#include <string.h>

#include "cm.h"

struct player {
    const struct conversation *c;
    const struct trace_sink *sink;
    struct trace_about about;
    uint64_t number, now_us;
    uint32_t snd, rcv; // the client's next number, the server's
    unsigned at;       // segments so far
};

static void tell(struct player *p, struct trace_event event) {
    event.number = ++p->number;
    event.connection = 1;
    event.at_us = p->now_us;
    event.wall_ns = p->now_us * 1000;
    p->sink->take(p->sink->self, &event);
}

static bool by_hand(const struct player *p) { return p->c->source == TRACE_BY_HAND; }

struct turn {
    bool ours;
    uint8_t flags;
    const char *data;
    enum rs_reason why;
    enum rs_state client, server;
    bool far_unproved;
    uint32_t unread;
};

static struct rs_packet wrap(const struct player *p, const struct turn *t) {
    const char *data = t->data ? t->data : "";
    bool syn = t->flags & RS_SYN;
    return (struct rs_packet){
        .source = t->ours ? p->about.client : p->about.server,
        .destination = t->ours ? p->about.server : p->about.client,
        .ip = {.ttl = 64, .dont_fragment = true, .id = t->ours ? (uint16_t)(7 + p->number + p->c->other) : 0},
        .ip6 = {.hop_limit = 64, .flow_label = 0xabcdeu - p->c->other},
        .segment = {.source_port = t->ours ? p->about.client.port : p->about.server.port,
                    .destination_port = t->ours ? p->about.server.port : p->about.client.port,
                    .seq = t->ours ? p->snd : p->rcv,
                    .ack = !(t->flags & RS_ACK) ? 0
                           : t->ours            ? p->rcv
                                                : p->snd,
                    .flags = t->flags,
                    .window = 65495,
                    .options = {.has_mss = syn,
                                .mss = 65495,
                                .sack_permitted = syn,
                                .has_window_scale = syn,
                                .window_scale = 7,
                                .has_timestamps = true,
                                .ts_value = (uint32_t)(p->now_us / 1000) + p->c->other,
                                .ts_echo = t->flags & RS_ACK ? 1000u + p->c->other : 0},
                    .payload = {{(const uint8_t *)data, strlen(data)}}},
    };
}

static void tell_peer(struct player *p, enum rs_state state, uint32_t unread, bool existed) {
    struct trace_event event = {.kind = TRACE_PEER};
    event.u.peer = (struct trace_peer){.known = true, .state = state, .unread_bytes = unread, .existed = existed};
    tell(p, event);
}

static void tell_decision(struct player *p, enum rs_reason reason, enum rs_state before, enum rs_state after) {
    struct trace_event event = {.kind = TRACE_DECISION};
    event.u.decision = (struct trace_decision){.reason = reason, .before = before, .after = after, .value = 1000000};
    tell(p, event);
}

static void pass(struct player *p, const struct turn *t, enum rs_state before) {
    uint8_t bytes[1024];
    struct rs_packet packet = wrap(p, t), parsed;
    if (p->c->alter && !p->c->alter(p->at++, &packet))
        return;
    size_t size = rs_packet_build(&packet, bytes, sizeof bytes);
    assert_int_equal(rs_packet_parse(bytes, size, &parsed), RS_WIRE_OK);
    struct trace_event event = {.kind = !by_hand(p) ? TRACE_SEEN : t->ours ? TRACE_SENT : TRACE_RECEIVED};
    p->now_us += 13;
    event.u.segment = (struct trace_segment){.packet = &parsed,
                                             .bytes = bytes,
                                             .size = size,
                                             .of_others = !by_hand(p),
                                             .wire_size = size,
                                             .why = t->why,
                                             .state = t->client,
                                             .far_state = t->server,
                                             .state_proved = t->ours || !t->far_unproved,
                                             .far_proved = !t->ours || !t->far_unproved,
                                             .iss = CONVERSATION_ISS + p->c->other,
                                             .irs = CONVERSATION_IRS + p->c->other,
                                             .irs_known = !(t->ours && (t->flags & RS_SYN)),
                                             .window_shift = t->flags & RS_SYN ? 0 : 7,
                                             .ours = t->ours,
                                             .frame = p->c->source == TRACE_READ ? p->number : 0};
    tell(p, event);
    *(t->ours ? &p->snd : &p->rcv) += rs_segment_length(&packet.segment);
    if (!by_hand(p))
        return;
    tell_peer(p, t->server, t->unread, true);
    if (t->ours)
        tell_decision(p, t->why, before, t->client);
}

static void tell_call(struct player *p, enum trace_kind kind, enum trace_call call, const char *message) {
    struct trace_event event = {.kind = kind};
    event.u.call.call = call;
    event.u.call.remote = p->about.server;
    event.u.call.message = (const uint8_t *)message;
    event.u.call.message_bytes = message ? strlen(message) : 0;
    if (p->c->source <= TRACE_BY_KERNEL)
        tell(p, event);
}

static void tell_server(struct player *p, enum trace_server_call call, const char *bytes) {
    struct trace_event event = {.kind = TRACE_SERVER};
    event.u.server.call = call;
    event.u.server.bytes = (const uint8_t *)bytes;
    event.u.server.size = bytes ? strlen(bytes) : 0;
    event.u.server.from = p->about.client;
    if (p->c->source <= TRACE_BY_KERNEL)
        tell(p, event);
}

static void open_it(struct player *p) {
    if (by_hand(p))
        tell_peer(p, RS_LISTEN, 0, false);
    tell_call(p, TRACE_CALL, TRACE_CONNECT, NULL);
    pass(p, &(struct turn){true, RS_SYN, NULL, RS_SENT_SYN, RS_SYN_SENT, RS_SYN_RECEIVED, true, 0}, RS_CLOSED);
    pass(p, &(struct turn){false, RS_SYN | RS_ACK, NULL, 0, RS_ESTABLISHED, RS_SYN_RECEIVED, true, 0}, 0);
    pass(p, &(struct turn){true, RS_ACK, NULL, RS_SENT_HANDSHAKE_ACK, RS_ESTABLISHED, RS_ESTABLISHED, true, 0},
         RS_ESTABLISHED);
    tell_call(p, TRACE_RETURN, TRACE_CONNECT, NULL);
}

static void talk(struct player *p, const char *message) {
    const uint32_t size = (uint32_t)strlen(message);
    tell_call(p, TRACE_CALL, TRACE_SENDALL, message);
    for (unsigned i = 0; i < (p->c->rounds ? p->c->rounds : 1); i++) {
        pass(p,
             &(struct turn){true, RS_PSH | RS_ACK, message, RS_SENT_DATA, RS_ESTABLISHED, RS_ESTABLISHED, false, size},
             RS_ESTABLISHED);
        pass(p, &(struct turn){false, RS_ACK, NULL, 0, RS_ESTABLISHED, RS_ESTABLISHED, false, size}, 0);
    }
    tell_call(p, TRACE_RETURN, TRACE_SENDALL, message);
    tell_server(p, TRACE_SERVER_ACCEPT, NULL);
    tell_server(p, TRACE_SERVER_RECV, message);
}

static void close_it(struct player *p) {
    tell_call(p, TRACE_CALL, TRACE_CLOSE, NULL);
    pass(p, &(struct turn){true, RS_FIN | RS_ACK, NULL, RS_SENT_FIN, RS_FIN_WAIT_1, RS_CLOSE_WAIT, true, 0},
         RS_ESTABLISHED);
    pass(p, &(struct turn){false, RS_ACK, NULL, 0, RS_FIN_WAIT_2, RS_CLOSE_WAIT, false, 0}, 0);
    tell_server(p, TRACE_SERVER_END_OF_FILE, NULL);
    tell_server(p, TRACE_SERVER_CLOSE, NULL);
    pass(p, &(struct turn){false, RS_FIN | RS_ACK, NULL, 0, RS_TIME_WAIT, RS_LAST_ACK, true, 0}, 0);
    pass(p, &(struct turn){true, RS_ACK, NULL, RS_SENT_ACK_OF_FIN, RS_TIME_WAIT, RS_CLOSED, true, 0}, RS_TIME_WAIT);
}

static struct rs_endpoint end(const struct conversation *c, uint16_t port) {
    struct rs_endpoint e = {.family = RS_IPV6, .addr = {0x20, 1, 0x0d, 0xb8, [15] = (uint8_t)port}, .port = port};
    return c->ipv6 ? e : rs_endpoint_ipv4(127, 0, 0, 1, port);
}

void conversation_play(const struct conversation *c, const struct trace_sink *sink) {
    struct player p = {.c = c,
                       .sink = sink,
                       .snd = CONVERSATION_ISS + c->other,
                       .rcv = CONVERSATION_IRS + c->other,
                       .now_us = 1000000};
    p.about = (struct trace_about){.source = c->source,
                                   .client = end(c, (uint16_t)(45709 + c->other)),
                                   .server = end(c, 1712),
                                   .where = c->where,
                                   .private_network = c->source <= TRACE_BY_KERNEL,
                                   .our_server = c->source <= TRACE_BY_KERNEL,
                                   .guarded = c->source == TRACE_BY_HAND,
                                   .choices = c->choices};
    tell(&p, (struct trace_event){.kind = TRACE_BEGIN, .u.about = &p.about});
    open_it(&p);
    talk(&p, c->message ? c->message : "Hello server!");
    close_it(&p);
    struct trace_event over = {.kind = TRACE_END};
    over.u.end.state = RS_TIME_WAIT;
    over.u.end.far_state = RS_CLOSED;
    over.u.end.in_order = true;
    over.u.end.opening = TRACE_OPENED;
    over.u.end.ending = TRACE_CLOSED;
    tell(&p, over);
}

struct tape *conversation_tape(const struct conversation *c) {
    struct tape *tape = tape_new(TAPE_HEAD_BYTES);
    assert_non_null(tape);
    const struct trace_sink sink = tape_sink(tape);
    conversation_play(c, &sink);
    return tape;
}
