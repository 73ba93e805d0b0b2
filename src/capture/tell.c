// SPDX-License-Identifier: MIT
//
// See tell.h. Called by the tracker.
#include "capture/tell.h"

static struct trace_event event_of(const struct table_entry *entry, enum trace_kind kind, uint64_t wall_ns) {
    return (struct trace_event){.kind = kind, .connection = entry->number, .at_us = wall_ns / 1000, .wall_ns = wall_ns};
}

static bool is_wanted(const struct tracker_config *config, const struct table_entry *entry) {
    return config->trace && (config->only == 0 || config->only == entry->number);
}

void tell_begin(const struct tracker_config *config, const struct table_entry *entry) {
    if (!is_wanted(config, entry))
        return;
    struct trace_about about = config->about ? *config->about : (struct trace_about){.source = TRACE_WATCHED};
    about.client = entry->follow.endpoint[0];
    about.server = entry->follow.endpoint[1];
    about.roles_guessed = entry->follow.roles_guessed;
    struct trace_event event = event_of(entry, TRACE_BEGIN, entry->follow.first_ns);
    event.u.about = &about;
    trace_emit(config->trace, &event);
}

void tell_segment(const struct tracker_config *config, const struct table_entry *entry, const struct passing *passing,
                  const struct rs_packet *packet, const struct followed *followed, bool damaged) {
    if (!is_wanted(config, entry))
        return;
    const struct follow *f = &entry->follow;
    int from = follow_direction(f, &packet->source);
    const struct space *client = &f->end[0].space, *server = &f->end[1].space;
    bool syn = packet->segment.flags & RS_SYN, known;
    uint8_t scale = follow_scale(f, from, &known);
    struct trace_event event = event_of(entry, TRACE_SEEN, passing->wall_ns);
    event.u.segment = (struct trace_segment){
        .packet = packet,
        .bytes = passing->bytes,
        .size = passing->size,
        .error = damaged ? RS_WIRE_BAD_TCP_CHECKSUM : RS_WIRE_OK,
        .state = followed->state[0].state,
        .far_state = followed->state[1].state,
        .state_proved = followed->state[0].proved,
        .far_proved = followed->state[1].proved,
        .iss = client->known ? client->base : 0,
        .irs = server->known ? server->base : 0,
        .irs_known = server->known,
        .sender_done = followed->sender_done,
        .receiver_done = followed->receiver_done,
        .ours = from == 0,
        .of_others = true,
        .window_shift = syn ? 0 : scale,
        .window_unknown = !syn && !known,
        .direction = passing->direction,
        .marks = followed->marks,
        .mark_bytes = followed->mark_bytes,
        .midway = f->end[from].space.known && !f->end[from].space.syn_seen,
        .far_midway = f->end[1 - from].space.known && !f->end[1 - from].space.syn_seen,
        .doubted = f->end[from].doubted,
        .wire_size = passing->wire_size,
        .frame = passing->frame,
    };
    trace_emit(config->trace, &event);
}

static struct tracker_summary summary_of(const struct table_entry *entry, enum trace_ending ending) {
    const struct follow *f = &entry->follow;
    struct tracker_summary s = {.number = entry->number,
                                .client = f->endpoint[0],
                                .server = f->endpoint[1],
                                .roles_guessed = f->roles_guessed,
                                .has_holes = follow_has_holes(f),
                                .opening = follow_opening(f),
                                .ending = ending,
                                .handshake_timed = f->handshake_timed,
                                .handshake_ns = f->handshake_ns,
                                .handshake_us = (f->first_ns + f->handshake_ns) / 1000 - f->first_ns / 1000,
                                .first_ns = f->first_ns,
                                .last_ns = f->last_ns};
    for (int i = 0; i < 2; i++) {
        s.segments[i] = f->end[i].segments;
        s.bytes[i] = f->end[i].bytes;
        s.resent[i] = f->end[i].resent;
    }
    return s;
}

void tell_end(const struct tracker_config *config, const struct table_entry *entry, bool forgotten, uint64_t now_ns) {
    enum trace_ending ending = follow_ending(&entry->follow);
    if (forgotten && (ending == TRACE_STILL_OPEN || ending == TRACE_HALF_CLOSED))
        ending = TRACE_FORGOTTEN;
    const struct tracker_summary s = summary_of(entry, ending);
    if (is_wanted(config, entry)) {
        struct trace_event event = event_of(entry, TRACE_END, now_ns > s.last_ns ? now_ns : s.last_ns);
        struct shown_state state[2];
        follow_states(&entry->follow, state);
        event.u.end.state = state[0].state;
        event.u.end.far_state = state[1].state;
        event.u.end.in_order = ending == TRACE_CLOSED;
        event.u.end.opening = s.opening;
        event.u.end.ending = ending;
        event.u.end.handshake_timed = s.handshake_timed;
        event.u.end.handshake_ns = s.handshake_ns;
        event.u.end.handshake_us = s.handshake_us;
        for (int i = 0; i < 2; i++) {
            event.u.end.segments[i] = s.segments[i];
            event.u.end.bytes[i] = s.bytes[i];
        }
        trace_emit(config->trace, &event);
    }
    if (config->finished)
        config->finished(config->finished_self, &s);
}
