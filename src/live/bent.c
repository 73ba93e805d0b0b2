// SPDX-License-Identifier: MIT
//
// What a bend has decided is done here: a bit is turned round, a packet is put aside and goes on later. Called by
// send.c and receive.c for the packet in s->packet, and by session.c when time has passed.
#include <string.h>

#include "live/internal.h"

enum { CHECKSUM_AT = 16, CHECKSUM_BITS = 16 }; // where a TCP header has its checksum

// A bit of the data, if there is any; otherwise one of the checksum itself. An unfinished checksum covers no data: no
// receiver could tell, so there too it is one of its own bits.
static void flip(uint8_t *packet, const struct rs_packet *parsed, uint32_t at) {
    size_t tcp = rs_packet_ip_bytes(parsed), data = rs_segment_data_bytes(&parsed->segment);
    bool in_data = data > 0 && parsed->tcp_checksum != RS_CHECKSUM_UNFINISHED;
    size_t first = in_data ? tcp + parsed->segment.header_bytes : tcp + CHECKSUM_AT;
    size_t bit = at % (in_data ? data * 8 : CHECKSUM_BITS);
    packet[first + bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
}

bool bent_flip(struct session *s, size_t size, uint32_t at) {
    struct rs_packet before, after;
    if (rs_packet_parse(s->packet, size, &before) != RS_WIRE_OK)
        return false;
    for (uint32_t i = 0; i < CHECKSUM_BITS; i++) {
        flip(s->packet, &before, at + i);
        if (rs_packet_parse(s->packet, size, &after) != RS_WIRE_OK)
            return true;
        flip(s->packet, &before, at + i); // by chance it fits all the same: another one
    }
    return false;
}

bool bent_put_aside(struct session *s, const struct bent *bent, struct passage *passage, bool ours, uint64_t now) {
    struct shelf_packet *p = bent->delay_us > 0 && s->config.shelf ? shelf_put(s->config.shelf) : NULL;
    if (!p)
        return false;
    passage->bent |= bent->behind_next ? TRACE_BENT_REORDERED : TRACE_BENT_DELAYED;
    passage->bent_us = bent->delay_us;
    p->ours = ours;
    p->behind_next = bent->behind_next;
    p->bent = passage->bent;
    p->purpose = passage->purpose;
    p->why = passage->why;
    p->since_us = now;
    p->until_us = now + bent->delay_us;
    p->size = passage->size;
    memcpy(p->bytes, s->packet, p->size);
    return true;
}

static void go_on(struct session *s, struct shelf_packet *p, bool overtaken) {
    struct rs_packet packet;
    uint64_t now = session_now(s);
    struct passage passage = {
        .size = p->size, .why = p->why, .bent = p->bent, .bent_us = now - p->since_us, .purpose = p->purpose};
    if (overtaken)
        passage.bent |= TRACE_BENT_OVERTAKEN;
    memcpy(s->packet, p->bytes, p->size);
    p->used = false;
    if (p->ours)
        send_put_on_wire(s, &passage, now);
    else if (rs_packet_parse(s->packet, passage.size, &packet) == RS_WIRE_OK)
        receive_take(s, &packet, &passage);
}

void bent_release_overtaken(struct session *s, bool ours) {
    struct shelf_packet *p;
    while (s->config.shelf && (p = shelf_overtaken(s->config.shelf, ours)) != NULL)
        go_on(s, p, true);
}

bool bent_release(struct session *s) {
    struct shelf_packet *p;
    bool any = false;
    while (s->config.shelf && (p = shelf_first(s->config.shelf)) != NULL && p->until_us <= session_now(s)) {
        go_on(s, p, false);
        any = true;
    }
    return any;
}
