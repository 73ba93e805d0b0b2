// SPDX-License-Identifier: MIT
//
// Bytes become a script for one connection: what it is configured to, and then segments, whole packets, ICMP errors,
// calls of the program and ticks. After each step the simulation's end looks at the invariants. In the end nobody
// answers any more, and the connection must come to rest.
#include <string.h>

#include "end.h"
#include "fuzz.h"
#include "icmp.h"
#include "reader.h"

enum { STEPS_MAX = 400, POLLS_MAX = 400, SILENT_TICKS = 400, PACKET_MAX = 1600 };

static struct end e;
static uint8_t buffers[2][END_BUFFER];
static struct rs_conn_facts facts;

static void poll_all(void) {
    struct rs_packet packet;
    struct rs_segment out;
    uint8_t bytes[PACKET_MAX];
    for (int i = 0;
         e.whole_packets ? end_poll_packet(&e, NULL, bytes, sizeof bytes, &packet) > 0 : end_poll(&e, NULL, &out); i++)
        if (i == POLLS_MAX)
            end_broken(&e, "there is always one more segment to send");
}

static void begin(struct reader *r) {
    static const size_t sizes[] = {0, 1, 20, 536, 4096, 8192, 70000, END_BUFFER};
    uint8_t switches = read_8(r), more = read_8(r), room = read_8(r);
    end_init(&e, 0, read_32(r), buffers[0], buffers[1]);
    struct rs_conn_config *c = &e.config;
    c->no_window_scale = switches & 1;
    c->no_timestamps = switches & 2;
    c->no_sack = switches & 4;
    c->no_nagle = switches & 8;
    c->no_delayed_ack = switches & 16;
    c->icmp_ends_opening = switches & 32;
    e.whole_packets = switches & 64;
    e.check_clock = more & 1;
    e.any_bytes = more & 2; // then whole packets may bring anything
    if (more & 4)
        end_use_ipv6(&e);
    c->window_scale = more >> 4;
    c->send_bytes = sizes[room & 7];
    c->receive_bytes = sizes[room >> 3 & 7];
    c->mss = room & 64 ? 1460 : 100;
    c->open_timeout_us = c->data_timeout_us = c->time_wait_us = 0; // the real ones
    if (more & 8)
        for (int i = 0; i < RS_SYN_OPTIONS_MAX; i++)
            c->syn_options[i] = read_8(r);
    end_start(&e);
    if (switches & 128)
        end_listen(&e);
    else
        end_open(&e);
    poll_all();
}

// A number counted from one that means something: with a byte near it, or anywhere.
static uint32_t some_number(struct reader *r, uint32_t a, uint32_t b, uint32_t c) {
    uint8_t how = read_8(r);
    uint32_t from = how & 1 ? b : how & 2 ? c : a;
    if (how & 4)
        return from + read_32(r);
    return how & 8 ? from + read_8(r) * 64u - 8192u : from + (uint32_t)(how >> 4) - 2u * (how >> 7) * 8u;
}

static void some_options(struct reader *r, struct rs_options *o) {
    uint8_t which = read_8(r);
    o->has_mss = which & 1;
    o->has_window_scale = which & 2;
    o->sack_permitted = which & 4;
    o->has_timestamps = which & 8;
    o->mss = o->has_mss ? read_16(r) : 0;
    o->window_scale = o->has_window_scale ? read_8(r) : 0;
    o->ts_value = which & 16 ? read_32(r) : (uint32_t)(e.now / 1000);
    o->ts_echo = which & 32 ? read_32(r) : (uint32_t)(e.now / 1000);
    o->sack_blocks = which >> 6;
    for (int i = 0; i < o->sack_blocks; i++) {
        o->sack[i].left = some_number(r, facts.snd_una, facts.snd_nxt, facts.iss);
        o->sack[i].right = some_number(r, facts.snd_una, facts.snd_nxt, o->sack[i].left);
    }
}

