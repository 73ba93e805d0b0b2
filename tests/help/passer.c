// SPDX-License-Identifier: MIT
//
// See passer.h.
#include "passer.h"

#include <stdlib.h>
#include <string.h>

static void take(void *self, const struct trace_event *event) {
    struct passer *p = self;
    if (p->count == PASSER_EVENTS)
        abort();
    struct passer_event *e = &p->events[p->count++];
    *e = (struct passer_event){.kind = event->kind, .connection = event->connection, .whole = *event};
    if (event->kind == TRACE_SEEN) {
        e->segment = event->u.segment;
        e->segment.packet = NULL;
        e->segment.bytes = NULL;
    }
    if (event->kind == TRACE_BEGIN)
        e->about = *event->u.about;
}

static void finished(void *self, const struct tracker_summary *summary) {
    struct passer *p = self;
    p->summary = *summary;
    p->summaries++;
}

void passer_init(struct passer *p) {
    memset(p, 0, sizeof *p);
    p->end[CLIENT] = rs_endpoint_ipv4(10, 0, 0, 1, 40000);
    p->end[SERVER] = rs_endpoint_ipv4(10, 0, 0, 2, 80);
    p->first[CLIENT] = PASSER_ISS;
    p->first[SERVER] = PASSER_IRS;
    p->window[CLIENT] = p->window[SERVER] = 60000;
    p->syn_options[CLIENT] = p->syn_options[SERVER] = (struct rs_options){.has_mss = true, .mss = 1460};
    p->now_us = 1000000;
    p->step_us = 100;
    p->about.source = TRACE_WATCHED;
    p->passing.direction = TRACE_OUTBOUND;
    p->config = (struct tracker_config){.about = &p->about,
                                        .trace = &p->trace,
                                        .finished = finished,
                                        .finished_self = p,
                                        .most_connections = 64,
                                        .linger_ns = UINT64_C(1000000000)};
}

void passer_start(struct passer *p) {
    trace_add(&p->trace, (struct trace_sink){.self = p, .take = take});
    p->tracker = tracker_new(&p->config);
    if (!p->tracker)
        abort();
}

void passer_stop(struct passer *p) {
    tracker_free(p->tracker);
    p->tracker = NULL;
}

const struct passer_event *passer_last(const struct passer *p) {
    return p->count > 0 ? &p->events[p->count - 1] : NULL;
}

const struct passer_event *pass(struct passer *p, enum passer_end from, uint8_t flags, uint32_t seq, uint32_t ack,
                                size_t data) {
    static const uint8_t payload[4000] = {1, 2, 3};
    uint8_t bytes[4100];
    enum passer_end to = from == CLIENT ? SERVER : CLIENT;
    struct rs_packet packet = {.source = p->end[from],
                               .destination = p->end[to],
                               .ip = {.ttl = 64, .dont_fragment = true},
                               .ip6 = {.hop_limit = 64},
                               .segment = {.source_port = p->end[from].port,
                                           .destination_port = p->end[to].port,
                                           .seq = p->first[from] + seq,
                                           .ack = flags & RS_ACK ? p->first[to] + ack : 0,
                                           .flags = flags,
                                           .window = p->window[from],
                                           .payload = {{payload, data}}}};
    packet.segment.options = flags & RS_SYN ? p->syn_options[from] : p->options;
    size_t size = rs_packet_build(&packet, bytes, sizeof bytes), before = p->count;
    if (size == 0)
        abort();
    if (p->damage)
        bytes[size - 1] ^= 1;
    struct passing passing = p->passing;
    passing.size = p->keep > 0 && p->keep < size ? p->keep : size;
    passing.wire_size = size;
    passing.wall_ns += p->now_us * 1000;
    uint8_t *exact = malloc(passing.size); // so that a sanitizer sees a read one byte too far
    if (!exact)
        abort();
    memcpy(exact, bytes, passing.size);
    passing.bytes = exact;
    tracker_take(p->tracker, &passing);
    free(exact);
    p->now_us += p->step_us;
    p->passing.frame += p->passing.frame > 0;
    return p->count > before ? passer_last(p) : NULL;
}

void pass_handshake(struct passer *p) {
    pass(p, CLIENT, RS_SYN, 0, 0, 0);
    pass(p, SERVER, RS_SYN | RS_ACK, 0, 1, 0);
    pass(p, CLIENT, RS_ACK, 1, 1, 0);
}
