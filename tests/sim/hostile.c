// SPDX-License-Identifier: MIT
//
// The peer without manners of hostile.h.
#include "hostile.h"

#include <stdio.h>
#include <string.h>

#include "rawshake/packet.h"

enum { DATA_MAX = 1460, POLLS_MAX = 400, SILENT_TICKS = 400 };

static struct hostile {
    struct end end;
    struct chance chance;
    struct rs_conn_facts facts;
    bool verbose;
    uint8_t buffers[2][END_BUFFER];
} h;

// ---- what it sends

// A number near one that means something, or exactly it, or anything.
static uint32_t number_near(uint32_t a, uint32_t b, uint32_t c) {
    static const int32_t steps[] = {0, 0, 0, 0, 0, 0, 1, -1, 2, -2, 100, -100, 1000, 1460, 65535, -65535};
    const uint32_t from[] = {a, a, a, b, c};
    if (chance_one_in(&h.chance, 16))
        return chance_next(&h.chance);
    return CHANCE_OF(&h.chance, from) + (uint32_t)CHANCE_OF(&h.chance, steps);
}

static uint8_t some_flags(void) {
    static const uint8_t flags[] = {
        RS_ACK,          RS_ACK, RS_ACK,          RS_ACK | RS_PSH, RS_ACK | RS_PSH, RS_FIN | RS_ACK, RS_SYN,
        RS_SYN | RS_ACK, RS_RST, RS_RST | RS_ACK, RS_FIN,          RS_ACK | RS_URG, RS_SYN | RS_FIN, 0};
    return chance_one_in(&h.chance, 12) ? (uint8_t)chance_next(&h.chance) : CHANCE_OF(&h.chance, flags);
}

static void some_options(struct rs_options *o) {
    static const uint16_t mss[] = {0, 1, 48, 536, 1460, 65535};
    static const uint8_t scales[] = {0, 1, 7, 14, 15, 255};
    if (chance_one_in(&h.chance, 3))
        o->has_mss = true, o->mss = CHANCE_OF(&h.chance, mss);
    if (chance_one_in(&h.chance, 3))
        o->has_window_scale = true, o->window_scale = CHANCE_OF(&h.chance, scales);
    o->sack_permitted = chance_one_in(&h.chance, 3);
    if (chance_one_in(&h.chance, 2)) {
        o->has_timestamps = true;
        o->ts_value = (uint32_t)(h.end.now / 1000) + chance_below(&h.chance, 3000) - 1000;
        o->ts_echo = chance_one_in(&h.chance, 8) ? chance_next(&h.chance) : (uint32_t)(h.end.now / 1000);
    }
    if (chance_one_in(&h.chance, 4)) {
        o->sack_blocks = 1 + (uint8_t)chance_below(&h.chance, 2);
        for (int i = 0; i < o->sack_blocks; i++) {
            o->sack[i].left = number_near(h.facts.snd_una, h.facts.snd_nxt, h.facts.iss);
            o->sack[i].right = o->sack[i].left + chance_below(&h.chance, 3000);
        }
    }
}

// Its bytes are always those that belong to their numbers, so that what is delivered can be checked.
static void some_data(struct rs_segment *seg, uint8_t *data) {
    uint32_t irs = h.facts.irs_known && h.facts.state != RS_LISTEN ? h.facts.irs : seg->seq;
    uint32_t at = seg->seq + ((seg->flags & RS_SYN) ? 1 : 0) - irs - 1;
    size_t size = chance_below(&h.chance, chance_one_in(&h.chance, 2) ? 20 : DATA_MAX);
    for (size_t i = 0; i < size; i++)
        data[i] = end_pattern(1, (uint32_t)(at + i));
    seg->payload[0] = (struct rs_span){data, size};
}

static void say(const char *what, const struct rs_segment *s) {
    if (h.verbose)
        printf("%12.6f  %-12s %s flags %02x seq %u ack %u size %zu win %u\n", (double)h.end.now / 1e6,
               rs_state_name(h.end.conn.state), what, s->flags, s->seq - h.facts.irs, s->ack - h.facts.iss,
               rs_segment_data_bytes(s), s->window);
}

