// SPDX-License-Identifier: MIT
//
// Writes a capture of many connections that go on at the same time, for tests/bench/read: capture FILE PACKETS. Each
// has a handshake, eight requests with answers and acknowledgements, and an orderly end: 40 packets. The same numbers
// give the same file.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../help/bytes.h"
#include "rawshake/packet.h"

enum { AT_ONCE = 500, EACH_LEAST = 6, ETHERNET = 14, RECORD = 16, DATA_MOST = 1448 };

struct talk {
    struct rs_endpoint client, server;
    uint32_t next[2];
    unsigned step;
};

struct writer {
    FILE *out;
    uint32_t seed;
    uint64_t time_us;
    unsigned each; // packets of a connection
};

static void put_le32(uint8_t *p, uint64_t value) {
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

static void begin(struct talk *t, uint32_t number, uint32_t *seed) {
    *t = (struct talk){.server = rs_endpoint_ipv4(198, 51, 100, (uint8_t)(1 + number % 200), 443)};
    t->client = rs_endpoint_ipv4(10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number,
                                 (uint16_t)(32768 + number % 28000));
    t->next[0] = next_number(seed);
    t->next[1] = next_number(seed);
}

// Which end the step is of, and what it sends: SYN, SYN-ACK, ACK; request, two pieces of answer and an ACK ...; FINs.
static unsigned plan(struct writer *w, unsigned step, struct rs_segment *s) {
    s->flags = RS_ACK;
    if (step < 3) {
        s->flags = step == 0 ? RS_SYN : step == 1 ? RS_SYN | RS_ACK : RS_ACK;
        s->options = (struct rs_options){.has_mss = step < 2, .mss = 1460, .sack_permitted = step < 2};
        return step == 1;
    }
    if (step >= w->each - 3) {
        s->flags = step == w->each - 1 ? RS_ACK : RS_FIN | RS_ACK;
        return step == w->each - 2;
    }
    unsigned part = (step - 3) % 4;
    s->payload[0].size = part == 0  ? 100 + next_number(&w->seed) % 300
                         : part < 3 ? 200 + next_number(&w->seed) % 1248
                                    : 0;
    if (part == 0)
        s->flags |= RS_PSH;
    return part == 1 || part == 2;
}

static void write_step(struct writer *w, struct talk *t) {
    static uint8_t data[DATA_MOST], bytes[RECORD + ETHERNET + 100 + DATA_MOST];
    struct rs_packet p = {.ip = {.ttl = 64, .dont_fragment = true}, .segment = {.window = 502}};
    unsigned from = plan(w, t->step, &p.segment);
    p.source = from == 0 ? t->client : t->server;
    p.destination = from == 0 ? t->server : t->client;
    p.segment.seq = t->next[from];
    p.segment.ack = p.segment.flags & RS_ACK ? t->next[1 - from] : 0;
    p.segment.payload[0].bytes = data;
    if (t->step >= 3) {
        p.segment.options.has_timestamps = true;
        p.segment.options.ts_value = (uint32_t)(w->time_us / 1000);
    }
    size_t size = rs_packet_build(&p, bytes + RECORD + ETHERNET, sizeof bytes - RECORD - ETHERNET) + ETHERNET;
    put_le32(bytes, w->time_us / 1000000);
    put_le32(bytes + 4, w->time_us % 1000000);
    put_le32(bytes + 8, size);
    put_le32(bytes + 12, size);
    memcpy(bytes + RECORD, "\2\0\0\0\0\1\2\0\0\0\0\2\x08", ETHERNET);
    if (fwrite(bytes, 1, RECORD + size, w->out) != RECORD + size)
        exit(1);
    t->next[from] += rs_segment_length(&p.segment);
    t->step++;
    w->time_us += 3;
}

int main(int argc, char **argv) {
    static struct talk talks[AT_ONCE];
    static const uint8_t head[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, [16] = 0, 0, 4, 0, 1};
    struct writer w = {.seed = 1, .time_us = UINT64_C(1700000000000000)};
    uint32_t connections = AT_ONCE;
    if (argc != 4 || !(w.out = fopen(argv[1], "wb")))
        return 1;
    unsigned long packets = strtoul(argv[2], NULL, 10);
    w.each = (unsigned)strtoul(argv[3], NULL, 10);
    if (w.each < EACH_LEAST)
        return 1;
    fwrite(head, 1, sizeof head, w.out);
    for (uint32_t i = 0; i < AT_ONCE; i++)
        begin(&talks[i], i, &w.seed);
    for (unsigned long i = 0; i < packets; i++) {
        struct talk *t = &talks[next_number(&w.seed) % AT_ONCE];
        if (t->step == w.each)
            begin(t, connections++, &w.seed);
        write_step(&w, t);
    }
    return fclose(w.out) == 0 ? 0 : 1;
}