static void hear_segment(struct reader *r) {
    static uint8_t data[1460];
    static const uint16_t sizes[] = {0, 0, 1, 2, 20, 100, 536, 1460};
    uint8_t kind = read_8(r);
    static const uint8_t flags[] = {RS_ACK, RS_SYN, RS_SYN | RS_ACK, RS_FIN | RS_ACK, RS_RST, RS_RST | RS_ACK};
    struct rs_segment s = {.source_port = e.config.remote.port, .destination_port = e.config.local.port};
    s.flags = (kind & 7) < sizeof flags ? flags[kind & 7] : read_8(r);
    s.seq = some_number(r, facts.rcv_nxt, facts.irs, facts.rcv_nxt + facts.rcv_wnd);
    s.ack = some_number(r, facts.snd_nxt, facts.snd_una, facts.iss);
    s.window = kind & 8 ? read_16(r) : 8000;
    if (kind & 16)
        some_options(r, &s.options);
    uint32_t irs = facts.irs_known && facts.state != RS_LISTEN ? facts.irs : s.seq;
    uint32_t at = s.seq + ((s.flags & RS_SYN) ? 1 : 0) - irs - 1;
    size_t size = sizes[kind >> 5];
    for (size_t i = 0; i < size; i++)
        data[i] = end_pattern(1, (uint32_t)(at + i));
    s.payload[0] = (struct rs_span){data, size};
    end_input(&e, &e.config.remote, &s);
}

static void hear_packet(struct reader *r) {
    size_t size;
    const uint8_t *bytes = read_bytes(r, read_8(r), &size);
    if (e.any_bytes)
        end_input_packet(&e, bytes, size);
}

static void hear_error(struct reader *r) {
    uint8_t quoted[PACKET_MAX], bytes[PACKET_MAX];
    struct rs_packet packet = {.source = e.config.local, .destination = e.config.remote};
    struct rs_icmp error = {.family = e.config.local.family, .type = read_8(r), .code = read_8(r)};
    uint8_t how = read_8(r);
    error.mtu = how & 1 ? read_16(r) : 0;
    packet.segment.seq = some_number(r, facts.snd_una, facts.snd_nxt, facts.iss);
    size_t size = rs_packet_build(&packet, quoted, sizeof quoted);
    size = icmp_build(&error, &packet.source, quoted, size, bytes);
    end_input_packet(&e, bytes, size);
}

static void call(struct reader *r) {
    uint8_t what = read_8(r);
    switch (what & 7) {
    case 0:
        end_close(&e);
        break;
    case 1:
        end_abort(&e);
        break;
    case 2:
    case 3:
    case 4:
        end_write(&e, what * 16u);
        break;
    default:
        end_read(&e, what * 16u);
        break;
    }
}

static void pass_time(struct reader *r) {
    uint8_t how = read_8(r);
    uint64_t at = rs_conn_deadline(&e.conn);
    if ((how & 3) != 0)
        e.now += ((uint64_t)how >> 2) * ((how & 1) ? 1000 : 2 * SECOND);
    else if (at != RS_NEVER && at > e.now)
        e.now = at;
    end_tick(&e);
}

static void step(struct reader *r) {
    static void (*const steps[])(struct reader *) = {hear_segment, hear_segment, hear_segment, pass_time,
                                                     call,         hear_error,   hear_packet,  hear_segment};
    uint8_t what = read_8(r);
    rs_conn_facts(&e.conn, &facts);
    steps[what & 7](r);
    if (!(what & 8)) // sometimes more happens before anything is sent
        poll_all();
}

static void leave_it(void) {
    for (int i = 0; rs_conn_deadline(&e.conn) != RS_NEVER && !e.broken; i++) {
        if (i == SILENT_TICKS)
            end_broken(&e, "it never comes to rest, though nobody answers");
        uint64_t at = rs_conn_deadline(&e.conn);
        e.now = at > e.now ? at : e.now;
        end_tick(&e);
        poll_all();
    }
}

const char *fuzz_conn(const uint8_t *bytes, size_t size) {
    struct reader r = {bytes, size};
    memset(&facts, 0, sizeof facts);
    begin(&r);
    for (int i = 0; i < STEPS_MAX && r.left > 0 && !e.broken; i++)
        step(&r);
    poll_all();
    leave_it();
    return e.broken;
}