// Through bytes, as everything that comes from outside.
static void hear(const struct rs_segment *segment) {
    uint8_t bytes[2048];
    struct end *e = &h.end;
    struct rs_packet packet = {
        .source = e->config.remote, .destination = e->config.local, .segment = *segment, .ip = {.ttl = 64}};
    size_t size = rs_packet_build(&packet, bytes, sizeof bytes);
    if (size == 0)
        return; // its options did not fit
    if (rs_packet_parse(bytes, size, &packet) != RS_WIRE_OK)
        end_broken(e, "what was built could not be read");
    say("hears", &packet.segment);
    end_input(e, &packet.source, &packet.segment);
}

static void hear_something(void) {
    static const uint16_t windows[] = {0, 0, 1, 20, 100, 8000, 0x8000, 65535};
    uint8_t data[DATA_MAX];
    struct rs_segment seg = {.flags = some_flags(), .window = CHANCE_OF(&h.chance, windows)};
    uint32_t edge = h.end.known.edge ? h.end.known.edge_seq : h.facts.rcv_nxt + h.facts.rcv_wnd;
    seg.seq = number_near(h.facts.rcv_nxt, h.facts.irs, edge);
    seg.ack = number_near(h.facts.snd_nxt, h.facts.snd_una, h.facts.iss);
    seg.urgent = (uint16_t)chance_below(&h.chance, 100);
    some_options(&seg.options);
    if (chance_one_in(&h.chance, 2))
        some_data(&seg, data);
    hear(&seg);
}

// ---- what happens to the engine

static void poll_all(void) {
    struct rs_segment out;
    int count = 0;
    while (end_poll(&h.end, NULL, &out)) {
        say("sends", &out);
        if (count++ == POLLS_MAX)
            end_broken(&h.end, "there is always one more segment to send");
    }
}

static void pass_time(void) {
    uint64_t at = rs_conn_deadline(&h.end.conn);
    if (at != RS_NEVER && chance_one_in(&h.chance, 2))
        h.end.now = at > h.end.now ? at : h.end.now;
    else
        h.end.now += chance_below(&h.chance, chance_one_in(&h.chance, 4) ? 100 * SECOND : SECOND / 10);
    end_tick(&h.end);
}

static void program_acts(void) {
    struct end *e = &h.end;
    switch (chance_below(&h.chance, 24)) {
    case 0:
        end_close(e);
        break;
    case 1:
        if (chance_one_in(&h.chance, 4))
            end_abort(e);
        break;
    default:
        e->program.to_send += chance_below(&h.chance, 2000);
        e->program.to_send += !rs_conn_send_room(&e->conn); // never all of it: close comes from above
        end_act(e, &h.chance);
        break;
    }
}

static void step(void) {
    rs_conn_facts(&h.end.conn, &h.facts);
    switch (chance_below(&h.chance, 8)) {
    case 0:
        pass_time();
        break;
    case 1:
        program_acts();
        break;
    default:
        hear_something();
        break;
    }
    if (!chance_one_in(&h.chance, 6)) // sometimes more arrives before anything is sent
        poll_all();
}

// ---- how it comes about and ends

static void begin(uint64_t seed) {
    static const size_t sizes[] = {0, 1, 20, 536, 4096, 8192, 70000, END_BUFFER};
    static const uint16_t segments[] = {0, 48, 536, 1460};
    struct chance c = {seed};
    end_init(&h.end, 0, chance_one_in(&c, 2) ? 0u - chance_below(&c, 3000) : chance_next(&c), h.buffers[0],
             h.buffers[1]);
    h.chance = c;
    struct rs_conn_config *config = &h.end.config;
    config->send_bytes = CHANCE_OF(&h.chance, sizes);
    config->receive_bytes = CHANCE_OF(&h.chance, sizes);
    config->mss = CHANCE_OF(&h.chance, segments);
    config->no_window_scale = chance_one_in(&h.chance, 3);
    config->no_timestamps = chance_one_in(&h.chance, 2);
    config->no_sack = chance_one_in(&h.chance, 3);
    config->no_nagle = chance_one_in(&h.chance, 2);
    config->no_delayed_ack = chance_one_in(&h.chance, 2);
    static const uint8_t orders[][RS_SYN_OPTIONS_MAX] = {{0}, {0}, {2}, {4, 8, 1, 3, 2}, {3, 3, 1, 1, 8}, {8, 2, 77}};
    memcpy(config->syn_options, CHANCE_OF(&h.chance, orders), sizeof config->syn_options);
    config->open_timeout_us = config->data_timeout_us = config->time_wait_us = 0; // the real ones
    h.end.check_clock = chance_one_in(&h.chance, 4);
    end_start(&h.end);
    if (chance_one_in(&h.chance, 2))
        end_listen(&h.end);
    else
        end_open(&h.end);
    poll_all();
}

