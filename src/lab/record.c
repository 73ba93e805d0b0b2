// SPDX-License-Identifier: MIT
//
// What was recorded: the lab is a sink of the trace like any view, keeps what evidence can be made of, and is asked for
// it by experiments (see lab.h).
#include <stdio.h>
#include <string.h>

#include "lab/internal.h"

static void keep_segment(struct lab *lab, const struct trace_event *event) {
    const struct trace_segment *from = &event->u.segment;
    const struct rs_segment *s = &from->packet->segment;
    if (lab->recorded == LAB_RECORD_MAX) {
        lab->lost++;
        return;
    }
    const uint32_t theirs = from->irs_known ? from->irs : s->flags & RS_SYN && !from->ours ? s->seq : 0;
    lab->record[lab->recorded++] = (struct lab_segment){
        .connection = event->connection,
        .ours = from->ours,
        .left = event->kind == TRACE_SENT,
        .taken = event->kind == TRACE_RECEIVED,
        .flags = s->flags,
        .bent = from->bent,
        .raw_seq = s->seq,
        .raw_ack = s->ack,
        .seq = s->seq - (from->ours ? from->iss : theirs),
        .ack = s->flags & RS_ACK ? s->ack - (from->ours ? theirs : from->iss) : 0,
        .data = rs_segment_data_bytes(s),
        .window = (uint32_t)s->window << from->window_shift,
        .options = s->options,
        .at_us = event->at_us,
    };
}

static void keep_state(struct lab *lab, const struct trace_event *event) {
    for (unsigned i = 0; i < lab->ends_count; i++)
        if (lab->ends[i]->begun && lab->ends[i]->session.config.connection == event->connection)
            lab->ends[i]->been |= 1U << event->u.decision.after;
}

static void add_counter(struct lab *lab, const struct trace_counter *counter) {
    size_t i = 0;
    while (i < lab->counters_count && strcmp(lab->moved[i].name, counter->name) != 0)
        i++;
    if (i == LAB_COUNTERS_MAX)
        return;
    if (i == lab->counters_count) {
        snprintf(lab->moved[i].name, sizeof lab->moved[i].name, "%s", counter->name);
        lab->moved[lab->counters_count++].moved = 0;
    }
    lab->moved[i].moved += counter->moved - counter->ours;
}

static void take(void *self, const struct trace_event *event) {
    struct lab *lab = self;
    switch (event->kind) {
    case TRACE_SENT:
    case TRACE_UNSENT:
    case TRACE_RECEIVED:
    case TRACE_UNTAKEN:
        keep_segment(lab, event);
        break;
    case TRACE_ICMP:
        lab->icmp_count++;
        lab->icmp = event->u.icmp.icmp;
        break;
    case TRACE_DECISION:
        keep_state(lab, event);
        if ((size_t)event->u.decision.reason < LAB_REASONS_MAX)
            lab->decided[event->u.decision.reason]++;
        break;
    case TRACE_COUNTERS:
        for (size_t i = 0; i < event->u.counters.count; i++)
            add_counter(lab, &event->u.counters.list[i]);
        break;
    default:
        break;
    }
}

struct trace_sink lab_sink(struct lab *lab) {
    return (struct trace_sink){.self = lab, .take = take, .wants_peer = true, .wants_counters = true};
}

size_t lab_mark(const struct lab *lab) { return lab->recorded; }

const struct lab_segment *lab_recorded(const struct lab *lab, size_t i) { return &lab->record[i]; }

struct search {
    const struct lab_end *end;
    bool ours;
    uint8_t flags, without;
};

static const struct lab_segment *next(const struct search *search, size_t *at) {
    const struct lab *lab = search->end->lab;
    for (; *at < lab->recorded; ++*at) {
        const struct lab_segment *s = &lab->record[*at];
        if (s->connection == search->end->session.config.connection && s->ours == search->ours &&
            (s->left || !s->ours) && (s->flags & search->flags) == search->flags && !(s->flags & search->without))
            return &lab->record[(*at)++];
    }
    return NULL;
}

static size_t count(const struct search *search, size_t mark) {
    size_t found = 0;
    while (next(search, &mark))
        found++;
    return found;
}

const struct lab_segment *lab_arrived(const struct lab_end *end, size_t mark, uint8_t flags, uint8_t without) {
    return next(&(struct search){end, false, flags, without}, &mark);
}

size_t lab_count_arrived(const struct lab_end *end, size_t mark, uint8_t flags, uint8_t without) {
    return count(&(struct search){end, false, flags, without}, mark);
}

const struct lab_segment *lab_sent(const struct lab_end *end, size_t mark, uint8_t flags, uint8_t without) {
    return next(&(struct search){end, true, flags, without}, &mark);
}

size_t lab_count_sent(const struct lab_end *end, size_t mark, uint8_t flags, uint8_t without) {
    return count(&(struct search){end, true, flags, without}, mark);
}

const struct rs_icmp *lab_icmp(const struct lab *lab) { return lab->icmp_count > 0 ? &lab->icmp : NULL; }

size_t lab_decided(const struct lab *lab, enum rs_reason reason) { return lab->decided[reason]; }

bool lab_has_been(const struct lab_end *end, enum rs_state state) { return end->been & 1U << state; }

uint64_t lab_counter(struct lab *lab, const char *name) {
    if (lab->current && !lab->stopped)
        session_ask_counters(&lab->current->session);
    for (size_t i = 0; i < lab->counters_count; i++)
        if (strcmp(lab->moved[i].name, name) == 0)
            return lab->moved[i].moved;
    return 0;
}

uint64_t lab_router_counter(struct lab *lab, const char *name) {
    struct counter list[COUNTERS_MOVED_MOST];
    const struct counters door = kernel_counters_door(&lab->router_counters);
    const size_t count = lab->has_routed ? door.moved(door.self, list, COUNTERS_MOVED_MOST) : 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return list[i].moved;
    return 0;
}

struct peer lab_peer(struct lab_end *end) {
    const struct witness *witness = &end->session.config.witness;
    if (!end->begun)
        return (struct peer){.known = false, .why_not = "there was no connection"};
    return witness->ask(witness->self, &end->remote, &end->local);
}