// A connection that stands, half of the time: few get there by chance.
static void shake_hands(void) {
    struct rs_segment seg = {.flags = RS_SYN, .seq = chance_next(&h.chance), .window = 8000};
    rs_conn_facts(&h.end.conn, &h.facts);
    if (h.facts.state == RS_SYN_SENT)
        seg.flags |= RS_ACK, seg.ack = h.facts.iss + 1;
    some_options(&seg.options);
    h.facts.irs = seg.seq;
    hear(&seg);
    poll_all();
    seg = (struct rs_segment){.flags = RS_ACK, .seq = seg.seq + 1, .ack = h.facts.iss + 1, .window = 8000};
    if (h.end.conn.state == RS_SYN_RECEIVED)
        hear(&seg);
    poll_all();
}

// The one RST that is believed (RFC 5961, section 3.2): whatever was before, the connection is gone.
static void reset_it(void) {
    struct end *e = &h.end;
    rs_conn_facts(&e->conn, &h.facts);
    bool listens = h.facts.state == RS_LISTEN;
    struct rs_segment rst = {.flags = RS_RST | RS_ACK, .seq = h.facts.rcv_nxt, .ack = h.facts.snd_nxt};
    hear(&rst);
    if (!listens && e->conn.state != RS_CLOSED && e->conn.state != RS_LISTEN)
        end_broken(e, "an exact RST did not end the connection");
    if (e->conn.state == RS_LISTEN && e->conn.active)
        end_broken(e, "a RST made an active opener listen");
}

// With nobody there the engine sends a few segments more, gives up, and rests. What is left standing owes nothing.
static void leave_it(void) {
    struct end *e = &h.end;
    for (int i = 0; rs_conn_deadline(&e->conn) != RS_NEVER && !e->broken; i++) {
        if (i == SILENT_TICKS)
            end_broken(e, "it never comes to rest, though nobody answers");
        e->now = rs_conn_deadline(&e->conn) > e->now ? rs_conn_deadline(&e->conn) : e->now;
        end_tick(e);
        poll_all();
    }
    rs_conn_facts(&e->conn, &h.facts);
    if (h.facts.state == RS_TIME_WAIT || (h.facts.state != RS_CLOSED && h.facts.snd_una != h.facts.snd_nxt))
        end_broken(e, "it rests, but something is unfinished");
}

const char *hostile_run(uint64_t seed, bool verbose) {
    h.verbose = verbose;
    begin(seed);
    if (chance_one_in(&h.chance, 2))
        shake_hands();
    uint32_t steps = 20 + chance_below(&h.chance, 200);
    for (uint32_t i = 0; i < steps && !h.end.broken; i++)
        step();
    if (!h.end.broken && chance_one_in(&h.chance, 2))
        reset_it();
    poll_all();
    if (!h.end.broken)
        leave_it();
    if (verbose)
        printf("%s\n", h.end.broken ? h.end.broken : "all is well");
    return h.end.broken;
}

void hostile_explain(char *text, size_t room) {
    snprintf(text, room, "%s; state %s at %.6f s, a peer without manners", h.end.broken ? h.end.broken : "all is well",
             rs_state_name(h.end.conn.state), (double)h.end.now / 1e6);
}
